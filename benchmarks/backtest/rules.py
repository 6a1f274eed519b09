"""The published rules of others, each at its published setting and at its best on the tuning part.

Each gives for every day of every series +1, -1 or 0 from the days before it (two-sided: cost tools
publish them for rises; a fall is flagged by the same distance). `today` is what each day is judged
by, which is not yet its whole cost where rules are asked before a day is complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.int8]

LEAST = 0.10
"""No rule, ours neither, raises a day that is less than this share off what it expected."""


@dataclass(frozen=True)
class Rule:
    """A rule: its name, its setting as published, the settings tried on the tuning part."""

    name: str
    flags: Callable[[Floats, float, Floats], Flags]
    published: float
    tried: tuple[float, ...]


def _before(values: Floats, window: int) -> Floats:
    """[series, day, window]: the days before each day, from day `window` on."""
    return sliding_window_view(values, window, axis=1)[:, :-1]


def _flag(today: Floats, middle: Floats, reach: Floats, window: int) -> Flags:
    flags = np.zeros(today.shape, dtype=np.int8)
    apart = today[:, window:] - middle
    reach = np.maximum(reach, LEAST * np.abs(middle))
    flags[:, window:] = np.where(np.abs(apart) > reach, np.sign(apart), 0)
    return flags


def week_mean(values: Floats, percent: float, today: Floats) -> Flags:
    """More than `percent` % off the mean of the last seven days."""
    mean = _before(values, 7).mean(axis=2)
    return _flag(today, mean, np.abs(mean) * percent / 100, 7)


def median_mad(values: Floats, k: float, today: Floats) -> Flags:
    """More than k MAD (× 1.4826) off the median of the last 30 days."""
    past = _before(values, 30)
    median = np.median(past, axis=2)
    mad = 1.4826 * np.median(np.abs(past - median[:, :, None]), axis=2)
    return _flag(today, median, k * mad, 30)


def sigma(values: Floats, k: float, today: Floats) -> Flags:
    """More than k standard deviations off the mean of the last 30 days."""
    past = _before(values, 30)
    return _flag(today, past.mean(axis=2), k * past.std(axis=2, ddof=1), 30)


RULES = (
    Rule("7-day mean ± 30 %", week_mean, 30, (20, 30, 40, 50, 75, 100, 150, 200)),
    Rule("median ± 3 MAD (30 days)", median_mad, 3, (2, 3, 4, 5, 7, 10, 15, 20, 30)),
    Rule("2 σ of 30 days", sigma, 2, (1.5, 2, 2.5, 3, 3.5, 4, 5)),
)


STL_TRIED = (3, 4, 5, 6, 8, 10, 15, 20, 30, 50)


def stl_rule(scores: Floats) -> Rule:
    """STL (period 7) of the last 120 days: the last day's remainder in robust standard deviations
    of the others'. `scores`: these, reckoned before (by statsmodels)."""

    def flags(values: Floats, k: float, today: Floats) -> Flags:
        return np.where(np.abs(scores) > k, np.sign(scores), 0).astype(np.int8)

    return Rule("STL remainder, 3 σ (120 days)", flags, 3, STL_TRIED)
