"""The periods of a budget: calendar months, quarters and years, or one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from outlay.money import BillingPeriod
from outlay.money.display import days as days_in_words

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"(FY)?(\d{4})-Q([1-4])")
_YEAR = re.compile(r"(FY)?(\d{4})")
_STEPS = {"month": 1, "quarter": 3, "year": 12}


class PeriodKeyError(ValueError):
    """A text names no period of a budget."""


class Periodic(Protocol):
    """What has periods: a budget's spec."""

    @property
    def period(self) -> str:
        """month, quarter, year or custom."""

    @property
    def year_start(self) -> int:
        """The month in which the year begins, 1 to 12."""

    @property
    def from_(self) -> date | None:
        """The first day; None: since ever."""

    @property
    def until(self) -> date | None:
        """The day after the last; None: without end."""


@dataclass(frozen=True, order=True)
class Period:
    """Days from `start` (inclusive) to `end` (exclusive), UTC, under the name `key`:
    ``2026-11``, ``2026-Q4``, ``2026``, ``FY2026-Q1``, ``FY2026`` (a year that begins in another
    month than January is named by the year in which it ends, as in plans), or
    ``2026-03-01..2026-09-01``."""

    start: date
    end: date
    key: str

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    @property
    def title(self) -> str:
        """For people: *Nov 2026*, *Q4 2026*, *2026*, *1 Mar – 31 Aug 2026*."""
        if _MONTH.fullmatch(self.key):
            return f"{self.start:%b %Y}"
        quarter = _QUARTER.fullmatch(self.key)
        if quarter:
            return f"Q{quarter[3]} {quarter[1] or ''}{quarter[2]}"
        return self.key if _YEAR.fullmatch(self.key) else days_in_words(self.start, self.end)

    def holds(self, day: date) -> bool:
        """Whether the day is within."""
        return self.start <= day < self.end

    def within(self, other: Period) -> bool:
        """Whether every day is one of the other's."""
        return other.start <= self.start and self.end <= other.end

    def each_day(self) -> Iterator[date]:
        """Its days, in order."""
        return (self.start + timedelta(days=n) for n in range(self.days))


def only(spec: Periodic) -> Period:
    """The one period of a budget with a custom one."""
    assert spec.from_ is not None and spec.until is not None
    return Period(spec.from_, spec.until, f"{spec.from_}..{spec.until}")


def period_of(spec: Periodic, day: date) -> Period | None:
    """The period that holds a day; None where the budget does not hold on it."""
    if (spec.from_ and day < spec.from_) or (spec.until and day >= spec.until):
        return None
    if spec.period == "custom":
        return only(spec)
    step = _STEPS[spec.period]
    first = 1 if spec.period == "month" else spec.year_start
    months = day.year * 12 + day.month - first
    start = _month(months - months % step + first - 1)
    return _named(spec, start)


def _named(spec: Periodic, start: date) -> Period:
    step = _STEPS[spec.period]
    end = _month(start.year * 12 + start.month - 1 + step)
    if spec.period == "month":
        return Period(start, end, f"{start:%Y-%m}")
    months = start.year * 12 + start.month - spec.year_start
    begins, prefix = months // 12, "" if spec.year_start == 1 else "FY"
    year = begins + _ends_later(spec)
    if spec.period == "year":
        return Period(start, end, f"{prefix}{year:04d}")
    return Period(start, end, f"{prefix}{year:04d}-Q{months % 12 // 3 + 1}")


def _ends_later(spec: Periodic) -> int:
    """How many calendar years after it began a year ends: 1, or 0 for one from January on."""
    return int(spec.year_start != 1)


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


def parse(spec: Periodic, key: str) -> Period:
    """The period of a name, whether the budget holds in it or not; PeriodKeyError says how names
    are written."""
    if spec.period == "custom":
        if key == only(spec).key:
            return only(spec)
        raise PeriodKeyError(f"{key!r} is no period of it: its one period is {only(spec).key}")
    found = {"month": _MONTH, "quarter": _QUARTER, "year": _YEAR}[spec.period].fullmatch(key)
    prefix = "" if spec.year_start == 1 or spec.period == "month" else "FY"
    if found is None or (spec.period != "month" and (found[1] or "") != prefix):
        allowed = {"month": "2026-11", "quarter": f"{prefix}2026-Q4", "year": f"{prefix}2026"}
        raise PeriodKeyError(
            f"{key!r} is no {spec.period}; they are written like {allowed[spec.period]}"
        )
    if spec.period == "month":
        return _named(spec, date(int(found[1]), int(found[2]), 1))
    quarter = int(found[3]) - 1 if spec.period == "quarter" else 0
    begins = int(found[2]) - _ends_later(spec)
    return _named(spec, _month(begins * 12 + spec.year_start - 1 + quarter * 3))


def previous(spec: Periodic, period: Period) -> Period | None:
    """The period before; None where the budget does not hold in it."""
    return period_of(spec, period.start - timedelta(days=1)) if spec.period != "custom" else None


def following(spec: Periodic, period: Period) -> Period | None:
    """The period after; None where the budget does not hold in it."""
    return period_of(spec, period.end) if spec.period != "custom" else None


def between(spec: Periodic, since: date, until: date) -> list[Period]:
    """The periods that have a day from `since` (inclusive) to `until` (exclusive), in order."""
    first = max(since, spec.from_) if spec.from_ else since
    found, period = [], period_of(spec, first) if first < until else None
    while period is not None and period.start < until:
        found.append(period)
        period = following(spec, period)
    return found


def begins(spec: Periodic, day: date) -> bool:
    """Whether a period begins on the day, `from` and `until` left aside."""
    return _at(spec, day).start == day


def nearest(spec: Periodic, day: date) -> tuple[date, date]:
    """The first days of the periods around a day."""
    found = _at(spec, day)
    return found.start, found.end


def _at(spec: Periodic, day: date) -> Period:
    step = _STEPS[spec.period]
    first = 1 if spec.period == "month" else spec.year_start
    months = day.year * 12 + day.month - first
    return _named(spec, _month(months - months % step + first - 1))


def months_of(period: Period) -> list[BillingPeriod]:
    """The calendar months that a period has days of."""
    found, month = [], BillingPeriod.of(period.start)
    while month.start < period.end:
        found.append(month)
        month = month.next()
    return found
