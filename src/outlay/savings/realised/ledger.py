"""The ledger: entries added up by month, owner, provider, action or recommendation.

For every row and currency: ``promised − missed + beyond = realised`` and the effects add up to what
was realised; rows of any grouping add up to the same total. Avoided and one-off money stand apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, get_args

from outlay.savings.model import MONTH_DAYS
from outlay.savings.realised.exact import RATE_DIGITS, ZERO, added, divided, less, times
from outlay.savings.realised.model import Effects, Entry

Grouping = Literal["month", "owner", "provider", "action", "recommendation"]
GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
YEAR_DAYS = 365


@dataclass(frozen=True)
class Sums:
    """What entries of one currency come to. `promised`, `missed` and `beyond` are of recurring
    savings alone; `avoided` and `one_off` of all."""

    currency: str
    entries: int = 0
    recommendations: int = 0
    days: int = 0
    promised: Decimal = ZERO
    effects: Effects = field(default_factory=Effects)
    realised: Decimal = ZERO
    missed: Decimal = ZERO
    beyond: Decimal = ZERO
    realised_list: Decimal = ZERO
    avoided: Decimal = ZERO
    one_off: Decimal = ZERO


@dataclass(frozen=True)
class Change:
    """What a later entry changed of a month that was over and whole: `before` as it was known
    first, `after` as it is now."""

    recommendation: int
    month: date
    currency: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What came to it."""
        return less(self.after, self.before)


@dataclass(frozen=True)
class Row:
    """One group: its value, its sums, and what came to its closed months later."""

    value: str
    sums: Sums
    restated: Decimal = ZERO
    cumulated: Decimal = ZERO


@dataclass(frozen=True)
class RunRate:
    """What is saved a month and a year at the pace of the last 30 days measured."""

    currency: str
    month: Decimal
    year: Decimal
    recommendations: int


def newest(entries: Iterable[Entry]) -> list[Entry]:
    """Of entries, oldest first, those that count: by recommendation and month the newest."""
    found: dict[tuple[int, date], Entry] = {}
    for one in entries:
        found[one.recommendation, one.month] = one
    return [found[key] for key in sorted(found, key=lambda key: (key[1], key[0]))]


def sums(entries: Iterable[Entry]) -> tuple[Sums, ...]:
    """The sums by currency, by code."""
    by_currency: dict[str, list[Entry]] = {}
    for one in entries:
        by_currency.setdefault(one.currency, []).append(one)
    return tuple(_sums(code, own) for code, own in sorted(by_currency.items()))


def _sums(currency: str, entries: Sequence[Entry]) -> Sums:
    recurring = [one for one in entries if one.nature == "saving"]
    effects = Effects()
    for one in recurring:
        effects = effects.plus(one.effects)
    return Sums(
        currency=currency,
        entries=len(entries),
        recommendations=len({one.recommendation for one in entries}),
        days=sum(len(one.days) for one in entries),
        promised=added(one.promised for one in recurring),
        effects=effects,
        realised=added(one.realised for one in recurring),
        missed=added(one.missed for one in recurring),
        beyond=added(one.beyond for one in recurring),
        realised_list=added(less(one.list_before, one.list_actual) for one in recurring),
        avoided=added(one.avoided for one in entries),
        one_off=added(one.one_off for one in entries),
    )


def grouped(
    entries: Sequence[Entry], by: Grouping, changes: Sequence[Change] = ()
) -> tuple[Row, ...]:
    """The rows of a grouping, by value and currency: months in their order with their cumulated
    sum, others by what was realised, the most first."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for one in entries:
        groups.setdefault((value_of(one, by), one.currency), []).append(one)
    of = {(one.recommendation, one.month): one for one in entries}
    came: dict[tuple[str, str], list[Decimal]] = {}
    for change in changes:
        entry = of.get((change.recommendation, change.month))
        if entry is not None:
            place = (value_of(entry, by), entry.currency)
            came.setdefault(place, []).append(change.difference)
    rows = [
        Row(value, _sums(code, own), added(came.get((value, code), ())))
        for (value, code), own in groups.items()
    ]
    if by != "month":
        return tuple(sorted(rows, key=lambda r: (r.sums.currency, -r.sums.realised, r.value)))
    return tuple(_cumulated(sorted(rows, key=lambda r: (r.sums.currency, r.value))))


def _cumulated(rows: Sequence[Row]) -> Iterable[Row]:
    so_far: dict[str, Decimal] = {}
    for row in rows:
        code = row.sums.currency
        so_far[code] = added((so_far.get(code, ZERO), row.sums.realised))
        yield Row(row.value, row.sums, row.restated, so_far[code])


def value_of(entry: Entry, by: Grouping) -> str:
    """The group of an entry."""
    if by == "month":
        return f"{entry.month:%Y-%m}"
    if by == "owner":
        return entry.owner
    if by == "provider":
        return entry.provider
    return entry.action if by == "action" else str(entry.recommendation)


def restated(entries: Iterable[Entry]) -> tuple[Change, ...]:
    """The months that were over and whole when they were first entered, and are others now."""
    closed: dict[tuple[int, date], Entry] = {}
    last: dict[tuple[int, date], Entry] = {}
    for one in entries:
        place = (one.recommendation, one.month)
        if place not in closed and is_closed(one):
            closed[place] = one
        last[place] = one
    found = []
    for place in sorted(closed, key=lambda key: (key[1], key[0])):
        first, now = closed[place], last[place]
        if first.realised != now.realised:
            found.append(
                Change(now.recommendation, now.month, now.currency, first.realised, now.realised)
            )
    return tuple(found)


def is_closed(entry: Entry) -> bool:
    """Whether the month was over and none of its days was left out when it was entered."""
    end = (entry.month + timedelta(days=32)).replace(day=1)
    return entry.at.date() >= end and not entry.left_out


def run_rates(entries: Sequence[Entry], running: Mapping[int, bool]) -> tuple[RunRate, ...]:
    """What is saved at the present pace, by currency: of each recommendation that runs on
    (`running`), its last 30 days measured as a month, rounded once to cents."""
    days: dict[tuple[str, int], list[Decimal]] = {}
    for one in sorted(entries, key=lambda entry: entry.month):
        if one.nature == "saving" and running.get(one.recommendation):
            place = (one.currency, one.recommendation)
            days.setdefault(place, []).extend(day.realised for day in one.days)
    by_currency: dict[str, list[Decimal]] = {}
    for (code, _), values in days.items():
        last = values[-MONTH_DAYS:]
        if last:
            by_currency.setdefault(code, []).append(divided(added(last), len(last), RATE_DIGITS))
    return tuple(
        RunRate(
            code,
            divided(times(added(paces), Decimal(MONTH_DAYS)), 1, 2),
            divided(times(added(paces), Decimal(YEAR_DAYS)), 1, 2),
            len(paces),
        )
        for code, paces in sorted(by_currency.items())
    )
