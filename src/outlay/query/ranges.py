"""Ranges of days: absolute ones, and relative ones that stay relative until they are run.

A range is kept as text: ``all``, ``last-month``, ``last-30-days``, ``2026-01-01..2026-02-01``
(its end exclusive, either side may be open: ``2026-01-01..``).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from outlay.expression.errors import QueryError, near_names
from outlay.money import BillingPeriod, DateRange

ALL = "all"
NAMED = (
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "month-to-date",
    "last-month",
    "this-quarter",
    "last-quarter",
    "this-year",
    "year-to-date",
    "last-year",
)
_COUNTED = re.compile(r"last-([1-9]\d{0,3})-(days|weeks|months)")
_HELP = (*NAMED, "last-N-days", "last-N-weeks", "last-N-months", ALL, "FROM..TO (YYYY-MM-DD)")


@dataclass(frozen=True)
class Days:
    """Days from `start` (inclusive) to `end` (exclusive), UTC; None is open."""

    start: date | None
    end: date | None


def range_text(text: str) -> str:
    """The canonical text of a range; raises QueryError on anything that is none."""
    text = text.strip()
    if text == ALL or text in NAMED or _COUNTED.fullmatch(text):
        return text
    start, dots, end = text.partition("..")
    if not dots:
        raise QueryError(
            f"{text!r} is not a range",
            field="range",
            text=text,
            near=near_names(text, (*NAMED, ALL)),
            allowed=_HELP,
        )
    return between(_day(start, "from"), _day(end, "to"))


def between(start: date | None, end: date | None) -> str:
    """The canonical text of an absolute range; raises QueryError if it holds no day."""
    if start is None and end is None:
        return ALL
    if start is not None and end is not None and end <= start:
        raise QueryError(
            f"the range {start}..{end} is empty",
            field="to",
            text=str(end),
            hint=f"The end is exclusive: for the one day {start} write {start + timedelta(1)}.",
        )
    return f"{start or ''}..{end or ''}"


def is_relative(text: str) -> bool:
    """Whether the range moves with the day it is run on."""
    return text != ALL and ".." not in text


def bounds(text: str) -> Days:
    """From and to of a canonical absolute range (both open for ``all`` and relative ones)."""
    if ".." not in text:
        return Days(None, None)
    start, _, end = text.partition("..")
    return Days(_day(start, "from"), _day(end, "to"))


def resolve(text: str, today: date) -> Days:
    """The days that a canonical range means on `today` (UTC).

    ``this-…`` runs to the end of that period, ``…-to-date`` up to and without today,
    ``last-N-days`` are the N days before today, ``last-N-months`` whole months before this one.
    """
    if text == ALL:
        return Days(None, None)
    if ".." in text:
        return bounds(text)
    counted = _COUNTED.fullmatch(text)
    if counted:
        number, unit = int(counted[1]), counted[2]
        if unit == "days":
            return Days(today - timedelta(days=number), today)
        end = _floor(today, unit.removesuffix("s"))
        return Days(step(end, unit.removesuffix("s"), -number), end)
    if text in ("today", "yesterday"):
        start = today - timedelta(days=text == "yesterday")
        return Days(start, start + timedelta(days=1))
    if text.endswith("-to-date"):
        start = _floor(today, text.removesuffix("-to-date"))
        # On the first day of a period nothing is complete yet: show that day rather than nothing.
        return Days(start, max(today, start + timedelta(days=1)))
    which, _, unit = text.partition("-")
    start = _floor(today, unit)
    if which == "last":
        return Days(step(start, unit, -1), start)
    return Days(start, step(start, unit, 1))


def previous(text: str, days: DateRange) -> DateRange:
    """The range before `days`, which came from the canonical range `text`.

    A to-date range is compared with the same part of the period before; whole months with as many
    months; anything else with as many days.
    """
    if text.endswith("-to-date"):
        start = step(days.start, text.removesuffix("-to-date"), -1)
        return DateRange(start, min(start + timedelta(days=days.days), days.start))
    return days.previous()


def previous_year(days: DateRange) -> DateRange:
    """The same days one year before; 29 February stands for 1 March of a common year, and alone
    for 28 February."""
    start, end = _year_before(days.start), _year_before(days.end)
    return DateRange(min(start, end - timedelta(days=1)), end)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def _day(text: str, field: str) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError(
            f"{text!r} is not a day", field=field, text=text, allowed=["YYYY-MM-DD"]
        ) from None


def parse_day(text: str, field: str) -> date | None:
    """Read ``YYYY-MM-DD``, '' as None; raises QueryError naming `field`."""
    return _day(text, field)


def _floor(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def step(day: date, unit: str, count: int) -> date:
    """`day`, the first of its unit (day, week, month, quarter, year), moved by `count` units."""
    if unit == "day":
        return day + timedelta(days=count)
    if unit == "week":
        return day + timedelta(weeks=count)
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * count
    index = day.year * 12 + day.month - 1 + months
    return BillingPeriod(index // 12, index % 12 + 1).start
