"""Series whose future is known, for tests of forecasts."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

START = date(2025, 1, 1)
WEEK = np.array([1.1, 1.2, 1.2, 1.15, 1.05, 0.7, 0.6])


def dates(count: int, start: date = START) -> list[date]:
    return [start + timedelta(days=place) for place in range(count)]


def usage(count: int, seed: int = 1, level: float = 100.0, noise: float = 0.02) -> Floats:
    """Cost with a weekly shape and a little noise."""
    rng = np.random.default_rng(seed)
    week = np.array([WEEK[day.weekday()] for day in dates(count)])
    return level * week * np.exp(rng.normal(0, noise, count))


def mixed(seed: int, count: int = 200) -> Floats:
    """Six series unlike each other: usage, growing, sparse, credits, of both signs, with a step."""
    rng = np.random.default_rng(seed)
    base = np.stack([usage(count, seed + place) for place in range(6)])
    base[1] *= np.exp(np.arange(count) * 0.004)
    base[2] *= rng.random(count) < 0.3
    base[3] *= -0.01
    base[4] -= 100
    base[5, count // 2 :] *= 3
    return base
