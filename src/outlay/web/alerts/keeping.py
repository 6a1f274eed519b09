"""Routes of alerts: the list, the form, what would have gone where, a test."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, who
from outlay.alerts.errors import AlertError
from outlay.alerts.model import ALERT_ROUTE, CONTACT, Aim, AlertRouteSpec
from outlay.app.alerts import trying
from outlay.app.reports import use as reports
from outlay.resources import ResourceError
from outlay.web.alerts.form import choices, given_in, given_of, spec_of
from outlay.web.render import Site
from outlay.web.views import name_of

ROUTES = "/alerts/routes"
NEW = "_new"
_KIND = ALERT_ROUTE.name
_FIRST = AlertRouteSpec(to=Aim(owner=True), min_severity="warning")
_REFUSALS = (ResourceError, AccessError, AlertError, ValueError)


def add(routes: APIRouter, site: Site) -> None:
    """Add the routes that keep routes of alerts."""
    _list(routes, site)
    _keep(routes, site)


def _list(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(ROUTES, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every route in the order in which they are asked, and the contacts."""
        return site.page(
            request,
            "alerts/routes.html",
            active="alerts",
            title="Alert routes",
            lines=trying.listed(workspace),
            contacts=workspace.resources.list(CONTACT.name),
            channels=workspace.resources.names("Channel"),
            sent=request.query_params.get("sent", ""),
            problem=request.query_params.get("problem", ""),
        )

    @routes.get(f"{ROUTES}/{NEW}", response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """The form of a new route."""
        return _form(site, request, given_of(_FIRST))

    @routes.get(f"{ROUTES}/{{name}}", response_class=HTMLResponse)
    def one(request: Request, name: str) -> Response:
        """A route: its form, and what would have gone by it lately."""
        line = trying.route(workspace, name)
        preview = trying.preview(workspace, name)
        return _form(site, request, given_of(line.spec), line=line, preview=preview)


def _keep(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.post(f"{ROUTES}/{{name}}")
    async def save(request: Request, name: str) -> Response:
        """Keep what was filled in, or show what it would have done (``act=preview``)."""
        body = (await request.body()).decode("utf-8", "replace")
        posted = parse_qs(body, keep_blank_values=True)
        return await run_in_threadpool(_saved, site, request, name, posted)

    @routes.post(f"{ROUTES}/{{name}}/pause")
    def pause(name: str) -> Response:
        """Turn a route off, or on again."""
        spec = trying.route(workspace, name).spec
        changed = spec.model_dump(mode="json") | {"enabled": not spec.enabled}
        workspace.put_resource(_KIND, name, changed, author=who())
        return RedirectResponse(ROUTES, 303)

    @routes.post(f"{ROUTES}/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a route; what waits for quiet hours to end is told all the same."""
        workspace.delete_resource(_KIND, name, author=who())
        return RedirectResponse(ROUTES, 303)

    @routes.post(f"{ROUTES}/{{name}}/test")
    def test(name: str) -> Response:
        """Send a test by every channel of a route."""
        try:
            ids = trying.test_route(workspace, name)
        except AlertError as error:
            return RedirectResponse(f"{ROUTES}?problem={quote(str(error))}", 303)
        sending = BackgroundTask(reports.deliver, workspace, ids)
        return RedirectResponse(f"{ROUTES}?sent={quote(name)}", 303, background=sending)


def _saved(site: Site, request: Request, name: str, posted: dict[str, list[str]]) -> Response:
    workspace = site.workspace
    line = None if name == NEW else trying.route(workspace, name)
    before = line.spec if line else None
    given = given_in(posted, before)
    only_look = posted.get("act") == ["preview"]
    wanted = line.name if line else name_of(given["title"])
    try:
        spec = spec_of(given, before)
        if only_look:
            preview = trying.preview(workspace, line.name if line else "", spec)
            return _form(site, request, given, line=line, preview=preview, unsaved=True)
        version = int(next(iter(posted.get("version", ())), "0") or 0)
        workspace.put_resource(_KIND, wanted, spec, author=who(), expected_version=version)
    except _REFUSALS as error:
        return _form(site, request, given, line=line, problem=str(error))
    return RedirectResponse(f"{ROUTES}/{quote(wanted)}", 303)


def _form(
    site: Site,
    request: Request,
    given: dict[str, Any],
    *,
    line: trying.RouteLine | None = None,
    preview: trying.Preview | None = None,
    problem: str = "",
    unsaved: bool = False,
) -> Response:
    return site.page(
        request,
        "alerts/route.html",
        400 if problem else 200,
        active="alerts",
        title=f"Route {line.title}" if line else "New route",
        given=given,
        line=line,
        preview=preview,
        unsaved=unsaved,
        problem=problem,
        offered=choices(site.workspace),
    )
