"""`/utilization`: how busy resources are, and how much of the bill is measured at all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.utilization import asking
from outlay.query.utilization import UtilizationQuery
from outlay.query.utilization.model import BY


def _declared(
    resource: Annotated[
        str, Query(description="Resources, comma-separated; default all", examples=["i-0abc"])
    ] = "",
    metric: Annotated[
        str, Query(description="Metrics, comma-separated; default all", examples=["cpu,memory"])
    ] = "",
    by: Annotated[str, Query(description=f"Of {', '.join(BY)}; default ResourceId")] = "",
    grain: Annotated[str, Query(description="none, day, week or month")] = "",
    range: Annotated[str, Query(description="A relative range; default last-30-days")] = "",
    from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
    to: Annotated[str, Query(description="Day after the last one")] = "",
    limit: Annotated[str, Query(description="The most rows")] = "",
    as_of: Annotated[str, Query(description="A day, a UTC time or a snapshot id")] = "",
) -> None:
    """Declared for the documentation; `UtilizationQuery.of` reads them with its own messages."""


Params = Annotated[None, Depends(_declared)]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Usage"], responses=RESPONSES)

    @router.get("/utilization", summary="How busy resources are")
    def utilization(request: Request, _: Params) -> Response:
        """Average, 95th percentile and highest value by resource and metric. Null is not
        measured, never zero."""
        return json_response(asking.measurements(workspace, _question(request)).to_json())

    @router.get("/utilization.csv", summary="How busy resources are, as CSV")
    def utilization_csv(request: Request, _: Params) -> Response:
        """Every row, values unrounded."""
        return Response(
            asking.measurements(workspace, _question(request)).to_csv(),
            media_type=CSV,
            headers={"Content-Disposition": 'attachment; filename="utilization.csv"'},
        )

    @router.get("/utilization/coverage", summary="How much of the bill is measured")
    def coverage(
        range: Annotated[str, Query(description="A range of days")] = "last-30-days",
    ) -> Response:
        """By provider and service: what resources with a measurement cost, of all."""
        return json_response(asking.coverage(workspace, range).to_json())

    return router


def _question(request: Request) -> UtilizationQuery:
    given = {key: value for key, value in request.query_params.items() if key != "format"}
    return UtilizationQuery.of(given)
