"""The calendar that daily series follow: weekdays, places in the month, public holidays.

Days are UTC dates, as in the ledger, so summer time does not exist here: every day counts once.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WEEK = 7
_MOVED = " (observed)"


class CalendarError(ValueError):
    """A country or part of a country whose holidays are not known."""


@dataclass(frozen=True)
class Days:
    """A run of days as arrays of one length. `weekday` is 0 on Monday; `day` is the day of the
    month from 1; `before_end` is 0 on the last day of a month; `month` counts months since 1970;
    `holiday` marks public holidays from Monday to Friday, and `which` is a number for each of
    them, the same every year (0 on other days)."""

    start: date
    weekday: NDArray[np.int64]
    day: NDArray[np.int64]
    before_end: NDArray[np.int64]
    month: NDArray[np.int64]
    holiday: NDArray[np.bool_]
    which: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.weekday)

    def first(self, count: int) -> Days:
        """The first `count` of them."""
        arrays = (self.weekday, self.day, self.before_end, self.month)
        weekday, day, before_end, month = (one[:count] for one in arrays)
        return Days(
            self.start, weekday, day, before_end, month, self.holiday[:count], self.which[:count]
        )


@dataclass(frozen=True)
class Calendar:
    """Whose holidays count: `country` (ISO 3166, e.g. ``DE``; '' for none) and, if wanted, a
    `subdivision` (ISO 3166-2 without the country, e.g. ``BY``)."""

    country: str = ""
    subdivision: str = ""

    def days(self, start: date, count: int) -> Days:
        """`count` days from `start` on (inclusive). Raises CalendarError for an unknown country."""
        import numpy as np

        first = np.datetime64(start, "D")
        days = first + np.arange(count)
        months = days.astype("datetime64[M]")
        month_start = months.astype("datetime64[D]")
        month_end = (months + 1).astype("datetime64[D]")
        day = (days - month_start).astype(np.int64) + 1
        before_end = (month_end - days).astype(np.int64) - 1
        weekday = (days.astype(np.int64) + 3) % WEEK  # 1970-01-01 was a Thursday
        which = np.zeros(count, dtype=np.int64)
        if count:
            for year in range(start.year, (start + timedelta(days=count - 1)).year + 1):
                for off, name in _holidays(self.country, self.subdivision, year):
                    place = (off - start).days
                    if 0 <= place < count and off.weekday() < 5:
                        which[place] = 1 + zlib.crc32(name.encode())
        return Days(start, weekday, day, before_end, months.astype(np.int64), which > 0, which)


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str, year: int) -> tuple[tuple[date, str], ...]:
    """The public holidays of a year, from the library `holidays`."""
    if not country:
        return ()
    import holidays

    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError as error:
        place = f"{country}-{subdivision}" if subdivision else country
        raise CalendarError(
            f"no public holidays are known for {place!r}; give a country by its two letters, e.g. "
            "US or DE, a part of it as ISO 3166-2 has it, e.g. BY, or leave it out"
        ) from error
    return tuple(sorted((day, name.removesuffix(_MOVED)) for day, name in found.items()))
