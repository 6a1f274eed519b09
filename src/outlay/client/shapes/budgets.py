"""Answers of the API: budgets."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number


class Budget(TypedDict):
    """The answer of `add_budgets`."""

    name: str
    title: str
    version: int
    parent: str | None
    depth: int
    scope: str
    measure: str
    currency: str
    period: str
    owner: str | None
    spec: dict[str, Any]


class BudgetMark(TypedDict):
    """A part of `BudgetStatus`: a threshold that was passed."""

    period: str
    threshold: str
    state: str
    at: Moment
    amount: Number
    value: Number
    currency: str


# `from` is a word of Python, so that this one is not written as a class.
BudgetPeriod = TypedDict(
    "BudgetPeriod",
    {
        "period": str,
        "from": Day,
        "to": Day,
        "state": str,
        "amount": Number | None,
        "own": Number | None,
        "carried": Number | None,
        "actual": Number,
        "complete": Number,
        "incomplete": Number,
        "complete_until": Day | None,
        "remaining": Number | None,
        "used": Number | None,
        "expected": Number | None,
        "ahead": Number | None,
        "ahead_ratio": Number | None,
        "shape": str | None,
        "shape_reason": str | None,
        "forecast": Number | None,
        "forecast_lower": Number | None,
        "forecast_upper": Number | None,
        "forecast_method": str | None,
        "forecast_error": str | None,
        "no_forecast": str | None,
        "run_out": Day | None,
        "unconverted": dict[str, Number],
    },
)
"""The answer of `preview_budget`: where a period stands."""


class BudgetPeriodWithMarks(BudgetPeriod):
    """The answer of `list_budget_history`."""

    passed: list[BudgetMark]


class BudgetChildren(TypedDict):
    """A part of `BudgetStatus`: the sums of the budgets below."""

    allocated: Number
    unallocated: Number | None
    actual: Number
    rest: Number


class BudgetStatus(Budget):
    """The answer of `list_budgets`."""

    state: str
    problem: str | None
    status: BudgetPeriod | None
    children: BudgetChildren | None
    children_problem: str | None
    passed: list[BudgetMark]


class BudgetWithParts(BudgetStatus):
    """The answer of `get_budget`."""

    parts: list[BudgetStatus]


class BudgetSuggestion(TypedDict):
    """A part of `BudgetSuggestions`."""

    name: str
    value: str
    taken: bool
    base: Number
    amount: Number
    months: dict[str, Number]
    spec: dict[str, Any]


class BudgetSuggestions(TypedDict):
    """The answer of `suggest_budgets`."""

    tag: str
    currency: str
    basis: str
    months: list[str]
    total: Number
    suggestions: list[BudgetSuggestion]
    left: int
    reasons: dict[str, str]
