"""Daily series made for tests: a level, a week, a little noise, from a seed."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from outlay.anomalies.detect import detect
from outlay.anomalies.model import Candidate, Settings
from outlay.forecast.calendar import Calendar

START = date(2025, 1, 6)  # a Monday
DAYS = 200
WEEK = (1.1, 1.18, 1.2, 1.16, 1.08, 0.66, 0.62)
ALL = Settings(days=10_000)

Floats = NDArray[np.float64]


def usual(
    days: int = DAYS, *, start: date = START, level: float = 100, seed: int = 1, noise: float = 0.02
) -> Floats:
    """A series on which nothing happens."""
    rng = np.random.default_rng(seed)
    week = np.array([WEEK[(start.weekday() + t) % 7] for t in range(days)])
    return level * week * np.exp(rng.normal(0, noise, days))


def found(
    values: Floats,
    *,
    start: date = START,
    settings: Settings = ALL,
    country: str = "",
    until: date | None = None,
) -> list[Candidate]:
    """The events of one series."""
    complete = None if until is None else [until]
    return detect(values[None, :], start, Calendar(country), settings, complete_until=complete)


def at(event: Candidate, start: date = START) -> tuple[int, int]:
    """First and last day as places."""
    return (event.start - start).days, (event.end - start).days
