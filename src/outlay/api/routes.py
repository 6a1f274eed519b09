"""The API of one workspace, as one router that an application mounts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

import outlay
from outlay.access import Level, current
from outlay.api import (
    ai,
    alerts,
    anomalies,
    budgets,
    calls,
    close,
    commitments,
    contracts,
    dashboards,
    detectors,
    drivers,
    export,
    find,
    forecast,
    home,
    invoices,
    kpis,
    kubernetes,
    ledger,
    metrics,
    native,
    people,
    plans,
    platforms,
    proofs,
    queries,
    realised,
    reports,
    resources,
    savings,
    sources,
    splits,
    statements,
    tags,
    tickets,
    units,
    usage,
    usecases,
    utilization,
    views,
    vocabulary,
)
from outlay.api.answers import json_response
from outlay.api.conditional import conditional
from outlay.api.openapi.document import document
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.shapes import doctor_json

_ROOMS = (
    queries,
    # Before the ledger's, whose /deliveries/{source}/{period} would take /deliveries/log/7.
    reports,
    ledger,
    sources,
    views,
    usage,
    metrics,
    units,
    ai,
    platforms,
    kubernetes,
    splits,
    tags,
    proofs,
    statements,
    invoices,
    close,
    usecases,
    vocabulary,
    home,
    find,
    drivers,
    dashboards,
    people,
    anomalies,
    forecast,
    budgets,
    plans,
    alerts,
    savings,
    detectors,
    native,
    tickets,
    utilization,
    realised,
    commitments,
    contracts,
    kpis,
    calls,
    resources,
    export,
)
"""Those with routes, in the order in which they are asked."""


def create_router(workspace: Workspace) -> APIRouter:
    """Every route below ``/api/v1``; what goes wrong has one body (see `outlay.api.problems`)."""
    router = APIRouter(route_class=ProblemRoute)

    @router.get("/health", tags=["Health"], responses=RESPONSES, summary="Is it well?")
    def health(deep: bool = False) -> Response:
        """Quickly by default; with `deep`, everything that `outlay doctor` looks at, for who sees
        the whole ledger. Who has not logged in is told that the server answers, and no more."""
        if not current().whole or current().level is Level.NOBODY:
            workspace.pin()  # the state can be read
            return json_response({"status": "ok", "version": outlay.__version__})
        slices = len(workspace.deliveries())
        found = {
            "status": "ok",
            "workspace": workspace.name,
            "version": outlay.__version__,
            "slices": slices,
        }
        if deep:
            lines = workspace.doctor()
            found["checks"] = [doctor_json(line) for line in lines]
            found["status"] = "ok" if all(line.ok for line in lines) else "failing"
        return json_response(found)

    for room in _ROOMS:
        router.include_router(
            room.routes(workspace), dependencies=[Depends(conditional(workspace))]
        )

    described: list[dict[str, Any]] = []

    @router.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        """What the API is, for machines."""
        if not described:
            described.append(document(request.app))
        return json_response(described[0])

    @router.api_route(
        "/{path:path}",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        include_in_schema=False,
    )
    def unknown(request: Request, path: str) -> Response:
        """No other address exists; the API says so in its own words."""
        raise HTTPException(404, f"There is no {request.method} /{path}. See openapi.json.")

    return router
