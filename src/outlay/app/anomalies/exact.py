"""Exact amounts by day of the series of a run: what was charged, to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.expression import text_literal
from outlay.expression.dimensions import parse_dimension
from outlay.query import CostQuery, equals
from outlay.query.ranges import between

if TYPE_CHECKING:
    from outlay.app.anomalies.series import Series
    from outlay.app.workspace import Workspace

Amounts = Mapping[datetime, Decimal]
"""Money by the beginning of a day or hour (UTC); what is not there is zero."""

Wanted = tuple[tuple[str, ...], tuple[str | None, ...], str]
"""A series by its grouping, values and currency."""


def amounts(
    workspace: Workspace,
    base: CostQuery,
    series: Iterable[Series],
    start: date,
    end: date,
    grain: str = "day",
) -> dict[Wanted, dict[datetime, Decimal]]:
    """The exact amounts of several series of one question from `start` to `end` (exclusive): one
    question a grouping, narrowed to the values that are wanted."""
    by: dict[tuple[str, ...], list[Series]] = {}
    for one in series:
        by.setdefault(one.grouping, []).append(one)
    found: dict[Wanted, dict[datetime, Decimal]] = {}
    for grouping, wanted in by.items():
        query = base.but(by=grouping, grain=grain, range=between(start, end))
        query = query.narrowed(one_of(grouping[0], {one.values[0] for one in wanted}))
        known = {(one.values, one.currency): wanted_of(one) for one in wanted}
        for row in workspace.query(query).rows():
            values = tuple(_text(row[name]) for name in grouping)
            code = str(row.get("BillingCurrency") or "") or wanted[0].currency
            key = known.get((values, code))
            if key is not None:
                amount = row[base.measures[0]]
                assert isinstance(amount, Decimal)
                found.setdefault(key, {})[_moment(row["period"])] = amount
    return found


def wanted_of(series: Series) -> Wanted:
    """How a series is told apart."""
    return series.grouping, series.values, series.currency


def daily(workspace: Workspace, query: CostQuery, *, grain: str = "day") -> dict[datetime, Decimal]:
    """The exact amounts of a question in one currency, by day or hour."""
    found: dict[datetime, Decimal] = {}
    for row in workspace.query(query.but(by=(), grain=grain)).rows():
        amount = row[query.measures[0]]
        assert isinstance(amount, Decimal)
        found[_moment(row["period"])] = amount
    return found


def one_of(dimension: str, values: set[str | None]) -> str:
    """The condition that a dimension has one of some values."""
    named = sorted(value for value in values if value is not None)
    parts = []
    if named:
        parts.append(
            f"{parse_dimension(dimension)} IN ({', '.join(text_literal(one) for one in named)})"
        )
    if None in values:
        parts.append(equals(dimension, None))
    return " OR ".join(parts)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    assert isinstance(value, date)
    return datetime.combine(value, time())
