"""Use cases over HTTP: the list, the answers, the answers as CSV."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from outlay.api.answers import CSV, json_response
from outlay.api.ledger import moment
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, usecases
from outlay.query.usecases import UseCaseAnswer


def routes(workspace: Workspace) -> APIRouter:
    """The routes of use cases."""
    router = APIRouter(route_class=ProblemRoute, tags=["Use cases"], responses=RESPONSES)

    def answer(request: Request, name: str) -> UseCaseAnswer:
        given = dict(request.query_params)
        as_of = moment(given.pop("as_of", ""))
        return usecases.answer(workspace, name, given, as_of=as_of)

    @router.get("/usecases", summary="The questions of the FOCUS use-case library")
    def listed(
        search: Annotated[str, Query(description="Only those with these words")] = "",
    ) -> Response:
        """With group, question and parameters."""
        return json_response([usecases.case_json(case) for case in usecases.listed(search)])

    @router.get("/usecases/{name}.csv", summary="An answer as CSV")
    def as_csv(request: Request, name: str) -> Response:
        """Every row, amounts unrounded; parameters as in the answer as JSON."""
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(answer(request, name).to_csv(), media_type=CSV, headers=headers)

    @router.get("/usecases/{name}", summary="The answer of a use case")
    def one(request: Request, name: str) -> Response:
        """Its parameters are those of the address (`range=last-3-months&tag=team`), and `as_of`."""
        return json_response(answer(request, name).to_json())

    return router
