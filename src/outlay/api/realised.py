"""Realised savings: what was promised, and what the bill shows of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.realised import files, listing, shapes
from outlay.app.realised.listing import Sought
from outlay.expression.errors import QueryError
from outlay.savings.realised.ledger import GROUPINGS

_Number = Annotated[int, Path(ge=1, description="The recommendation's number")]
_Since = Annotated[str, Query(description="The first month, YYYY-MM", examples=["2026-09"])]
_Until = Annotated[str, Query(description="The last month, YYYY-MM")]
_Owner = Annotated[str, Query(description="An owner; `-`: nobody's")]
_Provider = Annotated[str, Query(description="A provider, as the ledger names it")]
_Action = Annotated[str, Query(description="An action: Delete, Rightsize…")]
_Currency = Annotated[str, Query(description="A currency's code")]
_Known = Annotated[
    str, Query(description="As known at the end of this day, YYYY-MM-DD; empty: now")
]
_SUCCESSOR = {"where": "ResourceId = 'i-0fedcba9876543210'", "note": "the smaller instance"}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Realised savings"], responses=RESPONSES)
    _read(router, workspace)
    _change(router, workspace)
    return router


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/realised", summary="The ledger: promised, realised, missed")
    def ledger(
        by: Annotated[str, Query(description=", ".join(GROUPINGS))] = "month",
        since: _Since = "",
        until: _Until = "",
        owner: _Owner = "",
        provider: _Provider = "",
        action: _Action = "",
        currency: _Currency = "",
        known: _Known = "",
        limit: Annotated[int, Query(ge=0, le=5000, description="The most entries")] = 200,
    ) -> Response:
        """Rows of the grouping, totals by currency, months with their cumulated sum, the pace, and
        the entries. For each: `promised − missed + beyond = realised`, and the `effects` add up to
        `realised`. Avoided and one-off money stand apart. `restated` is what came to months since
        they were first whole. Who sees a part of the ledger sees the recommendations whose charges
        lie in it."""
        sought = Sought(since, until, owner, provider, action, currency, known)
        return json_response(shapes.ledger_json(listing.ledger(workspace, sought, by), limit))

    @router.get("/realised/export", summary="The ledger as a file")
    def export(
        format: Annotated[str, Query(description=" or ".join(files.MEDIA))] = "csv",
        since: _Since = "",
        until: _Until = "",
        owner: _Owner = "",
        provider: _Provider = "",
        action: _Action = "",
        currency: _Currency = "",
        known: _Known = "",
    ) -> Response:
        """CSV has the entries in full. The workbook has their days, prices and baselines too, with
        formulas where a cell is a sum."""
        sought = Sought(since, until, owner, provider, action, currency, known)
        found = files.export(workspace, format, sought)
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, media_type=found.media, headers=headers)

    @router.get("/realised/{number}", summary="What a recommendation realised")
    def one(number: _Number) -> Response:
        """Its baselines, months, days and prices, and all entries as they were known."""
        return json_response(shapes.of_json(listing.realised_of(workspace, number)))

    @router.get("/realised/{number}/proof", summary="Make its baselines again")
    def proof(number: _Number) -> Response:
        """Each is made again from the snapshot that it was frozen from, and its digest compared."""
        return json_response(shapes.proof_json(listing.proof(workspace, number)))


def _change(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/realised/measure", summary="Measure what was saved now")
    def measure() -> Response:
        """As is done after each delivery: how many entries are new, and which recommendations
        were seen on the bill, verified, sustained or have regressed."""
        return json_response(shapes.followed_json(listing.measure_now(workspace)))

    @router.post("/realised/{number}/successor", summary="Say what came in place of its charges")
    def successor(
        number: _Number, body: Annotated[dict[str, Any], Body(examples=[_SUCCESSOR])]
    ) -> Response:
        """`where` is the condition of the charges that came in their place, '' for none."""
        where, note = body.get("where"), body.get("note", "")
        if not isinstance(where, str) or not isinstance(note, str):
            raise QueryError(
                "where is a condition as text, and note is text", field="where",
                allowed=("where", "note"),
            )  # fmt: skip
        listing.succeed(workspace, number, where, note)
        return json_response(shapes.of_json(listing.realised_of(workspace, number)))
