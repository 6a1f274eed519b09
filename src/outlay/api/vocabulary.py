"""The vocabulary over HTTP: the tables, how much they name, names of your own."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response

from outlay.access import who
from outlay.api.answers import json_response
from outlay.api.ledger import moment
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, vocabulary
from outlay.app.shapes import change_json, load_json, resource_json

_EXAMPLE = {
    "title": "Our render farm",
    "rules": [
        {"service": "Acme Render Farm", "category": "Media", "subcategory": "Content Creation"},
        {"provider": "Acme", "region": "dc-fra-*", "region_name": "Frankfurt"},
    ],
}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of the vocabulary."""
    router = APIRouter(route_class=ProblemRoute, tags=["Vocabulary"], responses=RESPONSES)

    @router.get("/vocabulary", summary="The shipped tables")
    def tables(
        provider: Annotated[str, Query(description="Only this provider's")] = "",
        search: Annotated[str, Query(description="Only what has this text in it")] = "",
    ) -> Response:
        """Services with category and subcategory, regions with their place, resource types."""
        return json_response(vocabulary.tables_json(provider, search))

    @router.get("/vocabulary/coverage", summary="How much of the money has names")
    def coverage(as_of: str = "") -> Response:
        """By provider, by absolute EffectiveCost; and what has no name, largest first."""
        return json_response(
            vocabulary.coverage_json(vocabulary.coverage(workspace, moment(as_of)))
        )

    @router.get("/vocabulary/unmapped", summary="What has no name")
    def unmapped(as_of: str = "") -> Response:
        """Each value with its money, largest first, and the beginning of a rule that names it."""
        found = vocabulary.coverage(workspace, moment(as_of)).unmapped
        return json_response([vocabulary.unmapped_json(item) for item in found])

    @router.get("/vocabulary/rules", summary="Names of your own")
    def rules() -> Response:
        """Every Vocabulary, in the order in which its rules are asked."""
        return json_response([resource_json(one) for one in vocabulary.vocabularies(workspace)])

    @router.get("/vocabulary/rules/{name}", summary="One Vocabulary")
    def one(name: str) -> Response:
        """With the history of its versions."""
        found = workspace.resources.get(vocabulary.VOCABULARY.name, name)
        history = workspace.history(vocabulary.VOCABULARY.name, name)
        return json_response(
            resource_json(found) | {"history": [change_json(change) for change in history]}
        )

    @router.put("/vocabulary/rules/{name}", summary="Save a Vocabulary")
    def save(name: str, spec: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])]) -> Response:
        """Make it, or give it a new version; the next sync names history anew."""
        return json_response(resource_json(vocabulary.save(workspace, name, spec, author=who())))

    @router.delete("/vocabulary/rules/{name}", status_code=204, summary="Remove a Vocabulary")
    def remove(name: str) -> Response:
        """Its history stays; the next sync names history anew."""
        vocabulary.remove(workspace, name, author=who())
        return Response(status_code=204)

    @router.post("/vocabulary/relift", summary="Name history anew")
    def relift() -> Response:
        """Every slice that another version of the vocabulary named; answers when all is done."""
        return json_response([load_json(load) for load in vocabulary.relift(workspace)])

    return router
