"""How a table of a document is shown to people: rounded cells, and no more rows than one reads.

Files never come this way: they have every row and every digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.money import total
from outlay.money.display import (
    DASH,
    amount,
    change,
    change_ratio,
    count,
    day,
    direction,
    exact,
    quantity,
    share,
)
from outlay.money.quotients import quotient, significant
from outlay.query import Column, Row
from outlay.reports.document import Figure, Table

NUMBERS = ("money", "quantity", "count", "ratio")
_SUMMED = ("measure", "direct", "shared", "previous", "change")


@dataclass(frozen=True)
class Cell:
    """A cell: its text, all its digits where it was rounded, and which way a change goes."""

    text: str
    exact: str = ""
    number: bool = False
    way: str = ""
    change: bool = False


@dataclass(frozen=True)
class Shown:
    """A table for people. `rest` is how many rows are summed in the last one."""

    title: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[tuple[Cell, ...], ...]
    exact: tuple[str, ...]
    rest: int = 0
    note: str = ""


def shown(table: Table, most: int, columns_at_most: int = 99) -> Shown:
    """At most so many rows of a table; what is beyond is summed exactly into one a currency. Where
    there are too many columns, what splits gave and took stays in the files, then the shares."""
    columns = [c for c in table.columns if not _hidden(table, c)]
    for roles in (("direct", "shared"), ("share",)):
        if len(columns) > columns_at_most:
            columns = [c for c in columns if c.role not in roles]
    rows, rest = list(table.rows), 0
    others: list[Row] = []
    if len(rows) > most:
        rows, left = rows[: most - 1], rows[most - 1 :]
        rest = len(left)
        others = _summed(table, left)
    return Shown(
        title=table.title,
        heads=tuple(Cell(_head(table, c), number=c.type in NUMBERS) for c in columns),
        rows=tuple(
            tuple(_cell(table, c, row, first=i == 0) for i, c in enumerate(columns))
            for row in (*rows, *others)
        ),
        totals=tuple(
            tuple(_cell(table, c, row, first=i == 0, is_total=True) for i, c in enumerate(columns))
            for row in table.totals
        ),
        exact=tuple(_exact_totals(table)),
        rest=rest,
        note=table.note,
    )


def _hidden(table: Table, column: Column) -> bool:
    """One currency is said in the heads, not in each row."""
    return column.role == "currency" and table.currency is not None


def _head(table: Table, column: Column) -> str:
    title = "Change, %" if column.role == "change_ratio" else column.title
    if column.role == "share":
        title = "Share"
    if column.type == "money" and table.currency and column.role == "measure":
        return f"{title}, {table.currency}"
    return title


def _cell(table: Table, column: Column, row: Row, *, first: bool, is_total: bool = False) -> Cell:
    value: Any = row.get(column.name)
    if is_total and column.type not in NUMBERS:
        if column.role == "currency":
            return Cell(str(value or ""))
        return Cell("Total" if first else "")
    if is_total and column.role == "share":
        return Cell("")
    if column.type not in NUMBERS:
        return Cell(_text(value))
    currency = str(row.get("BillingCurrency") or table.currency or "") or None
    if column.role == "change_ratio":
        previous, moved = _beside(row, column)
        if moved is None or (value is None and (previous or not moved)):
            return Cell(DASH, number=True)
        return Cell(change_ratio(value), number=True, way=direction(moved, value), change=True)
    if column.role == "share":
        return Cell(share(value), number=True)
    if column.role == "change":
        ratio = row.get(f"{column.measure}_change_ratio")
        way = direction(value, ratio if isinstance(ratio, Decimal) else None)
        return Cell(change(value, column.type, currency), _digits(value), True, way, True)
    return Cell(_number(value, column.type, currency), _digits(value), number=True)


def _beside(row: Row, column: Column) -> tuple[Any, Any]:
    return row.get(f"{column.measure}_previous"), row.get(f"{column.measure}_change")


def _number(value: Any, kind: str, currency: str | None) -> str:
    if kind == "money":
        return amount(value, currency)
    if kind == "ratio":
        return share(value)
    if kind == "unit":
        return DASH if value is None else significant(value)
    return quantity(value) if kind == "quantity" else count(value)


def _digits(value: Any) -> str:
    return exact(value) if isinstance(value, Decimal) else ""


def _text(value: Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, datetime):
        return f"{day(value.date())} {value:%H:%M}"
    return day(value) if isinstance(value, date) else str(value)


def _summed(table: Table, rows: Sequence[Row]) -> list[Row]:
    """The rows beyond those that are shown, one a currency."""
    by: dict[object, list[Row]] = {}
    for row in rows:
        by.setdefault(row.get("BillingCurrency"), []).append(row)
    return [summed(table.columns, group, f"{len(group):,} others") for group in by.values()]


def summed(columns: Sequence[Column], rows: Sequence[Row], label: str) -> dict[str, Any]:
    """One row that is the exact sum of several of one currency; `label` stands in the first
    descriptive column."""
    found: dict[str, Any] = {}
    for column in columns:
        values = [row.get(column.name) for row in rows]
        if column.role in _SUMMED:
            known = [Decimal(v) for v in values if isinstance(v, int | Decimal)]
            found[column.name] = total(known) if known else None
        elif column.role == "currency":
            found[column.name] = values[0]
        elif column.role == "share":
            known = [v for v in values if isinstance(v, Decimal)]
            found[column.name] = total(known) if known else None
        elif column.role in ("dimension", "period"):
            found[column.name] = "" if label in found.values() else label
        else:
            found[column.name] = None
    for column in columns:
        if column.role == "change_ratio":
            before, moved = _beside(found, column)
            found[column.name] = None if moved is None else quotient(moved, before or 0)
    return found


def _exact_totals(table: Table) -> list[str]:
    """Each total with all its digits, where showing it rounds."""
    texts = []
    for row in table.totals:
        for column in table.columns:
            value = row.get(column.name)
            if column.role != "measure" or not isinstance(value, Decimal):
                continue
            currency = str(row.get("BillingCurrency") or table.currency or "")
            digits = exact(value)
            if digits != _number(value, column.type, currency or None):
                unit = f" {currency}" if currency and column.type == "money" else ""
                texts.append(f"{column.title} {digits}{unit}")
    return texts


def figure_texts(figure: Figure) -> Mapping[str, str]:
    """A headline for people: value, change, ratio and which way it goes."""
    unit = figure.currency or ""
    moved = ""
    if figure.kind in ("ratio", "unit"):
        moved = change_ratio(figure.ratio) if figure.ratio is not None else ""
    elif figure.change is not None:
        moved = f"{change(figure.change, figure.kind, figure.currency)}"
        moved += f" ({change_ratio(figure.ratio)})" if figure.change or figure.ratio else ""
    return {
        "value": _number(figure.value, figure.kind, figure.currency),
        "unit": unit if figure.kind in ("money", "unit") else "",
        "exact": _digits(figure.value),
        "change": moved,
        "way": direction(figure.change, figure.ratio) if figure.change is not None else "",
        "note": figure.note,
    }
