"""Billing periods (calendar months, UTC) and date ranges whose end is exclusive."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class PeriodError(ValueError):
    """A text is not a billing period or a date range."""


@dataclass(frozen=True, order=True)
class BillingPeriod:
    """One calendar month, UTC. ``str()`` gives ``YYYY-MM``."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "BillingPeriod":
        """Read ``YYYY-MM``; raises PeriodError on anything else."""
        match = _PERIOD.fullmatch(text.strip())
        if not match:
            raise PeriodError(f"{text!r} is not a billing period; expected YYYY-MM, e.g. 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "BillingPeriod":
        """The month that holds the day."""
        return cls(day.year, day.month)

    @property
    def start(self) -> date:
        """First day, inclusive."""
        return date(self.year, self.month, 1)

    @property
    def end(self) -> date:
        """First day of the next month: the exclusive end."""
        return self.next().start

    def next(self) -> "BillingPeriod":
        """The month after."""
        return BillingPeriod(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "BillingPeriod":
        """The month before."""
        return BillingPeriod.of(self.start - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, order=True)
class DateRange:
    """Days from ``start`` (inclusive) to ``end`` (exclusive), UTC. Raises PeriodError if empty."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise PeriodError(
                f"the range {self.start}..{self.end} is empty: its end is exclusive, so it must be "
                "later than its start"
            )

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    def previous(self) -> "DateRange":
        """The range before: whole months step by months, anything else by its own length."""
        first, last = BillingPeriod.of(self.start), BillingPeriod.of(self.end)
        if self.start == first.start and self.end == last.start:
            months = (last.year - first.year) * 12 + last.month - first.month
            index = first.year * 12 + first.month - 1 - months
            return DateRange(date(index // 12, index % 12 + 1, 1), self.start)
        return DateRange(self.start - timedelta(days=self.days), self.start)
