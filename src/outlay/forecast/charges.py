"""Charges that come by a calendar of their own: monthly fees, yearly ones, tax, purchases.

They are not smeared over days. Each stream of charges (one fee, one commitment, one tax) is told
apart by the caller; here its rhythm is read from the days on which it was charged, and its last
amounts are repeated by that rhythm. Amounts are exact Decimals in and out.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from outlay.money import total

Frequency = Literal["recurring", "one-time"]

STEPS = (1, 2, 3, 6, 12)
"""Months between charges that are believed: monthly, every two months, quarterly, half, yearly."""

YEARLY = 12
MONTH_DAYS = 365.25 / 12
LATE_DAYS = 45
"""A fee seen once is taken to be monthly until it has not come again for so many days."""


@dataclass(frozen=True)
class ChargeStream:
    """Charges of one thing: `charges` are (day, amount), in any order, several a day allowed, all
    of one currency. `frequency` is FOCUS' ChargeFrequency: a one-time charge is not repeated.

    `base` makes it a share, as tax and support are: what it is charged on, by the first day of
    the month, months to come included (their forecast)."""

    name: str
    charges: Sequence[tuple[date, Decimal]]
    frequency: Frequency = "recurring"
    base: Mapping[date, Decimal] | None = None


@dataclass(frozen=True)
class ChargeForecast:
    """What a stream will charge: `amounts` by day (only days with a charge, all within the
    horizon), the `rule` in words, and `rhythm`: daily, weekly, monthly, yearly, every n months,
    none. An empty forecast says why in its rule."""

    name: str
    rhythm: str
    rule: str
    amounts: Mapping[date, Decimal] = field(default_factory=dict)


def monthly_charges(
    streams: Sequence[ChargeStream], start: date, horizon: int, *, digits: int = 2
) -> list[ChargeForecast]:
    """Forecast each stream over `horizon` days from `start` (inclusive; history ends before it).

    A charge of the month of `start` whose day has passed without it (support and tax come with
    the invoice) is put on `start`: it is still to come. `digits` are the decimals of the
    currency; only shares are rounded, half even, since repeated amounts are exact already."""
    return [_forecast(stream, start, horizon, digits) for stream in streams]


def _forecast(stream: ChargeStream, start: date, horizon: int, digits: int) -> ChargeForecast:
    by_day: dict[date, list[Decimal]] = {}
    for day, amount in stream.charges:
        if day < start:
            by_day.setdefault(day, []).append(amount)
    charges = {day: total(by_day[day]) for day in sorted(by_day)}
    charges = {day: amount for day, amount in charges.items() if amount}
    if not charges:
        return ChargeForecast(stream.name, "none", "never charged")
    days = list(charges)
    end = start + timedelta(days=horizon)
    if stream.frequency == "one-time":
        return _one_time(stream.name, charges, start, end)
    gaps = sorted((b - a).days for a, b in zip(days, days[1:], strict=False))
    if gaps and gaps[len(gaps) // 2] <= 3:
        return _daily(stream.name, charges, start, end)
    if gaps and 5 <= gaps[len(gaps) // 2] <= 9 and _one_weekday(days):
        return _weekly(stream.name, charges, start, end)
    return _by_months(stream, charges, start, end, digits)


def _one_time(name: str, charges: Mapping[date, Decimal], start: date, end: date) -> ChargeForecast:
    """Not repeated, unless it has come back each year: then by its anniversary."""
    days = list(charges)
    last = days[-1]
    yearly = [day for day in days[:-1] if abs((last - day).days - 365) <= 7]
    if not yearly:
        return ChargeForecast(name, "none", "one-time: not repeated")
    amounts = {day: charges[last] for day in _anniversaries(last, start, end, YEARLY)}
    return ChargeForecast(
        name, "yearly", f"each year on {last:%d %B}, as on {last} ({charges[last]})", amounts
    )


def _daily(name: str, charges: Mapping[date, Decimal], start: date, end: date) -> ChargeForecast:
    """Charged on (nearly) every day: each day as the same weekday of the last week."""
    last = max(charges)
    if (start - last).days > 7:
        return ChargeForecast(name, "daily", f"ended: no charge since {last}")
    week = {
        (last - timedelta(days=back)).weekday(): charges.get(last - timedelta(days=back))
        for back in range(7)
    }
    amounts = {}
    for step in range((end - start).days):
        day = start + timedelta(days=step)
        amount = week[day.weekday()]
        if amount:
            amounts[day] = amount
    return ChargeForecast(name, "daily", f"daily, as in the week up to {last}", amounts)


def _one_weekday(days: Sequence[date]) -> bool:
    """Whether the last charges came on one weekday; else they may go by days of the month (the
    1st, 8th, 15th, …), which are seven days apart too."""
    recent = [day.weekday() for day in days[-8:]]
    return recent.count(recent[-1]) >= len(recent) - 1


def _weekly(name: str, charges: Mapping[date, Decimal], start: date, end: date) -> ChargeForecast:
    last = max(charges)
    if (start - last).days > 15:
        return ChargeForecast(name, "weekly", f"ended: no charge since {last}")
    day, amounts = last + timedelta(days=7), {}
    while day < end:
        if day >= start:
            amounts[day] = charges[last]
        day += timedelta(days=7)
    return ChargeForecast(
        name, "weekly", f"each {last:%A}, as on {last} ({charges[last]})", amounts
    )


def _by_months(
    stream: ChargeStream, charges: Mapping[date, Decimal], start: date, end: date, digits: int
) -> ChargeForecast:
    """Every month, or every few: the slots of the last month with charges are repeated."""
    months = sorted({_first(day) for day in charges})
    step = _step(months, start)
    last = months[-1]
    words = {1: "monthly", YEARLY: "yearly"}.get(step, f"every {step} months")
    if _months_between(last, _first(start)) - step > (1 if step < YEARLY else 0):
        return ChargeForecast(
            stream.name, words, f"ended: no charge since {max(charges)}, and it came {words}"
        )
    slots, waiting = _slots(charges, months, start)
    share = _Share.of(stream, charges, months) if stream.base is not None else None
    due = [(last, slot) for slot in waiting]
    month = _later(last, step)
    while month < end:
        due += [(month, slot) for slot in slots]
        month = _later(month, step)
    amounts: dict[date, Decimal] = {}
    for month, (place, amount) in due:
        charged = amount if share is None else share.amount(month, amount, slots, digits)
        day = max(_on(month, place), start)  # its day has passed, and it has not come yet
        if month >= _first(start) and day < end and charged:
            amounts[day] = amounts.get(day, Decimal(0)) + charged
    told = ", ".join(
        f"{'the last day' if place == _LAST else f'day {place}'} ({amount})"
        for place, amount in slots
    )
    rule = f"{words} on {told}, as in {last:%Y-%m}"
    if share is not None and share.rate is not None:
        rule = f"{words} on {told}; {share.rate * 100:.2f} % of what it is charged on"
    return ChargeForecast(stream.name, words, rule, amounts)


_LAST = 99
"""A slot of a month: its last day, however long the month is."""


Slot = tuple[int, Decimal]
"""A day of the month, or `_LAST`, and the amount."""


def _slots(
    charges: Mapping[date, Decimal], months: Sequence[date], start: date
) -> tuple[list[Slot], list[Slot]]:
    """The slots of a month, with the last amounts, and those that the newest month still waits for.

    With one charge a month its usual day of the last six is meant, so that a fee that came a day
    late once is expected on its day again."""
    per_month = {month: [day for day in charges if _first(day) == month] for month in months}
    newest = per_month[months[-1]]
    if all(len(days) == 1 for days in per_month.values()):
        days = [per_month[month][0] for month in months[-6:]]
        on_last = all(day.day == _length(_first(day)) for day in days)
        if on_last and len({_length(_first(day)) for day in days}) > 1:
            return [(_LAST, charges[newest[0]])], []
        usual = Counter(day.day for day in days)
        most = max(usual.values())
        slot = next(day.day for day in reversed(days) if usual[day.day] == most)
        return [(slot, charges[newest[0]])], []
    had = [(day.day, charges[day]) for day in newest]
    before = per_month[months[-2]] if len(months) > 1 else []
    if months[-1] != _first(start) or len(newest) >= len(before):
        return had, []
    # The newest month is not over: what it has not had yet comes as in the month before.
    waiting = [(day.day, charges[day]) for day in before[len(newest) :]]
    return sorted(had + waiting), waiting


def _step(months: Sequence[date], start: date) -> int:
    """Months between charges. Seen once: monthly, until it has been away for too long."""
    if len(months) == 1:
        return 1 if (start - months[0]).days <= LATE_DAYS + 31 else YEARLY
    gaps = sorted(_months_between(a, b) for a, b in zip(months, months[1:], strict=False))
    gap = gaps[len(gaps) // 2]
    return min(STEPS, key=lambda step: (abs(step - gap), step))


@dataclass(frozen=True)
class _Share:
    """A charge that is a share of others: its rate over the last months, and of which month."""

    rate: Decimal | None
    lag: int
    base: Mapping[date, Decimal]

    @classmethod
    def of(
        cls, stream: ChargeStream, charges: Mapping[date, Decimal], months: Sequence[date]
    ) -> _Share:
        """The rate of the last three months; of the month itself or of the one before, whichever
        gives the steadier rate."""
        base = stream.base or {}
        charged = {
            month: total([amount for day, amount in charges.items() if _first(day) == month])
            for month in months[-3:]
        }
        best: tuple[Decimal, int, Decimal] | None = None
        for lag in (0, 1):
            known = [month for month in charged if base.get(_later(month, -lag))]
            if not known:
                continue
            rates = [charged[month] / base[_later(month, -lag)] for month in known]
            spread = max(rates) - min(rates)
            rate = total([charged[month] for month in known]) / total(
                [base[_later(month, -lag)] for month in known]
            )
            if best is None or spread < best[0]:
                best = (spread, lag, rate)
        return cls(None, 0, base) if best is None else cls(best[2], best[1], base)

    def amount(self, month: date, last: Decimal, slots: Sequence[Slot], digits: int) -> Decimal:
        """What is charged in a month; without a base for it, the last amount again."""
        base = self.base.get(_later(month, -self.lag))
        if self.rate is None or base is None:
            return last
        of_all = total([amount for _, amount in slots])
        part = last / of_all if of_all else Decimal(1)
        return (self.rate * base * part).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def _anniversaries(last: date, start: date, end: date, step: int) -> list[date]:
    found, month = [], _later(_first(last), step)
    while month < end:
        day = _on(month, last.day)
        if start <= day < end:
            found.append(day)
        month = _later(month, step)
    return found


def _first(day: date) -> date:
    return day.replace(day=1)


def _length(month: date) -> int:
    return calendar.monthrange(month.year, month.month)[1]


def _on(month: date, slot: int) -> date:
    """A slot's day in a month; a day that the month does not have is its last."""
    return month.replace(day=min(slot, _length(month)))


def _later(month: date, step: int) -> date:
    index = month.year * 12 + month.month - 1 + step
    return date(index // 12, index % 12 + 1, 1)


def _months_between(a: date, b: date) -> int:
    return (b.year - a.year) * 12 + b.month - a.month
