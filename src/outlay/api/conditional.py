"""Answers that did not change are not worked out again: ETag and If-None-Match.

The tag of an answer is a digest of what decides it: the version of the product, the revision of
the workspace (snapshot, configuration, metrics, statements, day), the principal with its scope,
the address and the form that was asked for. So a 304 costs a few look-ups, never the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response

import outlay
from outlay.access import current
from outlay.app import Workspace
from outlay.app.revision import revision

_OF_THE_MOMENT = frozenset(
    {"/sources", "/sources/{name}", "/runs", "/held", "/metrics", "/metrics/{name}"}
)
"""Paths whose answer counts from the present minute (freshness, runs)."""
HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding"}


class NotModifiedError(Exception):
    """The caller has the answer already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def conditional(workspace: Workspace) -> Callable[[Request], None]:
    """A dependency of routes: puts the tag of the answer into ``request.state.etag``, or raises
    NotModifiedError when the caller has it."""

    def check(request: Request) -> None:
        path = getattr(request.scope.get("route"), "path", request.url.path)
        if request.method not in ("GET", "HEAD") or path.endswith(tuple(_OF_THE_MOMENT)):
            return
        tag = _tag(request, revision(workspace))
        if matches(request, tag):
            raise NotModifiedError(tag)
        request.state.etag = tag

    return check


def matches(request: Request, tag: str) -> bool:
    """Whether the caller names the tag in If-None-Match."""
    given = request.headers.get("if-none-match", "")
    return bool(given) and (
        given.strip() == "*" or tag in (part.strip() for part in given.split(","))
    )


def not_modified(tag: str) -> Response:
    """304, with the tag."""
    return Response(status_code=304, headers={**HEADERS, "ETag": tag})


def tagged(request: Request, response: Response) -> Response:
    """The response with its tag: that of a resource is its own; 304 when the caller has it."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200:
        return response
    own = response.headers.get("etag")
    tag = own or getattr(request.state, "etag", None)
    if tag is None:
        return response
    if own and matches(request, own):
        return not_modified(own)
    response.headers["ETag"] = tag
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _tag(request: Request, state: str) -> str:
    who = current()
    parts = (
        outlay.__version__,
        state,
        f"{who.name} {who.level} {who.scope}",
        request.url.path,
        request.url.query,
        request.headers.get("accept", ""),
        # Packed and plain bytes differ, and so do their strong tags.
        "gzip" if "gzip" in request.headers.get("accept-encoding", "") else "",
    )
    return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'
