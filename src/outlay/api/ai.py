"""`/ai/reconcile`: what model vendors bill beside what their usage was estimated to cost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, ai_reconcile
from outlay.expression.dimensions import split_names


def routes(workspace: Workspace) -> APIRouter:
    """The routes of model vendors."""
    router = APIRouter(route_class=ProblemRoute, tags=["Usage"])

    @router.get("/ai/reconcile", responses=RESPONSES, summary="Bills beside estimates of usage")
    def reconcile(
        by: Annotated[
            str, Query(description="day, project, model, token-type, tier, key, user")
        ] = "model",
        range: Annotated[str, Query(description="A relative range; default all")] = "all",
        source: Annotated[str, Query(description="Bills, comma-separated; default all")] = "",
    ) -> Response:
        """Costs and estimates are of the same tokens: never add the two."""
        found = ai_reconcile.reconcile(
            workspace, by=split_names(by), range_=range, sources=split_names(source)
        )
        return json_response(found.to_json())

    return router
