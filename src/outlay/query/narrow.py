"""Narrowing: from a row of a result to the question that asks for just that row."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from outlay.expression import text_literal
from outlay.expression.dimensions import parse_dimension
from outlay.expression.errors import QueryError
from outlay.expression.printer import moment_literal
from outlay.query import ranges
from outlay.query.model import PERIOD, CostQuery
from outlay.query.result import Value


def equals(dimension: str, value: Value) -> str:
    """The condition that keeps charges whose dimension has the value (None: has none)."""
    name = parse_dimension(dimension)
    if value is None:
        return f"{name} IS NULL"
    if isinstance(value, date | datetime):
        return f"{name} = {text_literal(moment_literal(value))}"
    return f"{name} = {text_literal(str(value))}"


def of_row(query: CostQuery, row: Mapping[str, Value]) -> CostQuery:
    """The question narrowed to one row of its result: its values, its period, its currency.

    `by` stays, so that the caller may group by something else next. Periods are cut to the
    asked absolute range; an hour is kept as a condition.
    """
    narrowed = query
    for name in (*query.by, *(["BillingCurrency"] if "BillingCurrency" in row else [])):
        if name in row:
            narrowed = narrowed.narrowed(equals(name, row[name]))
    period = row.get(PERIOD)
    if isinstance(period, datetime):
        low, high = (
            text_literal((period + timedelta(hours=hours)).isoformat()) for hours in (0, 1)
        )
        narrowed = narrowed.narrowed(f"ChargePeriodStart >= {low} AND ChargePeriodStart < {high}")
        period = period.date()
        return narrowed.but(range=ranges.between(period, period + timedelta(days=1)))
    if isinstance(period, date):
        return narrowed.but(range=_cut(query.range, period, query.grain))
    return narrowed


def _cut(asked: str, start: date, grain: str) -> str:
    end = ranges.step(start, grain, 1)
    if ".." in asked:
        # The first and last period of an absolute range may be cut by it.
        days = ranges.bounds(asked)
        start = max(start, days.start) if days.start else start
        end = min(end, days.end) if days.end else end
    if end <= start:
        raise QueryError(f"the period {start} is outside of the range {asked}", field="range")
    return ranges.between(start, end)
