"""The methods that a series' forecast is chosen and combined from.

Each takes the same parts of the series (`outlay.forecast.shape`) and says something about the days
to come. Smoothing follows Brown, Holt (damped by Gardner and McKenzie, 1985) and Winters; theta is
half the trend over a smoothed level (Hyndman and Billah, 2003).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from outlay.forecast.calendar import WEEK, Days
from outlay.forecast.shape import LEAST_FACTOR, TINY, Shape, flattened, running_mean, shape, weekly

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEAR = 52 * WEEK
"""A year of whole weeks, so that weekdays fall together."""

YEAR_NEEDED = YEAR + 5 * WEEK

SEEN = 40 * WEEK
"""Days that smoothing runs over; what lies before has no weight left."""

LEVELS = (0.06, 0.15, 0.3, 0.6)
SLOW = (0.03, 0.06, 0.2)
WINTERS = ((0.05, 0.1), (0.1, 0.2), (0.3, 0.3))

NAMES = (
    "last week",
    "median of 4 weeks",
    "mean of 8 weeks",
    "mean of 56 days",
    "level, slow",
    "level",
    "level, fast",
    "damped trend",
    "trend of 16 weeks",
    "theta",
    "trend of 32 weeks",
    "weekly smoothing, slow",
    "weekly smoothing",
    "weekly smoothing, fast",
    "level of the last 4 weeks' shape",
    "level across steps, slow",
    "level across steps",
    "year before",
    "half of the year before",
)
"""The candidates, in the order of `candidates`."""

MEMORY = np.array([7, 21, 56, 56, 0, 0, 0, 0, 0, 0, 0, 42, 28, 14, 14, 70, 21, 42, 42])
"""How many days after a step a candidate still remembers what was before it (0: it restarts)."""


def candidates(values: Floats, days: Days, future: Days, yearly: bool) -> tuple[Floats, Ints]:
    """Every candidate's forecast [candidate, horizon, series] of series [days, series], and the
    days since each series' newest step.

    `yearly` asks for those that repeat the year before; without it they are NaN."""
    horizon, series = len(future), values.shape[1]
    parts = shape(values, days, future)
    out = np.empty((len(NAMES), horizon, series))
    ahead = np.arange(horizon) % WEEK
    out[0] = values[-WEEK:][ahead]
    few = values[-WEEK * min(4, len(values) // WEEK) :].reshape(-1, WEEK, series)
    out[1] = np.median(few, axis=0)[ahead]
    more = parts.plain[-WEEK * min(8, len(values) // WEEK) :].reshape(-1, WEEK, series)
    out[2] = parts.placed(more.mean(axis=0)[ahead])
    out[3] = values[-8 * WEEK :].mean(axis=0)
    slow, middle, quick, fast = smoothed(parts.level, LEVELS)
    out[4], out[5], out[6] = (parts.whole(_still(one, horizon)) for one in (slow, quick, fast))
    level, trend = damped(parts.level, alpha=0.1, beta=0.1, phi=0.98)
    out[7] = parts.whole(level + trend * _steps(horizon, 0.98))
    level, trend = line(parts.level, 16 * WEEK)
    out[8] = parts.whole(level + trend * _steps(horizon, 0.995))
    _, trend = line(parts.level, 32 * WEEK)
    out[9] = parts.whole(middle + trend / 2 * _steps(horizon, 0.998))
    out[10] = parts.whole(middle + trend * _steps(horizon, 0.998))
    out[11:14] = winters(parts, days, future)
    recent = weekly(parts.plain, days, parts.factors, 4)
    flat = flattened(parts.plain, days, recent, parts.factors)
    (quick,) = smoothed(flat, (0.3,))
    by_day = recent[future.weekday]
    out[14] = parts.placed(np.where(parts.factors, quick * by_day, quick + by_day))
    across = smoothed(parts.flat, SLOW)
    out[15], out[16] = (parts.whole(_still(across[place], horizon)) for place in (0, 2))
    out[17:] = _year_before(parts, across[1], horizon) if yearly else np.nan
    return out, parts.age


def smoothed(values: Floats, alphas: tuple[float, ...]) -> Floats:
    """Levels at the end by simple exponential smoothing [alpha, series]."""
    values = values[-SEEN:]
    level = np.repeat(values[:WEEK].mean(axis=0)[None], len(alphas), axis=0)
    by = np.array(alphas)[:, None]
    for row in values:
        level += by * (row - level)
    return level


def damped(values: Floats, alpha: float, beta: float, phi: float) -> tuple[Floats, Floats]:
    """Level and trend at the end by Holt's smoothing with a damped trend."""
    values = values[-SEEN:]
    level = values[:WEEK].mean(axis=0)
    trend = np.zeros_like(level)
    for row in values:
        before = level + phi * trend
        error = row - before
        level = before + alpha * error
        trend = phi * trend + alpha * beta * error
    return level, trend


def line(values: Floats, days: int) -> tuple[Floats, Floats]:
    """The end and the daily slope of the straight line through the last `days` (least squares)."""
    part = values[-days:]
    time = np.arange(len(part)) - (len(part) - 1) / 2
    slope = (time[:, None] * part).sum(axis=0) / (time**2).sum()
    return part.mean(axis=0) + slope * (len(part) - 1) / 2, slope


def winters(parts: Shape, days: Days, future: Days) -> Floats:
    """Weekly smoothing [parameters, horizon, series]: level and each weekday's shape follow what
    comes, faster or slower."""
    values, weekday = parts.plain[-SEEN:], days.weekday[-SEEN:]
    ahead = np.empty((len(future), len(WINTERS), values.shape[1]))
    for product in (True, False):
        columns = np.flatnonzero(parts.factors == product)
        if len(columns):
            level, week = _winters(values[:, columns], weekday, product)
            by_day = week[future.weekday]
            ahead[:, :, columns] = by_day * level if product else by_day + level
    return np.stack([parts.placed(ahead[:, place]) for place in range(len(WINTERS))])


def _winters(values: Floats, weekday: Ints, product: bool) -> tuple[Floats, Floats]:
    """Level [parameters, series] and weekly shape [7, parameters, series] at the end."""
    alpha, gamma = (np.array(column)[:, None] for column in zip(*WINTERS, strict=True))
    weeks = values[: WEEK * min(4, len(values) // WEEK)].reshape(-1, WEEK, values.shape[1])
    first = weeks.mean(axis=0)
    start = first.mean(axis=0)
    week = np.empty((WEEK, len(WINTERS), values.shape[1]))
    shape_of = first / np.where(start > TINY, start, 1.0) if product else first - start
    week[weekday[:WEEK]] = shape_of[:, None]
    level = np.repeat(start[None], len(WINTERS), axis=0)
    for place, row in zip(weekday.tolist(), values, strict=True):
        day = week[place]
        flat = row / np.maximum(day, LEAST_FACTOR) if product else row - day
        level += alpha * (flat - level)
        now = row / np.maximum(level, TINY) if product else row - level
        day += gamma * (now - day)
    return level, week


def _year_before(parts: Shape, level: Floats, horizon: int) -> Floats:
    """How the level moved a year before, in whole and by half, from today's level on."""
    values = parts.flat
    around = running_mean(values, 15)  # row i is the mean around day i + 7
    at = len(values) - YEAR - 7
    then = around[at - 28 : at].mean(axis=0)
    moved = around[np.minimum(at + np.arange(horizon) % YEAR, len(around) - 1)]
    size = np.where(np.abs(then) > 1e-9, then, 1.0)
    whole = np.where(parts.factors, level * moved / size, level + moved - then)
    return np.stack([parts.whole(whole), parts.whole((whole + level) / 2)])


def _still(level: Floats, horizon: int) -> Floats:
    return np.broadcast_to(level, (horizon, *level.shape))


def _steps(horizon: int, phi: float) -> Floats:
    """How many days of trend the days to come have seen, each worth `phi` of the one before."""
    steps: Floats = np.cumsum(phi ** np.arange(1, horizon + 1))[:, None]
    return steps
