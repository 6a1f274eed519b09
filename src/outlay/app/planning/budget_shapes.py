"""Budgets as plain JSON values, for the API and for `--json`; amounts are text in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from outlay.app.planning.budget_drafts import Suggested
from outlay.app.planning.budget_marks import Mark
from outlay.app.planning.budgets import Budget, BudgetStatus
from outlay.expression.errors import QueryError
from outlay.money import money_text
from outlay.planning.budgets.status import PeriodStatus

Json = dict[str, Any]


def spec_json(one: Budget) -> Json:
    """A budget's spec as it may be written in a file."""
    spec: Json = one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return spec


def budget_json(one: Budget) -> Json:
    """A budget as it is kept. `scope` is its own within those of its parents."""
    return {
        "name": one.name,
        "title": one.title,
        "version": one.version,
        "parent": one.parent or None,
        "depth": one.depth,
        "scope": one.scope,
        "measure": one.spec.measure,
        "currency": one.spec.currency,
        "period": one.spec.period,
        "owner": one.owner or None,
        "spec": spec_json(one),
    }


def status_json(told: BudgetStatus) -> Json:
    """A budget and where it stands; `problem` says why that cannot be told."""
    return {
        **budget_json(told.budget),
        "state": told.state,
        "problem": told.problem or None,
        "status": period_json(told.status) if told.status else None,
        "children": None
        if told.parts is None
        else {
            "allocated": money_text(told.parts.allocated),
            "unallocated": _text(told.parts.unallocated),
            "actual": money_text(told.parts.actual),
            "rest": money_text(told.parts.rest),
        },
        "children_problem": told.parts_problem or None,
        "passed": [mark_json(mark) for mark in told.marks],
    }


def period_json(status: PeriodStatus) -> Json:
    """Where a period stands. `from` is inclusive, `to` and `complete_until` exclusive."""
    low, high = status.bounds or (None, None)
    return {
        "period": status.period.key,
        "from": str(status.period.start),
        "to": str(status.period.end),
        "state": status.state,
        "amount": _text(status.amount),
        "own": _text(status.allowance.own if status.allowance else None),
        "carried": _text(status.allowance.carried if status.allowance else None),
        "actual": money_text(status.actual),
        "complete": money_text(status.complete),
        "incomplete": money_text(status.incomplete),
        "complete_until": str(status.complete_until) if status.complete_until else None,
        "remaining": _text(status.remaining),
        "used": _ratio(status.used),
        "expected": _text(status.expected),
        "ahead": _text(status.ahead),
        "ahead_ratio": _ratio(status.ahead_ratio),
        "shape": status.spread.source if status.spread else None,
        "shape_reason": (status.spread.reason or None) if status.spread else None,
        "forecast": _text(status.forecast),
        "forecast_lower": _text(low),
        "forecast_upper": _text(high),
        "forecast_method": status.rest.method if status.rest else None,
        "forecast_error": status.rest.error if status.rest else None,
        "no_forecast": status.no_forecast or None,
        "run_out": str(status.run_out) if status.run_out else None,
        "unconverted": {code: money_text(value) for code, value in status.unconverted.items()},
    }


def history_json(found: Sequence[BudgetStatus]) -> list[Json]:
    """A budget's past, with the thresholds that were passed. QueryError where it cannot be told: an
    empty list says that there is none."""
    problem = next((one.problem for one in found if one.problem), "")
    if problem:
        raise QueryError(problem, field="scope")
    return [
        period_json(one.status) | {"passed": [mark_json(mark) for mark in one.marks]}
        for one in found
        if one.status is not None
    ]


def mark_json(mark: Mark) -> Json:
    """A threshold that was passed."""
    return {
        "period": mark.period,
        "threshold": mark.threshold,
        "state": mark.state,
        "at": _moment(mark.at),
        "amount": money_text(mark.amount),
        "value": money_text(mark.value),
        "currency": mark.currency,
    }


def list_json(found: Sequence[BudgetStatus]) -> list[Json]:
    """Budgets in the order of the tree."""
    return [status_json(one) for one in found]


def suggested_json(found: Suggested) -> Json:
    """Suggested budgets, each with the spec under which it may be kept."""
    return {
        "tag": found.tag,
        "currency": found.currency,
        "basis": found.basis,
        "months": list(found.months),
        "total": money_text(found.total),
        "suggestions": [
            {
                "name": one.name,
                "value": one.value,
                "taken": one.taken,
                "base": money_text(one.base),
                "amount": money_text(one.spec.amount or Decimal(0)),
                "months": {key: money_text(amount) for key, amount in one.months.items()},
                "spec": one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            }
            for one in found.suggestions
        ],
        "left": found.left,
        "reasons": dict(found.reasons or {}),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else money_text(value)


def _ratio(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _moment(value: datetime) -> str:
    return value.isoformat() + "Z"
