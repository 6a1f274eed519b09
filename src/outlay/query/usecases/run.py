"""Asking a use case: parameters, SQL, quotients, and what kind of thing each column is."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from outlay.access import whole_only
from outlay.focus.datasets import Stated
from outlay.lake.facts import SliceFacts, slice_facts
from outlay.lake.types import Pin
from outlay.money import MONEY_CONTEXT, money_text
from outlay.money.quotients import quotient
from outlay.query.rawsql import SqlResult, sql
from outlay.query.run import PinnableLake
from outlay.query.usecases.model import ColumnKind, UseCase
from outlay.query.usecases.render import days_asked, given_values, rendered

MOST_ROWS = 10_000
_WINDOWS_BACK = date(1970, 1, 1)


@dataclass(frozen=True)
class AnswerColumn:
    """A column of an answer: its name and what kind of thing it holds."""

    name: str
    kind: ColumnKind


@dataclass(frozen=True)
class UseCaseAnswer:
    """The answer of a use case: the parameters and the SQL that gave it, columns and rows.

    Money is exact; a ratio is a quotient of exact sums, rounded once. `truncated` tells that
    there were more rows than `MOST_ROWS`.
    """

    case: UseCase
    parameters: Mapping[str, str]
    sql: str
    columns: tuple[AnswerColumn, ...]
    rows: tuple[Mapping[str, Any], ...]
    truncated: bool
    snapshot: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: decimals are text with all their digits."""
        return {
            "name": self.case.name,
            "title": self.case.title,
            "parameters": dict(self.parameters),
            "sql": self.sql,
            "columns": [{"name": c.name, "kind": c.kind} for c in self.columns],
            "rows": [{c.name: plain_text(row[c.name]) for c in self.columns} for row in self.rows],
            "truncated": self.truncated,
            "snapshot": self.snapshot,
        }

    def to_csv(self) -> str:
        """The rows as CSV with a header; nothing is an empty cell."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([column.name for column in self.columns])
        for row in self.rows:
            cells = (plain_text(row[column.name]) for column in self.columns)
            writer.writerow(["" if cell is None else cell for cell in cells])
        return out.getvalue()


def plain_text(value: Any) -> Any:
    """A value for machines: decimals and days as text, all else as it is."""
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value


def ask(
    lake: PinnableLake,
    case: UseCase,
    given: Mapping[str, str] | None = None,
    *,
    today: date | None = None,
    pin: Pin | None = None,
    as_of: datetime | int | None = None,
    stated: Stated | None = None,
    limit: int = MOST_ROWS,
    timeout_seconds: float = 60.0,
) -> UseCaseAnswer:
    """Answer a use case; relative ranges count from `today` (UTC).

    QueryError names the parameter that cannot be read, and where there is nothing to read.
    """
    whole_only("a use case of the FOCUS library")
    day = today or datetime.now(UTC).date()
    values = given_values(case, given or {})
    pin = pin or lake.pin(as_of)
    facts = _needed(case, values, day, slice_facts(lake, pin))
    # A slice may have facts of several parts; it is in the pin once.
    needed = {one.slice.delivery.id for one in facts}
    pin = replace(pin, slices=tuple(s for s in pin.slices if s.delivery.id in needed))
    columns = {name for one in facts for name in one.charge_columns}
    text = rendered(case, values, day, columns)
    result = sql(
        lake, text, pin=pin, limit=limit, timeout_seconds=timeout_seconds, stated=stated, today=day
    )
    return _answer(case, values, text, result)


def _needed(
    case: UseCase, values: Mapping[str, str], today: date, facts: list[SliceFacts]
) -> list[SliceFacts]:
    """The slices that can have charges in the range, and in the days before that it is compared
    with; one at least, so that what is asked has columns. Terms of commitments are told by
    purchases of any time: then all of them."""
    parameter = case.parameter("range")
    if parameter is None or "contract_commitment" in case.sql:
        return facts
    days = days_asked(parameter, values["range"], today)
    start, end = days.start or date.min, days.end or date.max
    if "window" in values and start > _WINDOWS_BACK:
        start -= timedelta(days=int(values["window"]) if values["window"].isdecimal() else 0)
    if parameter.basis == "months":
        kept = [one for one in facts if start <= one.slice.billing_period.start < end]
    else:
        kept = [
            one
            for one in facts
            if one.first_day is not None
            and one.last_day is not None
            and one.first_day < end
            and one.last_day >= start
        ]
    return kept or facts[:1]


def _answer(
    case: UseCase, values: Mapping[str, str], text: str, result: SqlResult
) -> UseCaseAnswer:
    kinds = {field.name: _kind(case, field) for field in result.table.schema}
    rows = result.rows()
    for product in case.products:
        kinds[product.name] = "quantity" if product.name in case.quantities else "money"
        for row in rows:
            row[product.name] = _times(row[product.one], row[product.other])
    for one in case.quotients:
        kinds[one.name] = "ratio"
        for row in rows:
            row[one.name] = _share(row[one.over], row[one.under], one.digits)
    shown = tuple(
        AnswerColumn(name, kind) for name, kind in kinds.items() if not name.startswith("_")
    )
    return UseCaseAnswer(case, values, text, shown, tuple(rows), result.truncated, result.snapshot)


def _times(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else MONEY_CONTEXT.multiply(one, other)


def _share(over: Decimal | None, under: Decimal | None, digits: int) -> Decimal | None:
    return None if over is None or under is None else quotient(over, under, digits)


def _kind(case: UseCase, field: pa.Field) -> ColumnKind:
    if field.name in case.quantities:
        return "quantity"
    if pa.types.is_decimal(field.type):
        return "money" if field.type.scale else "count"
    if pa.types.is_integer(field.type):
        return "count"
    if pa.types.is_date(field.type):
        return "day"
    if pa.types.is_timestamp(field.type):
        return "moment"
    return "flag" if pa.types.is_boolean(field.type) else "text"
