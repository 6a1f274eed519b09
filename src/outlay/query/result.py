"""What a question answers: rows, totals and everything that is said beside them."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from outlay.money import MONEY_SCALE, DateRange, money_text
from outlay.query.codec import to_json
from outlay.query.model import CostQuery

Value = str | int | date | datetime | Decimal | None
Row = Mapping[str, Value]
Role = Literal[
    "period",
    "dimension",
    "currency",
    "measure",
    "share",
    "direct",
    "shared",
    "previous",
    "change",
    "change_ratio",
]
Type = Literal["text", "date", "timestamp", "money", "quantity", "count", "ratio"]


@dataclass(frozen=True)
class Column:
    """A column of a result. `name` is its key in a row: a dimension's canonical name,
    ``period``, ``BillingCurrency``, a measure, or a measure with ``_share``, ``_direct`` and
    ``_shared`` (where splits take part: they add up to it), ``_previous``, ``_change``,
    ``_change_ratio``. Ratios are rounded to six decimals, all else is exact."""

    name: str
    role: Role
    type: Type
    title: str
    measure: str | None = None


@dataclass(frozen=True)
class RateUsed:
    """A rate that a result stands on: one `source` unit is `value` units of the result's
    currency, published by `publisher` for `day`: the one of the newest charge day. `others` is
    how many more rates of that publisher the result's other days have."""

    source: str
    day: date
    value: Decimal
    publisher: str
    others: int = field(default=0, compare=False)


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
    currency and publisher, and `snapshot` the lake's snapshot id as text.
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

    def completed(
        self,
        *,
        warnings: tuple[str, ...],
        rerun: Callable[[CostQuery], "Result"],
    ) -> "Result":
        """The same result with what is only known once it is there."""
        return replace(self, warnings=warnings, rerun=rerun)

    @property
    def total(self) -> Row | None:
        """The total over all rows; None where there are several currencies (see `totals`)."""
        if len(self.totals) > 1:
            return None
        return self.totals[0] if self.totals else _nothing(self)

    def rows(self) -> Iterator[Row]:
        """The rows that are shown, values as Python has them."""
        names = self.table.column_names
        for batch in self.table.to_batches(max_chunksize=10_000):
            lists = [column.to_pylist() for column in batch.columns]
            for values in zip(*lists, strict=True):
                yield dict(zip(names, values, strict=True))

    def complete(self) -> "Result":
        """The same question of the same snapshot without its limit: every row."""
        if self.query.limit is None or not self.other or self.rerun is None:
            return self
        return self.rerun(self.query.but(limit=None))

    def to_json(self) -> dict[str, Any]:
        """The result as plain JSON values; money is a string with all its decimals."""
        several = len(self.totals) > 1
        return {
            "query": to_json(self.query),
            "columns": [_column_json(column) for column in self.columns],
            "rows": [row_json(row, self.columns) for row in self.rows()],
            "other": [row_json(row, self.columns) for row in self.other],
            "total": None if several else row_json(self.total or {}, self.columns),
            "totals": [row_json(row, self.columns) for row in self.totals],
            "currency": self.currency,
            "range": _range_json(self.range),
            "previous_range": _range_json(self.previous_range),
            "groups": self.group_count,
            "unconverted": [
                {"currency": one.currency} | row_json(one.amounts, self.columns)
                for one in self.unconverted
            ],
            "rates": [
                {
                    "currency": rate.source,
                    "day": rate.day.isoformat(),
                    "rate": format(rate.value, "f"),
                    "publisher": rate.publisher,
                    "other_rates": rate.others,
                }
                for rate in self.rates
            ],
            "snapshot": self.snapshot,
            "warnings": list(self.warnings),
        }

    def to_csv(self) -> str:
        """Every row (also those beyond the limit), amounts unrounded, as CSV with a header."""
        result = self.complete()
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow([column.name for column in result.columns])
        for row in result.rows():
            writer.writerow([_cell(row[column.name]) for column in result.columns])
        return buffer.getvalue()

    def to_parquet(self, path: Path) -> None:
        """Write every row (also those beyond the limit) as Parquet, amounts as decimals."""
        pq.write_table(self.complete().table, path)


def arrow_table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as Arrow; amounts are decimals of the smallest sufficient width and scale."""
    arrays = []
    for column in columns:
        values = [row[column.name] for row in rows]
        arrays.append(pa.array(values, type=_arrow_type(column, values)))
    return pa.table(arrays, names=[column.name for column in columns])


def _arrow_type(column: Column, values: Sequence[Any]) -> pa.DataType:
    plain = {"text": pa.string(), "date": pa.date32(), "timestamp": pa.timestamp("us")}
    if column.type in plain:
        return plain[column.type]
    if column.type == "count":
        return pa.int64()
    if column.type == "ratio":
        return pa.decimal256(76, 6)
    # A converted amount has 30 decimals: beyond what 38 digits hold, Arrow has a wider decimal.
    known = [value.as_tuple() for value in values if value is not None]
    scale = max([MONEY_SCALE, *(-int(parts.exponent) for parts in known)])
    whole = max([0, *(len(parts.digits) + int(parts.exponent) for parts in known)])
    return pa.decimal128(38, scale) if whole + scale <= 38 else pa.decimal256(76, scale)


def row_json(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """A row as JSON values: money as text in full, ratios as text, days as ISO text."""
    types = {column.name: column.type for column in columns}
    return {name: json_value(value, types.get(name, "count")) for name, value in row.items()}


def json_value(value: Any, kind: str) -> Any:
    """One value as JSON; see `row_json`."""
    if isinstance(value, Decimal):
        return format(value, "f") if kind == "ratio" else money_text(value)
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else json_value(value, "text")


def _column_json(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "role": column.role,
        "type": column.type,
        "title": column.title,
        "measure": column.measure,
    }


def _range_json(days: DateRange | None) -> dict[str, str] | None:
    if days is None:
        return None
    return {"from": days.start.isoformat(), "to": days.end.isoformat()}


def _nothing(result: Result) -> Row:
    """The total of no charges: zero, in every column that a total has."""
    zero: dict[str, Value] = {}
    for column in result.columns:
        if column.role in ("measure", "direct", "shared", "previous", "change"):
            zero[column.name] = 0 if column.type == "count" else Decimal(0)
        elif column.role == "change_ratio":
            zero[column.name] = None
    return zero


@dataclass(frozen=True)
class ValueInfo:
    """One value of a dimension (None: charges that have none) with its money by currency."""

    value: Value
    amounts: Mapping[str, Decimal]
    lines: int


@dataclass(frozen=True)
class DimensionInfo:
    """A dimension that charges have: `covered` of `total` is the money of charges with a value,
    by currency. `kind` is focus, tag, source (an ``x_`` column) or virtual; `level` is context, or
    line for what differs from line to line (slower to ask, and listed without coverage)."""

    name: str
    kind: Literal["focus", "tag", "label", "source", "virtual"]
    title: str
    covered: Mapping[str, Decimal]
    total: Mapping[str, Decimal]
    level: Literal["context", "line"] = "context"
