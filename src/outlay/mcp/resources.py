"""What an assistant may read without asking a question: saved views, kinds of resources, words."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

import orjson
from mcp import types
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

from outlay.access import AccessError
from outlay.app.shapes import resource_json
from outlay.mcp.failures import message, unknown
from outlay.mcp.registry import Context, tools
from outlay.mcp.shapes import measures_used
from outlay.query import MEASURES
from outlay.query.views import ViewSpec

_VIEW = "outlay://views/"
_KIND = "outlay://kinds/"
_JSON = "application/json"


def listed(context: Context) -> list[types.Resource]:
    """Measures, and the saved views that who asks may see."""
    found = [
        types.Resource(
            uri=AnyUrl("outlay://measures"),
            name="measures",
            title="Measures",
            description="What can be summed, with the meaning of each",
            mimeType=_JSON,
        )
    ]
    try:
        tools()["list_views"].admit()
    except AccessError:
        return found
    for view in context.workspace.views():
        assert isinstance(view.spec, ViewSpec)
        found.append(
            types.Resource(
                uri=AnyUrl(f"{_VIEW}{quote(view.name)}"),
                name=view.name,
                title=view.spec.title or view.name,
                description=view.spec.description or "A saved question",
                mimeType=_JSON,
            )
        )
    return found


def templates() -> list[types.ResourceTemplate]:
    """Addresses with a gap."""
    return [
        types.ResourceTemplate(
            uriTemplate=_VIEW + "{name}", name="view", title="A saved view", mimeType=_JSON
        ),
        types.ResourceTemplate(
            uriTemplate=_KIND + "{kind}",
            name="kind",
            title="A kind of resource: description, example and JSON schema of its spec",
            mimeType=_JSON,
        ),
    ]


def read(context: Context, uri: str) -> ReadResourceContents:
    """The content of an address; an error of the protocol where there is none."""
    try:
        return ReadResourceContents(orjson.dumps(_content(context, uri)).decode(), _JSON)
    except McpError:
        raise
    except Exception as error:
        raise McpError(types.ErrorData(code=types.INVALID_PARAMS, message=message(error))) from None


def _content(context: Context, uri: str) -> object:
    readers: dict[str, Callable[[Context, str], object]] = {_VIEW: _view, _KIND: _kind}
    if uri.rstrip("/") == "outlay://measures":
        return measures_used(MEASURES)
    for prefix, reader in readers.items():
        if uri.startswith(prefix):
            return reader(context, unquote(uri.removeprefix(prefix)))
    raise unknown(uri, ("outlay://measures", *(f"{prefix}NAME" for prefix in readers)))


def _view(context: Context, name: str) -> object:
    tools()["list_views"].admit()
    view = context.workspace.view(name)
    assert isinstance(view.spec, ViewSpec)
    link = context.links.question(name, view.spec.query)
    return resource_json(view) | {"links": [link]}


def _kind(context: Context, name: str) -> object:
    kind = context.workspace.resources.registry.get(name)
    return {
        "kind": kind.name,
        "title": kind.title,
        "description": kind.description,
        "example": kind.example,
        "schema": kind.json_schema(),
    }
