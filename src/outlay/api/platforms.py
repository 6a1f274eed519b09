"""`/platforms`: what data platforms and model vendors charged, who it was for, and the proof."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, platforms
from outlay.money import money_text
from outlay.query.platforms import PLATFORMS, PlatformQuery


def _declared(
    by: Annotated[
        str, Query(description="Whom cost is given to: a column, tags.KEY or a virtual tag")
    ] = "",
    idle: Annotated[str, Query(description="keep (default) or share")] = "",
    measure: Annotated[str, Query(description="A measure of money; default BilledCost")] = "",
    range: Annotated[str, Query(description="A relative range; default all")] = "",
    from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
    to: Annotated[str, Query(description="Day after the last one")] = "",
    by_day: Annotated[str, Query(description="yes: each day is a scope of its own")] = "",
    usage: Annotated[str, Query(description="no: the bill alone, nothing by usage")] = "",
    as_of: Annotated[str, Query(description="A day, a UTC time or a snapshot id")] = "",
    rules_as_of: Annotated[str, Query(description="A day or UTC time: the rules of then")] = "",
) -> None:
    """Declared for the documentation; `PlatformQuery.of` reads them with its own messages."""


Params = Annotated[None, Depends(_declared)]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of platforms."""
    router = APIRouter(route_class=ProblemRoute, tags=["Allocation"])

    @router.get("/platforms", responses=RESPONSES, summary="The platforms that have charges")
    def overview() -> Response:
        """Each with what it billed, by currency."""
        found = platforms.there(workspace)
        return json_response(
            [
                {
                    "platform": one.name,
                    "title": one.title,
                    "billed": {c: money_text(a) for c, a in found[one.name].items()},
                }
                for one in PLATFORMS
                if one.name in found
            ]
        )

    @router.get("/platforms/{name}.csv", responses=RESPONSES, summary="The scopes, as CSV")
    def scopes(request: Request, name: str, _: Params) -> Response:
        """One row a scope: its charge and the parts that add up to it, amounts in full."""
        found = platforms.prove(workspace, PlatformQuery.of(name, dict(request.query_params)))
        return Response(
            found.to_csv(),
            media_type=CSV,
            headers={"Content-Disposition": f'attachment; filename="{found.query.platform}.csv"'},
        )

    @router.get("/platforms/{name}", responses=RESPONSES, summary="Charges, consumers and proof")
    def one(request: Request, name: str, _: Params) -> Response:
        """For each scope: direct + by usage + idle + unattributed = charge, to the last digit."""
        query = PlatformQuery.of(name, dict(request.query_params))
        return json_response(platforms.prove(workspace, query).to_json())

    return router
