"""What a question answers: rows, totals and everything that is said beside them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import pyarrow as pa

from outlay.money import DateRange
from outlay.query.model import CostQuery

Value = str | int | date | datetime | Decimal | None
Row = Mapping[str, Value]
Role = Literal[
    "period", "dimension", "currency", "measure", "share", "previous", "change", "change_ratio"
]
Type = Literal["text", "date", "timestamp", "money", "quantity", "count", "ratio"]


@dataclass(frozen=True)
class Column:
    """A column of a result. `name` is its key in a row: a dimension's canonical name,
    ``period``, ``BillingCurrency``, a measure, or a measure with ``_share``, ``_previous``,
    ``_change``, ``_change_ratio``. Ratios are rounded to six decimals, all else is exact."""

    name: str
    role: Role
    type: Type
    title: str
    measure: str | None = None


@dataclass(frozen=True)
class RateUsed:
    """A rate that a result stands on: one `source` unit is `value` units of the result's
    currency, published by `publisher` for `day`."""

    source: str
    day: date
    value: Decimal
    publisher: str


@dataclass(frozen=True)
class Unconverted:
    """Amounts that no rate could convert, in their own currency: measure → sum."""

    currency: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True)
class Result:
    """The answer to a question.

    `table` holds the rows that are shown, amounts as decimals; `other` sums what `limit` left
    out, one row per period and currency; `totals` covers all rows, one a currency. Rows + other
    = totals, exactly. `range` and `previous_range` are the days that were asked (None: no charge
    at all), `group_count` the number of groups before the limit, `rates` the newest rate per
    currency and `snapshot` the lake's snapshot id as text.
    """

    query: CostQuery
    columns: tuple[Column, ...]
    table: pa.Table
    other: tuple[Row, ...]
    totals: tuple[Row, ...]
    currency: str | None
    range: DateRange | None
    previous_range: DateRange | None
    group_count: int
    unconverted: tuple[Unconverted, ...] = ()
    rates: tuple[RateUsed, ...] = ()
    snapshot: str | None = None
    as_of: datetime | None = None
    warnings: tuple[str, ...] = ()
    tables: Mapping[str, int] = field(default_factory=dict)
    rerun: Callable[[CostQuery], "Result"] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class ValueInfo:
    """One value of a dimension (None: charges that have none) with its money by currency."""

    value: Value
    amounts: Mapping[str, Decimal]
    lines: int


@dataclass(frozen=True)
class DimensionInfo:
    """A dimension that charges have: `covered` of `total` is the money of charges with a value,
    by currency. `kind` is focus, tag or source (an ``x_`` column)."""

    name: str
    kind: Literal["focus", "tag", "source"]
    title: str
    covered: Mapping[str, Decimal]
    total: Mapping[str, Decimal]
