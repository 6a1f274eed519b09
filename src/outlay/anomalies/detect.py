"""Which differences of daily (or hourly) series are events: `detect`, a pure function.

The arithmetic is in `track`, the limits in `thresholds`, the calendar in `recurring`, an event's
life in `life`. All series are reckoned together, day by day; only the few that are beyond a limit
or have an open event are looked at one by one.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from outlay.anomalies.life import (
    AGAIN_DAYS,
    LONGEST,
    MADE_UP,
    SHAPE_BACK,
    SHAPE_DAYS,
    SHORT,
    Event,
    begin_of,
    is_back,
    says_nothing,
    steady_now,
)
from outlay.anomalies.model import Candidate, Feedback, Settings, SettingsError
from outlay.anomalies.numbers import candidate_of
from outlay.anomalies.recurring import ByCalendar
from outlay.anomalies.thresholds import Judged, Limits
from outlay.anomalies.track import DAILY, HOURLY, Clock, Matrix, Track, middle
from outlay.forecast.calendar import Calendar


def detect(
    values: NDArray[Any],
    start: date,
    calendar: Calendar | None = None,
    settings: Settings | None = None,
    hourly: bool = False,
    *,
    complete_until: Sequence[date | None] | None = None,
) -> list[Candidate]:
    """The events of many series.

    `values[series, steps]`: cost per UTC day from `start` on (per hour where `hourly`), one
    currency a series; NaN is a day that was not delivered, 0 one without cost. Only complete days
    belong in it; `complete_until` gives for a series whose source is later than the others the
    first day that is not complete (exclusive end; None: all are). About a year of days makes the
    best use of charges that come monthly or yearly.

    Returns events that are active or whose last day is one of the last `settings.days`, by series,
    then start. A pure function of its arguments: no series depends on another, and a day is judged
    by the days up to it (a fall by the next day too). Raises SettingsError for arguments that do
    not fit.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2:
        raise SettingsError("values are a matrix: one row a series, one column a day")
    settings = settings or Settings()
    clock = HOURLY if hourly else DAILY
    if complete_until is not None and len(complete_until) != len(matrix):
        raise SettingsError("complete_until has one day (or None) for each series")
    if not matrix.size:
        return []
    day = start.date() if isinstance(start, datetime) else start
    track = Track(matrix, clock, _complete(matrix, day, clock, complete_until))
    with _uncollected():
        return Detector(track, day, calendar or Calendar(), settings).run()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: a run makes none, and it would go through the whole process
    again and again for the many small things that a run makes."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def _complete(
    matrix: Matrix, start: date, clock: Clock, until: Sequence[date | None] | None
) -> NDArray[np.intp]:
    count, steps = matrix.shape
    if until is None:
        return np.full(count, steps, dtype=np.intp)
    places = [steps if end is None else (end - start).days * clock.per_day for end in until]
    return np.clip(np.array(places, dtype=np.intp), 0, steps)


class Detector:
    """One run over a track."""

    def __init__(self, track: Track, start: date, calendar: Calendar, settings: Settings) -> None:
        self.track = track
        self.clock = track.clock
        self.start = start
        self.settings = settings
        self.limits = Limits(track, settings)
        self.daily = track.clock.per_day == 1
        self.calendar = ByCalendar(track, start, calendar) if self.daily else None
        self._needed = settings.minimum_history * self.clock.per_day
        self.open: dict[int, Event] = {}
        self.last: dict[int, Event] = {}
        self.events: dict[Event, None] = {}
        self.dropped: list[Event] = []
        self.unjudged: dict[int, dict[int, str]] = {}
        self.held: set[tuple[int, int]] = set()
        self.widened: dict[int, list[Feedback]] = {}
        for one in settings.feedback:
            self._hear(one)

    def _hear(self, one: Feedback) -> None:
        if one.series >= self.track.actual.shape[1]:
            return
        first = max(0, (one.start - self.start).days * self.clock.per_day)
        last = (one.end - self.start).days * self.clock.per_day + self.clock.per_day
        places = range(first, min(last, self.track.days))
        if one.verdict in ("expected", "known"):
            self.unjudged.setdefault(one.series, {}).update((t, one.verdict) for t in places)
        if one.verdict == "expected":
            self.widened.setdefault(one.series, []).append(one)
        if one.verdict == "unexpected":
            self.held.update((one.series, t) for t in places)

    def run(self) -> list[Candidate]:
        """Every day in turn; then the events, as they are told."""
        first = self.clock.level
        heard = sorted(self.unjudged)
        for t in range(first, self.track.days):
            self.track.day(t)
            rows = dict.fromkeys(self.open, 0)
            if t > self.clock.warm:
                raised = self.limits.suspects(t)
                self._charged(t, raised)
                rows |= {int(row): int(raised[row]) for row in np.flatnonzero(raised)}
            for row in heard:
                if t in self.unjudged[row]:
                    self._pass(row, t)
                    rows.pop(row, None)
            for row in sorted(rows):
                self._look(row, t, rows[row])
        return self._told()

    def _pass(self, row: int, t: int) -> None:
        """A day that is not judged: an expected one is history, a known event's is not."""
        event = self.open.pop(row, None)
        if event:
            self._close(event)
        if self.unjudged[row][t] == "known":
            self.track.replace(row, t, self.track.expected_of(row, t))
            self.track.by_calendar[t, row] = True
        self.track.counted[t, row] = False
        self.track.no_charge[t, row] = True

    def _look(self, row: int, t: int, window: int) -> None:
        if self.track.missing[t, row]:
            return
        event = self.open.get(row)
        if event is not None:
            self._follow(event, t)
        elif self._has_history(row, t):
            self._try(row, t, window)

    def _has_history(self, row: int, t: int) -> bool:
        young = t - int(self.track.born[row]) < self.clock.warm
        return not young or (t >= self._needed and not self.track.base[t, row])

    def _feedback(self, row: int, t: int, sign: float) -> float:
        """The widest percentage that people called expected before day t, as a share."""
        direction = "up" if sign > 0 else "down"
        return max(
            (
                float(one.percent) / 100
                for one in self.widened.get(row, ())
                if one.direction == direction
                and (one.end - self.start).days * self.clock.per_day < t
            ),
            default=0.0,
        )

    def _try(self, row: int, t: int, first: int) -> None:
        """Does a test raise this series today? `first`: the shortest window that does."""
        for window in self.clock.windows:
            sign = self._change(window, row, t)
            if window < first or abs(sign) <= self.limits.minimum:
                continue
            if any(s in self.unjudged.get(row, ()) for s in range(t - window + 1, t)):
                continue  # people have spoken of a day that this window looks at
            judged = self.limits.judge(window, row, t, self._feedback(row, t, sign))
            if not judged.raised:
                continue
            if window == 1 and self._by_calendar(row, t, judged):
                return
            if self.calendar and self.calendar.month_length(row, t, judged.change, judged.usual):
                continue
            self._open(row, t, judged)
            return

    def _change(self, window: int, row: int, t: int) -> float:
        track = self.track
        return float(track.error[t, row] if window == 1 else track.changes[window][t, row])

    def _charged(self, t: int, raised: NDArray[np.intp]) -> None:
        """Charges of the month, and days that bring what the day before lacked (too little to be
        a fall of its own): they are no part of the history, and no longer raised."""
        if self.calendar is None:
            return
        track = self.track
        rows = np.flatnonzero((raised == 1) & (t - track.born >= self.clock.warm))
        rows = np.array(
            [
                row
                for row in rows.tolist()
                if row not in self.open and t not in self.unjudged.get(row, ())
            ],
            dtype=np.intp,
        )
        if not len(rows):
            return
        too_much = track.used[t, rows] - track.expected(t, rows)
        lacked = track.expected(t - 1, rows) - track.used[t - 1, rows]
        caught = (too_much > 0) & (lacked >= MADE_UP * too_much)
        charged = caught | self.calendar.charges(rows, t, too_much)
        track.as_expected(rows[caught], t - 1)
        track.no_charge[t - 1 : t + 1, rows[caught]] = True
        track.as_expected(rows[charged], t)
        raised[rows[charged]] = 0

    def _by_calendar(self, row: int, t: int, judged: Judged) -> bool:
        """A holiday, or an hour early or late."""
        if self.calendar is None:
            return self._hour_shifted(row, t, judged)
        if not self.calendar.like_a_holiday(row, t, judged.threshold):
            return False
        self.track.as_expected(np.array([row]), t)
        return True

    def _hour_shifted(self, row: int, t: int, judged: Judged) -> bool:
        """An hour early or late, as when summer time begins or ends: inside the band of the hour
        before or after, or of the same hour a week before."""
        track = self.track
        factors = (
            track.factor[t, row],
            *(track.ratio[t - self.clock.season + s, row] for s in (-1, 0, 1)),
        )
        known = [float(f) for f in factors if np.isfinite(f)]
        level, came = float(track.level[t, row]), float(track.used[t, row])
        band = judged.threshold
        inside = level * min(known) * (1 - band) <= came <= level * max(known) * (1 + band)
        if inside:
            track.counted[t, row] = False
        return inside

    def _open(self, row: int, t: int, judged: Judged) -> None:
        track, sign = self.track, 1 if judged.change > 0 else -1
        before = self.last.get(row)
        start, leak = t, False
        if judged.window > 1:
            start, leak = begin_of(track, row, judged.window, t, sign)
            floor = max(int(track.born[row]), before.end + 1 if before else 0)
            start = min(max(start, floor), t)
        level = middle(track.steady[max(0, start - self.clock.level) : start, row])
        event = Event(row, start, t, sign, t, judged, judged.threshold, level, leak)
        event.new = not track.base[t, row]
        event.waiting = sign < 0 and judged.window == 1 and self.daily
        if before is not None and self._again(before, event):
            event = before
            event.open, event.back = True, 0
        self.open[row] = event
        for s in range(max(start, event.start), t + 1):
            self._outside(event, s)
        self._tell(event, t)

    def _again(self, before: Event, event: Event) -> bool:
        """Is the new event the last one come again? Then it is the same event."""
        if before.sign != event.sign or before.accepted or before.dropped:
            return False
        day = self.clock.per_day
        gap = event.start - before.end
        if gap <= AGAIN_DAYS * day:
            return True
        weekly = (event.start - before.start) % (7 * day)
        short = before.length <= SHORT * day or before.shape
        if short and gap <= 8 * day and min(weekly, 7 * day - weekly) <= day:
            before.shape = True
            return True
        return False

    def _outside(self, event: Event, t: int) -> None:
        """Day t belongs to the event: history holds what was expected."""
        track, row = self.track, event.row
        event.end = max(event.end, t)
        event.add(track, t)
        track.level[t, row] = event.level
        for change in track.changes.values():
            change[t, row] = 0.0
        track.replace(row, t, event.level * float(track.factor[t, row]))
        if event.length > SHORT * self.clock.per_day:
            track.no_charge[event.start : t + 1, row] = True

    def _charge_in(self, event: Event, t: int) -> bool:
        """Is day t, held against the event's own level, a charge of the month?"""
        track, row = self.track, event.row
        if self.calendar is None:
            return False
        same = [s for s in event.apart if not event.shape or not (t - s) % 7]
        typical = median(event.apart[s] for s in same) if same else 0.0
        expected = event.level * float(track.factor[t, row])
        off = float(track.used[t, row]) - expected - typical
        if abs(off) <= event.band * max(abs(expected), float(track.base[t, row])):
            return False
        return bool(self.calendar.charges(np.array([row]), t, np.array([off]))[0])

    def _follow(self, event: Event, t: int) -> None:
        row, day = event.row, self.clock.per_day
        self.track.level[t, row] = event.level
        if event.waiting and self._made_up(event, t):
            return
        back = is_back(self.track, event, t)
        if not (back and event.sign > 0) and self._charge_in(event, t):
            event.left_out.add(t)
            self.track.by_calendar[t, row] = True
            self.track.replace(row, t, event.level * float(self.track.factor[t, row]))
            return
        if event.sign < 0 and self._made_up(event, t):
            return
        if says_nothing(self.track, event, t):
            self.track.replace(row, t, event.level * float(self.track.factor[t, row]))
            return
        if back:
            if event.waiting:
                event.waiting, event.raised = False, t
                self._tell(event, t)
            event.back += 1
            enough = 1 if event.length < SHORT * day else 2
            if event.back >= (SHAPE_BACK * day if event.shape else enough):
                self._close(event)
            elif event.shape and self._acceptable(event, t):
                self._accept(event, t)
            return
        if event.waiting:
            event.waiting, event.raised = False, t
        event.back = 0
        self._outside(event, t)
        self._tell(event, t)
        if self._acceptable(event, t):
            self._accept(event, t)

    def _tell(self, event: Event, t: int) -> None:
        """Note the first day on which the event would be told."""
        if event.told is None and not event.waiting:
            came, expected = event.sums(self.track)
            if self._worth(event.row, came - expected, expected):
                event.told = t

    def _made_up(self, event: Event, t: int) -> bool:
        """Did today bring what the short fall before it lacked? Then it was a late delivery."""
        track, row = self.track, event.row
        if not self.daily or event.length > SHORT or t - event.end > 1:
            return False
        days = slice(event.start, event.end + 1)
        expected = event.level * track.factor[days, row]
        lacked = float(np.nansum(expected - track.actual[days, row]))
        too_much = float(track.used[t, row] - event.level * track.factor[t, row])
        if too_much < MADE_UP * lacked:
            return False
        event.dropped = True
        self.dropped.append(event)
        track.no_charge[event.start : t + 1, row] = True
        track.replace(row, t, event.level * float(track.factor[t, row]))
        del self.open[row]
        return True

    def _acceptable(self, event: Event, t: int) -> bool:
        day = self.clock.per_day
        lasted = (t - event.start + 1) / day
        if self.held and any((event.row, s) in self.held for s in range(event.start, t + 1)):
            return lasted >= self.settings.days
        if event.shape:
            return lasted > SHAPE_DAYS
        if lasted < self.settings.accept_days:
            return False
        if not self.daily or event.new or lasted >= LONGEST * self.settings.accept_days:
            return True
        return steady_now(self.track, event, t)

    def _accept(self, event: Event, t: int) -> None:
        """What the event brought is the normal from now on."""
        event.keep(self.track)
        event.accepted = True
        if event.shape:
            self.track.settle_pattern(event.row, event.start, t)
        else:
            since = t + 1 - self.settings.accept_days * self.clock.per_day
            self.track.settle(event.row, max(event.start, since), t)
        self._close(event)

    def _close(self, event: Event) -> None:
        event.open = False
        if not event.accepted:
            event.keep(self.track)
        self.last[event.row] = event
        self.open.pop(event.row, None)
        self.events[event] = None

    def _told(self) -> list[Candidate]:
        events = self.events | dict.fromkeys(self.open.values())
        first = self.track.days - self.settings.days * self.clock.per_day
        found = []
        for event in sorted(events, key=lambda e: (e.row, e.start)):
            if event.dropped or event.waiting or (event.end < first and not event.open):
                continue
            if not event.new and event.start - self.track.born[event.row] < self._needed:
                continue
            if event.open:
                event.keep(self.track)
            candidate = candidate_of(self.track, event, self.start)
            days = [day for day in candidate.days if day.flagged]
            usual = sum(day.expected for day in days)
            if self._worth(event.row, sum(day.actual for day in days) - usual, usual):
                found.append(candidate)
        return found

    def _worth(self, row: int, impact: float, expected: float) -> bool:
        """Is the impact large enough, by the settings and by what people called too small?"""
        small = max(
            (
                float(one.money)
                for one in self.settings.feedback
                if one.series == row and one.verdict == "too_small"
            ),
            default=-1.0,
        )
        if abs(impact) < float(self.settings.minimum_money) or abs(impact) <= small:
            return False
        return abs(impact) >= abs(expected) * self.limits.minimum
