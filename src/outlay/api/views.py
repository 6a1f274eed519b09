"""Saved views over HTTP: list, read, save, delete."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.shapes import change_json, resource_json
from outlay.query import QueryError
from outlay.query.codec import from_json, to_params

_EXAMPLE = {
    "title": "Compute by team",
    "description": "Effective cost of compute, month by month.",
    "query": {
        "measures": ["EffectiveCost"],
        "by": ["tags.team"],
        "grain": "month",
        "range": "last-6-months",
        "where": "ServiceCategory = 'Compute'",
    },
}
_FIELDS = ("title", "description", "query")


def routes(workspace: Workspace) -> APIRouter:
    """The routes of saved views."""
    router = APIRouter(route_class=ProblemRoute, tags=["Views"], responses=RESPONSES)

    def shown(name: str) -> dict[str, Any]:
        view = workspace.view(name)
        return resource_json(view) | {"params": to_params(workspace.view_query(name))}

    @router.get("/views", summary="Every saved view")
    def views() -> Response:
        """With its question as JSON (`spec.query`) and as URL parameters (`params`)."""
        return json_response([shown(view.name) for view in workspace.views()])

    @router.get("/views/{name}", summary="One saved view")
    def view(name: str) -> Response:
        """With the history of its versions."""
        history = [change_json(change) for change in workspace.history("View", name)]
        return json_response(shown(name) | {"history": history})

    @router.put("/views/{name}", summary="Save a view")
    def save(name: str, view: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])]) -> Response:
        """Make it, or give it a new version."""
        unknown = sorted(set(view) - set(_FIELDS))
        if unknown or "query" not in view:
            raise QueryError(
                f"{unknown[0]!r} is not a part of a view" if unknown else "the query is missing",
                field=unknown[0] if unknown else "query",
                allowed=_FIELDS,
            )
        workspace.save_view(
            name,
            from_json(view["query"]),
            title=str(view.get("title") or ""),
            description=str(view.get("description") or ""),
        )
        return json_response(shown(name))

    @router.delete("/views/{name}", status_code=204, summary="Delete a view")
    def delete(name: str) -> Response:
        """Its history stays."""
        workspace.delete_view(name)
        return Response(status_code=204)

    return router
