"""Comparison: which earlier days, and how their periods lie over the asked ones."""

from datetime import date, timedelta

from outlay.money import DateRange
from outlay.query import ranges
from outlay.query.model import CostQuery
from outlay.query.planner import Span
from outlay.query.ranges import Days
from outlay.query.shape import Shift


def comparison_span(query: CostQuery, asked: DateRange) -> tuple[DateRange, Span]:
    """The earlier range, and the span that brings its periods over the asked range."""
    if query.compare == "previous-year":
        earlier = ranges.previous_year(asked)
    else:
        earlier = ranges.previous(query.range, asked)
    shift = _shift(query, asked.start, earlier.start)
    return earlier, Span(Days(earlier.start, earlier.end), True, shift)


def _shift(query: CostQuery, start: date, earlier: date) -> Shift | None:
    """Periods are laid over each other first to first: days by days, months by months."""
    if query.grain == "none":
        return None
    if query.grain in ("month", "quarter", "year"):
        months = {"month": 1, "quarter": 3, "year": 12}[query.grain]
        steps = _index(start) // months - _index(earlier) // months
        return Shift("month", steps * months)
    if query.grain == "week":
        return Shift("day", (_monday(start) - _monday(earlier)).days)
    if query.compare == "previous-year":
        return Shift("month", 12)
    return Shift("day", (start - earlier).days)


def _index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
