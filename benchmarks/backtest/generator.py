"""Daily cost series like those of cloud bills, one a seed: what they are made of is known.

Each has a kind (how its level moves), a weekly shape, noise that remembers yesterday, and by
chance: steps, a ramp, charges at month starts or ends, batch days, outliers, an end, a credit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("steady", "growing", "walking", "storage", "office", "seasonal", "sparse", "young")
WEEKS = {
    "flat": (1, 1, 1, 1, 1, 1, 1),
    "mild": (1.02, 1.04, 1.05, 1.04, 1.0, 0.94, 0.91),
    "office": (1.1, 1.18, 1.2, 1.16, 1.08, 0.66, 0.62),
    "closed": (1.3, 1.4, 1.4, 1.4, 1.3, 0.1, 0.1),
    "shop": (0.86, 0.85, 0.9, 0.97, 1.1, 1.18, 1.14),
}


@dataclass(frozen=True)
class Made:
    """A series and what it was made as."""

    kind: str
    start: date
    values: Floats


def series(seed: int, count: int) -> Made:
    """`count` days of the series of a seed."""
    rng = np.random.default_rng(seed)
    kind = KINDS[int(rng.integers(len(KINDS)))]
    start = date(2023, 1, 1) + timedelta(days=97 * int(rng.integers(6)))
    days = [start + timedelta(days=place) for place in range(count)]
    level = _level(kind, rng, count)
    shape = "closed" if kind == "office" else str(rng.choice([*WEEKS][:3] + ["shop"]))
    week = np.array([WEEKS[shape][day.weekday()] for day in days])
    swing = float(rng.choice([0.004, 0.015, 0.04, 0.1], p=[0.2, 0.35, 0.3, 0.15]))
    values = level * week * _noise(rng, count, swing)
    values = _months(rng, days, values, level)
    values = _mishaps(rng, kind, values)
    amount = float(np.exp(rng.normal(4.0, 1.8)))
    sign = -1.0 if rng.random() < 0.03 else 1.0
    return Made(kind, start, np.round(values * amount * sign, 6))


def _level(kind: str, rng: np.random.Generator, count: int) -> Floats:
    """How the level moves, with steps by chance."""
    time = np.arange(count)
    level = np.ones(count)
    if kind == "growing":
        level *= np.exp(time / 30 * rng.normal(0.025, 0.03))
    elif kind == "walking":
        level *= np.exp(np.cumsum(rng.normal(0, 0.012, count)))
    elif kind == "storage":
        level += np.cumsum(np.abs(rng.normal(0, 0.004, count)))
    elif kind == "seasonal":
        phase, size = rng.uniform(0, 365), rng.uniform(0.05, 0.25)
        level *= 1 + size * np.sin(2 * np.pi * (time - phase) / 365.25)
    for _ in range(rng.poisson(1.1)):
        place = int(rng.integers(20, count))
        level[place:] *= float(np.exp(rng.normal(0.05, 0.4)))
    if rng.random() < 0.12:
        place, length = int(rng.integers(20, count - 40)), int(rng.integers(15, 60))
        ramp = np.clip((time - place) / length, 0, 1)
        level *= 1 + ramp * rng.uniform(-0.5, 1.0)
    return level


def _noise(rng: np.random.Generator, count: int, swing: float) -> Floats:
    """Multiplicative noise that remembers yesterday a little."""
    remembered = rng.uniform(0, 0.6)
    noise = np.zeros(count)
    shocks = rng.normal(0, swing, count)
    for place in range(1, count):
        noise[place] = remembered * noise[place - 1] + shocks[place]
    return np.exp(noise)


def _months(rng: np.random.Generator, days: list[date], values: Floats, level: Floats) -> Floats:
    """Fees and jobs that follow the month."""
    first = np.array([day.day == 1 for day in days])
    last = np.array([(day + timedelta(days=1)).day == 1 for day in days])
    chance = rng.random()
    if chance < 0.12:
        values = values + first * rng.uniform(0.5, 6)
    elif chance < 0.20:
        early = np.array([day.day <= 3 for day in days])
        values = values * np.where(early, rng.uniform(1.2, 2.0), 1)
    elif chance < 0.28:
        values = values + last * level * rng.uniform(0.3, 2)
    elif chance < 0.33:
        day_of_month = int(rng.integers(5, 26))
        values = values + np.array([day.day == day_of_month for day in days]) * rng.uniform(0.5, 3)
    return values


def _mishaps(rng: np.random.Generator, kind: str, values: Floats) -> Floats:
    """Outliers, an end, days without use, a late beginning."""
    values = values.copy()
    count = len(values)
    if rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 6))):
            place, length = int(rng.integers(count)), int(rng.choice([1, 1, 2, 3]))
            values[place : place + length] *= float(rng.choice([0.05, 0.5, 2, 3, 6]))
    if kind == "sparse":
        values *= rng.random(count) < rng.uniform(0.15, 0.7)
    if kind == "young":
        values[: int(rng.integers(count // 3, count - 120))] = 0.0
    return values
