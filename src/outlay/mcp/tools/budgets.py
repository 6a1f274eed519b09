"""Budgets: where each stands against its amount, its shape and its forecast."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.planning import budget_shapes, budgets
from outlay.app.planning.budget_words import unconverted_text
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import money_text

_TOLD = 25


class BudgetsInput(Input):
    """Which budgets."""

    at: str = Field(
        default="", description="A month, YYYY-MM: each in its period then; left out: now"
    )
    state: str = Field(
        default="", description="Only in this state: over, heading over, ahead, on track, kept…"
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class BudgetsOutput(Output):
    """Budgets with where they stand."""

    budgets: list[dict[str, Any]] = Field(
        description="name, parent, scope, state, and status: amount (own and carried over), "
        "actual, expected by now, ahead, forecast with its band, remaining, run_out"
    )
    states: dict[str, int]
    truncation: Truncation
    links: list[Link]


@tool("budgets", "Where budgets stand", "GET /budgets", BudgetsOutput, input=BudgetsInput)
def list_budgets(context: Context, asked: BudgetsInput) -> Answer:
    """Every budget with its amount, actual cost, what was to be expected by now by the shape of
    the months before, forecast to the period's end, and its state. Amounts of a budget contain
    those of its parts (`parent`): never add both."""
    found = budgets.statuses(context.workspace, at=asked.at)
    shown = [one for one in found if asked.state in ("", one.state)]
    rows = [_short(one) for one in shown]
    kept, left = cut(rows, asked.limit, "the state")
    params = {k: v for k, v in (("at", asked.at), ("state", asked.state)) if v}
    link = context.links.to("Budgets", "/budgets", params)
    data = {
        "budgets": kept,
        "states": budgets.counts(found),
        "truncation": left,
        "links": [link],
    }
    lines = [_line(one) for one in shown[:_TOLD]] or ["There is no budget."]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class BudgetInput(Input):
    """A budget in a period."""

    name: str = Field(description="A name from budgets")
    period: str = Field(default="", description="2026-11, 2026-Q4 or 2026; left out: now")
    periods: int = Field(default=0, ge=0, le=24, description="So many past periods as well")


class BudgetOutput(Output):
    """A budget, its parts and its past."""

    name: str
    state: str
    status: dict[str, Any] | None
    parts: list[dict[str, Any]]
    history: list[dict[str, Any]]
    links: list[Link]


@tool("budget", "A budget in a period", "GET /budgets/{name}", BudgetOutput, input=BudgetInput)
def one_budget(context: Context, asked: BudgetInput) -> Answer:
    """One budget: amounts, expected by now, forecast, what was carried over, its parts, which
    thresholds were passed when, and how it fared in past periods."""
    own, *parts = budgets.show(context.workspace, asked.name, asked.period)
    past = (
        budgets.history(context.workspace, asked.name, count=asked.periods) if asked.periods else ()
    )
    path = f"/budgets/{part(asked.name)}"
    link = context.links.to(
        own.budget.title, path, {"period": asked.period} if asked.period else {}
    )
    data: Json = budget_shapes.status_json(own) | {
        "parts": [_short(one) for one in parts],
        "history": [budget_shapes.period_json(one.status) for one in past if one.status],
        "links": [link],
    }
    return Answer(data, "\n".join([*map(_line, (own, *parts)), f"Page: {link['url']}"]))


def _short(one: budgets.BudgetStatus) -> Json:
    """A budget without its spec, which a list need not repeat."""
    told = budget_shapes.status_json(one)
    del told["spec"]
    return told


def _line(one: budgets.BudgetStatus) -> str:
    status, currency = one.status, one.budget.spec.currency
    if status is None:
        return f"- {one.budget.name}: {one.problem or one.state}"
    text = f"- {one.budget.name} {status.period.key}: {one.state}, {money_text(status.actual)}"
    if status.amount is not None:
        text += f" of {money_text(status.amount)}"
    text += f" {currency}"
    if status.forecast is not None:
        text += f", forecast {money_text(status.forecast)}"
    missing = unconverted_text(status)
    return f"{text}; {missing}" if missing else text
