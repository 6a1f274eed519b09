"""The baseline: what would have been paid, made of the days before acceptance."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from outlay.money import money_text
from outlay.savings.realised.exact import (
    QUANTITY_DIGITS,
    RATE_DIGITS,
    ZERO,
    added,
    divided,
    less,
    times,
)
from outlay.savings.realised.model import Cadence, FrozenCommitment, FrozenKey, Line, PriceKey

WINDOW_DAYS = 28
"""Four whole weeks: each weekday counts alike."""

WAVE_DAYS = 14
"""Days that there must be before a wave of the week is looked for."""

WAVE = Decimal("0.10")
"""Weekends that cost a tenth less or more than working days are a wave."""

LOOKED_DAYS = 62
"""How far back charges are looked at for one that comes once a month."""

_WEEK, _MONTH = 7, 31
_SATURDAY = 5


@dataclass(frozen=True)
class Frozen:
    """What a window of charges comes to."""

    days: int
    cadence: Cadence
    gap: int
    keys: tuple[FrozenKey, ...]
    beside: tuple[PriceKey, ...]
    commitments: tuple[FrozenCommitment, ...]
    sources: tuple[str, ...]
    digest: str


def freeze(
    lines: Iterable[Line],
    days: Sequence[date],
    around: Mapping[str, tuple[Decimal, Decimal]] | None = None,
) -> Frozen:
    """The baseline of the lines of some whole days.

    `days` are those that count, whether they have a charge or not. `around` is, of each commitment
    that covered some of it, what of it was unused in these days and what covered others. Only
    recurring charges of the role ``own`` are frozen. ValueError without a day.
    """
    if not days:
        raise ValueError("a baseline needs at least one whole day")
    counted = set(days)
    known = [one for one in lines if one.day in counted and one.recurring]
    own = [one for one in known if one.role == "own"]
    cadence = _cadence(own, days)
    by_key: dict[PriceKey, list[Line]] = {}
    for one in own:
        by_key.setdefault(one.key, []).append(one)
    keys = tuple(_key(key, by_key[key], days, cadence) for key in sorted(by_key))
    beside = sorted({one.key for one in known if one.role == "resource"} - set(by_key))
    return Frozen(
        days=len(days),
        cadence=cadence,
        gap=_gap(own, days),
        keys=keys,
        beside=tuple(beside),
        commitments=_commitments(own, days, cadence, around or {}),
        sources=tuple(sorted({one.source for one in own if one.source})),
        digest=digest(own),
    )


def window(lines: Iterable[Line], days: Sequence[date]) -> list[date]:
    """Of whole days, oldest first, those that a baseline is made of: the last `WINDOW_DAYS`, or
    those since the first charge where it is younger. Where it has left the bill already, the days
    before it left; where it comes once a month, all of them from the first charge on."""
    own = {one.day for one in lines if one.role == "own" and one.recurring and _there(one)}
    own &= set(days)
    if not own:
        return list(days[-WINDOW_DAYS:])
    first, last = min(own), max(own)
    if _monthly(own, days):
        return [day for day in days if day >= first]
    ended = [day for day in days if day > last]
    longest = _runs([day for day in days if first <= day <= last], own)
    kept = [day for day in days if day >= first]
    if len(ended) > longest:
        kept = [day for day in kept if day <= last]
    return kept[-WINDOW_DAYS:]


def _there(one: Line) -> bool:
    return bool(one.cost or one.quantity)


def _runs(days: Sequence[date], own: Collection[date]) -> int:
    """The longest run of days without a charge."""
    longest = run = 0
    for day in days:
        run = 0 if day in own else run + 1
        longest = max(longest, run)
    return longest


def _gap(own: Sequence[Line], days: Sequence[date]) -> int:
    return _runs(days, {one.day for one in own if _there(one)})


def _monthly(own: Collection[date], days: Sequence[date]) -> bool:
    """Whether charges come on one day of the month alone, seen over more than a month."""
    return len(days) > _MONTH and len({day.day for day in own}) == 1 and len(own) > 1


def digest(lines: Iterable[Line]) -> str:
    """What the charges' sums are told apart by: 64 hexadecimal digits, whatever their order."""
    rows = sorted(
        "\x1f".join(
            (
                one.day.isoformat(), one.key.resource, one.key.meter, one.key.unit, one.commitment,
                one.status, "" if one.quantity is None else money_text(one.quantity),
                money_text(one.cost), money_text(one.list_cost), money_text(one.contracted),
            )
        )
        for one in lines
    )  # fmt: skip
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _cadence(lines: Sequence[Line], days: Sequence[date]) -> Cadence:
    """Weekly where weekends cost otherwise than working days, by more than `WAVE` of the mean."""
    if _monthly({one.day for one in lines if _there(one)}, days):
        return "month"
    if len(days) < WAVE_DAYS:
        return "day"
    weekend = sum(1 for day in days if day.weekday() >= _SATURDAY)
    if not weekend or weekend == len(days):
        return "day"
    costs: dict[bool, list[Decimal]] = {True: [], False: []}
    for one in lines:
        costs[one.day.weekday() >= _SATURDAY].append(one.cost)
    at_weekend = divided(added(costs[True]), weekend, RATE_DIGITS)
    at_work = divided(added(costs[False]), len(days) - weekend, RATE_DIGITS)
    mean = divided(added((*costs[True], *costs[False])), len(days), RATE_DIGITS)
    waves = less(at_weekend, at_work).copy_abs() > times(mean, WAVE).copy_abs()
    return "week" if waves else "day"


def _key(key: PriceKey, lines: Sequence[Line], days: Sequence[date], cadence: Cadence) -> FrozenKey:
    quantities = [one.quantity for one in lines]
    quantity = added(one for one in quantities if one is not None)
    cost = added(one.cost for one in lines)
    listed = added(one.list_cost for one in lines)
    priced = quantity > 0 and all(one is not None and one >= 0 for one in quantities)
    return FrozenKey(
        key=key,
        quantities=_daily([(one.day, one.quantity or ZERO) for one in lines], days, cadence,
                          QUANTITY_DIGITS),
        rate=divided(cost, quantity, RATE_DIGITS) if priced else None,
        list_rate=divided(listed, quantity, RATE_DIGITS) if priced else None,
        costs=_daily([(one.day, one.cost) for one in lines], days, cadence, RATE_DIGITS),
        list_costs=_daily([(one.day, one.list_cost) for one in lines], days, cadence, RATE_DIGITS),
        quantity=quantity,
        cost=cost,
        list_cost=listed,
        covered=added(one.cost for one in lines if one.commitment),
    )  # fmt: skip


def _daily(
    values: Sequence[tuple[date, Decimal]], days: Sequence[date], cadence: Cadence, digits: int
) -> tuple[Decimal, ...]:
    """The mean of a day, of each weekday from Monday on, or of each day of the month."""
    if cadence == "day":
        return (divided(added(value for _, value in values), len(days), digits),)
    of = date.weekday if cadence == "week" else _day_of_month
    found = []
    for place in range(_WEEK if cadence == "week" else _MONTH):
        there = sum(1 for day in days if of(day) == place)
        amount = added(value for day, value in values if of(day) == place)
        found.append(divided(amount, there, digits) if there else ZERO)
    return tuple(found)


def _day_of_month(day: date) -> int:
    return day.day - 1


def _commitments(
    lines: Sequence[Line],
    days: Sequence[date],
    cadence: Cadence,
    around: Mapping[str, tuple[Decimal, Decimal]],
) -> tuple[FrozenCommitment, ...]:
    covered: dict[str, list[tuple[date, Decimal]]] = {}
    for one in lines:
        if one.commitment and one.status != "Unused":
            covered.setdefault(one.commitment, []).append((one.day, one.cost))
    found = []
    for name, values in sorted(covered.items()):
        unused, others = around.get(name, (ZERO, ZERO))
        found.append(
            FrozenCommitment(
                name,
                _daily(values, days, cadence, RATE_DIGITS),
                divided(unused, len(days), RATE_DIGITS),
                divided(others, len(days), RATE_DIGITS),
            )
        )
    return tuple(found)
