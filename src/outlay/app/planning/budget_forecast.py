"""The forecast of the days of a period that are still to come, the same as everywhere else."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.money import total
from outlay.planning.budgets.status import Rest
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

LEVEL = "80%"
"""How likely the whole lies within the band that is told."""


def rest_of(
    workspace: Workspace, asked: CostQuery, since: date, until: date, now: datetime
) -> tuple[Rest | None, str]:
    """What a question of one measure and currency comes to from `since` (inclusive) to `until`
    (exclusive), days that are not complete yet; or None and why there is no forecast."""
    from outlay.app.forecasting.forecasting import forecast
    from outlay.app.forecasting.reckoned import band_of_units

    answer = forecast(workspace, asked.but(range="all"), until=until, now=now)
    whole = answer.total(asked.currency)
    if whole is None or whole.mean is None:
        nothing = f"nothing in {asked.currency} is charged"
        return None, answer.reason or (whole.reason if whole else nothing)
    first = max((since - answer.start).days, 0)
    days = tuple(whole.day(place).mean for place in range(first, answer.days))
    amount = total((Decimal(0), *days))
    below, above = band_of_units(whole, first, answer.days)
    low, high = total((amount, below)), total((amount, above))
    return Rest(since, days, amount, low, high, LEVEL, whole.method, whole.tried.words), ""
