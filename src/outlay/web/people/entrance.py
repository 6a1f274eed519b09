"""Logging in and out, and taking up an invitation."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access.errors import AccessError, LoginFailedError, ThrottledError
from outlay.access.invitations import InvitationOverError, Invitations
from outlay.access.login import Caller
from outlay.app.access.login import Login
from outlay.web.addresses import base_url, own_path
from outlay.web.gate import end_session, session_key, set_session
from outlay.web.render import Site
from outlay.web.views import form

STATE_COOKIE = "outlay_sign_on"
CALLBACK = "/login/callback"
_TEN_MINUTES = 600
_NOT_KEPT = {"Cache-Control": "no-store"}


def caller(request: Request) -> Caller:
    """Where a request comes from."""
    return Caller(
        request.client.host if request.client else "",
        request.headers.get("user-agent", ""),
        session_key(request),
    )


def router(site: Site) -> APIRouter:
    """The routes before one is logged in. Without a login they lead home."""
    routes = APIRouter()

    @routes.get("/login", response_class=HTMLResponse)
    def ask(request: Request) -> Response:
        """The form; whoever is logged in already goes on."""
        login = site.login
        next = own_path(request.query_params.get("next"))
        if login is None or login.door.sessions.find(session_key(request)):
            return RedirectResponse(next, 303, _NOT_KEPT)
        return _form(site, request, login, next)

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        """Check name and password, and begin a session."""
        login, given = site.login, await form(request)
        next = own_path(given.get("next"))
        if login is None:
            return RedirectResponse(next, 303)
        name = given.get("name", "").strip()[:200]
        if not login.settings.passwords:
            return _form(site, request, login, next, problem="Log in with the button.", status=403)
        try:
            key = await run_in_threadpool(
                login.door.log_in, name, given.get("password", ""), caller(request)
            )
        except LoginFailedError as error:
            return _form(site, request, login, next, name=name, problem=str(error), status=401)
        except ThrottledError as error:
            response = _form(site, request, login, next, name=name, problem=str(error), status=429)
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        done = RedirectResponse(next, 303, _NOT_KEPT)
        set_session(done, request, key)
        return done

    @routes.post("/logout")
    def log_out(request: Request) -> Response:
        """End the session here, and where single sign-on began it."""
        login = site.login
        if login is None:
            return RedirectResponse("/", 303)
        id_token = login.door.log_out(session_key(request), caller(request))
        back = base_url(request, login.settings.public_url) + "/login"
        elsewhere = login.log_out_address(id_token, back)
        response = site.page(
            request,
            "people/out.html",
            title="Logged out",
            elsewhere=elsewhere,
            sign_on=login.sign_on,
        )
        if elsewhere:
            # By the browser itself, not as a redirect of the form: the policy of our pages sends
            # no form to another server.
            response.headers["Refresh"] = f"1; url={elsewhere}"
        # What the browser kept of our pages goes, also what Back would show.
        response.headers["Clear-Site-Data"] = '"cache"'
        end_session(response, request)
        return response

    _sign_on(routes, site)
    _invitations(routes, site)
    return routes


def _sign_on(routes: APIRouter, site: Site) -> None:
    @routes.get("/login/start")
    def start(request: Request) -> Response:
        """Send the browser to the provider of single sign-on."""
        login = site.login
        next = own_path(request.query_params.get("next"))
        if login is None or login.sign_on is None:
            return RedirectResponse("/login", 303)
        where = caller(request)
        try:
            url, state = login.begin(_callback(request, login), next, where.address)
        except (LoginFailedError, ThrottledError) as error:
            status = 429 if isinstance(error, ThrottledError) else 502
            return _form(site, request, login, next, problem=str(error), status=status)
        response = RedirectResponse(url, 303, _NOT_KEPT)
        # Lax: the provider's answer is a navigation from its pages to ours.
        response.set_cookie(
            STATE_COOKIE,
            state,
            max_age=_TEN_MINUTES,
            path=CALLBACK,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    @routes.get(CALLBACK)
    def callback(request: Request) -> Response:
        """Let in whoever the provider's answer names."""
        login = site.login
        if login is None or login.sign_on is None:
            return RedirectResponse("/login", 303)
        state = request.cookies.get(STATE_COOKIE, "")
        try:
            key, next = login.finish(
                _callback(request, login), request.url.query, state, caller(request)
            )
        except LoginFailedError as error:
            response: Response = _form(site, request, login, "/", problem=str(error), status=401)
        else:
            response = RedirectResponse(own_path(next), 303, _NOT_KEPT)
            set_session(response, request, key)
        response.delete_cookie(STATE_COOKIE, path=CALLBACK)
        return response


def _invitations(routes: APIRouter, site: Site) -> None:
    @routes.get("/invite/{key}", response_class=HTMLResponse)
    def invited(request: Request, key: str) -> Response:
        """The form to set a password; looking at it uses nothing up."""
        if site.login is None:
            return _over(site, request, _NO_LOGIN)
        try:
            person = Invitations(site.login.door.people).whose(key)
        except InvitationOverError as error:
            return _over(site, request, str(error))
        return _invite(site, request, invited=person)

    @routes.post("/invite/{key}")
    async def take_up(request: Request, key: str) -> Response:
        """Set the password, and log in."""
        login, given = site.login, await form(request)
        if login is None:
            return _over(site, request, _NO_LOGIN)
        where = caller(request)
        password = given.get("password", "")
        invitations = Invitations(login.door.people)
        try:
            person = invitations.whose(key)
        except InvitationOverError as error:
            return _over(site, request, str(error))
        if password != given.get("again", ""):
            problem = "The two passwords are not the same."
            return _invite(site, request, 400, invited=person, problem=problem)
        try:
            person = await run_in_threadpool(invitations.take_up, key, password, where.address)
        except InvitationOverError as error:
            return _over(site, request, str(error))
        except AccessError as error:
            return _invite(site, request, 400, invited=person, problem=str(error))
        if not login.settings.passwords:
            return RedirectResponse("/login", 303, _NOT_KEPT)
        response = RedirectResponse("/", 303, _NOT_KEPT)
        set_session(response, request, await run_in_threadpool(login.door.let_in, person, where))
        return response


_NO_LOGIN = "This server asks nobody to log in: it serves this machine alone."


def _callback(request: Request, login: Login) -> str:
    return base_url(request, login.settings.public_url) + CALLBACK


def _form(
    site: Site,
    request: Request,
    login: Login,
    next: str,
    *,
    name: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    return site.page(
        request,
        "people/login.html",
        status,
        title="Log in",
        next=next,
        name=name,
        problem=problem,
        sign_on=login.sign_on,
        passwords=login.settings.passwords,
    )


def _over(site: Site, request: Request, problem: str) -> Response:
    return _invite(site, request, 410, problem=problem)


def _invite(
    site: Site, request: Request, status: int = 200, *, invited: object = None, problem: str = ""
) -> Response:
    return site.page(
        request,
        "people/invite.html",
        status,
        title="Set your password",
        invited=invited,
        problem=problem,
    )
