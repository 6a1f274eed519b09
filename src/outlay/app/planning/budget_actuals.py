"""What a scope cost by day: one question, exact to the last digit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.money import total
from outlay.planning.budgets.model import BudgetSpec
from outlay.query import CostQuery, ranges

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@dataclass(frozen=True)
class Daily:
    """The cost of each day from `since` (inclusive) to `until` (exclusive) that cost anything;
    `unconverted` says whether charges of these days have no rate."""

    since: date
    until: date
    days: Mapping[date, Decimal]
    unconverted: bool = False

    def sum(self, since: date, until: date) -> Decimal:
        """What the days from `since` (inclusive) to `until` (exclusive) cost."""
        found = (cost for day, cost in self.days.items() if since <= day < until)
        return total((Decimal(0), *found))


def question(spec: BudgetSpec, scope: str, since: date, until: date) -> CostQuery:
    """The question whose total is what a scope cost in some days, in the budget's currency."""
    return CostQuery(
        measures=(spec.measure,),
        where=scope,
        range=ranges.between(since, until),
        currency=spec.currency,
        rates=spec.rates or None,
    )


def daily(
    workspace: Workspace, spec: BudgetSpec, scope: str, since: date, until: date, now: datetime
) -> Daily:
    """What a scope cost on each day. Raises QueryError and LakeError as any question does."""
    if until <= since:
        return Daily(since, until, {})
    result = workspace.query(question(spec, scope, since, until).but(grain="day"), now=now)
    days: dict[date, Decimal] = {}
    for row in result.rows():
        day, cost = row["period"], row[spec.measure]
        if isinstance(day, date) and isinstance(cost, Decimal):
            days[day] = cost
    return Daily(since, until, days, bool(result.unconverted))


def unconverted(
    workspace: Workspace, spec: BudgetSpec, scope: str, since: date, until: date, now: datetime
) -> dict[str, Decimal]:
    """What no rate could convert in some days: currency → amount in it."""
    asked = question(spec, scope, since, until)
    result = workspace.query(asked, now=now)
    return {one.currency: one.amounts[spec.measure] for one in result.unconverted}


def first_day(workspace: Workspace) -> date | None:
    """The first day of the first month that has charges; None without any charge."""
    slices = [one for one in workspace.lake.pin().slices if one.delivery.rows]
    return min((one.billing_period.start for one in slices), default=None)


def complete_until(workspace: Workspace, today: date) -> date | None:
    """The first day whose charges may still come, at the latest today; None without any charge."""
    found = workspace.incomplete_from()
    if found is None:
        slices = [one for one in workspace.lake.pin().slices if one.delivery.rows]
        found = max((one.billing_period.end for one in slices), default=None)
    return None if found is None else min(found, today)
