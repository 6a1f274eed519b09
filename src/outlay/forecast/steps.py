"""Steps of a level: found, and taken out, so that no average smears them over days around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SIDE = 14
"""Days on each side of a step that are compared."""

FRESH = 4
"""A step this many days old is believed, if the days since are even."""

MOST = 4

NEVER = 100_000


def without_steps(flat: Floats, factors: Bools) -> tuple[Floats, NDArray[np.int64]]:
    """Series [days, series] with everything before a step moved to the level after it, and the
    age of the newest step [series], in days (`NEVER` where there is none).

    Series that are products (`factors`) are moved by a factor, others by an amount. A step is
    where the two weeks before and after differ by far more than two neighbouring fortnights of
    this series usually do, and where most of that comes within three days (a ramp is no step)."""
    count, series = flat.shape
    age = np.full(series, NEVER)
    if count < 3 * SIDE:
        return flat, age
    sums = np.concatenate([np.zeros((1, series)), np.cumsum(flat, axis=0)])
    days = np.arange(SIDE, count - FRESH + 1)
    size, before = _sizes(flat, sums, days)
    moved = flat.copy()
    columns = np.arange(series)
    score = np.abs(size)
    for _ in range(MOST):
        place = score.argmax(axis=0)
        hit = score[place, columns] > 0
        if not hit.any():
            break
        _move(moved, hit, days[place], size[place, columns], before[place, columns], factors)
        age = np.where(hit, np.minimum(age, count - days[place]), age)
        for near in range(1 - SIDE, SIDE):
            rows = np.clip(place + near, 0, len(days) - 1)
            score[rows[hit], columns[hit]] = 0
    return moved, age


def _sizes(flat: Floats, sums: Floats, days: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """For each day on which a step could be: its size, 0 where there is none, and the level
    before it."""
    count = len(flat)
    ends = np.minimum(days + SIDE, count)
    length = (ends - days)[:, None]
    after = (sums[ends] - sums[days]) / length
    before = (sums[days] - sums[days - SIDE]) / SIDE
    change = after - before
    usual = change[: max(len(change) - SIDE, 1) : 3]
    middle = (len(usual) - 1) // 2
    trend = np.partition(usual, middle, axis=0)[middle]
    wander = 1.4826 * np.partition(np.abs(usual - trend), middle, axis=0)[middle]
    jumps = np.abs(np.diff(flat, axis=0))[::2]
    noise = 1.4826 * np.partition(jumps, len(jumps) // 2, axis=0)[len(jumps) // 2] / np.sqrt(2)
    size = change - trend
    at_once = (sums[np.minimum(days + 3, count)] - sums[days]) / np.minimum(3, count - days)[
        :, None
    ]
    at_once -= (sums[days] - sums[days - 3]) / 3
    least = 4 * wander + 4 * noise * np.sqrt(1 / SIDE + 1 / length) + 0.01 * np.abs(before)
    real = np.abs(size) > least
    real &= at_once * np.sign(size) > 0.55 * np.abs(size)
    fresh = np.flatnonzero(length[:, 0] < SIDE)
    for row in fresh:
        since = flat[days[row] :]
        real[row] &= since.std(axis=0) < 0.5 * np.abs(size[row])
    return np.where(real, size, 0.0), before


def _move(
    moved: Floats, hit: Bools, days: NDArray[np.int64], size: Floats, before: Floats, factors: Bools
) -> None:
    """Move what lies before the step of each series in `hit` to the level after it."""
    rows = np.flatnonzero(hit)
    level = np.where(np.abs(before[rows]) > 1e-9, before[rows], 1.0)
    ratio = 1 + size[rows] / level
    by_ratio = factors[rows] & (ratio > 0.02)
    earlier = np.arange(len(moved))[:, None] < days[rows]
    part = moved[:, rows]
    shifted = np.where(by_ratio, part * ratio, part + size[rows])
    moved[:, rows] = np.where(earlier, shifted, part)
