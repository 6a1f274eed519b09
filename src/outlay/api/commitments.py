"""Commitments over HTTP: figures, ends, who pays and benefits, purchase plans.

Assumptions of purchase plans are resources: `PUT /resources/purchaseplan/{name}` keeps them.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.commitments import overview, planning, shapes

_Days = Annotated[int, Query(ge=1, le=overview.MOST_DAYS, description="So many whole days")]
_SPEC = {
    "scope": "ServiceProviderName = 'AWS'",
    "years": [1],
    "payments": ["none", "partial"],
    "coverage_limit": "85",
}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Commitments"], responses=RESPONSES)
    _read(router, workspace)
    _plan(router, workspace)
    return router


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/commitments", summary="Coverage, utilisation, savings rate, each commitment")
    def read(
        days: _Days = overview.DAYS,
        by: Annotated[
            str, Query(description="provider, service, family, region, account or type")
        ] = "family",
    ) -> Response:
        """Sums of the last whole days by currency, by day, by hour of the week (by weekday where
        the bill has days only) and by a dimension; then each commitment, the most unused first.
        `eligible`, `covered` and `on_demand` are on-demand equivalents (contracted prices),
        `saved` is covered less the commitments' cost, `effective_savings_rate` saved over
        eligible, as the FinOps Foundation defines it. Shares are rounded to six decimals."""
        found = overview.overview(workspace, days, by)
        return json_response(shapes.overview_json(found, workspace.today()))

    @router.get("/commitments/ending", summary="When commitments end")
    def ending(
        days: Annotated[
            int, Query(ge=1, le=overview.MOST_DAYS, description="Within so many days")
        ] = overview.AHEAD_DAYS,
    ) -> Response:
        """Soonest first, then those whose end no bill tells (`day` null). `saved_a_day` is what
        the end would cost a day, `planned_change` the forecast's change that counts it."""
        found = overview.ending(workspace, days)
        return json_response(shapes.ending_json(found, workspace.today()))

    @router.get("/commitments/benefits", summary="Who pays for commitments, who benefits")
    def benefits(
        days: _Days = overview.DAYS,
        tag: Annotated[
            str, Query(description="A virtual tag or SubAccountName; '' is the owners' tag")
        ] = "",
    ) -> Response:
        """A matrix a currency: the owner of the account that bought a commitment, and the owners of
        the usage that it covered. `cost` of all payers is that of all commitments, exactly; the
        unused part stays with who bought it."""
        found = overview.benefits(workspace, days, tag)
        return json_response([shapes.matrix_json(one) for one in found])


def _plan(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/commitments/plan", summary="What to buy, by some assumptions")
    def plan(body: Annotated[dict[str, Any], Body(examples=[_SPEC])]) -> Response:
        """The spec of a PurchasePlan, which is not kept. A plan for each paying account: the
        portfolio of least expected cost over the horizon, each position's cost, unused part and
        saving, every scenario with its regret, the savings curve, the terms that were weighed and
        when to buy. Amounts were reckoned exactly and are rounded once, to 12 decimals."""
        return json_response(shapes.planned_json(planning.planned(workspace, body)))

    @router.get("/commitments/plans/{name}", summary="What to buy, by a kept purchase plan")
    def kept(
        name: Annotated[str, Path(description="The plan's name", examples=["compute"])],
    ) -> Response:
        """The same by the assumptions that are kept under a name."""
        return json_response(shapes.planned_json(planning.planned_by(workspace, name)))
