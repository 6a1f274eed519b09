"""Daily cost series in which every anomaly is known: none but those that are injected.

What a bill does by itself is in them: weekly shapes, growth, levels that wander, storage that
fills up, noise from half a percent to ten, batch days, charges of the month, lower holidays, local
days of 23 and 25 hours, February, amounts of a few cents. Each series is made from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS = 400
WEEKS = (
    (1, 1, 1, 1, 1, 1, 1),
    (1.02, 1.04, 1.05, 1.04, 1.0, 0.94, 0.91),
    (1.1, 1.18, 1.2, 1.16, 1.08, 0.66, 0.62),
    (1.3, 1.4, 1.4, 1.4, 1.3, 0.12, 0.08),
    (0.86, 0.85, 0.9, 0.97, 1.1, 1.18, 1.14),
)
LEVELS = ("steady", "growing", "walking", "storage", "seasonal")
CHARGES = ("none", "month start", "first days", "month end", "day of month")
CHARGE_CHANCE = (0.52, 0.22, 0.08, 0.1, 0.08)
LOCAL_CHANGES = (date(2023, 10, 29), date(2024, 3, 31), date(2024, 10, 27), date(2025, 3, 30))


@dataclass(frozen=True)
class Bill:
    """A series without anomalies. `charges`: those of the month, which are part of
    `values`. `noise`: standard deviation of a day's error, as a share.
    `known`: days on which something is known to have happened; nothing is scored on them."""

    name: str
    data: str
    start: date
    values: Floats
    charges: Floats
    noise: float
    country: str = ""
    known: frozenset[int] = frozenset()


def bill(seed: int) -> Bill:
    """The series of a seed."""
    rng = np.random.default_rng(seed)
    start = date(2023, 3, 1) + timedelta(days=61 * int(rng.integers(8)))
    days = [start + timedelta(days=place) for place in range(DAYS)]
    kind = str(rng.choice(LEVELS))
    level = _level(kind, rng)
    week = np.array([WEEKS[0]] * 1 + [WEEKS[int(rng.integers(len(WEEKS)))]])[-1]
    shape = np.array([week[day.weekday()] for day in days])
    noise = float(rng.choice([0.005, 0.015, 0.03, 0.06, 0.1], p=[0.2, 0.3, 0.25, 0.15, 0.1]))
    values = level * shape * _wobble(rng, noise)
    values *= _holidays(rng, days)
    if rng.random() < 0.1:
        hours = np.array([_hours(day) for day in days])
        values *= hours / 24
    charges = _charges(rng, days, level)
    amount = float(np.exp(rng.normal(4.5, 1.5)))
    if rng.random() < 0.05:  # a few units a day of something cheap
        values = rng.poisson(np.clip(values * 30, 0, None)) / 30
        noise, amount = max(noise, 0.2), 0.3
    return Bill(
        f"seed {seed} ({kind})",
        "generated",
        start,
        (values + charges) * amount,
        charges * amount,
        noise,
        "GB",
    )


def _level(kind: str, rng: np.random.Generator) -> Floats:
    time = np.arange(DAYS)
    level = np.ones(DAYS)
    if kind == "growing":
        level *= np.exp(time / 30 * rng.uniform(-0.03, 0.08))
    elif kind == "walking":
        level *= np.exp(np.cumsum(rng.normal(0, 0.006, DAYS)))
    elif kind == "storage":
        level += np.cumsum(np.abs(rng.normal(0, 0.003, DAYS)))
    elif kind == "seasonal":
        phase, size = rng.uniform(0, 365), rng.uniform(0.05, 0.2)
        level *= 1 + size * np.sin(2 * np.pi * (time - phase) / 365.25)
    return level


def _wobble(rng: np.random.Generator, noise: float) -> Floats:
    """Noise that remembers yesterday; its standard deviation is `noise`."""
    memory = rng.uniform(0, 0.5)
    shocks = rng.standard_t(6, DAYS) / np.sqrt(1.5) * noise * np.sqrt(1 - memory**2)
    found = np.zeros(DAYS)
    for place in range(1, DAYS):
        found[place] = memory * found[place - 1] + shocks[place]
    return np.exp(found)


def _holidays(rng: np.random.Generator, days: list[date]) -> Floats:
    """Some series are lower from Christmas to New Year."""
    depth = rng.uniform(0.75, 0.95) if rng.random() < 0.1 else 1.0
    quiet = [(day.month, day.day) in {(12, 24), (12, 25), (12, 26), (1, 1)} for day in days]
    return np.where(quiet, depth, 1.0)


def _hours(day: date) -> int:
    if day in LOCAL_CHANGES:
        return 25 if day.month == 10 else 23
    return 24


def _charges(rng: np.random.Generator, days: list[date], level: Floats) -> Floats:
    """Charges of the month, by their kind."""
    kind = str(rng.choice(CHARGES, p=CHARGE_CHANCE))
    size = rng.uniform(0.3, 6) * level
    if kind == "month start":
        return np.asarray(size * np.array([day.day == 1 for day in days]))
    if kind == "first days":
        return np.asarray(size / 2 * np.array([day.day <= 3 for day in days]))
    if kind == "month end":
        return np.asarray(size * np.array([(day + timedelta(days=1)).day == 1 for day in days]))
    if kind == "day of month":
        on = int(rng.integers(5, 26))
        return np.asarray(size * np.array([day.day == on for day in days]))
    return np.zeros(DAYS)
