"""When a report is due: words that people write, or cron's five fields, in a named time zone.

Which readings of a clock are meant is APScheduler's work; what is added here are words, cron's own
numbering of weekdays, and the nights on which clocks change (APScheduler loses the day after such a
night). A fixed time of day is due once a day: in the hour that comes twice at its first coming, in
the hour that is skipped as that hour ends. What is due every hour is due in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from outlay.reports.errors import ReportError

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_AT = r"(?: at (?P<hour>\d{1,2}):(?P<minute>\d{2}))?"
_DEFAULT_HOUR = 8
_WINDOWS = tuple(timedelta(hours=h) for h in (1, 24, 200, 800, 2_400, 9_600))
_MOST_COUNTED = 100
_TURN = timedelta(hours=3)
"""More than any clock is turned by."""
ALLOWED = (
    "daily at 07:00",
    "weekdays at 07:00",
    "weekly on Monday at 08:00",
    "monthly on day 3 at 08:00",
    "monthly on the last day at 08:00",
    "quarterly on day 5 at 08:00",
    "after each delivery of SOURCE",
    "cron 0 7 * * mon-fri",
    "by hand",
)
"""Examples of every form, for messages and help."""


@dataclass(frozen=True)
class Missed:
    """The newest moment at which something was due, and how many were due before it and after the
    last one that was looked at (counted up to a hundred)."""

    due: datetime
    earlier: int


@dataclass(frozen=True)
class Schedule:
    """When something is due. `source` is set where it follows deliveries; `fields` are cron's;
    neither is set for what is sent by hand. Moments in and out are UTC, naive."""

    text: str
    zone: str
    fields: tuple[tuple[str, str], ...] = ()
    source: str = ""

    @cached_property
    def _trigger(self) -> CronTrigger:
        from apscheduler.triggers.cron import CronTrigger

        return CronTrigger(timezone=UTC, **dict(self.fields))

    @property
    def timed(self) -> bool:
        """Whether a clock decides."""
        return bool(self.fields)

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after a moment; None where no clock decides, or never again."""
        if not self.timed:
            return None
        zone = ZoneInfo(self.zone)
        best: datetime | None = None
        for wall in self._walls(_wall(moment, zone) - _turned(moment, zone)):
            moments = self._moments(wall, zone)
            if best is not None and _utc(wall, zone) > best:
                break
            best = min((m for m in (*moments, best) if m is not None and m > moment), default=None)
        return best

    def _walls(self, start: datetime) -> Iterator[datetime]:
        """What a clock on the wall shows when it is due, from one reading on."""
        at: datetime | None = start.replace(tzinfo=UTC)
        while True:
            at = self._trigger.get_next_fire_time(None, at)
            if at is None:
                return
            yield at.replace(tzinfo=None)
            at += timedelta(seconds=1)

    def _moments(self, wall: datetime, zone: ZoneInfo) -> list[datetime]:
        """The moments at which the wall's clock shows it: none, one or two."""
        first = _utc(wall, zone)
        if self._once_a_day:
            return [first]  # in the hour that is skipped: as it ends
        if _wall(first, zone) != wall:
            return []
        return [first, _utc(wall.replace(fold=1), zone)]

    @property
    def _once_a_day(self) -> bool:
        return dict(self.fields).get("hour", "*").isdigit()

    def missed(self, after: datetime, until: datetime) -> Missed | None:
        """What was due after one moment and up to another; None when nothing was."""
        last = self._last(after, until)
        if last is None:
            return None
        earlier, at = 0, self.next_after(after)
        while at is not None and at < last and earlier < _MOST_COUNTED:
            earlier, at = earlier + 1, self.next_after(at)
        return Missed(last, earlier)

    def _last(self, after: datetime, until: datetime) -> datetime | None:
        # Looked for from the end: a server may have been away for a year.
        for window in _WINDOWS:
            at, found = max(after, until - window), None
            while (step := self.next_after(at)) is not None and step <= until:
                at = found = step
            if found is not None or until - window <= after:
                return found
        return None


def parse(text: str, zone: str = "UTC") -> Schedule:
    """Read a schedule; ReportError says which forms there are."""
    checked_zone(zone)
    plain = " ".join(text.split())
    low = plain.lower()
    if low in ("", "by hand"):
        return Schedule("by hand", zone)
    followed = re.fullmatch(r"after each delivery of (\S+)", plain, re.IGNORECASE)
    if followed:
        return Schedule(f"after each delivery of {followed[1]}", zone, source=followed[1])
    fields = _of_words(low) or _of_cron(low.removeprefix("cron").removeprefix(":").strip())
    if fields is None:
        raise _unknown(text)
    found = Schedule(plain, zone, tuple(fields.items()))
    try:
        due = found.next_after(datetime(2026, 1, 1))
    except (ValueError, TypeError) as error:
        raise ReportError(f"{text!r} is no schedule: {error}. {_help()}") from None
    if due is None:
        raise ReportError(f"{text!r} is never due: there is no such day. {_help()}")
    return found


def checked_zone(zone: str) -> str:
    """The name of a time zone; ReportError when there is none of that name."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ReportError(
            f"there is no time zone {zone!r}. Allowed: a name of the IANA list such as UTC, "
            "Europe/Berlin or America/New_York."
        ) from None
    return zone


def local(moment: datetime, zone: str) -> str:
    """A UTC moment on the clock of a zone: Mon 2 Nov 2026 07:00 (Europe/Berlin)."""
    there = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b %Y %H:%M} ({zone})"


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the wall's clock shows at a UTC moment."""
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _turned(moment: datetime, zone: ZoneInfo) -> timedelta:
    """How far back a clock that was turned lately must be read from."""
    here = moment.replace(tzinfo=UTC).astimezone(zone)
    near = (moment.replace(tzinfo=UTC) + hours for hours in (-_TURN, _TURN))
    changes = any(other.astimezone(zone).utcoffset() != here.utcoffset() for other in near)
    return _TURN if changes else timedelta()


def _of_words(text: str) -> dict[str, str] | None:
    patterns: tuple[tuple[str, Any], ...] = (
        (rf"(?:daily|every day){_AT}", lambda _: {}),
        (rf"(?:weekdays|every weekday){_AT}", lambda _: {"day_of_week": "mon-fri"}),
        (rf"weekly on (?P<days>[a-z, ]+?){_AT}", lambda m: {"day_of_week": _named(m["days"])}),
        (rf"monthly on (?:the )?(?P<day>day \d+|last day){_AT}", lambda m: {"day": _day(m["day"])}),
        (
            rf"quarterly on (?:the )?(?P<day>day \d+){_AT}",
            lambda m: {"month": "1,4,7,10", "day": _day(m["day"])},
        ),
    )
    for pattern, fields in patterns:
        match = re.fullmatch(pattern, text)
        if match:
            hour, minute = match["hour"], match["minute"]
            clock = {"hour": str(int(hour or _DEFAULT_HOUR)), "minute": str(int(minute or 0))}
            return {**fields(match), **clock}
    return None


def _named(text: str) -> str:
    found = []
    for word in re.split(r",\s*|\s+and\s+|\s+", text.strip()):
        days = [day for day in _DAYS if len(word) >= 3 and day.startswith(word)]
        if not days:
            raise ReportError(f"{word!r} is no day of the week. Allowed: {', '.join(_DAYS)}.")
        found.append(days[0][:3])
    return ",".join(found)


def _day(text: str) -> str:
    if text == "last day":
        return "last"
    number = int(text.removeprefix("day "))
    if not 1 <= number <= 28:
        raise ReportError(
            f"day {number} is not in every month. Allowed: day 1 to day 28, or the last day."
        )
    return str(number)


def _of_cron(text: str) -> dict[str, str] | None:
    parts = text.split()
    if len(parts) != 5:
        return None
    minute, hour, day, month, weekday = parts
    if day != "*" and weekday != "*":
        raise ReportError(
            f"{text!r} names a day of the month and of the week; cron means either, which two "
            "schedules say more clearly. Put * for one of them."
        )
    return {
        "minute": minute,
        "hour": hour,
        "day": day,
        "month": month,
        "day_of_week": _cron_weekdays(weekday),
    }


def _cron_weekdays(text: str) -> str:
    """Cron counts from Sunday, 0 or 7; APScheduler from Monday: names say the same to both."""
    if text == "*" or text.startswith("*/"):
        if text != "*":
            raise ReportError(f"{text!r} is no list of weekdays. Name them: mon,wed,fri.")
        return text
    found: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = _cron_day(first, text), _cron_day(last or first, text)
        span = (end - start) % 7
        found += [_CRON_DAYS[(start + step) % 7] for step in range(span + 1)]
    return ",".join(dict.fromkeys(found))


def _cron_day(text: str, whole: str) -> int:
    if text.isdigit() and int(text) <= 7:
        return int(text) % 7
    if text[:3] in _CRON_DAYS and text.isalpha():
        return _CRON_DAYS.index(text[:3])
    raise ReportError(
        f"{whole!r} is no list of weekdays. Allowed: 0 to 7, sun to sat, 1-5, mon,wed."
    )


def _unknown(text: str) -> ReportError:
    return ReportError(f"{text!r} is no schedule. {_help()}")


def _help() -> str:
    return "Allowed: " + "; ".join(ALLOWED) + "."
