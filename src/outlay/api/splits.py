"""`/splits`: what each split takes, gives and keeps; previews, saving, history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from outlay.access import who
from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, splits
from outlay.app.shapes import change_json, resource_json
from outlay.query import CostQuery

_SPEC = {"tag": "team", "take": "platform", "method": "proportional", "period": "month"}

Measure = Annotated[str, Query(description="A measure of money; default EffectiveCost")]
Range = Annotated[str, Query(description="A relative range; default all")]
From = Annotated[str, Query(alias="from", description="First day, UTC")]
To = Annotated[str, Query(description="Day after the last one")]
Where = Annotated[str, Query(description="A condition on charges")]
RulesAsOf = Annotated[str, Query(description="A day or UTC time: the splits of then")]


class Previewing(BaseModel):
    """A split that is not saved: `spec`, or null to see what removing it would do."""

    model_config = ConfigDict(extra="forbid")

    spec: dict[str, Any] | None = Field(examples=[_SPEC])


class Saving(BaseModel):
    """A split's spec, why it is saved, and the version that was seen (0: it is new)."""

    model_config = ConfigDict(extra="forbid")

    spec: dict[str, Any] = Field(examples=[_SPEC])
    note: str = ""
    expected_version: int | None = Field(default=None, ge=0)


class Restoring(BaseModel):
    """Which version shall be current again."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, examples=[2])


def routes(workspace: Workspace) -> APIRouter:
    """The routes of splits."""
    router = APIRouter(route_class=ProblemRoute, tags=["Allocation"])

    @router.get("/splits", responses=RESPONSES, summary="Every split with its money")
    def overview(
        measure: Measure = "",
        range: Range = "",
        from_: From = "",
        to: To = "",
        where: Where = "",
        rules_as_of: RulesAsOf = "",
    ) -> Response:
        """Tag by tag in the order in which money flows: taken, given, kept (and why), targets."""
        within = _within(measure, range, from_, to, where, rules_as_of)
        found = splits.overview(workspace, within)
        return json_response([state.to_json(periods=False) for state in found])

    @router.get("/splits/{name}", responses=RESPONSES, summary="One split, period by period")
    def one(
        name: str,
        measure: Measure = "",
        range: Range = "",
        from_: From = "",
        to: To = "",
        where: Where = "",
        rules_as_of: RulesAsOf = "",
    ) -> Response:
        """With weights and shares of every period, and the history of its versions."""
        within = _within(measure, range, from_, to, where, rules_as_of)
        found = splits.show(workspace, name, within).to_json()
        changes = workspace.resources.history("Split", name)
        return json_response(found | {"history": [change_json(change) for change in changes]})

    @router.post("/splits/{name}/preview", responses=RESPONSES, summary="What a change would do")
    def preview(
        name: str,
        body: Previewing,
        measure: Measure = "",
        range: Range = "",
        from_: From = "",
        to: To = "",
        where: Where = "",
    ) -> Response:
        """What each value pays before and after; nothing is saved."""
        within = _within(measure, range, from_, to, where, "")
        return json_response(splits.preview(workspace, name, body.spec, within).to_json())

    _changes(router, workspace)
    return router


def _changes(router: APIRouter, workspace: Workspace) -> None:
    @router.put("/splits/{name}", responses=RESPONSES, summary="Save a split")
    def save(name: str, body: Annotated[Saving, Body()]) -> Response:
        """Make it, or give it a new version; refused where splits would feed each other."""
        saved = splits.save(
            workspace,
            name,
            body.spec,
            author=who(),
            expected_version=body.expected_version,
            note=body.note,
        )
        return json_response(resource_json(saved))

    @router.delete("/splits/{name}", status_code=204, responses=RESPONSES, summary="Remove a split")
    def delete(name: str) -> Response:
        """Cost stays where the rules say; its history stays too."""
        workspace.resources.delete("Split", name, author=who())
        return Response(status_code=204)

    @router.post("/splits/{name}/restore", responses=RESPONSES, summary="Restore a version")
    def restore(name: str, body: Restoring) -> Response:
        """An earlier version, as a new one."""
        saved = workspace.resources.restore("Split", name, body.version, author=who())
        return json_response(resource_json(saved))


def _within(
    measure: str, range_: str, from_: str, to: str, where: str, rules_as_of: str
) -> CostQuery:
    parts: dict[str, Any] = {
        "measures": measure,
        "range": range_,
        "from": from_,
        "to": to,
        "where": where,
        "rules_as_of": rules_as_of,
    }
    return CostQuery.model_validate({key: value for key, value in parts.items() if value})
