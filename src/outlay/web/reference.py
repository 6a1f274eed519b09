"""The page `/api`: every operation of the API for people, from the same openapi.json."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from outlay.web.render import Site

_DESCRIBED = "/api/v1/openapi.json"
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Shown:
    """One operation as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[dict[str, Any]]
    request: str
    answers: list[tuple[str, str, str]]
    curl: str


def router(site: Site) -> APIRouter:
    """The route of the page."""
    routes = APIRouter()

    @routes.get("/api")
    def reference(request: Request) -> Response:
        """The operations by part of the product, each with an example."""
        found = _document(request)
        root = str(request.base_url).rstrip("/")
        groups: dict[str, list[Shown]] = {tag["name"]: [] for tag in found.get("tags", [])}
        for tag, one in _shown(found, root):
            groups.setdefault(tag, []).append(one)
        texts = {tag["name"]: tag["description"] for tag in found.get("tags", [])}
        listed = [(tag, texts.get(tag, ""), ones) for tag, ones in groups.items() if ones]
        return site.page(
            request, "reference.html", title="API", active="", groups=listed, described=_DESCRIBED
        )

    return routes


def _document(request: Request) -> Mapping[str, Any]:
    """What the API says of itself, if one is mounted."""
    for room in request.app.routes:
        for route in getattr(room, "effective_route_contexts", tuple)():
            if route.path == _DESCRIBED:
                found: Mapping[str, Any] = json.loads(route.endpoint(request).body)
                return found
    return {}


def _shown(found: Mapping[str, Any], root: str) -> Iterator[tuple[str, Shown]]:
    for path, item in found.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                one = item[method]
                yield one["tags"][0], _operation(found, root, method, path, one)


def _operation(
    found: Mapping[str, Any], root: str, method: str, path: str, one: Mapping[str, Any]
) -> Shown:
    bodies = one.get("requestBody", {}).get("content", {})
    media: str = next(iter(bodies), "")
    body: Mapping[str, Any] = bodies.get(media, {})
    example = body.get("example") or next(iter(body.get("schema", {}).get("examples", [])), None)
    sent = "" if example is None else _text(example)
    return Shown(
        one["operationId"],
        method.upper(),
        path,
        one["summary"],
        one["description"],
        one.get("parameters", []),
        sent,
        list(_answers(found, one)),
        _curl(root, method, path, one.get("parameters", []), media, sent),
    )


def _answers(found: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for status, answer in one["responses"].items():
        if "$ref" in answer:
            answer = found["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        example = next((c["example"] for c in answer.get("content", {}).values() if "example" in c),
                       None)  # fmt: skip
        shown = "" if example is None or status >= "400" else _text(example)
        yield status, answer["description"], shown


def _curl(
    root: str, method: str, path: str, parameters: list[dict[str, Any]], media: str, sent: str
) -> str:
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(one.get("example", one["name"])))
    needed = {p["name"]: p["example"] for p in parameters if p["in"] == "query" and p["required"]}
    address = root + path + (f"?{urlencode(needed)}" if needed else "")
    words = ["curl", *([] if method == "get" else ["-X", method.upper()])]
    if sent:
        words += ["-H", f"Content-Type: {media}", "-d", " ".join(sent.split())]
    return shlex.join([*words, address])


def _text(example: Any) -> str:
    if isinstance(example, str):
        return example
    return json.dumps(example, indent=2, ensure_ascii=False)
