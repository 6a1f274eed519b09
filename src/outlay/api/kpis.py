"""KPIs over HTTP: how well the practice saves, by owner and month."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.kpis import kpis, shapes


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["KPIs"], responses=RESPONSES)

    @router.get("/kpis", summary="The KPIs of saving, by owner and month")
    def listed(
        currency: Annotated[
            str, Query(description="Of what is charged in it; '' is the workspace's")
        ] = "",
    ) -> Response:
        """Each KPI with its formula and the figures that it is made of: effective savings rate,
        coverage, utilisation, waste share, open potential, realised against potential, time to
        act, acceptance, overdue. Costs and commitments are of 30 whole days, decisions of 180.
        Shares are rounded to six decimals; `value` is null, with a `reason`, where it cannot be
        told."""
        return json_response(shapes.kpis_json(kpis.kpis(workspace, currency)))

    return router
