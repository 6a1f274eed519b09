"""The protocol's server of one workspace: tools, prompts and resources, one for each request.

Whoever starts it has set the principal (`outlay.access.acting`, or the gate of the web server);
each call runs in a thread that inherits it, so that clients at once do not wait for each other.
"""

from __future__ import annotations

import logging
from typing import Any

import anyio.to_thread
import orjson
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from pydantic import AnyUrl

import outlay
from outlay.access import AccessDeniedError, AccessError
from outlay.app import events
from outlay.mcp.failures import details, message, parsed, unknown
from outlay.mcp.prompts import filled
from outlay.mcp.prompts import listed as listed_prompts
from outlay.mcp.registry import Context, Tool, tools
from outlay.mcp.resources import listed as listed_resources
from outlay.mcp.resources import read, templates

log = logging.getLogger("outlay.mcp")

INSTRUCTIONS = """\
Outlay is a FinOps ledger: what was spent in clouds, data platforms, SaaS and AI, exactly, with
history. Ask `query` for sums; list_measures, list_dimensions and list_values give the names to ask
with. Amounts are decimals as text: never round or add them as floats, and name currency, measure
and period with each figure. Ranges end exclusively; days are UTC. What an answer leaves out, it
says (`truncation`, `other`). Give the reader the link of the page that shows the same. When asked
why spend changed, use drivers or query with compare; when a figure is doubted, use explain."""


def create_server(context: Context) -> Server[Any, Any]:
    """A server that answers from the context's workspace, as far as its options allow."""
    server: Server[Any, Any] = Server("outlay", outlay.__version__, INSTRUCTIONS)

    @server.list_tools()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_tools() -> list[types.Tool]:
        return [described(one) for one in offered(context)]

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> Any:
        return await anyio.to_thread.run_sync(call, context, name, arguments)

    @server.list_prompts()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_prompts() -> list[types.Prompt]:
        return listed_prompts()

    @server.get_prompt()  # type: ignore[no-untyped-call,untyped-decorator]
    async def get_prompt(name: str, arguments: dict[str, str] | None) -> types.GetPromptResult:
        return filled(name, arguments or {})

    @server.list_resources()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_resources() -> list[types.Resource]:
        return await anyio.to_thread.run_sync(listed_resources, context)

    @server.list_resource_templates()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_templates() -> list[types.ResourceTemplate]:
        return templates()

    @server.read_resource()  # type: ignore[no-untyped-call,untyped-decorator]
    async def read_resource(uri: AnyUrl) -> list[ReadResourceContents]:
        return [await anyio.to_thread.run_sync(read, context, str(uri))]

    return server


def offered(context: Context) -> list[Tool]:
    """The tools that who asks may use: no other is listed."""
    found = []
    for one in tools().values():
        if not one.offered(context.options):
            continue
        try:
            one.admit()
        except AccessError:
            continue
        found.append(one)
    return found


def described(one: Tool) -> types.Tool:
    """A tool as the protocol lists it."""
    return types.Tool(
        name=one.name,
        title=one.title,
        description=one.description,
        inputSchema=one.input.model_json_schema(),
        outputSchema=one.output.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(
            title=one.title,
            readOnlyHint=one.reads_only,
            destructiveHint=one.destructive,
            idempotentHint=one.reads_only,
            openWorldHint=False,
        ),
    )


def call(context: Context, name: str, arguments: dict[str, Any]) -> Any:
    """Run a tool; a failure is an answer of its own (`isError`), never an exception."""
    try:
        one = _tool(context, name)
        one.admit()
        answer = one.run(context, parsed(one.input, arguments))
        # The protocol asks for the data as text too, for clients that read no structured content.
        data = orjson.loads(orjson.dumps(answer.data))
        return [_text(answer.text), _text(orjson.dumps(data).decode())], data
    except Exception as error:
        if isinstance(error, AccessDeniedError):
            _note(context, name)
        more = details(error)
        return types.CallToolResult(
            content=[_text(message(error))], structuredContent=more or None, isError=True
        )


def _note(context: Context, name: str) -> None:
    """Keep a refusal in the audit log, as the web server's gate does."""
    try:
        events.record(context.workspace, "refuse", f"tool {name}")
    except Exception:
        log.exception("the refusal of %s could not be noted", name)


def _tool(context: Context, name: str) -> Tool:
    found = tools().get(name)
    if found is None or not found.offered(context.options):
        names = [one.name for one in tools().values() if one.offered(context.options)]
        error = unknown(name, names)
        if found is not None:
            error.args = (f"the tool {name} is not allowed here. {_allow(found)}",)
        raise error
    return found


def _allow(found: Tool) -> str:
    return (
        f"Whoever runs the server allows it with `outlay mcp --allow-{found.needs}`, or with "
        f"`assistants: {{{found.needs}: true}}` in outlay.yaml."
    )


def _text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)
