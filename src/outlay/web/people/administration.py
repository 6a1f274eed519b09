"""The Access page: people, roles, tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, Level, who
from outlay.access.events import utc_now
from outlay.access.roles import ROLE
from outlay.app.access import accounts
from outlay.expression.errors import QueryError
from outlay.resources import ResourceError
from outlay.web.addresses import base_url
from outlay.web.people.forms import Given, day_of, expiries
from outlay.web.render import Site
from outlay.web.views import form

_FAILURES = (AccessError, QueryError, ResourceError)


def router(site: Site) -> APIRouter:
    """The routes of the Access page."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/access", response_class=HTMLResponse)
    def show(request: Request) -> Response:
        """People, roles and tokens."""
        return _page(site, request)

    @routes.post("/access/people")
    async def add(request: Request) -> Response:
        """Add a person and show the link by which they set their password."""
        given = await form(request)

        def run() -> Response:
            name, role = given.get("name", ""), given.get("role", "")
            person = accounts.add(
                workspace,
                name,
                role,
                display=given.get("display", ""),
                email=given.get("email", ""),
            )
            if given.get("invite") != "yes":
                return RedirectResponse("/access", 303)
            return _invited(site, request, person.name)

        return await _tried(site, request, run, given)

    @routes.get("/access/people/{name}", response_class=HTMLResponse)
    def one(request: Request, name: str) -> Response:
        """One account with its sessions and tokens."""
        return _person(site, request, name)

    @routes.post("/access/people/{name}")
    async def change(request: Request, name: str) -> Response:
        """Give a role, disable, enable, invite, end the sessions of or remove a person."""
        given = await form(request)

        def run() -> Response:
            what = given.get("do", "")
            if what == "invite":
                return _invited(site, request, name)
            if what == "remove":
                accounts.remove(workspace, name)
                return RedirectResponse("/access", 303)
            _change(site, name, what, given)
            return RedirectResponse(f"/access/people/{quote(name, safe='')}", 303)

        try:
            return await run_in_threadpool(run)
        except _FAILURES as error:
            return _person(site, request, name, 400, problem=str(error))

    @routes.post("/access/roles")
    async def roles(request: Request) -> Response:
        """Make, change or remove a role."""
        given = await form(request)

        def run() -> Response:
            name = given.get("name", "").strip()
            if given.get("do") == "remove":
                workspace.delete_resource(ROLE.name, name, author=who())
            else:
                spec = {key: given.get(key, "") for key in ("level", "scope", "description")}
                workspace.put_resource(ROLE.name, name, spec, author=who())
            return RedirectResponse("/access#roles", 303)

        return await _tried(site, request, run, given)

    @routes.post("/access/tokens")
    async def create_token(request: Request) -> Response:
        """Make a token of the workspace; this answer is the only place that shows it."""
        given = await form(request)

        def run() -> Response:
            secret, token = accounts.create_token(
                workspace,
                given.get("name", ""),
                given.get("level", ""),
                scope=given.get("scope", ""),
                expires=day_of(given.get("expires", "")),
                owner="",
            )
            return _page(site, request, secret=secret, made=token)

        return await _tried(site, request, run, given)

    @routes.post("/access/tokens/{number}/revoke")
    def revoke_token(number: int) -> Response:
        """Revoke anybody's token."""
        accounts.revoke_token(workspace, number, everybody=True)
        return RedirectResponse("/access#tokens", 303)

    return routes


def _change(site: Site, name: str, what: str, given: dict[str, str]) -> None:
    workspace = site.workspace
    if what == "role":
        accounts.change(workspace, name, role=given.get("role", ""))
    elif what in ("disable", "enable"):
        accounts.change(workspace, name, disabled=what == "disable")
    elif what == "describe":
        accounts.change(
            workspace, name, display=given.get("display", ""), email=given.get("email", "")
        )
    elif what == "sessions":
        accounts.administer("ending sessions")
        door = accounts.door_of(workspace)
        for session in door.sessions.all(door.people.get(name)):
            door.sessions.end_one(session.id)
    else:
        raise AccessError(f"{what!r} cannot be done to a person.")


async def _tried(
    site: Site, request: Request, run: Callable[[], Response], given: dict[str, str]
) -> Response:
    def tried() -> Response:
        try:
            return run()
        except _FAILURES as error:
            return _page(site, request, 400, problem=str(error), given=given)

    return await run_in_threadpool(tried)


def _invited(site: Site, request: Request, name: str) -> Response:
    path, ends = accounts.invite(site.workspace, name)
    public = site.workspace.settings.login.public_url
    return _page(
        site, request, link=base_url(request, public) + path, link_ends=ends, link_for=name
    )


def _page(site: Site, request: Request, status: int = 200, **more: Any) -> HTMLResponse:
    workspace = site.workspace
    shown: dict[str, Any] = {
        "problem": "",
        "secret": "",
        "made": None,
        "link": "",
        "link_ends": None,
        "link_for": "",
        **more,
    }
    given = shown.pop("given", {}) or _role_to_edit(site, request)
    for name in ("person", "role", "token"):
        shown[f"given_{name}"] = Given(given if given.get("form") == name else {})
    return site.page(
        request,
        "people/access.html",
        status,
        active="access",
        title="Access",
        rows=accounts.people(workspace),
        roles=accounts.role_rows(workspace),
        tokens=accounts.tokens(workspace, everybody=True),
        now=utc_now(),
        levels=[level for level in Level if level is not Level.NOBODY],
        expiries=expiries(),
        sign_on=workspace.settings.login.sign_on,
        **shown,
    )


def _role_to_edit(site: Site, request: Request) -> dict[str, str]:
    """The form of the role that the address names, filled in."""
    name = request.query_params.get("role", "")
    found = site.workspace.resources.find(ROLE.name, name) if name else None
    if found is None:
        return {}
    return {"form": "role", "name": name, **found.spec.model_dump(mode="json")}


def _person(
    site: Site, request: Request, name: str, status: int = 200, *, problem: str = ""
) -> HTMLResponse:
    row = accounts.person(site.workspace, name)
    door = accounts.door_of(site.workspace)
    return site.page(
        request,
        "people/person.html",
        status,
        active="access",
        title=row.person.title,
        row=row,
        roles=accounts.role_rows(site.workspace),
        sessions=door.sessions.all(row.person),
        tokens=door.tokens.all(row.person),
        now=utc_now(),
        problem=problem,
    )
