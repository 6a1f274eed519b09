"""Native recommendations over HTTP: sources, what each says, and syncing them.

Sources are resources: `PUT /resources/recommendationsource/{name}` changes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.native import reading, shapes, syncing
from outlay.expression.errors import QueryError

_Name = Annotated[str, Path(description="The source's name", examples=["hub"])]
_ADD = {"name": "hub", "format": "aws-cost-hub-export", "location": "s3://acme/hub",
        "cadence": "daily"}  # fmt: skip
_LOAD = {"location": "s3://acme/hub/2026-11.csv", "name": "hub-once"}
_TEXTS = ("name", "format", "location", "cadence", "title")


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(
        route_class=ProblemRoute, tags=["Native recommendations"], responses=RESPONSES
    )
    _read(router, workspace)
    _change(router, workspace)
    return router


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/native", summary="Sources of recommendations, and how each stands")
    def listed() -> Response:
        """`monthly_saving` by currency counts every finding: alternatives and overlaps are netted
        in `/savings` alone. `freshness` is fresh, late, missing, manual, failed or paused."""
        return json_response([shapes.status_json(one) for one in reading.statuses(workspace)])

    @router.get("/native/formats", summary="What can be read")
    def formats() -> Response:
        """Each tool's format with its options, and those of its API where it has one."""
        return json_response(shapes.formats_json())

    @router.get("/native/{name}", summary="A source with what its tool says now")
    def one(name: _Name) -> Response:
        """`recommendations` of the newest delivery, and what was `left_out` of it, with reasons;
        deliveries and runs, newest first."""
        return json_response(shapes.source_json(reading.source(workspace, name)))


def _change(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/native", summary="Configure a source of recommendations", status_code=201)
    def add(body: Annotated[dict[str, Any], Body(examples=[_ADD])]) -> Response:
        """`location` is a place that the server can read, or ``api``."""
        text, options = _given(body, _TEXTS)
        name = _needed(text, "name")
        syncing.add(
            workspace, name, _needed(text, "location"), text.get("format") or "auto", options,
            text.get("cadence") or "daily", text.get("title", ""),
        )  # fmt: skip
        return json_response(shapes.status_json(reading.source(workspace, name).status), 201)

    @router.post("/native/sync", summary="Bring sources of recommendations up to date")
    def sync(
        body: Annotated[dict[str, Any] | None, Body(examples=[{"names": ["hub"]}])] = None,
    ) -> Response:
        """Those of `names`, else every one that is not synced by hand. One that fails says so in
        its `error`, and what it said before stays."""
        names = (body or {}).get("names")
        if names is not None and not (
            isinstance(names, list) and all(isinstance(one, str) for one in names)
        ):
            raise QueryError("names is a list of names", field="names", allowed=('["hub"]',))
        return json_response([shapes.sync_json(one) for one in syncing.sync(workspace, names)])

    @router.post("/native/load", summary="Read an export once")
    def load(body: Annotated[dict[str, Any], Body(examples=[_LOAD])]) -> Response:
        """As a source that is synced by hand, under `name`, or that of the file."""
        text, options = _given(body, ("location", "name", "format"))
        done = syncing.load(
            workspace, _needed(text, "location"), text.get("name", ""),
            text.get("format") or "auto", options,
        )  # fmt: skip
        return json_response(shapes.sync_json(done))

    @router.delete("/native/{name}", summary="Remove a source of recommendations", status_code=204)
    def remove(name: _Name) -> Response:
        """What it said does not count any more; its deliveries stay on record."""
        syncing.remove(workspace, name)
        return Response(status_code=204)


def _given(
    body: Mapping[str, Any], allowed: tuple[str, ...]
) -> tuple[dict[str, str], dict[str, str]]:
    """The texts and options of a body; QueryError for what is not known or no text."""
    for key, value in body.items():
        if key == "options":
            continue
        if key not in allowed:
            raise QueryError(f"{key!r} is not known", field=key, allowed=(*allowed, "options"))
        if not isinstance(value, str):
            raise QueryError(f"{key} is a text", field=key, allowed=allowed)
    options = body.get("options") or {}
    if not isinstance(options, dict):
        raise QueryError("options is an object", field="options", allowed=("name: text",))
    texts = {key: str(value) for key, value in body.items() if key != "options"}
    return texts, {str(key): str(value) for key, value in options.items()}


def _needed(text: Mapping[str, str], name: str) -> str:
    if not text.get(name):
        raise QueryError(f"{name} is needed", field=name, allowed=(name,))
    return text[name]
