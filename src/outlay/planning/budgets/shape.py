"""How a period's cost is spread over its days: what was to be expected by a day.

A month is not straight: subscriptions and support come on its first day, shops are busy at
weekends. The shape is learned from the whole months before the period, in decimals, so that the
same history gives the same line everywhere:

1. Each month's daily cost is divided by that month's median day, so that months of different
   size count alike and a fee does not lift the level.
2. A weekday's factor is the median of those ratios over its days.
3. What a day of the month (counted from the month's start, its last four days from its end) has
   beyond its weekday's factor is kept where at least three in four months have it with the same
   sign and its median is a quarter of a typical day or more: a fee, not a chance.
4. A day's weight is factor plus fee, never below nought.

Where most days cost nothing (a monthly fee alone), the shares of the days of the month are used as
they are. History that is too short or costs nothing gives a straight line, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from statistics import median

from outlay.money import BillingPeriod
from outlay.money.display import places
from outlay.money.quotients import rounded
from outlay.planning.budgets.model import Shape
from outlay.planning.budgets.periods import Period, months_of

MOST_MONTHS = 6
"""So many months before a period are learned from."""

_STEADY = Decimal("0.25")
_SEEN_ONCE = Decimal(1)
_LAST_DAYS = 4
_DAYS_OF_A_MONTH = 31

Place = tuple[str, int]
"""A day's place in its month: from its start, or from its end."""


@dataclass(frozen=True)
class Spread:
    """The weights of a period's days, in order; `source` says where they are from, `reason` why
    it is not what was asked for ('' where it is)."""

    period: Period
    weights: tuple[Fraction, ...]
    source: str
    reason: str = ""

    def expected(self, amount: Decimal, until: date, currency: str) -> Decimal:
        """What of an amount is to be expected from the period's start until a day (exclusive),
        rounded once to the currency's smallest unit."""
        count = max(0, min((until - self.period.start).days, self.period.days))
        share = sum(self.weights[:count], Fraction(0)) / sum(self.weights, Fraction(0))
        return rounded(Fraction(amount) * share, places(currency))

    def line(self, amount: Decimal, currency: str) -> list[Decimal]:
        """What is to be expected by the end of each day, in order."""
        whole = sum(self.weights, Fraction(0))
        digits = places(currency)
        return [
            rounded(Fraction(amount) * part / whole, digits) for part in accumulate(self.weights)
        ]


def spread(
    shape: Shape, period: Period, history: Mapping[date, Decimal], since: date, until: date
) -> Spread:
    """The spread of a period.

    `history` is the scope's cost by day; it is known from the day `since` (inclusive) and complete
    until the day `until` (exclusive), at most the period's first. A day that it lacks cost nothing.
    """
    days = list(period.each_day())
    if shape.by == "straight":
        return Spread(period, tuple(Fraction(1) for _ in days), "straight")
    if len(shape.weights) == _DAYS_OF_A_MONTH and len(months_of(period)) == 1:
        given = tuple(Fraction(shape.weights[day.day - 1]) for day in days)
        if any(given):
            return Spread(period, given, "given weights")
        straight = tuple(Fraction(1) for _ in days)
        return Spread(period, straight, "straight", "the days of this month have no weight")
    learned, reason = _learned(days, history, min(until, period.start), since)
    if shape.by == "weights":
        months = [str(month) for month in months_of(period)]
        return Spread(period, _by_month(days, months, shape.weights, learned), "given weights")
    return Spread(period, learned, "straight" if reason else "history", reason)


def _by_month(
    days: Sequence[date],
    months: Sequence[str],
    given: Sequence[Decimal],
    within: Sequence[Fraction],
) -> tuple[Fraction, ...]:
    """Months by their weights, days within a month as they are."""
    sums: dict[str, Fraction] = {}
    for day, weight in zip(days, within, strict=True):
        month = str(BillingPeriod.of(day))
        sums[month] = sums.get(month, Fraction(0)) + weight
    share = {month: Fraction(weight) for month, weight in zip(months, given, strict=False)}
    found = tuple(
        share[month] * weight / sums[month]
        if sums[month := str(BillingPeriod.of(day))]
        else Fraction(0)
        for day, weight in zip(days, within, strict=True)
    )
    return found if any(found) else tuple(Fraction(1) for _ in days)


def _learned(
    days: Sequence[date], history: Mapping[date, Decimal], before: date, since: date
) -> tuple[tuple[Fraction, ...], str]:
    """Weights of days and '' , or straight ones and why."""
    straight = tuple(Fraction(1) for _ in days)
    months = _months(history, before, since)
    if not months:
        return straight, "there is no whole month before it to learn from"
    levels = [median(values) for values in months.values()]
    if sum(level > 0 for level in levels) * 2 <= len(levels):
        weights = _shares(days, months)
    else:
        usable = {m: v for (m, v), level in zip(months.items(), levels, strict=True) if level > 0}
        weights = _factors(days, usable)
    if not any(weights):
        return straight, "the months before it cost nothing"
    return weights, ""


def _months(
    history: Mapping[date, Decimal], before: date, since: date
) -> dict[BillingPeriod, list[Decimal]]:
    """The last whole months before a day that cost anything, each with its days in order."""
    found: dict[BillingPeriod, list[Decimal]] = {}
    month = BillingPeriod.of(before).previous()
    while month.start >= since and len(found) < MOST_MONTHS:
        count = (month.end - month.start).days
        values = [history.get(month.start + timedelta(days=n), Decimal(0)) for n in range(count)]
        if any(values):
            found[month] = values
        month = month.previous()
    return found


def _place(day: date) -> Place:
    end = BillingPeriod.of(day).end
    left = (end - day).days
    return ("end", left) if left <= _LAST_DAYS else ("start", day.day)


def _shares(
    days: Sequence[date], months: Mapping[BillingPeriod, Sequence[Decimal]]
) -> tuple[Fraction, ...]:
    """The mean share of each place of a month: for scopes that cost something on few days."""
    sums: dict[Place, Fraction] = {}
    for month, values in months.items():
        whole = sum(map(Fraction, values), Fraction(0))
        for number, value in enumerate(values):
            if whole > 0 and value > 0:
                place = _place(month.start + timedelta(days=number))
                sums[place] = sums.get(place, Fraction(0)) + Fraction(value) / whole
    return tuple(sums.get(_place(day), Fraction(0)) for day in days)


def _factors(
    days: Sequence[date], months: Mapping[BillingPeriod, Sequence[Decimal]]
) -> tuple[Fraction, ...]:
    """Weekday factors and the fees of places of a month."""
    ratios: list[tuple[date, Fraction]] = []
    for month, values in months.items():
        level = Fraction(median(values))
        ratios += [
            (month.start + timedelta(days=n), Fraction(value) / level)
            for n, value in enumerate(values)
        ]
    by_weekday: dict[int, list[Fraction]] = {}
    for day, ratio in ratios:
        by_weekday.setdefault(day.weekday(), []).append(ratio)
    weekday = {number: median(found) for number, found in by_weekday.items()}
    beyond: dict[Place, list[Fraction]] = {}
    for day, ratio in ratios:
        beyond.setdefault(_place(day), []).append(ratio - weekday[day.weekday()])
    fees = {place: _steady(found) for place, found in beyond.items()}
    return tuple(
        max(Fraction(0), weekday[day.weekday()] + fees.get(_place(day), Fraction(0)))
        for day in days
    )


def _steady(found: Sequence[Fraction]) -> Fraction:
    """What a place of the month has beyond its weekday, where that is no chance."""
    middle = median(found)
    if len(found) == 1:
        # Once seen is a fee only where it is as much as a whole day more.
        return middle if middle >= _SEEN_ONCE else Fraction(0)
    same = sum((one > 0) == (middle > 0) for one in found if one)
    if abs(middle) < _STEADY or same * 4 < len(found) * 3:
        return Fraction(0)
    return Fraction(middle)
