"""Quiet hours: when people are not to be disturbed, on the clock of their own place.

What is raised meanwhile waits until they end; nothing is dropped. Nights, weekends and public
holidays are those of a time zone's own days, also on the nights on which its clock is turned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from outlay.alerts.errors import AlertError

_NIGHTS = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|to)\s*(\d{1,2}):(\d{2})")
_LONGEST = 60
_SATURDAY = 5
_DAY = timedelta(days=1)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Nights:
    """From `begin` (inclusive) until `end` (exclusive) each day; over midnight where it ends
    before it begins."""

    begin: time
    end: time

    def hold(self, wall: datetime) -> bool:
        """Whether the clock on the wall is within."""
        now = wall.time()
        if self.begin < self.end:
            return self.begin <= now < self.end
        return now >= self.begin or now < self.end


def nights(text: str) -> Nights:
    """Read ``20:00-07:00``; AlertError says what is expected."""
    match = _NIGHTS.fullmatch(text.strip())
    try:
        hours = [int(part) for part in match.groups()] if match else []
        found = Nights(time(hours[0], hours[1]), time(hours[2], hours[3]))
    except (IndexError, ValueError):
        raise AlertError(f"{text!r} are no nights. Write two times of day: 20:00-07:00.") from None
    if found.begin == found.end:
        raise AlertError(f"{text!r} would never end. Write two times of day: 20:00-07:00.")
    return found


def place_of(text: str) -> tuple[str, str]:
    """Read a country, with a part of it where wanted: ``DE``, ``DE-BY``. AlertError when its
    holidays are not known."""
    country, _, part = text.strip().upper().partition("-")
    public_holidays(country, part, 2026)
    return country, part


@lru_cache(maxsize=256)
def public_holidays(country: str, part: str, year: int) -> frozenset[date]:
    """The public holidays of a year, from the library `holidays`."""
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:
        place = f"{country}-{part}" if part else country
        raise AlertError(
            f"no public holidays are known for {place!r}. Write a country by its two letters, and "
            "a part of it where wanted: DE, DE-BY, US-CA."
        ) from None


@dataclass(frozen=True)
class QuietHours:
    """When it is quiet in `zone`: at `nights` (None: never), at `weekends`, on public holidays of
    a `country` ('' for none) or a `part` of it."""

    zone: str
    nights: Nights | None = None
    weekends: bool = False
    country: str = ""
    part: str = ""

    def holds(self, moment: datetime) -> bool:
        """Whether it is quiet at a UTC moment."""
        wall = _wall(moment, ZoneInfo(self.zone))
        return (
            (self.nights is not None and self.nights.hold(wall))
            or (self.weekends and wall.weekday() >= _SATURDAY)
            or bool(self.country)
            and wall.date() in public_holidays(self.country, self.part, wall.year)
        )

    def until(self, moment: datetime) -> datetime | None:
        """The first UTC moment from one on at which it is not quiet; None when it is not quiet.

        After two months of nothing but quiet it ends: what waits must be told some day.
        """
        if not self.holds(moment):
            return None
        last = moment
        for last in self._ends(moment):
            if last > moment and not self.holds(last):
                break
        return last

    def _ends(self, moment: datetime) -> Iterator[datetime]:
        """Moments at which quiet can end, in order: midnights, ends of nights, and every quarter
        of an hour of a day on which the clock is turned."""
        zone = ZoneInfo(self.zone)
        today = _wall(moment, zone).date()
        for number in range(_LONGEST):
            day = today + number * _DAY
            starts = _utc(datetime.combine(day, time()), zone)
            ends = _utc(datetime.combine(day + _DAY, time()), zone)
            found = {starts}
            if self.nights is not None:
                wall = datetime.combine(day, self.nights.end)
                found |= {_utc(wall, zone), _utc(wall.replace(fold=1), zone)}
            if ends - starts != _DAY:
                steps = int((ends - starts) / _QUARTER)
                found |= {starts + step * _QUARTER for step in range(steps)}
            yield from sorted(found)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
