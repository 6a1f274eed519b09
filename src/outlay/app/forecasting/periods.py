"""A forecast by other periods than days: weeks, months, quarters, years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from outlay.app.forecasting.answer import LEVELS, ForecastAnswer, SeriesForecast
from outlay.app.forecasting.reckoned import band_of_units
from outlay.money import total
from outlay.query.ranges import step


@dataclass(frozen=True)
class Expected:
    """One period to come: its first day, what is expected of it with what it has already, and its
    bands by level. `begun` says that it has days that are actual, `whole` that it ends within
    the forecast."""

    start: date
    amount: Decimal
    bands: Mapping[int, tuple[Decimal, Decimal]]
    begun: bool
    whole: bool


def first_of(day: date, grain: str) -> date:
    """The first day of the period of a day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1) if grain == "year" else day


def by_period(
    answer: ForecastAnswer, one: SeriesForecast, grain: str, so_far: Decimal = Decimal(0)
) -> tuple[Expected, ...]:
    """A series' periods from the one of the forecast's first day on. `so_far` is the exact amount
    of the complete days of that first one. Nothing where there is no forecast."""
    if one.mean is None:
        return ()
    found, period = [], first_of(answer.start, grain)
    while period < answer.end:
        following = step(period, grain, 1)
        first = max((period - answer.start).days, 0)
        last = min((following - answer.start).days, answer.days)
        begun = period < answer.start
        amount = total((so_far if begun else Decimal(0), one.sum(first, last)))
        bands = {}
        for level in LEVELS:
            below, above = band_of_units(one, first, last, level)
            bands[level] = (total((amount, below)), total((amount, above)))
        found.append(Expected(period, amount, bands, begun, following <= answer.end))
        period = following
    return tuple(found)
