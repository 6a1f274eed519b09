"""Budgets over HTTP: where each stands, how it fared, and what one would come to.

Budgets are resources: `PUT /resources/budget/{name}` makes and changes one.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from fastapi.responses import Response

from outlay.access import who
from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.planning import budget_drafts, budget_shapes, budgets
from outlay.query import QueryError

_Name = Annotated[str, Path(description="The budget's name", examples=["checkout"])]
_Forecast = Annotated[bool, Query(description="With the forecast of the days to come")]
_SPEC = {"scope": "team = 'checkout'", "currency": "USD", "amount": "12000"}
_PREVIEW = {"name": "checkout", "spec": _SPEC}
_SUGGEST = {"tag": "team", "basis": "actual", "months": 3, "margin": "5"}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Budgets"], responses=RESPONSES)
    _read(router, workspace)
    _make(router, workspace)
    return router


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/budgets", summary="Every budget with where it stands")
    def listed(
        at: Annotated[str, Query(description="A month, YYYY-MM: each in its period then")] = "",
        forecast: _Forecast = True,
    ) -> Response:
        """Children below their parents. `state` is over, heading over (by forecast), ahead (of
        what was to be expected by now), on track, kept (ended within its amount), not begun, no
        amount, unknown (charges that no rate converts), no period, or failed with its `problem`.
        Amounts are exact; `expected` and `forecast` are rounded to the currency's smallest unit.
        """
        found = budgets.statuses(workspace, at=at, forecast=forecast)
        return json_response(budget_shapes.list_json(found))

    @router.get("/budgets/{name}", summary="A budget in a period, and its children")
    def budget(
        name: _Name,
        period: Annotated[
            str, Query(description="2026-11, 2026-Q4, 2026 or FY2026; '' is the present one")
        ] = "",
        forecast: _Forecast = True,
    ) -> Response:
        """The budget as in the list, and its `parts`: the budgets below it."""
        own, *children = budgets.show(workspace, name, period, forecast=forecast)
        told = budget_shapes.status_json(own)
        return json_response(told | {"parts": budget_shapes.list_json(children)})

    @router.get("/budgets/{name}/history", summary="How a budget fared by period")
    def history(
        name: _Name,
        count: Annotated[int, Query(ge=1, le=60, description="So many periods")] = 12,
    ) -> Response:
        """The last periods up to the present one, newest first, with the thresholds passed."""
        found = budgets.history(workspace, name, count=count)
        return json_response(budget_shapes.history_json(found))


def _make(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/budgets", summary="Keep several budgets at once", status_code=201)
    def keep(body: Annotated[dict[str, Any], Body(examples=[{"checkout": _SPEC}])]) -> Response:
        """Name → spec. All are kept or none; a name that is taken is refused."""
        kept = budget_drafts.keep(workspace, _specs(body), author=who())
        told = {one.name: one for one in budgets.budgets(workspace)}
        return json_response([budget_shapes.budget_json(told[name]) for name in kept], 201)

    @router.post("/budgets/preview", summary="How a budget would fare")
    def preview(body: Annotated[dict[str, Any], Body(examples=[_PREVIEW])]) -> Response:
        """The last periods of a spec that is not kept, newest first. `name` is that of the budget
        that it would change, `count` how many periods."""
        count = body.get("count", budget_drafts.PREVIEWED)
        spec = body.get("spec")
        if not isinstance(spec, dict) or not isinstance(count, int) or not 1 <= count <= 60:
            raise QueryError(
                "a preview needs a spec, and a count from 1 to 60 if any", field="spec",
                allowed=("name", "spec", "count"),
            )  # fmt: skip
        name = str(body.get("name") or "")
        found = budget_drafts.preview(workspace, name, spec, count=count)
        return json_response(
            [budget_shapes.period_json(one.status) for one in found if one.status is not None]
        )

    @router.post("/budgets/suggest", summary="Budgets to begin with")
    def suggest(body: Annotated[dict[str, Any], Body(examples=[_SUGGEST])]) -> Response:
        """One for each value of a virtual tag (`tag`), by the last `months` (`basis` actual) or
        the next month's forecast, with a `margin` in percent. Nothing is kept: POST /budgets keeps
        those that are wanted."""
        return json_response(budget_shapes.suggested_json(_suggested(workspace, body)))


_ASKED = ("tag", "months", "margin", "basis", "currency", "measure", "parent", "limit")
_COUNTS = (("months", 3), ("limit", budget_drafts.MOST_SUGGESTED))


def _suggested(workspace: Workspace, body: dict[str, Any]) -> budget_drafts.Suggested:
    unknown = sorted(set(body) - set(_ASKED))
    if unknown:
        raise QueryError(f"{unknown[0]!r} is not known", field=unknown[0], allowed=_ASKED)
    try:
        months, limit = (int(str(body.get(name, given))) for name, given in _COUNTS)
        margin = Decimal(str(body.get("margin", "5")))
    except (ValueError, InvalidOperation):
        raise QueryError(
            "months and limit are whole numbers, margin is a number", field="months",
            allowed=("3", "5.5"),
        ) from None  # fmt: skip
    basis, currency, measure, parent = (str(body.get(name) or "") for name in _ASKED[3:7])
    return budget_drafts.suggest(
        workspace, str(body.get("tag") or ""), basis=basis or "actual", months=months,
        margin=margin, currency=currency, measure=measure or "EffectiveCost", parent=parent,
        limit=limit,
    )  # fmt: skip


def _specs(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    wrong = [name for name, spec in body.items() if not isinstance(spec, dict)]
    if wrong or not body:
        raise QueryError(
            f"the spec of {wrong[0]!r} is no object" if wrong else "no budget is named",
            field=wrong[0] if wrong else "", allowed=("name: spec",),
        )  # fmt: skip
    return body
