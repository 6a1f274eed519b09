"""Addresses within this server, and of it."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from fastapi import Request

_LONGEST = 4000
_NOT_AGAIN = ("/login", "/logout", "/invite")


def own_path(text: str | None, otherwise: str = "/") -> str:
    """A path of this server that may be gone to, or `otherwise`.

    Whatever a browser could read as another server's address is refused: ``//host``,
    ``/\\host``, a scheme, control characters (which browsers drop before they look).
    """
    if not text or len(text) > _LONGEST or not text.startswith("/") or "\\" in text:
        return otherwise
    if any(ord(sign) < 33 or ord(sign) == 127 for sign in text):
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    if text.startswith("//") or parts.scheme or parts.netloc:
        return otherwise
    if any(parts.path == path or parts.path.startswith(path + "/") for path in _NOT_AGAIN):
        return otherwise
    return text


def login_address(next: str) -> str:
    """The page to log in at, and to go on from to a path."""
    path = own_path(next)
    return "/login" if path == "/" else f"/login?next={quote(path, safe='/')}"


def base_url(request: Request, public_url: str = "") -> str:
    """The address of this server as people open it, without a slash at its end."""
    return public_url or str(request.base_url).rstrip("/")


def asked_path(request: Request) -> str:
    """The path and query that were asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
