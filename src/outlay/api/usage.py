"""`/usage`, `/usage/metrics` and `/provisional`: usage and its estimates."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from outlay.api import tables
from outlay.api.answers import CSV, json_response
from outlay.api.formats import Wanted, response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app import usage as usages
from outlay.query.usage import UsageQuery


def _declared(
    metric: Annotated[
        str, Query(description="Metrics, comma-separated; default all", examples=["cpu_request"])
    ] = "",
    by: Annotated[
        str,
        Query(
            description="Usage columns, tags.KEY or x_ columns", examples=["x_Namespace,tags.team"]
        ),
    ] = "",
    grain: Annotated[str, Query(description="none, hour, day, week, month, quarter or year")] = "",
    range: Annotated[str, Query(description="A relative range; default all")] = "",
    from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
    to: Annotated[str, Query(description="Day after the last one")] = "",
    where: Annotated[
        str, Query(description="A condition over usage", examples=["x_Cluster = 'prod'"])
    ] = "",
    limit: Annotated[str, Query(description="Groups kept a metric; the others are summed")] = "",
    as_of: Annotated[str, Query(description="A day, a UTC time or a snapshot id")] = "",
) -> None:
    """Declared for the documentation; `UsageQuery.of` reads them with its own messages."""


Params = Annotated[None, Depends(_declared)]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of usage."""
    router = APIRouter(route_class=ProblemRoute, tags=["Usage"])

    @router.get("/usage", responses=RESPONSES, summary="What was used")
    def usage(request: Request, _: Params, form: Wanted) -> Response:
        """Sums of quantities by metric and unit, and of estimated costs by currency.

        Estimates are no charges: they are in no other answer of this API.
        """
        found = usages.usage(workspace, _question(request))
        return response(form, found.to_json, lambda: tables.usage(found), "usage")

    @router.get("/usage.csv", responses=RESPONSES, summary="What was used, as CSV")
    def usage_csv(request: Request, _: Params) -> Response:
        """Every row, amounts unrounded."""
        text = usages.usage(workspace, _question(request)).to_csv()
        return Response(
            text,
            media_type=CSV,
            headers={"Content-Disposition": 'attachment; filename="usage.csv"'},
        )

    @router.get("/usage/metrics", responses=RESPONSES, summary="The metrics that there are")
    def metrics() -> Response:
        """Each with its unit, sums, sources, and from when to when there is usage of it."""
        return json_response([one.to_json() for one in usages.metrics(workspace)])

    @router.get("/provisional", responses=RESPONSES, summary="Estimates that no bill has yet")
    def provisional(request: Request, _: Params) -> Response:
        """By day: what was estimated, what of it the bill has charged meanwhile, what is left.

        Of the parameters, `by`, the range, `where` and `as_of` are looked at.
        """
        return json_response(usages.provisional(workspace, _question(request)).to_json())

    return router


def _question(request: Request) -> UsageQuery:
    given = {key: value for key, value in request.query_params.items() if key != "format"}
    return UsageQuery.of(given)
