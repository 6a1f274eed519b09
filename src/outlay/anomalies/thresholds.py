"""From which change on a series is out of the ordinary: the tests and their limits.

A test looks at a window of days. Its change is raised when it is larger than all of its limits:

- ``usual``: the multiplier × the usual change, which is 1.4826 × the median of the past changes'
  distances from their typical value (so that it is the standard deviation where they are normal;
  Rousseeuw & Croux 1993), plus that typical value: 0 for one day, for longer windows the median of
  the past changes, so that steady growth is expected to go on. The multiplier is that of the window
  and the sensitivity, × (1 + 4 × window ÷ days compared) because few days know little;
- ``seen``: what the series does by itself now and then: for one day the third largest of the
  weekly maxima of twelve weeks, for longer windows the largest change of twelve weeks;
- ``minimum``: the settings' minimum in percent; ``feedback``: what people called expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outlay.anomalies.model import SENSITIVITY, Settings
from outlay.anomalies.track import Clock, Matrix, Track, middle

# Chosen on the tuning half of the benchmark (benchmarks/backtest), for every sensitivity times its
# factor. A window's multiplier, by its length in steps.
MULTIPLIERS: Mapping[int, float] = {1: 6.0, 3: 5.0, 7: 5.0, 14: 4.0, 24: 6.0}
FEW = 4.0
USUAL_FLOOR = 0.02
NORMAL = 1.4826
MEAN = 1.2533


@dataclass(frozen=True)
class Judged:
    """A test of one series on one day: see Basis. `day`: the step of the test."""

    window: int
    change: float
    typical: float
    usual: float
    multiplier: float
    limits: Mapping[str, float]
    compared: tuple[float, ...]
    day: int
    looked_at: tuple[tuple[int, float, float], ...]
    before: float
    base: float

    @property
    def threshold(self) -> float:
        """The largest limit."""
        return max(self.limits.values())

    @property
    def raised(self) -> bool:
        """Is the change larger than every limit?"""
        return abs(self.change) > self.threshold


class Limits:
    """The limits of a track's tests."""

    def __init__(self, track: Track, settings: Settings) -> None:
        self.track = track
        self.clock: Clock = track.clock
        self.minimum = float(settings.minimum_percent) / 100
        self.sharpness = SENSITIVITY[settings.sensitivity]

    def past(self, t: int, rows: Any = slice(None)) -> tuple[Matrix, NDArray[np.bool_]]:
        """Errors of the history before day t and which of them count."""
        first = max(0, t - self.clock.history)
        return self.track.error[first:t, rows], self.track.counted[first:t, rows]

    def seen(self, t: int, rows: Any = slice(None)) -> tuple[Matrix, Matrix]:
        """For one day: the third largest weekly maximum of errors up, and of errors down."""
        errors, counted = self.past(t, rows)
        season = self.clock.season
        weeks = len(errors) // season
        if weeks < 3:
            none = np.zeros(errors.shape[1])
            return none, none
        errors = np.where(counted, errors, 0.0)[len(errors) - weeks * season :]
        by_week = errors.reshape(weeks, season, -1)
        up = np.partition(by_week.max(axis=1), weeks - 3, axis=0)[weeks - 3]
        down = np.partition(-by_week.min(axis=1), weeks - 3, axis=0)[weeks - 3]
        return np.maximum(up, 0.0), np.maximum(down, 0.0)

    def suspects(self, t: int) -> NDArray[np.intp]:
        """The shortest window whose test raises each series on day t, or 0; feedback is left out
        (it only raises limits)."""
        track = self.track
        error = track.error[t]
        rows = np.flatnonzero((np.abs(error) > self.minimum) & ~track.missing[t])
        up, down = self.seen(t, rows)
        now = error[rows]
        rows = rows[np.where(now > 0, now > up, -now > down)]
        found = np.zeros(len(error), dtype=np.intp)
        found[rows[self._unusual(1, t, rows)]] = 1
        for window, change in track.changes.items():
            rows = np.flatnonzero(
                (np.abs(change[t]) > self.minimum) & ~track.missing[t] & (found == 0)
            )
            largest = self._largest(window, t, rows, np.sign(change[t, rows]))
            rows = rows[np.abs(change[t, rows]) > largest]
            found[rows[self._unusual(window, t, rows)]] = window
        return found

    def _span(self, window: int, t: int) -> slice:
        """The days with whose changes a window that ends on day t is compared."""
        stop = max(0, t - window + 1) if window > 1 else t
        length = self.clock.history if window == 1 else self.clock.long_history
        return slice(max(0, stop - length), stop)

    def _changes(self, window: int) -> Matrix:
        return self.track.error if window == 1 else self.track.changes[window]

    def _unusual(self, window: int, t: int, rows: Any) -> NDArray[np.bool_]:
        """Is the change larger than the multiplier × the usual one?"""
        if not len(rows):
            return np.zeros(0, dtype=bool)
        span, changes = self._span(window, t), self._changes(window)
        if span.stop <= span.start:
            return np.ones(len(rows), dtype=bool)
        counted = self.track.counted[span][:, rows]
        now, past = changes[t, rows], changes[span][:, rows]
        typical = np.zeros(len(rows)) if window == 1 else medians(past, counted)
        off = np.where(counted, np.abs(past - typical), 0.0)
        mean = off.sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
        usual = np.maximum(NORMAL * medians(off, counted), np.maximum(MEAN * mean, USUAL_FLOOR))
        few = 1 + FEW * window / np.maximum(counted.sum(axis=0), 1)
        limit = MULTIPLIERS[window] * self.sharpness * few * usual + typical * np.sign(now)
        return np.asarray(np.abs(now) > limit)

    def _largest(self, window: int, t: int, rows: Any, sign: Matrix) -> Matrix:
        span = self._span(window, t)
        past, counted = self.track.changes[window][span, rows], self.track.counted[span, rows]
        if not len(past):
            return np.zeros(len(sign))
        return np.asarray(np.maximum(np.where(counted, past * sign, 0.0).max(axis=0), 0.0))

    def judge(self, window: int, row: int, t: int, feedback: float) -> Judged:
        """The test of a window for one series on day t."""
        if window == 1:
            change = float(self.track.error[t, row])
            errors, counted = self.past(t, slice(row, row + 1))
            compared = errors[counted]
            up, down = self.seen(t, slice(row, row + 1))
            seen = float(up[0] if change > 0 else down[0])
        else:
            change = float(self.track.changes[window][t, row])
            span = self._span(window, t)
            past = self.track.changes[window][span, row]
            compared = past[self.track.counted[span, row]]
            sign = np.array([1.0 if change > 0 else -1.0])
            seen = float(self._largest(window, t, slice(row, row + 1), sign)[0])
        typical, usual = self.usual(window, compared)
        multiplier = self.multiplier(window, len(compared))
        limit = multiplier * usual + (typical if change > 0 else -typical)
        limits = {"usual": limit, "seen": seen, "minimum": self.minimum}
        if feedback:
            limits["feedback"] = feedback
        compared_now = tuple(compared[::-1].tolist())
        looked_at, before, base = self._looked_at(window, row, t)
        return Judged(
            window,
            change,
            typical,
            usual,
            multiplier,
            limits,
            compared_now,
            t,
            looked_at,
            before,
            base,
        )

    def _looked_at(
        self, window: int, row: int, t: int
    ) -> tuple[tuple[tuple[int, float, float], ...], float, float]:
        """The days of a window as (place, used, factor), the level before it, and what the
        difference is divided by."""
        track, first = self.track, t - window + 1
        days = range(t - min(window, self.clock.longest_mean) + 1, t + 1)
        seen = tuple((s, float(track.used[s, row]), float(track.factor[s, row])) for s in days)
        before = float(track.level[first, row])
        expected = abs(before * sum(factor for _, _, factor in seen))
        return seen, before, max(expected, float(track.base[first, row]))

    def usual(self, window: int, compared: Matrix) -> tuple[float, float]:
        """The typical change (0 for one day) and how far changes usually are from it; at least
        one percent."""
        if not len(compared):
            return 0.0, USUAL_FLOOR
        typical = 0.0 if window == 1 else middle(compared)
        off = np.abs(compared - typical)
        return typical, max(NORMAL * middle(off), MEAN * float(off.mean()), USUAL_FLOOR)

    def multiplier(self, window: int, count: int) -> float:
        """By how much a change must be larger than usual."""
        return MULTIPLIERS[window] * self.sharpness * (1 + FEW * window / max(count, 1))


def medians(values: Matrix, counted: NDArray[np.bool_]) -> Matrix:
    """The median of each column's counted numbers; 0 where there are none."""
    ordered = np.sort(np.where(counted, values, np.inf), axis=0)
    n = counted.sum(axis=0)
    column = np.arange(values.shape[1])
    low, high = np.maximum(n - 1, 0) // 2, np.minimum(n // 2, len(values) - 1)
    with np.errstate(invalid="ignore"):
        middle = (ordered[low, column] + ordered[high, column]) / 2
    return np.asarray(np.where(n > 0, middle, 0.0))
