"""One's own account: who one is, password, sessions, tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, Level, current
from outlay.access.errors import ThrottledError
from outlay.access.events import utc_now
from outlay.access.sessions import session_id
from outlay.app.access import accounts
from outlay.app.home import PERSONAS
from outlay.expression.errors import QueryError
from outlay.web.gate import session_key, set_session
from outlay.web.people.entrance import caller
from outlay.web.people.forms import Given, day_of, expiries
from outlay.web.render import Site
from outlay.web.views import form


def router(site: Site) -> APIRouter:
    """The routes of one's own account."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/account", response_class=HTMLResponse)
    def show(request: Request) -> Response:
        """The account of who asks."""
        return _page(site, request)

    @routes.post("/account")
    async def describe(request: Request) -> Response:
        """Change the shown name and the home."""
        given = await form(request)
        persona = given.get("persona") or None
        if persona is not None and persona not in PERSONAS:
            return _page(site, request, 400, problem=f"There is no home for {persona!r}.")
        await run_in_threadpool(
            accounts.describe_me, workspace, display=given.get("display"), persona=persona
        )
        return RedirectResponse("/account", 303)

    @routes.post("/account/password")
    async def password(request: Request) -> Response:
        """Change the password; every other session ends."""
        given = await form(request)
        new = given.get("new", "")
        if new != given.get("again", ""):
            return _page(site, request, 400, problem="The two new passwords are not the same.")
        try:
            key = await run_in_threadpool(
                accounts.change_my_password, workspace, given.get("old", ""), new, caller(request)
            )
        except ThrottledError as error:
            response = _page(site, request, 429, problem=str(error))
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        except AccessError as error:
            return _page(site, request, 400, problem=str(error))
        done: Response = RedirectResponse("/account?said=password", 303)
        set_session(done, request, key)
        return done

    @routes.post("/account/sessions")
    async def end_session(request: Request) -> Response:
        """End one of one's sessions."""
        given = await form(request)
        try:
            await run_in_threadpool(accounts.end_my_session, workspace, given.get("session", ""))
        except AccessError as error:
            return _page(site, request, 404, problem=str(error))
        return RedirectResponse("/account#sessions", 303)

    @routes.post("/account/tokens")
    async def create_token(request: Request) -> Response:
        """Make a token; this answer is the only place that shows it."""
        given = await form(request)
        try:
            secret, token = await run_in_threadpool(
                accounts.create_token,
                workspace,
                given.get("name", ""),
                given.get("level", ""),
                scope=given.get("scope", ""),
                expires=day_of(given.get("expires", "")),
            )
        except (AccessError, QueryError) as error:
            return _page(site, request, 400, problem=str(error), given=given)
        return _page(site, request, secret=secret, made=token)

    @routes.post("/account/tokens/{number}/revoke")
    def revoke_token(number: int) -> Response:
        """Revoke one of one's tokens."""
        accounts.revoke_token(workspace, number)
        return RedirectResponse("/account#tokens", 303)

    return routes


def _page(site: Site, request: Request, status: int = 200, **more: Any) -> HTMLResponse:
    reader = current()
    me = accounts.me(site.workspace)
    shown: dict[str, Any] = {"problem": "", "secret": "", "made": None, **more}
    return site.page(
        request,
        "people/account.html",
        status,
        active="",
        title="Your account",
        me=me,
        personas=PERSONAS,
        sessions=accounts.my_sessions(site.workspace) if me else [],
        here=session_id(session_key(request)) if session_key(request) else "",
        tokens=accounts.tokens(site.workspace) if me else [],
        now=utc_now(),
        levels=[level for level in Level if Level.NOBODY < level <= reader.level],
        expiries=expiries(),
        said=request.query_params.get("said", ""),
        given=Given(shown.pop("given", {})),
        **shown,
    )
