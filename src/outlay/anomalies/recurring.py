"""What comes by the calendar and is no anomaly: charges of the month, holidays, month lengths.

- A difference as on (about) the same day of an earlier month is a charge of the month: the day one,
  two, three or twelve months before, two days more or less; or as many days before the month's
  end; or 52 weeks before (so that a sale of last year is known). "As" means half of it to twice
  it; a fall must have come so twice before (a credit of the month), because outages come twice,
  too. Both the day with and the day without that difference are normal.
- On a public holiday, the days beside it and the last week of the year a fall by up to half is
  normal, and everything between half of a Sunday's cost and the weekday's. (Only where a country
  is configured.)
- A flat fee of the month that is spread over its days changes by the lengths of months.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from outlay.anomalies.track import Matrix, Rows, Track
from outlay.forecast.calendar import Calendar

MONTHS_BACK = (1, 2, 3, 12)
NEAR_DAYS = 2
HALF = 0.5
TINY = 1e-12
SUNDAY = 6
FLAT = 0.03  # a usual error below this: hardly more than a flat fee
LENGTH_TOLERANCE = 0.02


@lru_cache(maxsize=4096)
def same_days(day: date) -> tuple[date, ...]:
    """The days on which a charge of this day of the month would have come before, without the days
    around them. Of a leap day: the 29th, and the last days of months."""
    found: set[date] = set()
    left = monthrange(day.year, day.month)[1] - day.day
    for back in MONTHS_BACK:
        index = day.year * 12 + day.month - 1 - back
        year, month = index // 12, index % 12 + 1
        length = monthrange(year, month)[1]
        found.add(date(year, month, min(day.day, length)))
        if left < 5:
            found.add(date(year, month, length - left))
    found.add(day - timedelta(weeks=52))
    return tuple(sorted(found, reverse=True))


def _as_large(then: Matrix, now: Matrix) -> NDArray[np.bool_]:
    """Which differences are about as large as the other: half of it to twice it?"""
    size, forward = np.abs(now), then * np.sign(now)
    return np.asarray((forward >= HALF * size) & (forward <= size / HALF))


def _around(place: int) -> list[int]:
    """A place and those near it, the nearest first."""
    near = [place]
    for step in range(1, NEAR_DAYS + 1):
        near += [place - step, place + step]
    return near


class ByCalendar:
    """Calendar rules over a daily track that begins on `start`."""

    def __init__(self, track: Track, start: date, calendar: Calendar) -> None:
        self.track = track
        self.start = start
        known = calendar.days(start - timedelta(days=3), track.days + 6)
        holiday = known.holiday
        quiet = holiday | np.roll(holiday, 1) | np.roll(holiday, -1)
        if calendar.country and holiday.any():
            first = start - timedelta(days=3)
            dates = [first + timedelta(days=place) for place in range(len(quiet))]
            quiet |= [(d.month, d.day) >= (12, 24) or (d.month, d.day) == (1, 1) for d in dates]
        self.quiet = quiet[3:-3]
        self._known: dict[int, tuple[NDArray[np.intp], NDArray[np.intp]]] = {}

    def day(self, t: int) -> date:
        """The day at a place."""
        return self.start + timedelta(days=t)

    def charges(self, rows: Rows, t: int, money: Matrix) -> NDArray[np.bool_]:
        """In which series as large a difference came on an earlier day as on day t. `money`: how
        much more (less) day t cost than it would have without it."""
        track = self.track
        places, group = self._places(t)
        count = np.zeros(len(rows), dtype=np.intp)
        if not len(places):
            return count > 0
        at = np.ix_(places, rows)
        then = track.actual[at] - track.level[at] * track.factor[at]
        share = then / np.maximum(track.base[at], TINY)
        like = _as_large(then, money)
        like |= _as_large(share, money / np.maximum(track.base[t, rows], TINY))
        like &= ~track.no_charge[at] & (places[:, None] >= track.born[rows])
        for number in range(int(group[-1]) + 1):
            count += like[group == number].any(axis=0)
        return np.asarray(count >= np.where(money > 0, 1, 2))

    def _places(self, t: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The places on which a charge of day t would have come before, the nearest first in each
        of the earlier days, and which of these it is."""
        if t not in self._known:
            found = [
                (s, number)
                for number, day in enumerate(same_days(self.day(t)))
                for s in _around((day - self.start).days)
                if 0 <= s < t - 20
            ]
            pairs = np.array(found, dtype=np.intp).reshape(-1, 2)
            self._known[t] = pairs[:, 0], pairs[:, 1]
        return self._known[t]

    def like_a_holiday(self, row: int, t: int, tolerance: float) -> bool:
        """Is it a holiday's cost: at least half of the expected, or as on the last Sunday?"""
        if not self.quiet[t]:
            return False
        sunday = t - (self.day(t).weekday() - SUNDAY) % 7
        if sunday < 0:
            return False
        track = self.track
        if 0 > track.error[t, row] >= -HALF:
            return True
        shares = sorted((float(track.factor[t, row]), float(track.factor[sunday, row])))
        level, came = float(track.level[t, row]), float(track.used[t, row])
        return level * shares[0] * HALF <= came <= level * shares[1] * (1 + tolerance)

    def month_length(self, row: int, t: int, change: float, usual: float) -> bool:
        """Is a change of a nearly flat series that of a flat fee over another number of days?"""
        day = self.day(t)
        if usual > FLAT or day.day > 14:
            return False
        before = day.replace(day=1) - timedelta(days=1)
        ratio = before.day / monthrange(day.year, day.month)[1]
        return abs(change - (ratio - 1)) <= LENGTH_TOLERANCE and ratio != 1
