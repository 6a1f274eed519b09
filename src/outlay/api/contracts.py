"""Contracts over HTTP: where each stands, and agreed prices against charged ones.

Contracts are resources: `PUT /resources/contract/{name}` makes and changes one.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.contracts import contracts, pricing, shapes

_Name = Annotated[str, Path(description="The contract's name", examples=["aws-edp"])]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Contracts"], responses=RESPONSES)

    @router.get("/contracts", summary="Every contract with where it stands")
    def listed() -> Response:
        """By the day on which notice is due. `state` is falls short, on track, exceeds (what is
        paid for is used up before the term ends), met early (a promise to spend is), met, fell
        short, not begun, ended, no data, unknown (no forecast), or failed with its `problem`.
        `wants` names what of it wants somebody: shortfall, overage, notice. Amounts are exact;
        `outlook` is actual and forecast."""
        return json_response(shapes.list_json(contracts.statuses(workspace)))

    @router.get("/contracts/{name}", summary="A contract and its terms")
    def contract(name: _Name) -> Response:
        """The contract as in the list."""
        return json_response(shapes.status_json(contracts.show(workspace, name)))

    @router.get("/contracts/{name}/prices", summary="Agreed prices against charged ones")
    def prices(
        name: _Name,
        range: Annotated[
            str, Query(description="As in questions, within the contract; '' is 90 days")
        ] = "",
    ) -> Response:
        """Each agreed price against every SKU and unit that it holds for: what was charged, what
        was to be expected, the difference (above 0: too much), and the verdict: as agreed, too
        high, too low, or cannot be told with its `reason`."""
        return json_response(shapes.prices_json(pricing.prices(workspace, name, range)))

    return router
