"""Unit costs over HTTP: what there is, and what each is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.units import UnitCost
from outlay.query import QueryError
from outlay.query.unit import UnitQuery

_Name = Annotated[str, Path(description="The unit cost's name", examples=["cost-per-order"])]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of unit costs."""
    router = APIRouter(route_class=ProblemRoute, tags=["Unit costs"], responses=RESPONSES)

    @router.get("/units", summary="Every unit cost")
    def listed() -> Response:
        """Its cost, its metric, and the label that ties them."""
        return json_response([_unit(unit) for unit in workspace.units.all()])

    @router.get("/units/{name}", summary="A unit cost")
    def unit(
        request: Request,
        name: _Name,
        range: Annotated[str, Query(description="A relative range; default last-12-months")] = "",
        from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
        to: Annotated[str, Query(description="Day after the last one")] = "",
        grain: Annotated[str, Query(description="day, week, month, quarter or year")] = "",
        by: Annotated[str, Query(description="label (default) or none")] = "",
        before: Annotated[str, Query(description="A day of the period that a change is from")] = "",
        after: Annotated[str, Query(description="A day of the period that a change is to")] = "",
        as_of: Annotated[str, Query(description="A day or UTC time: what was known then")] = "",
        format: Annotated[str, Query(description="json or csv")] = "json",
    ) -> Response:
        """By period and label: `cost` and `units` exactly, `unit_cost` rounded to twelve
        decimals, `status` (ok, no activity, unknown with its `reason`), the margin, and the
        parts of a change, which add up to it."""
        if format not in ("json", "csv"):
            raise QueryError(
                f"{format!r} is not known", field="format", text=format, allowed=("json", "csv")
            )
        query = UnitQuery.from_params(dict(request.query_params), others=("format",))
        result = workspace.units.ask(name, query)
        if format == "csv":
            headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
            return Response(result.to_csv(), media_type=CSV, headers=headers)
        return json_response(result.to_json())

    return router


def _unit(unit: UnitCost) -> dict[str, object]:
    return {
        "name": unit.name,
        "title": unit.title,
        "version": unit.version,
        "spec": unit.spec.model_dump(mode="json", exclude_defaults=True),
    }
