"""Finding something by a part of its name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.finding import find, found_json


def routes(workspace: Workspace) -> APIRouter:
    """The route of finding."""
    router = APIRouter(route_class=ProblemRoute, tags=["Find"], responses=RESPONSES)

    @router.get("/find", summary="Find by a part of a name")
    def finding(
        q: Annotated[str, Query(description="A part of a name", examples=["checkout"])],
        limit: Annotated[int, Query(ge=1, le=50, description="Most of a kind")] = 5,
    ) -> Response:
        """Resources, and values of services, accounts, resources and virtual tags with their
        effective cost over all that the ledger holds."""
        return json_response([found_json(one) for one in find(workspace, q, limit)])

    return router
