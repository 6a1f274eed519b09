"""The forecast of the days of a period that are still to come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.money import total
from outlay.planning.budgets.amounts import less
from outlay.planning.budgets.model import BudgetSpec
from outlay.planning.budgets.periods import Period
from outlay.planning.budgets.status import Rest

if TYPE_CHECKING:
    from outlay.app.forecasting.answer import TotalForecast
    from outlay.app.workspace import Workspace

LEVEL = "80%"
"""How likely the whole lies within the band that is told."""


def rest_of(
    workspace: Workspace,
    spec: BudgetSpec,
    scope: str,
    period: Period,
    until: date,
    now: datetime,
) -> tuple[Rest | None, str]:
    """The forecast of a period from the day `until` on, or None and why there is none."""
    found = total_of(
        workspace, scope, spec.measure, spec.currency, spec.rates, period.start, period.end, now
    )
    if found.forecast is None or found.low is None or found.high is None:
        return None, found.reason
    days = tuple(
        found.by_day.get(until + timedelta(days=number), Decimal(0))
        for number in range((period.end - until).days)
    )
    low, high = less(found.low, found.actual), less(found.high, found.actual)
    method, error = found.method, found.tried.words
    return Rest(until, days, total((Decimal(0), *days)), low, high, LEVEL, method, error), ""


def total_of(
    workspace: Workspace,
    scope: str,
    measure: str,
    currency: str,
    rates: str,
    since: date,
    until: date,
    now: datetime,
) -> TotalForecast:
    """What a scope comes to from `since` (inclusive) to `until` (exclusive), in one currency."""
    from outlay.app.forecasting.totals import forecast_total

    return forecast_total(workspace, scope, measure, currency, since, until, now=now)
