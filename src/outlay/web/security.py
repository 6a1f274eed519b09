"""What every response and every request must satisfy, whatever page it is of.

One ASGI layer outside everything: security headers on all responses, only known host names
(against DNS rebinding of a server on loopback), and no state change asked for by another site.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

STRICT_TRANSPORT_SECURITY = "max-age=31536000"
"""Browsers that were here encrypted once come no other way for a year. Names below this one are
their owners' business, hence not included."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """ASGI middleware: host names, same-origin writes, security headers.

    `hosts` are the names (without port) under which the server may be asked; `*` allows any.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = LOOPBACK_HOSTS) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse with 421 or 403, or pass on and add the headers to what comes back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if "*" not in self.hosts and _hostname(f"//{host}") not in self.hosts:
            return PlainTextResponse(
                f"The host name {host!r} is not served here. Allowed: "
                f"{', '.join(sorted(self.hosts))}. Start the server with --host to name another.\n",
                status_code=421,
            )
        if scope["method"] not in _SAFE_METHODS and _is_foreign(headers, host):
            return PlainTextResponse(
                "This change was asked for by a page of another site and is refused. "
                "Open the page on this server and try again.\n",
                status_code=403,
            )
        return None


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser sent this for another site's page.

    Browsers state the relation (Sec-Fetch-Site) or the origin and pages cannot forge either;
    programs send neither and carry no reader's authority that could be abused.
    """
    relation = headers.get("sec-fetch-site")
    if relation is not None:
        return relation not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc.lower() != host.lower()


def _hostname(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
