"""`/close`: what is left to do before a month is closed, the prepaid bridge, the close."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response

from outlay.access import who
from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, bridge, close_shapes, closing
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod

_Plan = Annotated[str, Query(description="A statement plan or virtual tag", examples=["team"])]
_BALANCE = {
    "source": "aws-main",
    "currency": "USD",
    "billing_period": "2025-11",
    "amount": "24000.00",
    "commitment": "arn:aws:savingsplans::480102030401:savingsplan/9d27f314",
}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of the close. Fixed addresses go before those with a month."""
    router = APIRouter(route_class=ProblemRoute, tags=["Month close"], responses=RESPONSES)
    _bridge(router, workspace)
    _months(router, workspace)
    return router


def _bridge(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/close/bridge", summary="The prepaid bridge")
    def prepaid(
        period: Annotated[str, Query(description="One month, YYYY-MM")] = "",
        source: Annotated[str, Query(description="One source")] = "",
    ) -> Response:
        """Opening + bought - used up = closing; effective + closing - opening = billed."""
        asked = BillingPeriod.parse(period) if period else None
        if source:
            workspace.show_source(source)
        found = bridge.prepaid_bridge(workspace)
        months = [
            one
            for one in found.months
            if asked in (None, one.period) and source in ("", one.source)
        ]
        return json_response(close_shapes.bridge_json(found, months))

    @router.get("/close/balances", summary="Prepaid balances that were stated")
    def balances() -> Response:
        """What was prepaid before the ledger begins, as a person stated it."""
        return json_response([close_shapes.stated_json(one) for one in bridge.balances(workspace)])

    @router.post("/close/balances", status_code=201, summary="State a prepaid balance")
    def state(spec: Annotated[dict[str, Any], Body(examples=[_BALANCE])]) -> Response:
        """The same source, currency, commitment and month again changes it."""
        done = bridge.state_balance(workspace, spec, author=who())
        return json_response(close_shapes.stated_json(done), 201)

    @router.delete("/close/balances/{name}", status_code=204, summary="Remove a stated balance")
    def remove(name: str) -> Response:
        """Its history stays."""
        workspace.resources.delete(bridge.KIND, name, author=who())
        return Response(status_code=204)


def _months(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/close", summary="The newest months")
    def months() -> Response:
        """Bills, invoices by state, and whether each plan's month is closed."""
        plans, lines = closing.overview(workspace)
        listed = [close_shapes.line_json(line) for line in lines]
        return json_response({"plans": list(plans), "months": listed})

    @router.get("/close/{month}", summary="Where a month stands")
    def status(month: str, plan: _Plan = "") -> Response:
        """Every check with what it found and where it is put right."""
        found = closing.status(workspace, BillingPeriod.parse(month), plan)
        return json_response(close_shapes.status_json(found))

    @router.post("/close/{month}", summary="Close a month")
    def close(
        month: str,
        plan: _Plan = "",
        body: Annotated[dict[str, Any] | None, Body(examples=[{"note": "Checked."}])] = None,
    ) -> Response:
        """Its statements never change again. The body may have `author` and `note`; a note is
        needed where a check blocks."""
        given = dict(body or {})
        unknown = sorted(set(given) - {"author", "note"})
        if unknown:
            raise QueryError(
                f"{unknown[0]!r} is not a part of a close", field=unknown[0],
                allowed=("author", "note"),
            )  # fmt: skip
        done = closing.run(
            workspace,
            BillingPeriod.parse(month),
            plan,
            author=str(given.get("author") or who()),
            note=str(given.get("note") or ""),
        )
        return json_response(close_shapes.status_json(done))
