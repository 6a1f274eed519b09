"""The days ahead: which days looked at stand for them, what is still held then, what is bought."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from outlay.savings.planner.model import Demand, Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tranche:
    """A part of what is bought: from the day `on` on, `share` of every position (of 1)."""

    on: date
    share: Decimal


@dataclass(frozen=True)
class Segment:
    """Days of one month on which everything is the same but the usage: `days` is how often each
    day that was looked at stands for one of them, `held` the numbers of commitments still there,
    `share` how much of the portfolio is bought, `factors` the usage by class times what it was."""

    month: date
    days: Mapping[int, int]
    held: tuple[int, ...]
    share: Decimal
    factors: tuple[Decimal, ...]

    @property
    def count(self) -> int:
        """How many days it has."""
        return sum(self.days.values())


def add_months(day: date, months: int) -> date:
    """The same day so many months later, at most the month's last one."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def tranches(start: date, percent: Decimal) -> tuple[Tranche, ...]:
    """The portfolio in parts of `percent` (100: all at once), one a month from `start` on; the
    last takes what is left."""
    part = percent / 100
    found, bought, month = [], Decimal(0), 0
    while bought < 1:
        share = min(part, Decimal(1) - bought)
        found.append(Tranche(add_months(start, month), share))
        bought += share
        month += 1
    return tuple(found)


def segments(
    demand: Demand, scenario: Scenario, start: date, end: date, bought: Sequence[Tranche]
) -> tuple[Segment, ...]:
    """The days from `start` until before `end`. The days looked at repeat, weekday on weekday
    where they are whole weeks."""
    found: dict[tuple[date, tuple[int, ...], Decimal, tuple[Decimal, ...]], Counter[int]] = {}
    for number in range((end - start).days):
        day = start + timedelta(days=number)
        held = tuple(n for n, one in enumerate(demand.held) if one.ends is None or day < one.ends)
        share = sum((t.share for t in bought if t.on <= day), Decimal(0))
        month = (day.year - start.year) * 12 + day.month - start.month
        factors = tuple(scenario.factor(one, day, month) for one in demand.classes)
        key = (day.replace(day=1), held, share, factors)
        index = (day - demand.first).days % demand.days
        found.setdefault(key, Counter())[index] += 1
    return tuple(
        Segment(month, dict(days), held, share, factors)
        for (month, held, share, factors), days in found.items()
    )


@dataclass(frozen=True)
class Columns:
    """The days ahead as the search sees them: on-demand money an hour that commitments held leave,
    by class and column, and the weight of each column in hours."""

    left: Floats
    weights: Floats


class Seen:
    """The days looked at as arrays, so that many scenarios are made of them fast."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        keys = [one.key for one in demand.classes]
        shape = (len(keys), demand.slots)
        self.on_demand = np.array(
            [[float(value) for value in demand.on_demand[key]] for key in keys]
        ).reshape(shape)
        order = sorted(
            range(len(demand.held)),
            key=lambda n: (demand.held[n].order, -demand.held[n].discount, demand.held[n].id),
        )
        self.order = order
        self.held = {
            n: np.array(
                [
                    [float(v) for v in demand.held[n].covered[key]]
                    if key in demand.held[n].covered
                    else [0.0] * demand.slots
                    for key in keys
                ]
            ).reshape(shape)
            for n in order
        }
        self.whole = self.on_demand + sum(self.held.values(), np.zeros(shape))

    def columns(self, parts: Sequence[Segment], weight: float = 1.0) -> Columns:
        """The columns of some segments; `weight` multiplies their hours."""
        demand, a_day = self.demand, self.demand.slots_a_day
        alike: dict[tuple[tuple[int, ...], tuple[Decimal, ...]], Counter[int]] = {}
        for part in parts:  # months that are alike are one for the search
            alike.setdefault((part.held, part.factors), Counter()).update(part.days)
        made, weights = [], []
        for (held, given), days in alike.items():
            slots = np.array(
                [day * a_day + n for day in sorted(days) for n in range(a_day)], dtype=np.intp
            )
            counts = np.array([days[day] for day in sorted(days) for _ in range(a_day)])
            factors = np.array([float(one) for one in given])[:, None]
            rest = self.whole[:, slots] * factors
            for n in self.order:
                if n in held:
                    kept = np.minimum(self.held[n][:, slots], rest)
                    rest = rest - np.maximum(kept, 0.0)
            # What is paid back of usage is not covered by anything.
            made.append(np.maximum(rest, 0.0) / demand.slot_hours)
            weights.append(counts * (demand.slot_hours * weight))
        return Columns(np.concatenate(made, axis=1), np.concatenate(weights).astype(np.float64))
