"""Events put into series whose own days are known, and deliveries that are late or partial.

An event is at least as large as makes it one: five times a day's own noise for a spike, two and a
half times for what lasts. Sizes, places and kinds come from a seed. Kinds: spike, step (up or
down), leak (a slow rise), outage (to nought), shape (other weekdays).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.bills import Bill

Floats = NDArray[np.float64]

KINDS = ("spike", "step", "leak", "outage", "shape")
FIRST = 120
"""The first judged day: every rule has seen so many days by then."""
APART = 50
NOISIEST = 0.15
CLASSES = ("small", "middle", "large")
CLASS_LIMITS = (0.10, 0.40)
"""Impact of an event's scored days ÷ the series' cost of 30 days: below 10 %, 40 %, above."""


@dataclass(frozen=True)
class Injected:
    """An event: first and last day (places, inclusive), the last day on which an alarm counts,
    and its impact (injected − clean) on the days from its start to there."""

    kind: str
    direction: str
    start: int
    end: int
    until: int
    impact: float
    impact_class: str


@dataclass(frozen=True)
class Case:
    """A series as it would be billed in the end, and as it was known: on day t the last
    `partial[t]` days were only partly delivered (`share` of them)."""

    bill: Bill
    values: Floats
    events: tuple[Injected, ...]
    late: tuple[int, ...] = ()
    partial: dict[int, float] = field(default_factory=dict)


def case(bill: Bill, seed: int) -> Case:
    """A bill with none to three events, and late days."""
    rng = np.random.default_rng([seed, 77])
    values = bill.values - bill.charges  # what happens to usage does not change fees
    events: list[Injected] = []
    place = FIRST + int(rng.integers(0, 60))
    count = int(rng.choice([0, 1, 2, 3], p=[0.2, 0.3, 0.3, 0.2]))
    if bill.noise > NOISIEST:
        count = 0  # nothing there is worth a word
    while len(events) < count and place < len(values) - 35:
        if any(place <= day <= place + 21 for day in bill.known):
            place += 7
            continue
        kind = str(rng.choice(KINDS))
        made = _inject(kind, rng, bill, values, place)
        if made is not None:
            events.append(made)
            place = made.end if made.kind in ("spike", "outage", "leak") else made.until
        place += APART + int(rng.integers(0, 30))
    values = values + bill.charges
    late = _late_days(rng, bill, values, events)
    partial = {
        t: float(rng.uniform(0.2, 0.7)) for t in range(FIRST, len(values)) if rng.random() < 0.05
    }
    return Case(bill, values, tuple(events), late, partial)


def _inject(
    kind: str, rng: np.random.Generator, bill: Bill, values: Floats, at: int
) -> Injected | None:
    clean = values.copy()
    usual = float(np.median(clean[max(0, at - 28) : at]))
    if usual <= 0:
        return None
    noise, direction = bill.noise, "up"
    last = len(values) - 1
    if kind == "spike":
        end = at + int(rng.integers(0, 3))
        size = max(float(np.exp(rng.uniform(np.log(0.3), np.log(4)))), 5 * noise)
        values[at : end + 1] += size * usual
        until = end + 2
    elif kind == "step":
        size = max(float(np.exp(rng.uniform(np.log(0.15), np.log(1.5)))), 2.5 * noise)
        down = rng.random() < 0.4
        direction = "down" if down else "up"
        values[at:] *= 1 / (1 + size) if down else 1 + size
        end, until = last, at + 21
    elif kind == "leak":
        length = int(rng.integers(21, 43))
        size = max(float(rng.uniform(0.3, 1.2)), 5 * noise)
        ramp = np.clip((np.arange(len(values)) - at + 1) / length, 0, 1) * size
        end = min(at + length - 1, last)
        fixed = min(end + int(rng.integers(1, 8)), last)
        ramp[fixed + 1 :] = 0  # found and stopped
        values *= 1 + ramp
        end = until = fixed
    elif kind == "outage":
        end = at + int(rng.integers(1, 6))
        values[at : end + 1] = 0.0
        direction, until = "down", end + 2
    else:
        return _reshape(rng, bill, values, at)
    return _told(kind, direction, clean, values, at, end, min(until, last))


def _reshape(rng: np.random.Generator, bill: Bill, values: Floats, at: int) -> Injected | None:
    """Weekends become like weekdays (what was switched off at weekends runs on), or the reverse."""
    clean, last = values.copy(), len(values) - 1
    days = [bill.start + timedelta(days=place) for place in range(len(values))]
    weekend = np.array([day.weekday() >= 5 for day in days])
    before = slice(at - 56, at)
    ratio = float(np.median(clean[before][~weekend[before]]))
    ratio /= max(float(np.median(clean[before][weekend[before]])), 1e-9)
    up = ratio > 1.4
    factor = ratio if up else 1 / max(1.6, 1 + 5 * bill.noise, float(rng.uniform(1.5, 4)))
    if up and ratio < 1 + 5 * bill.noise:
        return None
    while not weekend[at]:
        at += 1
    changed = weekend & (np.arange(len(values)) >= at)
    values[changed] *= factor
    return _told("shape", "up" if up else "down", clean, values, at, last, min(at + 28, last))


def _told(
    kind: str, direction: str, clean: Floats, values: Floats, start: int, end: int, until: int
) -> Injected:
    scored = slice(start, min(end, until) + 1)
    impact = float((values[scored] - clean[scored]).sum())
    month = abs(float(clean[start - 30 : start].sum()))
    share = abs(impact) / month
    size = CLASSES[sum(share >= limit for limit in CLASS_LIMITS)]
    return Injected(kind, direction, start, end, until, impact, size)


def _late_days(
    rng: np.random.Generator, bill: Bill, values: Floats, events: list[Injected]
) -> tuple[int, ...]:
    """Days whose cost is partly booked on the next day, away from events."""
    if rng.random() > 0.3:
        return ()
    found = []
    for _ in range(int(rng.integers(1, 4))):
        t = int(rng.integers(FIRST, len(values) - 2))
        if any(e.start - 10 <= t <= min(e.end, e.until) + 10 for e in events):
            continue
        if bill.charges[t : t + 2].any():
            continue
        moved = values[t] * rng.uniform(0.3, 0.9)
        values[t] -= moved
        values[t + 1] += moved
        found.append(t)
    return tuple(found)
