"""`/kubernetes`: clusters, and the proof that the bill of each was shared out whole."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, kubernetes
from outlay.query.kubernetes import ClusterProof, ClusterQuery


def _declared(
    measure: Annotated[
        str, Query(description="EffectiveCost, BilledCost, ListCost or ContractedCost")
    ] = "",
    range: Annotated[
        str, Query(description="A relative range; default all", examples=["last-month"])
    ] = "",
    from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
    to: Annotated[str, Query(description="Day after the last one")] = "",
    as_of: Annotated[str, Query(description="A day, a UTC time or a snapshot id")] = "",
    rules_as_of: Annotated[
        str, Query(description="The settings of clusters as of a day or UTC time")
    ] = "",
) -> None:
    """Declared for the documentation; `ClusterQuery.of` reads them with its own messages."""


Params = Annotated[None, Depends(_declared)]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of Kubernetes."""
    router = APIRouter(route_class=ProblemRoute, tags=["Allocation"])

    def proof(request: Request, cluster: str) -> ClusterProof:
        return kubernetes.prove(workspace, cluster, ClusterQuery.of(dict(request.query_params)))

    @router.get("/kubernetes", responses=RESPONSES, summary="The clusters")
    def clusters(request: Request, _: Params) -> Response:
        """What the bill charged for each, and what was shared out, by currency."""
        query = ClusterQuery.of(dict(request.query_params))
        return json_response([one.to_json() for one in kubernetes.lines(workspace, query)])

    @router.get("/kubernetes/{cluster}.csv", responses=RESPONSES, summary="Namespaces, as CSV")
    def table(request: Request, cluster: str, _: Params) -> Response:
        """One row a namespace and currency, amounts unrounded."""
        headers = {"Content-Disposition": 'attachment; filename="namespaces.csv"'}
        return Response(proof(request, cluster).to_csv(), media_type=CSV, headers=headers)

    @router.get("/kubernetes/{cluster}", responses=RESPONSES, summary="One cluster, with proof")
    def one(request: Request, cluster: str, _: Params) -> Response:
        """Charged and allocated by kind of resource, by namespace, by resource; what only usage
        or only the bill knows."""
        return json_response(proof(request, cluster).to_json())

    return router
