"""What was passed in a period of a budget, and raised: the memory by which nothing is told twice.

A row without a threshold says that the period itself was looked at (`watched`), or that it is
over (`settled`). Rows are unique, so that two looks at once cannot both raise a threshold.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from outlay.resources.database import writing
from outlay.resources.tables import budget_marks as t

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MarkState = Literal["raised", "passed", "watched", "settled"]


@dataclass(frozen=True)
class Mark:
    """A threshold (its key) that was `raised`, or `passed` with a higher one, at a UTC moment:
    what the period might cost then, and the actual cost or forecast that passed it."""

    budget: str
    period: str
    threshold: str
    state: MarkState
    at: datetime
    amount: Decimal
    value: Decimal
    currency: str


def of(workspace: Workspace, budget: str, period: str = "") -> tuple[Mark, ...]:
    """The thresholds that were passed (in one period), in order of time."""
    query = select(t).where(t.c.budget == budget, t.c.threshold != "").order_by(t.c.id)
    if period:
        query = query.where(t.c.period == period)
    with workspace.resources.engine.connect() as connection:
        return tuple(
            Mark(
                row.budget, row.period, row.threshold, row.state, row.at,
                Decimal(row.amount), Decimal(row.value), row.currency,
            )
            for row in connection.execute(query)
        )  # fmt: skip


def put(workspace: Workspace, mark: Mark) -> bool:
    """Keep a mark; False where there is one of that budget, period and threshold already."""
    values = {
        "budget": mark.budget,
        "period": mark.period,
        "threshold": mark.threshold,
        "state": mark.state,
        "at": mark.at,
        "amount": format(mark.amount, "f"),
        "value": format(mark.value, "f"),
        "currency": mark.currency,
    }
    try:
        with writing(workspace.resources.engine) as connection:
            connection.execute(insert(t).values(**values))
    except IntegrityError:
        return False
    return True


def watched(workspace: Workspace) -> dict[tuple[str, str], MarkState]:
    """The periods that were looked at: budget and period → watched or settled."""
    query = select(t.c.budget, t.c.period, t.c.state).where(t.c.threshold == "")
    with workspace.resources.engine.connect() as connection:
        return {(row.budget, row.period): row.state for row in connection.execute(query)}


def settle(workspace: Workspace, budget: str, period: str, now: datetime) -> None:
    """Note that a period is over."""
    with writing(workspace.resources.engine) as connection:
        connection.execute(
            update(t)
            .where(t.c.budget == budget, t.c.period == period, t.c.threshold == "")
            .values(state="settled", at=now)
        )


def forget_others(workspace: Workspace, budgets: Collection[str]) -> list[str]:
    """Forget what was passed by budgets that are not there any more; gives their names."""
    with workspace.resources.engine.connect() as connection:
        known = {str(name) for name in connection.execute(select(t.c.budget).distinct()).scalars()}
    gone = sorted(known - set(budgets))
    if gone:
        with writing(workspace.resources.engine) as connection:
            connection.execute(delete(t).where(t.c.budget.in_(gone)))
    return gone
