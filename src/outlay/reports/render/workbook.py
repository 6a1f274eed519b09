"""The tables of a document as a workbook: a sheet each, no digit lost.

Spreadsheets keep numbers as doubles, which hold 15 digits. An amount of more digits stands as text
with all of them, and beside it, in a column that says so, rounded to the currency's smallest unit
for adding up.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any

from outlay.money import money_text
from outlay.money.display import moment, places, rounded
from outlay.query import Column, Row
from outlay.reports.document import Document, File, Table

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXACT_DIGITS = 15
_MOST_ROWS = 1_048_000
_NAME = re.compile(r"[\[\]:*?/\\']")
_WIDE = Context(prec=120)


def xlsx(document: Document) -> File:
    """The workbook of a document: what it is about on the first sheet, then a sheet a table."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": document.title, "company": document.company})
    writer = _Writer(book)
    writer.about(document)
    for table in document.tables("file"):
        writer.table(table)
    book.close()
    return File(f"{document.name}.xlsx", XLSX, buffer.getvalue())


def fits(value: Decimal) -> bool:
    """Whether a spreadsheet can hold the number without losing a digit."""
    digits = value.normalize(_WIDE).as_tuple().digits
    return len(digits) <= EXACT_DIGITS


@dataclass(frozen=True)
class _Field:
    """A column of a sheet: a column of the table, exactly or `in_units`."""

    column: Column
    title: str
    in_units: bool = False


class _Writer:
    def __init__(self, book: Any) -> None:
        self.book = book
        self.names: set[str] = set()
        self.strong = book.add_format({"bold": True})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.head_right = book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "align": "right", "valign": "top"}
        )
        self.text_right = book.add_format({"align": "right"})
        self.formats: dict[tuple[str, bool], Any] = {}

    def about(self, document: Document) -> None:
        sheet = self.book.add_worksheet(self._free("About"))
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 4, 26)
        pairs = (
            ("Report", document.title),
            ("Of", document.company),
            ("What", document.subtitle),
            ("Period", document.period),
            ("Measure", document.measure),
            ("Part of the ledger", document.scope or "all of it"),
            ("Made", moment(document.made_at)),
            ("Figures", document.freshness),
            ("Late", document.late),
            ("Page", document.link),
        )
        row = 0
        for name, value in pairs:
            if value:
                sheet.write_string(row, 0, name, self.strong)
                sheet.write_string(row, 1, value)
                row += 1
        row += 1
        for place, name in enumerate(("Headline", "Exactly", "Before", "Change", "Unit")):
            sheet.write_string(row, place, name, self.head)
        for figure in document.figures:
            row += 1
            sheet.write_string(row, 0, figure.title)
            for place, amount in enumerate((figure.value, figure.before, figure.change), 1):
                if amount is not None:
                    self._number(sheet, row, place, amount, "general", False)
            sheet.write_string(row, 4, figure.currency or "")

    def table(self, table: Table) -> None:
        sheet = self.book.add_worksheet(self._free(table.title or table.name))
        fields = list(_fields(table))
        for place, one in enumerate(fields):
            right = one.column.type in ("money", "quantity", "count", "ratio")
            sheet.write_string(0, place, one.title, self.head_right if right else self.head)
            sheet.set_column(place, place, 20 if right else 30)
        sheet.freeze_panes(1, 0)
        # A sheet ends somewhere; the totals still cover every row, and CSV and Parquet have them.
        for number, row in enumerate(table.rows[:_MOST_ROWS], 1):
            self._row(sheet, number, fields, row, table.currency, False)
        last = min(len(table.rows), _MOST_ROWS)
        if table.rows:
            sheet.autofilter(0, 0, last, len(fields) - 1)
        for number, row in enumerate(table.totals, last + 2):
            self._row(sheet, number, fields, row, table.currency, True)

    def _row(
        self, sheet: Any, number: int, fields: Sequence[_Field], row: Row, unit: str | None,
        is_total: bool,
    ) -> None:  # fmt: skip
        currency = str(row.get("BillingCurrency") or unit or "") or None
        if is_total and fields and fields[0].column.role in ("dimension", "period"):
            sheet.write_string(number, 0, "Total", self.strong)
        for place, one in enumerate(fields):
            value: Any = row.get(one.column.name)
            if value is None:
                continue
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                amount = Decimal(value)
                if one.in_units:
                    amount = rounded(amount, places(currency))
                self._number(sheet, number, place, amount, _pattern(one, currency), is_total)
            elif isinstance(value, datetime):
                sheet.write_datetime(number, place, value, self._format("yyyy-mm-dd hh:mm", False))
            elif isinstance(value, date):
                at = datetime(value.year, value.month, value.day)
                sheet.write_datetime(number, place, at, self._format("yyyy-mm-dd", False))
            else:
                sheet.write_string(number, place, str(value))

    def _number(
        self, sheet: Any, row: int, place: int, value: Decimal, pattern: str, strong: bool
    ) -> None:
        if fits(value):
            sheet.write_number(row, place, value, self._format(pattern, strong))
        else:
            sheet.write_string(row, place, money_text(value), self.text_right)

    def _format(self, pattern: str, strong: bool) -> Any:
        key = (pattern, strong)
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"num_format": pattern, "bold": strong})
        return self.formats[key]

    def _free(self, title: str) -> str:
        """A name that a sheet may have and none has yet."""
        base = _NAME.sub(" ", title).strip()[:28] or "Table"
        name, number = base, 1
        while name.lower() in self.names:
            number += 1
            name = f"{base[:26]} {number}"
        self.names.add(name.lower())
        return name


def _fields(table: Table) -> Iterator[_Field]:
    for column in table.columns:
        unit = f", {table.currency}" if column.type == "money" and table.currency else ""
        if column.type != "money" or all(
            value is None or fits(Decimal(value))  # type: ignore[arg-type]
            for row in (*table.rows, *table.totals)
            for value in (row.get(column.name),)
        ):
            yield _Field(column, f"{column.title}{unit}")
            continue
        yield _Field(column, f"{column.title}{unit}, rounded", in_units=True)
        yield _Field(column, f"{column.title}{unit}, exactly")


def _pattern(one: _Field, currency: str | None) -> str:
    if one.column.type == "ratio":
        return "0.0%"
    if one.column.type == "count":
        return "#,##0"
    if one.in_units:
        digits = places(currency)
        return "#,##0" + ("." + "0" * digits if digits else "")
    return "#,##0.00#####################" if one.column.type == "money" else "general"
