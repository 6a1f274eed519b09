"""Sources over HTTP: adding, removing and syncing them, and what was held back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from outlay.access import who
from outlay.api.answers import json_response
from outlay.api.paging import Paging, json_page
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.shapes import load_json, record_json, source_json
from outlay.money import BillingPeriod

_Name = Annotated[str, Path(description="The source's name", examples=["aws"])]


class NewSource(BaseModel):
    """A source that shall be read from now on."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(examples=["aws-prod"])
    kind: str = Field(description="One of `GET /kinds`", examples=["aws-cur"])
    location: str = Field(
        description="A URL, or a folder or file of the server", examples=["s3://bills/cur"]
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of the kind")
    cadence: str = Field("daily", description="hourly, daily, monthly or manual")
    max_rejected: Decimal = Field(
        Decimal(0), ge=0, le=1, description="Share of rows that may be rejected, 0 to 1"
    )


class Syncing(BaseModel):
    """What shall be brought up to date."""

    model_config = ConfigDict(extra="forbid")

    sources: list[str] = Field(
        default_factory=list, description="Default: all that are not manual", examples=[["aws"]]
    )
    period: str = Field("", description="Only this billing period", examples=["2026-10"])
    dry_run: bool = Field(False, description="Say what would be done, change nothing")


def routes(workspace: Workspace) -> APIRouter:
    """The routes that change sources; those that read them are the ledger's."""
    router = APIRouter(route_class=ProblemRoute, tags=["Ledger"], responses=RESPONSES)

    @router.post("/sources", status_code=201, summary="Add a source")
    def add(body: NewSource) -> Response:
        """Nothing is read yet: `POST /sync` does. Refuses a name that is taken."""
        made = workspace.add_source(
            body.name,
            body.kind,
            body.location,
            body.options,
            body.cadence,
            max_rejected=body.max_rejected,
            author=who(),
        )
        return json_response(source_json(made), 201)

    @router.delete("/sources/{name}", status_code=204, summary="Remove a source")
    def remove(
        name: _Name,
        keep_data: Annotated[bool, Query(description="Leave its charges in the ledger")] = False,
    ) -> Response:
        """With its charges; earlier snapshots still have them."""
        workspace.remove_source(name, keep_data=keep_data, author=who())
        return Response(status_code=204)

    @router.post("/sync", summary="Bring sources up to date")
    def sync(body: Syncing | None = None) -> Response:
        """Answers when all is done. What went wrong with a source or slice stands in its
        `outcome` and `error`; the others are done all the same."""
        asked = body or Syncing()
        period = BillingPeriod.parse(asked.period) if asked.period else None
        loads = workspace.sync(asked.sources or None, period, dry_run=asked.dry_run)
        return json_response([load_json(load) for load in loads])

    @router.get("/held", summary="Deliveries that were held back")
    def held(
        page: Paging,
        source: Annotated[str, Query(description="Only this source", examples=["aws"])] = "",
    ) -> Response:
        """Their proof says why they were not let in; the slice of before is still there."""
        found = workspace.held(source or None)
        return json_page(page.of(found, lambda one: (one.id,)), record_json)

    return router
