"""The life of an event: it opens, goes on, ends, comes again a week later, is accepted as normal.

Rules, per series and in the order of days (only days up to the judged one are ever used):

- A rise beyond the day's limits opens an event at once. A fall waits one day: money that comes a
  day late looks like a fall and then like a rise. If the next days bring what was missing, there is
  no event.
- A longer window (3, 7, 28 days) opens an event that begins at the day from which on a shift (or
  a slope) explains the window best.
- While it is open, history holds what was expected, so that the expectation stays.
- It ends when days are back inside the band: one day for an event of up to two days, two days in a
  row for a longer one; days on which little is expected do not count.
- A short event that comes again after a week, or within three days, is the same event; after a
  week it is a change of the week's shape.
- A steady new level is accepted after `accept_days`, a new shape after three weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

import numpy as np

from outlay.anomalies.thresholds import Judged
from outlay.anomalies.track import SMALLEST_FACTOR, Matrix, Track

SHORT = 3
SPIKE_DAYS = 7
AGAIN_DAYS = 3
OUTAGE_SHARE = 0.05
STEADY_CHANGE = 0.05
LONGEST = 4  # accepted at the latest after so many times accept_days
MADE_UP = 0.5  # this much of a fall must come back to make it a late delivery
SHAPE_DAYS = 16
"""Two whole weeks and the third time: then a new shape of the week is the normal one."""
SHAPE_BACK = 9


@dataclass(eq=False)
class Event:
    """An event while it is followed. Places are steps; `end` is the last step outside the
    band, `raised` the step whose figures raised it, `told` the first on which its impact was large
    enough to be told."""

    row: int
    start: int
    end: int
    sign: int
    raised: int
    judged: Judged
    band: float
    level: float
    leak: bool = False
    new: bool = False
    shape: bool = False
    open: bool = True
    waiting: bool = False
    accepted: bool = False
    dropped: bool = False
    held: bool = False
    back: int = 0
    told: int | None = None
    left_out: set[int] = field(default_factory=set)
    flagged: set[int] = field(default_factory=set)
    apart: dict[int, float] = field(default_factory=dict)
    errors: list[float] = field(default_factory=list)

    factors: Matrix = field(default_factory=lambda: np.zeros(0))
    bases: Matrix = field(default_factory=lambda: np.zeros(0))

    def error_of(self, track: Track, t: int) -> float | None:
        """Day t's error against the event's own level; None where nothing was expected."""
        expected = self.level * float(track.factor[t, self.row])
        base = max(abs(expected), float(track.base[t, self.row]))
        return (float(track.used[t, self.row]) - expected) / base if base else None

    def add(self, track: Track, t: int) -> None:
        """Day t is one of its days."""
        self.end = max(self.end, t)
        self.flagged.add(t)
        if t not in self.apart:
            error = self.error_of(track, t)
            expected = self.level * float(track.factor[t, self.row])
            self.apart[t] = float(track.used[t, self.row]) - expected
            if error is not None:
                self.errors.append(error)

    def keep(self, track: Track) -> None:
        """Keep the factors that its days were judged by, before others are learned."""
        days = slice(self.start, self.end + 1)
        self.factors = track.factor[days, self.row].copy()
        self.bases = track.base[days, self.row].copy()

    def sums(self, track: Track) -> tuple[float, float]:
        """Actual and expected of its days so far."""
        days = np.array(sorted(self.flagged), dtype=np.intp)
        came = float(track.used_or_actual(days, self.row).sum())
        return came, float((self.level * track.factor[days, self.row]).sum())

    @property
    def length(self) -> int:
        """Steps from the first to the last outside the band."""
        return self.end - self.start + 1


def begin_of(track: Track, row: int, window: int, t: int, sign: int) -> tuple[int, bool]:
    """Where in the window the change began, and whether it is a slope rather than a shift: the
    start for which a constant (or a line from nought) leaves the least squares."""
    first = t - window + 1
    level = track.level[first, row]
    base = max(abs(level), float(track.base[first, row]))
    error = (track.steady[first : t + 1, row] - level) / base * sign
    n = len(error)
    sums = np.maximum(error[::-1].cumsum()[::-1], 0.0)
    shift = sums**2 / np.arange(n, 0, -1)
    slope = np.zeros(n)
    for s in range(n - 2):
        step = np.arange(1, n - s + 1)
        fit = float((step * error[s:]).sum())
        slope[s] = fit**2 / float((step**2).sum()) if fit > 0 else 0.0
    leak = window >= 7 and slope.max() > shift.max()
    return first + int(slope.argmax() if leak else shift.argmax()), leak


def kind_of(track: Track, event: Event) -> str:
    """spike, step, leak, outage or shape, from the event's own days."""
    row, days = event.row, slice(event.start, event.end + 1)
    came = np.nan_to_num(track.actual[days, row])
    expected = event.level * event.factors
    if event.shape:
        return "shape"
    if event.new:
        return "step"
    if event.sign < 0 and np.median(came) <= OUTAGE_SHARE * np.median(np.abs(expected)):
        return "outage"
    if event.length >= SPIKE_DAYS or event.leak:
        error = (came - expected) * event.sign
        n = len(error)
        step = np.arange(1, n + 1)
        shift = error.sum() ** 2 / n
        slope = float((step * error).sum()) ** 2 / float((step**2).sum())
        if slope > shift:
            return "leak"
        return "step" if event.length >= SPIKE_DAYS or event.open or event.accepted else "spike"
    if event.judged.window > 1 or (event.open and event.length >= SHORT):
        return "step"
    return "spike"


def is_back(track: Track, event: Event, t: int) -> bool:
    """Is day t inside the event's band again?"""
    error = event.error_of(track, t)
    if error is None or not event.errors:
        return bool(track.used[t, event.row] == 0)
    return error * event.sign < min(event.band, median(event.errors) * event.sign / 2)


def says_nothing(track: Track, event: Event, t: int) -> bool:
    """Is day t one of little cost (a weekend of an office) that is inside the band? Then it neither
    ends nor prolongs a longer event."""
    expected = event.level * float(track.factor[t, event.row])
    base = float(track.base[t, event.row])
    inside = abs(float(track.used[t, event.row]) - expected) <= event.band * base
    return event.length >= SHORT and not event.shape and abs(expected) < base and inside


def steady_now(track: Track, event: Event, t: int) -> bool:
    """Do the last seven days run as high as the seven before?"""
    days, row = range(t - 13, t + 1), event.row
    came = [
        0.0
        if track.missing[s, row]
        else float(track.actual[s, row]) / max(float(track.factor[s, row]), SMALLEST_FACTOR)
        for s in days
    ]
    before, after = median(came[:7]), median(came[7:])
    size = max(abs(before), abs(after))
    usual = max(STEADY_CHANGE, event.judged.usual * 1.5)
    return size == 0 or abs(after - before) / size <= usual
