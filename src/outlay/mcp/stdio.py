"""The protocol over standard input and output: a workspace's own server, or the way to one."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx
from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import McpError

import outlay
from outlay.app import WorkspaceError
from outlay.mcp.http import PATH
from outlay.mcp.registry import Context
from outlay.mcp.server import create_server

_SECONDS = 120.0


def serve(context: Context) -> None:
    """Answer on standard input and output until it is closed, as the present principal."""
    anyio.run(_serve, create_server(context))


def forward(address: str, token: str = "") -> None:
    """Pass everything on to the server of a workspace at `address`, under an API token.

    WorkspaceError when it cannot be reached, or does not let the token in.
    """
    try:
        anyio.run(_forward, address, token)
    except* (httpx.HTTPError, McpError) as group:
        raise WorkspaceError(_reason(address, group)) from None


async def _serve(server: Server[Any, Any]) -> None:
    # The library warns of calls of tools that are not offered; the answer says it already.
    logging.getLogger("mcp").setLevel(logging.ERROR)
    # Descriptors of its own: whatever else is printed meanwhile must not mix with the messages.
    with (
        os.fdopen(os.dup(0), encoding="utf-8", errors="replace") as given,
        os.fdopen(os.dup(1), "w", encoding="utf-8") as said,
        contextlib.redirect_stdout(sys.stderr),
    ):
        async with stdio_server(anyio.wrap_file(given), anyio.wrap_file(said)) as (
            incoming,
            outgoing,
        ):
            await server.run(incoming, outgoing, server.create_initialization_options())


async def _forward(address: str, token: str) -> None:
    async with _session(address, token) as (session, started):
        await _serve(_relay(session, started))


@asynccontextmanager
async def _session(
    address: str, token: str
) -> AsyncIterator[tuple[ClientSession, types.InitializeResult]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = address.rstrip("/") + PATH
    async with (
        httpx.AsyncClient(headers=headers, timeout=_SECONDS) as client,
        streamable_http_client(url, http_client=client) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        yield session, await session.initialize()


def _relay(session: ClientSession, started: types.InitializeResult) -> Server[Any, Any]:
    """A server that asks the other one; what it says is passed on as it is."""
    server: Server[Any, Any] = Server("outlay", outlay.__version__, started.instructions)
    asked: dict[type, Any] = {
        types.ListToolsRequest: types.ListToolsResult,
        types.CallToolRequest: types.CallToolResult,
        types.ListPromptsRequest: types.ListPromptsResult,
        types.GetPromptRequest: types.GetPromptResult,
        types.ListResourcesRequest: types.ListResourcesResult,
        types.ListResourceTemplatesRequest: types.ListResourceTemplatesResult,
        types.ReadResourceRequest: types.ReadResourceResult,
    }

    def passing(answer: Any) -> Any:
        async def pass_on(request: Any) -> types.ServerResult:
            # Anew: the request that came carries the id of its own conversation.
            asked_there = type(request)(method=request.method, params=request.params)
            done = await session.send_request(types.ClientRequest(asked_there), answer)
            return types.ServerResult(done)

        return pass_on

    for request, answer in asked.items():
        server.request_handlers[request] = passing(answer)
    return server


def _reason(address: str, group: BaseExceptionGroup[Exception]) -> str:
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    if isinstance(first, httpx.HTTPStatusError) and first.response.status_code in (401, 403):
        return (
            f"{address} does not let this token in ({first.response.status_code}). Give an API "
            "token with --token or OUTLAY_TOKEN; the Access page makes one."
        )
    return (
        f"{address} cannot be asked: {first}. Check the address, and that `outlay serve` runs "
        "there."
    )
