"""The daily arithmetic over all series at once: level, weekday factor, expected, error.

Arrays are ``[days, series]``, so that one day of all series lies together. For day *t* of a series

- ``ratio[s]`` = used[s] ÷ the mean of the seven days around s (used[s-3 … s+3]);
- ``factor[t]`` = the mean of the middle half of the ratios of the last eight same weekdays;
- ``steady[s]`` = used[s] ÷ factor[s];
- ``level[t]`` = the median of steady over the 14 days before t;
- ``expected[t]`` = level[t] × factor[t];
- ``error[t]`` = (actual − expected) ÷ max(|expected|, 0.3 × the mean |used| of eight weeks);
  where both are nought there is no ratio, and any money counts as an error of 100.

``used`` is what came, except on the days of an event, of a charge of the month and of a late
delivery: there it is what was expected. That is why an earlier anomaly does not move the
expectation. The method is that of a classical decomposition (trend by a running level, seasonal
factors by ratio to moving average; Persons 1919, as in Hyndman & Athanasopoulos, *Forecasting:
Principles and Practice*, 3rd ed., §3.4) with medians and trimmed means in place of means, and
only with days before the judged one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Rows = NDArray[np.intp]

SMALLEST_FACTOR = 0.05  # below this share of the level a weekday says nothing of the level
FLOOR_SHARE = 0.3
MANY_ROWS = 16
FLOOR_DAYS = 56
WARM_FAR = 0.5
WARM_USUAL = 8
NOTHING_EXPECTED = 100.0  # the error of money where none was in eight weeks: no ratio exists


@dataclass(frozen=True)
class Clock:
    """Lengths in steps of the series. `season`: steps after which the pattern comes again (7 days,
    168 hours). `level`: steps of the level's median. `seasons`: how many past seasons the factor
    is of. `history`: steps whose errors say what is usual. `windows`: steps looked at together;
    `lag` > window: against the level that far back."""

    season: int = 7
    level: int = 14
    seasons: int = 8
    history: int = 84
    long_history: int = 182
    windows: tuple[int, ...] = (1, 3, 7, 14)
    longest_mean: int = 7
    per_day: int = 1

    @property
    def warm(self) -> int:
        """Steps until the first level is without the season's share."""
        return 4 * self.season


DAILY = Clock()
HOURLY = Clock(
    season=168,
    level=48,
    seasons=6,
    history=24 * 28,
    long_history=24 * 28,
    windows=(1, 24),
    longest_mean=24,
    per_day=24,
)


class Track:
    """Every series' numbers, filled day by day. `day()` reckons one day from the days before."""

    def __init__(self, values: Matrix, clock: Clock, complete: NDArray[np.intp]) -> None:
        self.clock = clock
        count, days = values.shape
        self.actual = np.ascontiguousarray(values.T, dtype=np.float64)
        self.complete = complete
        gone = np.arange(days)[:, None] >= complete[None, :]
        self.actual[gone | ~np.isfinite(self.actual)] = np.nan
        self.missing = np.isnan(self.actual)
        self.used: Matrix = np.where(self.missing, 0.0, self.actual)
        self.ratio: Matrix = np.full((days, count), np.nan)
        self.factor: Matrix = np.ones((days, count))
        self.steady: Matrix = self.used.copy()
        self.level: Matrix = np.zeros((days, count))
        self.error: Matrix = np.zeros((days, count))
        self.base: Matrix = np.zeros((days, count))
        self.counted = np.zeros((days, count), dtype=bool)
        # days on which a charge of the month (or a holiday) was seen
        self.by_calendar = np.zeros((days, count), dtype=bool)
        # days of events longer than a charge of the month, or of late deliveries
        self.no_charge = np.zeros((days, count), dtype=bool)
        self.changes: dict[int, Matrix] = {
            w: np.zeros((days, count)) for w in clock.windows if w > 1
        }
        some = self.used != 0
        self.born = np.where(some.any(axis=0), some.argmax(axis=0), days).astype(np.intp)
        # the first season from which factors are taken, later where a new pattern was accepted
        self.pattern_from = self.born.copy()

    @property
    def days(self) -> int:
        """How many steps there are."""
        return int(self.actual.shape[0])

    @property
    def expected_shape(self) -> tuple[int, ...]:
        """[days, series]."""
        return tuple(self.actual.shape)

    def expected(self, t: int, rows: Any = slice(None)) -> Matrix:
        """level × factor of a day."""
        return np.asarray(self.level[t, rows] * self.factor[t, rows])

    def expected_of(self, row: int, t: int) -> float:
        """level × factor of one series' day."""
        return float(self.level[t, row]) * float(self.factor[t, row])

    def _ratios(self, s: int, rows: Any = slice(None)) -> None:
        """The ratio of day s; the days up to s + half a season are known."""
        half = self.clock.season // 2
        if s - half < 0:
            return
        around = self.used[s - half : s + half + 1, rows]
        if self.clock.season % 2 == 0:  # a centred mean over an even season: ends count half
            mean = (around.sum(axis=0) - 0.5 * (around[0] + around[-1])) / self.clock.season
        else:
            mean = around.mean(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.used[s, rows] / mean
        self.ratio[s, rows] = np.where((mean > 0) & (found >= 0), found, np.nan)

    def refresh(self, row: int, start: int, stop: int) -> None:
        """Ratios of one series again, after `used` was changed on days start … stop-1."""
        season, half = self.clock.season, self.clock.season // 2
        first = max(half, start - half)
        last = min(stop + half, self.days - half - 1)
        while last > first and last + half > stop and np.isnan(self.ratio[last - 1, row]):
            last -= 1
        if last <= first:
            return
        weights = np.ones(2 * half + 1)
        if season % 2 == 0:
            weights[0] = weights[-1] = 0.5
        around = self.used[first - half : last + half, row]
        mean = np.convolve(around, weights, "valid") / season
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.used[first:last, row] / mean
        self.ratio[first:last, row] = np.where((mean > 0) & (found >= 0), found, np.nan)

    def _factors(self, t: int) -> Matrix:
        """The factors of day t: middle mean of the last same weekdays' ratios."""
        season, half = self.clock.season, self.clock.season // 2
        past = [t - season * k for k in range(1, self.clock.seasons + 1)]
        past = [s for s in past if s >= half]
        if len(past) < 2:
            return np.ones(self.actual.shape[1])
        rows = self.ratio[past].copy()
        old = np.array(past)[:, None] < (self.pattern_from + half)[None, :]
        rows[old] = np.nan
        return middle_mean(rows)

    def day(self, t: int) -> None:
        """Reckon day t from the days before it; `used` and `steady` of t are what came."""
        clock = self.clock
        half = clock.season // 2
        if t - half - 1 >= half:
            self._ratios(t - half - 1)
        self.factor[t] = self._factors(t)
        first = max(0, t - clock.level)
        self.level[t] = medians_of(self.steady[first:t]) if t else 0.0
        if t == clock.warm:
            self._warm(t)
        lost = self.missing[t]
        expected = self.expected(t)
        if lost.any():
            self.used[t, lost] = expected[lost]
        self.error[t] = self._error(t, expected)
        self._steady(t)
        self.counted[t] = (t - self.born >= clock.warm) & ~lost
        for window, change in self.changes.items():
            change[t] = self.change(window, t)

    def _warm(self, t: int) -> None:
        """The first four seasons had no factors when they passed: they get those of day t … t + 6,
        so that the first levels are without the weekday's share. Days far off the median of these
        seasons (a charge of the month) are taken as they were expected."""
        self._season_from_first(t)
        middle = np.median(self.steady[:t], axis=0)
        expected = middle * self.factor[:t]
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.abs(self.used[:t] - expected) / np.abs(middle)
        error = np.where(np.isfinite(error), error, 0.0)
        far = error > np.maximum(WARM_FAR, WARM_USUAL * np.median(error, axis=0))
        far &= np.arange(t)[:, None] >= self.born
        self.level[:t] = middle
        self.used[:t] = np.where(far, expected, self.used[:t])
        for s in range(self.clock.season // 2, t - self.clock.season // 2):
            self._ratios(s)
        self._season_from_first(t)
        self.level[t] = np.median(self.steady[max(0, t - self.clock.level) : t], axis=0)

    def _season_from_first(self, t: int) -> None:
        """The factors of the first seasons, by the ratios known on day t."""
        for s in range(t - self.clock.season, t):
            factor = self._factors(s + self.clock.season)
            for day in range(s % self.clock.season, t, self.clock.season):
                self.factor[day] = factor
                self._steady(day)

    def _error(self, t: int, expected: Matrix) -> Matrix:
        past = np.abs(self.used[max(0, t - FLOOR_DAYS * self.clock.per_day) : t])
        floor = FLOOR_SHARE * past.mean(axis=0) if len(past) else np.zeros(past.shape[1])
        base = np.maximum(np.abs(expected), floor)
        self.base[t] = base
        with np.errstate(divide="ignore", invalid="ignore"):
            error = (self.used[t] - expected) / base
        return np.asarray(np.where(base > 0, error, np.sign(self.used[t]) * NOTHING_EXPECTED))

    def _steady(self, t: int, rows: Any = slice(None)) -> None:
        factor = self.factor[t, rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.used[t, rows] / factor
        self.steady[t, rows] = np.where(factor >= SMALLEST_FACTOR, found, self.level[t, rows])

    def _steady_of(self, row: int, start: int, t: int) -> None:
        days = slice(start, t + 1)
        factor, level = self.factor[days, row], self.level[days, row]
        safe = np.maximum(factor, SMALLEST_FACTOR)
        steady = np.where(factor >= SMALLEST_FACTOR, self.used[days, row] / safe, level)
        self.steady[days, row] = steady

    def change(self, window: int, t: int, rows: Any = slice(None)) -> Matrix:
        """What the last days cost together against the level before the window × their factors,
        minus 1; 0 where there is no such level."""
        first = t - window + 1
        if first < self.clock.warm:
            return np.zeros_like(self.level[t, rows])
        last = slice(t - min(window, self.clock.longest_mean) + 1, t + 1)
        came = self.used[last, rows].sum(axis=0)
        expected = self.level[first, rows] * self.factor[last, rows].sum(axis=0)
        floor = np.maximum(np.abs(expected), self.base[first, rows])
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (came - expected) / floor
        warm = first - self.born[rows] >= self.clock.warm
        return np.asarray(np.where(warm & (floor > 0), found, 0.0))

    def used_or_actual(self, days: Rows, row: int) -> Matrix:
        """What came on these days, or what stands for it where nothing was delivered."""
        lost = self.missing[days, row]
        return np.asarray(np.where(lost, self.used[days, row], self.actual[days, row]))

    def replace(self, row: int, t: int, value: float) -> None:
        """What stands in the history for day t of a series from now on; its error no longer says
        what is usual."""
        self.used[t, row] = value
        self.counted[t, row] = False
        factor = self.factor[t, row]
        self.steady[t, row] = value / factor if factor >= SMALLEST_FACTOR else self.level[t, row]

    def as_expected(self, rows: Rows, t: int) -> None:
        """Day t of these series is one of the calendar: what was expected stands in the history."""
        expected = self.expected(t, rows)
        self.used[t, rows] = expected
        self.counted[t, rows] = False
        self.by_calendar[t, rows] = True
        self._steady(t, rows)

    def settle(self, row: int, start: int, t: int) -> None:
        """What came on days start … t is the normal from now on: history is what came (but on days
        with a charge of the month), and the level of these days is theirs."""
        days = start + np.flatnonzero(~self.by_calendar[start : t + 1, row])
        self.used[days, row] = self.used_or_actual(days, row)
        self.counted[start : t + 1, row] = False
        self._steady_of(row, start, t)
        self.level[start : t + 1, row] = middle(
            self.steady[max(start, t + 1 - self.clock.level) : t + 1, row]
        )
        for change in self.changes.values():
            change[start : t + 1, row] = 0.0
        self.refresh(row, start, t + 1)

    def settle_pattern(self, row: int, start: int, t: int) -> None:
        """Days start … t have a new weekly pattern: factors of these days and the next are taken
        from them alone, and the level of these days is theirs."""
        season, half = self.clock.season, self.clock.season // 2
        self.settle(row, start, t)
        self.pattern_from[row] = start - half
        for place in range(start, min(start + season, t + 1)):
            days = np.arange(place, t + 1, season)
            known = days[(days + half <= t) & ~self.by_calendar[days, row]]
            known = known[np.isfinite(self.ratio[known, row])]
            if len(known):
                self.factor[days, row] = self.ratio[known, row].mean()
        self._steady_of(row, start, t)
        self.level[start : t + 1, row] = middle(
            self.steady[max(start, t + 1 - self.clock.level) : t + 1, row]
        )


def middle_mean(rows: Matrix) -> Matrix:
    """The mean of the middle half of each column, NaN left out: of n numbers n ÷ 4 (rounded down;
    of three one) are dropped at each end. 1 for a column of fewer than two numbers."""
    known = np.isfinite(rows)
    n = known.sum(axis=0)
    ordered = np.array(in_order(np.where(known, rows, np.inf)))  # the unknown last
    cut = np.where(n == 3, 1, n // 4)
    place = np.arange(rows.shape[0])[:, None]
    keep = (place >= cut[None, :]) & (place < (n - cut)[None, :])
    sums = np.where(keep, ordered, 0.0).sum(axis=0)
    found = sums / np.maximum(n - 2 * cut, 1)
    return np.where(n >= 2, found, 1.0)


def middle(numbers: Matrix) -> float:
    """The median of one or more numbers, none of them NaN (np.median takes ten times as long)."""
    ordered = np.sort(numbers)
    n = len(ordered)
    return float(ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def medians_of(rows: Matrix) -> Matrix:
    """The median of each column, by exchanging whole rows (odd-even transposition sort): for a few
    rows of many columns faster than sorting each column."""
    n = len(rows)
    if n > MANY_ROWS:
        return np.asarray(np.median(rows, axis=0))
    ordered = in_order(rows)
    return np.asarray((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)


def in_order(rows: Matrix) -> list[Matrix]:
    """Each column's numbers in order, as rows."""
    ordered, n = list(rows), len(rows)
    for turn in range(n):
        for at in range(turn % 2, n - 1, 2):
            low, high = ordered[at], ordered[at + 1]
            ordered[at], ordered[at + 1] = np.minimum(low, high), np.maximum(low, high)
    return ordered
