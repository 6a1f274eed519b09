"""Plans: the list, one plan as a grid that is edited, and what is decided about its versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.app.planning import plans
from outlay.planning.plans.errors import PlanError
from outlay.query import QueryError
from outlay.resources import ResourceError
from outlay.web.plans import analysis, cells, files, lines, listing, settings
from outlay.web.plans.address import PLANS, Shown, of_plan
from outlay.web.plans.overview import page
from outlay.web.render import Site
from outlay.web.views import form

Fields = Mapping[str, str]


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _listed(routes, site)
    for part in (cells, lines, analysis, files, settings):
        part.add(routes, site)
    _one(routes, site)
    _decided(routes, site)
    return routes


def _listed(routes: APIRouter, site: Site) -> None:
    @routes.get(PLANS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every plan by year."""
        return listing.page(site, request)

    @routes.get(f"{PLANS}/{{name}}/row", response_class=HTMLResponse)
    def row(request: Request, name: str) -> Response:
        """One row of the list, with the outlook, which takes a while."""
        return listing.row(site, request, name)

    @routes.post(PLANS)
    async def define(request: Request) -> Response:
        """Keep a new plan and make its baseline; what is refused is said with the reason."""
        fields = await form(request)
        return await run_in_threadpool(listing.define, site, request, fields)


def _one(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{PLANS}/{{name}}", response_class=HTMLResponse)
    def plan(request: Request, name: str) -> Response:
        """One plan as a grid."""
        return page(site, request, Shown.read(name, request.query_params))


def _decided(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    def done(request: Request, name: str, act: Callable[[], Any], said: str) -> Response:
        """Do something to a plan and go back to it; what is refused is said on its page."""
        try:
            act()
        except (PlanError, ResourceError, QueryError, ValueError) as error:
            return page(site, request, Shown(name), str(error))
        return RedirectResponse(f"{of_plan(name)}?done={quote(said)}", 303)

    @routes.post(f"{PLANS}/{{name}}/baseline")
    async def baseline(request: Request, name: str) -> Response:
        """Make the baseline, or make it anew."""
        fields = await form(request)
        return await run_in_threadpool(
            done, request, name, lambda: listing.make_baseline(site, name, fields), "baseline"
        )

    @routes.post(f"{PLANS}/{{name}}/draft")
    async def draft(request: Request, name: str) -> Response:
        """Start a draft from a version."""
        fields = await form(request)
        of = _version(fields, "of")
        return await run_in_threadpool(
            done, request, name,
            lambda: plans.start_draft(workspace, name, of=of, title=fields.get("title", "")),
            "draft",
        )  # fmt: skip

    @routes.post(f"{PLANS}/{{name}}/discard")
    async def discard(request: Request, name: str) -> Response:
        """Throw the draft away."""
        return await run_in_threadpool(
            done, request, name, lambda: plans.discard_draft(workspace, name), "discarded"
        )

    @routes.post(f"{PLANS}/{{name}}/submit")
    async def submit(request: Request, name: str) -> Response:
        """Hand the draft in for approval, as it was seen."""
        fields = await form(request)
        seen = _version(fields, "revision")
        return await run_in_threadpool(
            done, request, name,
            lambda: plans.submit(workspace, name, fields.get("note", ""), revision=seen),
            "submitted",
        )  # fmt: skip

    @routes.post(f"{PLANS}/{{name}}/approve")
    async def approve(request: Request, name: str) -> Response:
        """Approve the submitted version."""
        fields = await form(request)
        number = _version(fields, "version") or 0
        return await run_in_threadpool(
            done, request, name,
            lambda: plans.approve(workspace, name, number, fields.get("note", "")), "approved",
        )  # fmt: skip

    @routes.post(f"{PLANS}/{{name}}/reject")
    async def reject(request: Request, name: str) -> Response:
        """Reject the submitted version, with the reason."""
        fields = await form(request)
        number = _version(fields, "version") or 0
        return await run_in_threadpool(
            done, request, name,
            lambda: plans.reject(workspace, name, number, fields.get("reason", "")), "rejected",
        )  # fmt: skip


def _version(fields: Fields, key: str) -> int | None:
    text = fields.get(key, "")
    return int(text) if text.isdigit() and len(text) < 9 else None
