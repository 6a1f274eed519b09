"""Everything that is configured over HTTP: kinds, resources with their history, plan and apply."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from outlay.access import who
from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, ascode
from outlay.app.seeing import check_kind, kinds_seen
from outlay.app.shapes import change_json, resource_json
from outlay.resources import Document, Kind, Resource, ResourceError

_SPEC = {
    "description": "The team that answers for a charge.",
    "rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}],
}
_DOCUMENTS = [{"kind": "VirtualTag", "name": "team", "spec": _SPEC}]

IfMatch = Annotated[
    str | None, Header(description='The version that was seen, as in `ETag`: `"3"`; `"0"`: none')
]
Note = Annotated[str, Query(description="Why; kept with the version")]


class Restoring(BaseModel):
    """Which version shall be current again."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, examples=[2])


class Planning(BaseModel):
    """Resources as data (`documents`) or as the text of a resource file (`yaml`).

    `prune` deletes what they do not have, of the kinds that occur in them; `prune_kinds` of
    these kinds.
    """

    model_config = ConfigDict(extra="forbid")

    documents: list[dict[str, Any]] = Field(default_factory=list, examples=[_DOCUMENTS])
    yaml: str = ""
    prune: bool = False
    prune_kinds: list[str] = Field(default_factory=list)
    money: bool = Field(default=True, description="Work out the effect in money")


class Applying(Planning):
    """The same, with what was seen: `versions` of a plan, to be refused if it is another now."""

    note: str = ""
    versions: dict[str, int] | None = Field(default=None, examples=[{"VirtualTag/team": 3}])


def routes(workspace: Workspace) -> APIRouter:
    """The routes of resources."""
    router = APIRouter(route_class=ProblemRoute, tags=["Resources"], responses=RESPONSES)
    _add_reading(router, workspace)
    _add_writing(router, workspace)
    _add_as_code(router, workspace)
    return router


def _add_reading(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/resources", summary="Every kind of resource")
    def kinds() -> Response:
        """With the JSON schema of its spec, an example and how many there are."""
        return json_response([_kind_json(workspace, one) for one in kinds_seen(workspace.kinds())])

    @router.get("/resources/{kind}", summary="The resources of a kind")
    def listed(kind: str) -> Response:
        """By name. The kind in any case, singular or plural."""
        _check_seen(workspace, kind)
        return json_response([resource_json(one) for one in workspace.resources.list(kind)])

    @router.get("/resources/{kind}/{name}", summary="One resource")
    def one(kind: str, name: str) -> Response:
        """`ETag` is its version: send it back as `If-Match` to change what was read."""
        _check_seen(workspace, kind)
        return _shown(workspace.resources.get(kind, name))

    @router.get("/resources/{kind}/{name}/history", summary="Who changed it, when and what")
    def history(kind: str, name: str) -> Response:
        """Oldest first; also of a resource that was removed."""
        return json_response([change_json(change) for change in workspace.history(kind, name)])

    @router.get("/resources/{kind}/{name}/versions/{version}", summary="One of its versions")
    def version(kind: str, name: str, version: int) -> Response:
        """The resource as that version had it."""
        _check_seen(workspace, kind)
        return json_response(resource_json(workspace.resources.version(kind, name, version)))


def _check_seen(workspace: Workspace, kind: str) -> None:
    check_kind(workspace.resources.registry.get(kind))


def _add_writing(router: APIRouter, workspace: Workspace) -> None:
    @router.put("/resources/{kind}/{name}", summary="Create or change a resource")
    def put(
        kind: str,
        name: str,
        spec: Annotated[dict[str, Any], Body(examples=[_SPEC])],
        note: Note = "",
        if_match: IfMatch = None,
    ) -> Response:
        """The body is its spec. 201 when it is new; 409 when `If-Match` is not its version."""
        before = workspace.resources.find(kind, name)
        put = workspace.put_resource(
            kind, name, spec, author=who(), note=note, expected_version=_seen(if_match)
        )
        return _shown(put, 201 if before is None else 200)

    @router.delete("/resources/{kind}/{name}", status_code=204, summary="Remove a resource")
    def delete(kind: str, name: str, note: Note = "", if_match: IfMatch = None) -> Response:
        """Its history stays. 409 when others need it, or `If-Match` is not its version."""
        workspace.delete_resource(
            kind, name, author=who(), note=note, expected_version=_seen(if_match)
        )
        return Response(status_code=204)

    @router.post("/resources/{kind}/{name}/restore", summary="Make a version current again")
    def restore(kind: str, name: str, wanted: Restoring, if_match: IfMatch = None) -> Response:
        """As a new version; also of a resource that was removed."""
        return _shown(
            workspace.restore_resource(
                kind, name, wanted.version, author=who(), expected_version=_seen(if_match)
            )
        )


def _add_as_code(router: APIRouter, workspace: Workspace) -> None:
    def planned(wanted: Planning) -> ascode.Plan:
        return workspace.plan_resources(
            _documents(workspace, wanted),
            prune=wanted.prune,
            prune_kinds=wanted.prune_kinds,
            effects=wanted.money,
        )

    @router.post("/plan", summary="What documents would change")
    def plan(wanted: Planning) -> Response:
        """With the effect in money; nothing is changed."""
        return json_response(ascode.plan_json(planned(wanted)))

    @router.post("/apply", summary="Do what a plan says")
    def apply(wanted: Applying) -> Response:
        """All of it, or nothing. With `versions`, only if it is the plan that was seen."""
        found = planned(wanted)
        if wanted.versions is not None:
            ascode.expect(found, wanted.versions)
        done = workspace.apply_resources(found, author=who(), note=wanted.note)
        written = [resource_json(resource) for resource in done.written]
        return json_response(ascode.plan_json(found) | {"written": written})


def _documents(workspace: Workspace, wanted: Planning) -> list[Document]:
    if wanted.yaml and wanted.documents:
        raise ResourceError("give either documents or yaml, not both")
    if wanted.yaml:
        return ascode.read_text(workspace, wanted.yaml)
    return ascode.read_documents(workspace, wanted.documents)


def _shown(resource: Resource, status: int = 200) -> Response:
    return json_response(resource_json(resource), status, {"ETag": f'"{resource.version}"'})


def _seen(if_match: str | None) -> int | None:
    """The version in an `If-Match` header; None for none and for any (`*`)."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal():
        raise ResourceError(
            f'If-Match is {if_match!r}. Allowed: the version as in ETag ("3"), "0" for a resource '
            "that must not exist yet, or *."
        )
    return int(text)


def _kind_json(workspace: Workspace, kind: Kind) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "title": kind.title,
        "description": kind.description,
        "count": len(workspace.resources.names(kind.name)),
        "example": kind.example,
        "schema": kind.json_schema(),
    }
