"""The protocol over streamable HTTP, as one address of the web server.

Each request stands for itself: no session is kept, so that any of several server processes can
answer it, and a call never runs under the login of whoever called before. The web server's gate
has said who asks before this is reached.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskStatus
from mcp.server.streamable_http import StreamableHTTPServerTransport
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from outlay.app import Workspace
from outlay.mcp.links import Links
from outlay.mcp.registry import Context, Options
from outlay.mcp.server import create_server

PATH = "/mcp"


def route(workspace: Workspace, options: Options | None = None) -> Route:
    """The address `PATH` for an application; `options` default to the workspace's settings."""
    return Route(PATH, endpoint=Endpoint(workspace, options), methods=["GET", "POST", "DELETE"])


class Endpoint:
    """ASGI application that answers one message of the protocol a request."""

    def __init__(self, workspace: Workspace, options: Options | None = None) -> None:
        settings = workspace.settings.assistants
        self._context = Context(
            workspace, options or Options(writes=settings.writes, sql=settings.sql)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a POST; 405 for the streams and sessions that a server without any has not."""
        await (_refusal(scope) or self._answer)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        public = self._context.workspace.settings.login.public_url
        context = replace(self._context, links=Links(public or _base(scope)))
        server = create_server(context)
        transport = StreamableHTTPServerTransport(None, is_json_response_enabled=True)

        async def serve(*, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
            async with transport.connect() as (incoming, outgoing):
                task_status.started()
                await server.run(
                    incoming, outgoing, server.create_initialization_options(), stateless=True
                )

        async with anyio.create_task_group() as tasks:
            # The task inherits the principal of this very request.
            await tasks.start(serve)
            try:
                await transport.handle_request(scope, receive, send)
            finally:
                with anyio.CancelScope(shield=True):
                    await transport.terminate()


def _refusal(scope: Scope) -> ASGIApp | None:
    """What is refused before anything is read: a page of another site, and other methods.

    A browser states the origin of a page that asks and no page can forge it; a name that was made
    to point here (DNS rebinding) is refused by the server's list of host names already.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return PlainTextResponse(
            f"The origin {origin} may not use this address: it is for assistants and for the "
            "pages of this server.\n",
            status_code=403,
        )
    if scope["method"] != "POST":
        return PlainTextResponse(
            "Send a message of the Model Context Protocol by POST; this server keeps no sessions "
            "and opens no streams.\n",
            status_code=405,
            headers={"Allow": "POST"},
        )
    return None


def _base(scope: Scope) -> str:
    """The address under which the client reaches this server."""
    headers = Headers(scope=scope)
    return f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}"
