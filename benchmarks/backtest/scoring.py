"""Which alarms are right, the same for every rule.

An alarm is what a rule tells as one event: flagged days of one direction with at most three days
between them. It is right when it is first told on a day from an injected event's start to the last
day on which it counts (two days after a spike or outage, the end of a leak, 21 days after a step,
28 after a change of shape) and goes the same way (either way for a change of shape: other days are
then higher and lower). More alarms on the same event are not counted, nor are alarms within 14
days after an event's end (or last counted day), when a rule may be learning what is normal again,
nor alarms on days on which a series' own story is known to change. Every other alarm is false. An
injected event without a right alarm is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.backtest.injected import FIRST, Case, Injected
from benchmarks.backtest.rules import Flags

GAP = 3
AFTER = 14


@dataclass(frozen=True)
class Alarm:
    """Told on day `told` (a place) for the days `start` to `end`, inclusive."""

    series: int
    told: int
    start: int
    end: int
    direction: str


@dataclass(frozen=True)
class Hit:
    """An injected event and, if it was found, how many days after its start (-1: missed)."""

    series: int
    event: Injected
    days: int


@dataclass(frozen=True)
class Score:
    """All injected events, and the false alarms."""

    hits: tuple[Hit, ...]
    false: tuple[Alarm, ...]

    @property
    def found(self) -> int:
        """Injected events with a right alarm."""
        return sum(hit.days >= 0 for hit in self.hits)

    @property
    def precision(self) -> float:
        """Right alarms ÷ all counted."""
        return self.found / max(self.found + len(self.false), 1)

    @property
    def recall(self) -> float:
        """Found ÷ injected."""
        return self.found / max(len(self.hits), 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def days(self) -> float:
        """Median days from an event's start to its alarm, of those found."""
        return float(np.median([hit.days for hit in self.hits if hit.days >= 0] or [-1]))


def alarms_of(flags: Flags) -> list[Alarm]:
    """Flags of a rule as alarms, from the first judged day on."""
    found = []
    for series, row in enumerate(flags):
        for sign, direction in ((1, "up"), (-1, "down")):
            days = [int(t) for t in np.flatnonzero(row == sign) if t >= FIRST]
            while days:
                run = [days.pop(0)]
                while days and days[0] - run[-1] <= GAP + 1:
                    run.append(days.pop(0))
                found.append(Alarm(series, run[0], run[0], run[-1], direction))
    return found


def score(cases: Sequence[Case], alarms: Iterable[Alarm]) -> Score:
    """Match alarms with the injected events."""
    by_series: dict[int, list[Alarm]] = {}
    for alarm in sorted(alarms, key=lambda a: (a.told, a.start, a.direction)):
        by_series.setdefault(alarm.series, []).append(alarm)
    hits: list[Hit] = []
    false: list[Alarm] = []
    for series, case in enumerate(cases):
        days: dict[int, int] = {}
        for alarm in by_series.get(series, []):
            place = _event_at(case.events, alarm)
            if place is None and alarm.told in case.bill.known:
                continue
            if place is None:
                false.append(alarm)
            elif _right(case.events[place], alarm):
                days.setdefault(place, alarm.told - case.events[place].start)
        hits.extend(Hit(series, event, days.get(i, -1)) for i, event in enumerate(case.events))
    return Score(tuple(hits), tuple(false))


def _right(event: Injected, alarm: Alarm) -> bool:
    same_way = event.kind == "shape" or alarm.direction == event.direction
    return same_way and event.start <= alarm.told <= event.until


def _event_at(events: Sequence[Injected], alarm: Alarm) -> int | None:
    """The injected event on or after which the alarm was told, or that it overlaps."""
    for place, event in enumerate(events):
        if event.start <= alarm.told <= min(event.end, event.until) + AFTER:
            return place
    return None
