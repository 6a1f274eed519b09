"""`/detectors`: what looks for savings, how each looks, what it last came to; tried and not kept.

How one looks is in the savings policy: `PUT /resources/savingspolicy/default` changes it. What
detectors find is kept by a look: `POST /savings/look`.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.detectors import asking, listing, shapes
from outlay.expression.errors import QueryError, near_names

_Name = Annotated[str, Path(description="The detector's id", examples=["snowflake-warehouse-idle"])]
_ASKED = ("detectors", "parameters", "explain")
_RUN = {
    "all": {"value": {}},
    "tried": {
        "value": {
            "detectors": ["snowflake-warehouse-idle"],
            "parameters": {"idle_percent": "20"},
        }
    },
    "explained": {"value": {"detectors": ["snowflake-warehouse-idle"], "explain": "BI_WH"}},
}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Detectors"], responses=RESPONSES)

    @router.get("/detectors", summary="Every detector, and what the last look came to")
    def listed() -> Response:
        """By area. `last` is what the last look came to: findings, what they save a month by
        currency, and, by what is missing, the resources that could not be judged with their cost;
        null where it was not asked. `failed` is why it did not work then."""
        return json_response(shapes.catalogue_json(listing.catalogue(workspace)))

    @router.post("/detectors/run", summary="What detectors find now, without keeping it")
    def run(
        body: Annotated[dict[str, Any] | None, Body(openapi_examples=_RUN)] = None,
    ) -> Response:
        """`detectors` names those to run (left out: all that are on). With one of them,
        `parameters` are tried in place of the policy's, or `explain` (a ResourceId, a name or a
        finding's scope) asks why it finds that resource or does not. `POST /savings/look` keeps
        what is found."""
        names, values, resource = _read(body or {})
        if resource:
            why = asking.explained(workspace, names[0], resource)
            return json_response(shapes.ran_json(None) | {"explained": shapes.explained_json(why)})
        return json_response(shapes.ran_json(asking.asked(workspace, names, values)))

    @router.get("/detectors/{name}", summary="A detector")
    def detector(name: _Name) -> Response:
        """As in the list."""
        return json_response(shapes.standing_json(listing.standing(workspace, name)))

    return router


def _read(body: dict[str, Any]) -> tuple[list[str], dict[str, Any], str]:
    for key in body:
        if key not in _ASKED:
            raise QueryError(
                f"{key!r} is not known", field=key, near=near_names(key, _ASKED), allowed=_ASKED
            )
    names, values = body.get("detectors") or [], body.get("parameters") or {}
    resource = body.get("explain") or ""
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise QueryError("detectors is a list of ids", field="detectors", allowed=("[id, …]",))
    if not isinstance(values, dict):
        raise QueryError("parameters are an object", field="parameters", allowed=("name: value",))
    if not isinstance(resource, str):
        raise QueryError("explain is a text", field="explain", allowed=("a ResourceId",))
    if resource and (len(names) != 1 or values):
        raise QueryError(
            "explain is asked of one detector, as the policy has it look", field="detectors",
            allowed=("one id",),
        )  # fmt: skip
    return names, values, resource
