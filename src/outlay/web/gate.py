"""Who asks, and whether they may: one ASGI layer before every route.

It turns a session's cookie or an API token into the principal under whom everything below runs,
finds the route that will answer, and holds the principal against the route's rule
(`outlay.access.rules`). What has no rule is refused, so that a new route is closed until somebody
says who may ask it. Without a login (`login` is None) everybody is the person at this machine.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import Request
from fastapi.responses import RedirectResponse
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outlay.access import AccessDeniedError, LoginRequiredError, Principal, acting
from outlay.access.events import noting
from outlay.access.principal import Level
from outlay.access.rules import all_rules, check
from outlay.access.sessions import session_id
from outlay.app import events
from outlay.app.access.login import Login
from outlay.web.addresses import asked_path, login_address, own_path
from outlay.web.render import Site

log = logging.getLogger("outlay.web")

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE, SECURE_COOKIE = "outlay", "__Host-outlay"
"""The session's cookie; the second name where the connection is encrypted: browsers then refuse
it from anywhere but this very host, encrypted."""

_OPEN = ("/static/",)
_PROGRAMS = ("/api/", "/mcp")
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})
_MAX_KEY = 200
_MAX_ASKED = 400
_MOST_OF_NOBODY = 64 * 1024
"""Bytes that somebody who is not logged in may send: a form to log in is smaller."""


def cookie_name(request: Request) -> str:
    """The name of the session's cookie on this connection."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def session_key(request: Request) -> str:
    """The key of the session in the browser's cookie; '' without one."""
    key = request.cookies.get(cookie_name(request), "")
    return key if len(key) <= _MAX_KEY else ""


def set_session(response: Response, request: Request, key: str) -> None:
    """Give the browser a session, until it is closed or the session is over."""
    response.set_cookie(
        cookie_name(request),
        key,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def end_session(response: Response, request: Request) -> None:
    """Take the session from the browser."""
    response.delete_cookie(
        cookie_name(request),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


@dataclass(frozen=True)
class Known:
    """A route with its rule. `methods` None: any."""

    methods: frozenset[str] | None
    path: re.Pattern[str]
    template: str
    mounted: bool = False

    def key(self, method: str) -> str:
        """The name under which rules know it."""
        return f"{method} {self.template}"


class RouteTable:
    """Which route answers a path, by the same patterns and in the same order as the router."""

    def __init__(self, routes: Sequence[Any]) -> None:
        self.routes = [
            known for context in iter_route_contexts(routes) if (known := _known(context))
        ]

    def find(self, method: str, path: str) -> Known | None:
        """The route that will answer; None when none will."""
        wanted = "GET" if method == "HEAD" else method
        for route in self.routes:
            if (route.methods is None or wanted in route.methods) and route.path.match(path):
                return route
        return None


def _known(context: Any) -> Known | None:
    pattern = getattr(context, "path_regex", None)
    template = context.path
    if pattern is None or template is None:
        return None
    methods = context.methods
    return Known(
        None if not methods else frozenset(methods), pattern, template, mounted=not methods
    )


class Gate:
    """ASGI middleware. `login` None: single user, on this machine alone."""

    def __init__(self, app: ASGIApp, site: Site, login: Login | None) -> None:
        self.app = app
        self.site = site
        self.login = login
        self._table: RouteTable | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a refusal, or pass on as whoever asks."""
        if scope["type"] == "lifespan" or (scope["type"] != "http" and self.login is None):
            await self.app(scope, receive, send)
            return
        if self.login is None:
            await self._pass(_proxied(scope) or self.app, Request(scope, receive), send)
            return
        if scope["type"] != "http":
            # Nothing here speaks WebSocket; a connection that nobody looked at is not let through.
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["path"].startswith(_OPEN):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        principal = await run_in_threadpool(self._principal, request)
        refusal = await run_in_threadpool(self._refusal, request, principal)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        with acting(principal):
            await self._pass(self.app, request, _uncached(send, request))

    async def _pass(self, app: ASGIApp, request: Request, send: Send) -> None:
        """Answer, and keep in the audit log what left as a file, before it leaves."""

        async def sending(message: Message) -> None:
            file = _leaves(message)
            if file and "export" not in noted:
                asked = request.url.query[:_MAX_ASKED]
                target = f"{request.method} {request.url.path}"
                await run_in_threadpool(
                    events.record, self.site.workspace, "export", target, file=file, asked=asked
                )
            await send(message)

        with noting() as noted:
            await app(request.scope, request.receive, sending)

    # --- who ---

    def _principal(self, request: Request) -> Principal:
        assert self.login is not None
        address = request.client.host if request.client else ""
        nobody = Principal("", Level.NOBODY, via="nobody", address=address)
        token = bearer(request)
        if token is not None:
            return self.login.door.by_token(token, address) or nobody
        key = session_key(request)
        return (self.login.door.by_session(key, address) if key else None) or nobody

    # --- whether ---

    def _refusal(self, request: Request, principal: Principal) -> Response | None:
        with acting(principal):
            path, method = request.url.path, request.method
            if bearer(request) is not None and not principal.name:
                return self._must_log_in(request)
            if not principal.name and is_large(request):
                return problem(413, "http", "Too large", "Log in before sending so much.")
            if is_forged(request, principal):
                return refused(
                    self.site,
                    request,
                    403,
                    "This change does not say which page asked for it, and is refused. Send it "
                    "from a page of this server, or use an API token.",
                )
            wait = self._too_often(request, principal)
            if wait:
                return wait
            route = self._route(request)
            if route is None or method == "OPTIONS":
                # Nothing answers, which is told to those alone who may know what there is.
                return self._nothing(request) if principal.name else self._must_log_in(request)
            rule = all_rules().get(route.key("GET" if method == "HEAD" else method))
            if rule is None and route.mounted:
                rule = all_rules().get(route.key("*"))
            try:
                check(principal, rule, path)
            except LoginRequiredError:
                return self._must_log_in(request)
            except AccessDeniedError as error:
                if rule is None:
                    log.error("no rule for %s", route.key(method))
                events.record(self.site.workspace, "refuse", f"{method} {path}")
                return refused(self.site, request, 403, str(error))
            return None

    def _nothing(self, request: Request) -> Response:
        """No route of the table answers. Said here and not passed on: what is not in the table
        has no rule that was looked at."""
        from outlay.web.errors import failure

        path = request.scope["path"]
        bare = path.rstrip("/")
        if bare != path and own_path(bare) == bare and self._table_of(request).find("GET", bare):
            return RedirectResponse(bare + asked_path(request)[len(request.url.path) :], 307)
        others = [m for m in METHODS if self._table_of(request).find(m, path)]
        if is_program(request):
            status, title = (405, "Method Not Allowed") if others else (404, "Not Found")
            return problem(status, "http", title, f"There is no {request.method} {path}.")
        if others:
            allowed = {"Allow": ", ".join(others)}
            return Response("There is no such action.", 405, allowed, "text/plain")
        return failure(self.site, request, 404, f"Nothing is kept at {path}.")

    def _route(self, request: Request) -> Known | None:
        return self._table_of(request).find(request.method, request.scope["path"])

    def _table_of(self, request: Request) -> RouteTable:
        if self._table is None:
            self._table = RouteTable(request.app.routes)
        return self._table

    def _too_often(self, request: Request, principal: Principal) -> Response | None:
        assert self.login is not None
        if not is_program(request) or not principal.name:
            return None
        token = bearer(request)
        wait = self.login.rate.take(session_id(token or session_key(request)))
        if not wait:
            return None
        return problem(
            429,
            "rate",
            "Too many requests",
            f"At most {self.login.rate.per_minute} requests a minute are answered for one token "
            f"or session. Try again in {wait} seconds.",
            {"Retry-After": str(wait)},
        )

    def _must_log_in(self, request: Request) -> Response:
        if is_program(request) or bearer(request) is not None:
            given = bearer(request) is not None
            return problem(
                401,
                "login",
                "Somebody must be logged in",
                "The API token is not valid: it is unknown, has expired or was revoked, or its "
                "owner may not log in."
                if given
                else "Send an API token: Authorization: Bearer outlay_… . The account page of "
                "this server makes one.",
                {
                    "WWW-Authenticate": 'Bearer realm="Outlay"'
                    + (', error="invalid_token"' if given else "")
                },
            )
        if "hx-request" in request.headers:
            return Response(
                "Log in.", 401, {"HX-Redirect": login_address(_page_of(request))}, "text/plain"
            )
        path = asked_path(request) if request.method in SAFE_METHODS else "/"
        return RedirectResponse(login_address(path), 303, {"Cache-Control": "no-store"})


def _proxied(scope: Scope) -> Response | None:
    """The refusal of a request that came through a proxy to a server without a login: it may be
    anybody's, and the proxy's own address is all that is seen."""
    if not any(name in _FORWARDED for name, _ in scope.get("headers", ())):
        return None
    return Response(
        "This server is for its own machine only and asks nobody to log in, but the request came "
        "through a proxy. Start it with: outlay serve --login --trust-proxy ADDRESS\n",
        403,
        media_type="text/plain",
    )


def _page_of(request: Request) -> str:
    """The page that a script of ours asks for, or asks from."""
    if request.method == "GET" and "hx-boosted" in request.headers:
        return asked_path(request)
    try:
        parts = urlsplit(request.headers.get("hx-current-url", "/"))
    except ValueError:
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def bearer(request: Request) -> str | None:
    """The token of the request; None when it brings none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def is_large(request: Request) -> bool:
    """Whether a request brings more than a form to log in, or does not say how much it brings."""
    if request.method in SAFE_METHODS:
        return False
    length = request.headers.get("content-length", "0")
    chunked = "transfer-encoding" in request.headers
    return chunked or not length.isdecimal() or int(length) > _MOST_OF_NOBODY


def is_program(request: Request) -> bool:
    """Whether the answer is for a program, not for a person's eyes."""
    return request.url.path.startswith(_PROGRAMS)


def is_forged(request: Request, principal: Principal) -> bool:
    """Whether a change under a session does not say where it comes from. Every browser says it,
    by one of two headers which pages cannot set (`outlay.web.security` looks at what they say)."""
    if principal.via != "session" or request.method in SAFE_METHODS:
        return False
    return "sec-fetch-site" not in request.headers and "origin" not in request.headers


def problem(
    status: int, name: str, title: str, detail: str, headers: dict[str, str] | None = None
) -> Response:
    """A refusal for programs: application/problem+json (RFC 9457)."""
    body = {"type": f"urn:outlay:problem:{name}", "title": title, "status": status}
    return Response(
        orjson.dumps({**body, "detail": detail}),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        "application/problem+json",
    )


def refused(site: Site, request: Request, status: int, reason: str) -> Response:
    """A refusal, as whoever asks can read it."""
    if is_program(request):
        return problem(status, "denied", "This is not allowed", reason)
    return site.page(
        request,
        "people/refused.html",
        status,
        active="",
        title="This is not open to you",
        reason=reason,
    )


def _leaves(message: Message) -> str:
    """The name of the file that an answer is to be kept as; '' when it is for looking at."""
    if message["type"] != "http.response.start" or message["status"] != 200:
        return ""
    for name, value in message.get("headers", ()):
        if name.lower() == b"content-disposition" and value.startswith(b"attachment"):
            found = re.search(rb'filename="([^"]*)"', value)
            return found[1].decode("latin-1") if found else "a file"
    return ""


def _uncached(send: Send, request: Request) -> Send:
    """What was answered to one person is kept for nobody: neither by a proxy nor by Back."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            from starlette.datastructures import MutableHeaders

            headers = MutableHeaders(scope=message)
            if "cache-control" not in headers:
                headers["Cache-Control"] = "private, no-cache"
            headers.add_vary_header("Cookie, Authorization")
        await send(message)

    return sending
