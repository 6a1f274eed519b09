"""Names in plain words: dimensions, conditions, ranges, grains. The text of titles and chips."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from outlay.expression import condition_text
from outlay.expression.printer import number_text
from outlay.expression.tree import Any as AnyOf
from outlay.expression.tree import (
    Apply,
    Between,
    Comparison,
    Condition,
    Membership,
    Missing,
    Moment,
    Number,
    Operand,
    Pattern,
    Ref,
    Search,
    Text,
)
from outlay.query import MEASURES
from outlay.query.ranges import bounds
from outlay.query.titles import dimension as dimension
from outlay.web import numbers

RANGES = {
    "last-7-days": "Last 7 days",
    "last-30-days": "Last 30 days",
    "last-90-days": "Last 90 days",
    "month-to-date": "Month to date",
    "last-month": "Last month",
    "last-6-months": "Last 6 months",
    "last-13-months": "Last 13 months",
    "year-to-date": "Year to date",
    "last-year": "Last year",
    "all": "All time",
}
"""The presets of the range picker, in its order."""

GRAINS = {"day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter"}
COMPARISONS = {"previous": "Previous period", "previous-year": "Previous year"}

_OPERATORS = {
    "=": "is",
    "<>": "is not",
    "<": "before",
    "<=": "up to",
    ">": "after",
    ">=": "from",
}
_SEARCHES = {
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "matches": "matches",
}
_MOST_VALUES = 3


def measure(name: str) -> str:
    """A measure's title."""
    return MEASURES[name].title


def kind(name: str) -> str:
    """A measure's kind: money, quantity or count."""
    return MEASURES[name].kind


def range_(text: str) -> str:
    """A canonical range in words: *Last 30 days*, *1–30 Sep 2026*, *From 1 Sep 2026*."""
    if text in RANGES:
        return RANGES[text]
    days = bounds(text)
    if days.start and days.end:
        return numbers.days(days.start, days.end)
    if days.start:
        return f"From {numbers.day(days.start)}"
    if days.end:
        return f"Until {numbers.day(days.end - timedelta(days=1))}"
    return text.replace("-", " ").capitalize()


def condition(item: Condition) -> str:
    """A filter in words; what has no short sentence stands as its expression."""
    match item:
        case Comparison(operator, Ref() as left, (Text() | Moment()) as right):
            return f"{_operand(left)} {_OPERATORS[operator]} {_operand(right)}"
        case Membership(Ref() as left, values, negated):
            shown = ", ".join(_operand(value) for value in values[:_MOST_VALUES])
            more = len(values) - _MOST_VALUES
            tail = f" +{more}" if more > 0 else ""
            return f"{_operand(left)} {'not in' if negated else 'in'} {shown}{tail}"
        case Missing(Ref() as left, negated):
            return f"{_operand(left)} {'is present' if negated else 'is missing'}"
        case Search(function, Ref() as left, text):
            return f"{_operand(left)} {_SEARCHES[function]} {text}"
        case AnyOf(
            (
                Comparison("=", Ref() as left, Text())
                | Membership(Ref() as left, _, False) as first,
                Missing(Ref() as right, False),
            )
        ):
            return f"{condition(first)} or missing" if left == right else condition_text(item)
        case AnyOf((Comparison("<>", Ref() as left, _) as first, Missing(Ref() as right, False))):
            if left == right:
                return condition(first)
            return condition_text(item)
        case AnyOf((Membership(Ref() as left, _, True) as listed, Missing(Ref() as right, False))):
            if left == right:
                return condition(listed)
            return condition_text(item)
        case Between(Ref() as left, low, high, negated):
            between = "not between" if negated else "between"
            return f"{_operand(left)} {between} {_operand(low)} and {_operand(high)}"
        case Pattern(Ref() as left, pattern, _, negated):
            return f"{_operand(left)} {'not like' if negated else 'like'} {pattern}"
        case _:
            return condition_text(item)


def _operand(operand: Operand) -> str:
    match operand:
        case Ref(ref):
            return dimension(str(ref))
        case Text(value):
            return value or "''"
        case Moment(value):
            return value.isoformat()
        case Number(value):
            return number_text(value)
        case Apply(function, argument):
            return f"{function}({_operand(argument)})"


def period(value: date | datetime, grain: str) -> str:
    """A period of a chart in full: Tue 3 Nov 2026, week from 2 Nov 2026, Nov 2026, Q4 2026."""
    if grain == "hour" and isinstance(value, datetime):
        return f"{value:%a} {value.day} {value:%b %Y %H:%M}"
    if grain == "day":
        return f"{value:%a} {value.day} {value:%b %Y}"
    if grain == "week":
        return f"Week from {value.day} {value:%b %Y}"
    if grain == "month":
        return f"{value:%b %Y}"
    if grain == "quarter":
        return f"Q{(value.month - 1) // 3 + 1} {value.year}"
    return str(value.year)


def tick(value: date | datetime, grain: str) -> str:
    """A period on an axis: 3 Nov, Nov 26, Q4 26."""
    if grain == "hour" and isinstance(value, datetime):
        return f"{value.day} {value:%b %H:%M}"
    if grain in ("day", "week"):
        return f"{value.day} {value:%b}"
    if grain == "month":
        return f"{value:%b %y}"
    return period(value, grain)
