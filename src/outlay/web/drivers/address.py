"""The address of *What drove it*: a question with its comparison, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from outlay.expression.tree import Condition
from outlay.money import DateRange
from outlay.query import MEASURES, CostQuery, Result, equals, ranges
from outlay.query.codec import to_params
from outlay.query.periods import comparison_span
from outlay.query.result import Value
from outlay.query.shape import Shift
from outlay.web.explore import filters
from outlay.web.explore.address import address, changed, next_dimension

DRIVERS = "/drivers"


def drivers_url(query: CostQuery, *, path: str = DRIVERS, **more: str) -> str:
    """The page that takes the change of a question apart.

    The page reads range, filter, currency, moments and comparison (the period before where the
    question has none) from the question, the measure that is money, and what it is grouped by;
    the question's grain, order and limit are none of its business. `more` are further parameters
    of the address: ``against`` (the days to compare with, ``2026-09-01..2026-10-01``),
    ``before_as_of`` and ``before_rules_as_of`` (``then`` or a moment).
    """
    money = [name for name in query.measures if MEASURES[name].kind == "money"]
    asked = changed(
        query,
        measures=tuple(money[:1]) or ("EffectiveCost",),
        grain="none",
        limit=None,
        sort="",
        compare=query.compare or "previous",
    )
    return address(path, {**to_params(asked), **{k: v for k, v in more.items() if v}})


def result_url(result: Result, measure: str, values: Mapping[str, Value] | None = None) -> str:
    """The page of a change that a result tells: of its total, or of the row with these values.

    '' where the result compares nothing or the measure is no money. A ``period`` among the values
    is compared with the one that lies under it.
    """
    before = result.previous_range
    if MEASURES[measure].kind != "money" or result.range is None or before is None:
        return ""
    query, told = result.query, dict(values or {})
    asked = result.range
    period = told.pop("period", None)
    if isinstance(period, date):
        if query.grain == "hour":
            return ""
        found = _period(query, result.range, period)
        if found is None:
            return ""
        asked, before = found
    fixed = {name: value for name, value in told.items() if name in (*query.by, "BillingCurrency")}
    narrow = narrowed(query, fixed)
    return drivers_url(
        narrow.but(
            measures=(measure,),
            range=ranges.between(asked.start, asked.end),
            by=_next(query, set(fixed)) if fixed else query.by,
            sort="",
        ),
        against=ranges.between(before.start, before.end),
    )


def narrowed(query: CostQuery, values: Mapping[str, Value]) -> CostQuery:
    """The question over charges that have the values (None: have none)."""
    items: list[Condition] = list(filters.conditions(query.where))
    for name, value in values.items():
        items += filters.conditions(equals(name, value))
    return query.but(where=filters.joined(items), sort="")


def _next(query: CostQuery, fixed: set[str]) -> tuple[str, ...]:
    """What the report of one row is grouped by: the next level down."""
    told = {
        one.dimension for item in filters.conditions(query.where) if (one := filters.fixed(item))
    }
    following = next_dimension(query, told | fixed, set())
    return (following,) if following else ()


def _period(query: CostQuery, whole: DateRange, start: date) -> tuple[DateRange, DateRange] | None:
    """One period of a range, and the earlier days that a comparison lays over it; None where it
    lays none."""
    earlier, span = comparison_span(query, whole)
    shift = span.shift or Shift("day", 0)
    end = ranges.step(start, query.grain, 1)
    asked = _within(whole, start, end)
    before = _within(earlier, _back(start, shift), _back(end, shift))
    return (asked, before) if asked and before else None


def _within(whole: DateRange, start: date, end: date) -> DateRange | None:
    first, last = max(start, whole.start), min(end, whole.end)
    return DateRange(first, last) if first < last else None


def _back(day: date, shift: Shift) -> date:
    if shift.unit == "day":
        return ranges.step(day, "day", -shift.count)
    first = ranges.step(day.replace(day=1), "month", -shift.count)
    last = ranges.step(first, "month", 1)
    # The 31st of a shorter month is its end.
    return min(date.fromordinal(first.toordinal() + day.day - 1), last)
