"""Virtual tags and dictionaries over HTTP: what rules catch, would catch and leave out.

Saving is done with the routes of resources (`PUT /resources/VirtualTag/team`).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from outlay.api.answers import json_response
from outlay.api.params import QuestionParams, question
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, allocating, tags
from outlay.app.shapes import change_json, resource_json
from outlay.app.shapes_allocation import dictionary_json, overview_json, tag_json

_SPEC = {
    "rules": [
        {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team", "transform": ["lower"]}},
        {"when": "SubAccountId = '111111111111'", "value": "platform"},
    ]
}


class Change(BaseModel):
    """One resource as it would be saved; without a spec: removed."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(examples=["Dictionary"])
    name: str = Field(examples=["account-owners"])
    spec: dict[str, Any] | None = Field(default=None, examples=[{"entries": {"1111": "ana"}}])


class Draft(BaseModel):
    """The spec of a virtual tag that is not saved (null: the tag is removed), and other resources
    that would be saved with it."""

    model_config = ConfigDict(extra="forbid")

    spec: dict[str, Any] | None = Field(examples=[_SPEC])
    also: list[Change] = Field(default_factory=list)

    def changes(self) -> allocating.Changes:
        """The other resources."""
        return {(change.kind, change.name): change.spec for change in self.also}


class Trial(BaseModel):
    """The spec of a virtual tag that is not saved."""

    model_config = ConfigDict(extra="forbid")

    spec: dict[str, Any] = Field(examples=[_SPEC])


def routes(workspace: Workspace) -> APIRouter:
    """The routes of virtual tags and dictionaries."""
    router = APIRouter(route_class=ProblemRoute, tags=["Virtual tags"], responses=RESPONSES)
    _add_reading(router, workspace)
    _add_trying(router, workspace)
    _add_dictionaries(router, workspace)
    return router


def _add_reading(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/tags", summary="The virtual tags")
    def listed() -> Response:
        """By name, with how much of the money each allocates."""
        return json_response([overview_json(one) for one in tags.overview(workspace)])

    @router.get("/tags/{name}", summary="One virtual tag")
    def one(
        request: Request,
        name: str,
        _: QuestionParams,
        spend: Annotated[
            bool, Query(description="With what each rule catches, within the question")
        ] = False,
    ) -> Response:
        """Its rules, what it builds on and what builds on it, the days on which its rules change;
        with `spend`, what each rule catches."""
        resource = workspace.resources.get("VirtualTag", name)
        asked = question(request, "spend")
        spec = workspace.rules().tag(name)
        found = allocating.preview_tag(workspace, name, spec, asked) if spend else None
        history = [change_json(change) for change in workspace.history("VirtualTag", name)]
        return json_response(tag_json(workspace, resource, found) | {"history": history})

    @router.get("/tags/{name}/values", summary="The values of a virtual tag")
    def values(request: Request, name: str, _: QuestionParams) -> Response:
        """With owner, title, parent, dates and money, the largest first; `parent` is what
        `{from: team, transform: [parent]}` takes."""
        found = allocating.tag_values(workspace, name, question(request))
        return json_response([value.to_json() for value in found])


def _add_trying(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/tags/{name}/preview", summary="What saving a virtual tag would do")
    def preview(request: Request, name: str, draft: Draft, _: QuestionParams) -> Response:
        """Nothing is saved. By rule: what it catches alone and first, dead and shadowed rules; by
        value: money before and after, moves; coverage before and after; tags that build on it."""
        found = allocating.preview_tag(
            workspace, name, draft.spec, question(request), also=draft.changes()
        )
        return json_response(found.to_json())

    @router.get("/tags/{name}/coverage", summary="How much a virtual tag allocates")
    def coverage(request: Request, name: str, _: QuestionParams) -> Response:
        """By month and value, and the largest unallocated spend by what would catch it."""
        return json_response(allocating.coverage(workspace, name, question(request)).to_json())

    @router.post("/tags/{name}/coverage", summary="How much it would allocate")
    def coverage_of(request: Request, name: str, trial: Trial, _: QuestionParams) -> Response:
        """The same of rules that are not saved."""
        found = allocating.coverage(workspace, name, question(request), spec=trial.spec)
        return json_response(found.to_json())

    @router.get("/tags/{name}/suggestions", summary="Rules that the data suggests")
    def suggestions(request: Request, name: str, _: QuestionParams) -> Response:
        """Each with its reason and the money it would allocate, the largest first; none is
        applied by itself."""
        found = allocating.suggestions(workspace, name, question(request))
        return json_response([one.to_json() for one in found])

    @router.post("/tags/{name}/suggestions", summary="Rules suggested beside unsaved ones")
    def suggestions_for(request: Request, name: str, trial: Trial, _: QuestionParams) -> Response:
        """The same for a tag that is not saved."""
        found = allocating.suggestions(workspace, name, question(request), spec=trial.spec)
        return json_response([one.to_json() for one in found])


def _add_dictionaries(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/dictionaries", summary="The dictionaries")
    def listed() -> Response:
        """By name, with the virtual tags that use each, without their entries."""
        found = workspace.resources.list("Dictionary")
        return json_response([dictionary_json(workspace, resource) for resource in found])

    @router.get("/dictionaries/{name}", summary="One dictionary")
    def one(name: str) -> Response:
        """With its entries and history."""
        resource = workspace.resources.get("Dictionary", name)
        history = [change_json(change) for change in workspace.history("Dictionary", name)]
        return json_response(
            dictionary_json(workspace, resource) | resource_json(resource) | {"history": history}
        )
