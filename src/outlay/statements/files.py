"""Statements as files: CSV, and a workbook for spreadsheets. Numbers are those of the page."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter

from outlay.money import money_text
from outlay.money.cents import unit_text
from outlay.statements.documents import Statement, StatementMonth
from outlay.statements.sections import COLUMNS, SECTIONS

LINE_COLUMNS = (
    *("plan", "tag", "value", "month", "state", "currency", "section", "line", "amount"),
    *("exact", "detail", "corrects", "invoice", "source", "id"),
)
"""The columns of a statement's CSV, a row for each line."""

MONTH_COLUMNS = (
    *("plan", "tag", "value", "title", "owner", "month", "state", "currency"),
    *COLUMNS,
    "total",
)
"""The columns of a month's CSV, a row for each value."""

_EXACT_DIGITS = 15
"""Spreadsheets keep numbers as doubles: 15 digits are exact, more stand as text."""


def line_rows(statement: Statement) -> list[tuple[str, ...]]:
    """The lines of a statement as text, in the order of `LINE_COLUMNS`."""
    about = (
        *(statement.plan, statement.tag, statement.value, str(statement.month)),
        *(statement.state, statement.currency),
    )
    return [
        (
            *about,
            *(line.section, line.name, unit_text(line.amount, statement.places)),
            *(money_text(line.exact), line.detail, line.month, line.invoice, line.source, line.id),
        )
        for line in statement.lines
    ]


def statement_csv(statement: Statement) -> str:
    """A statement as CSV with a header: a row for each line; their amounts sum to the total."""
    return _csv(LINE_COLUMNS, line_rows(statement))


def month_csv(month: StatementMonth) -> str:
    """A month as CSV with a header: a row for each value."""
    return _csv(MONTH_COLUMNS, (_month_row(month, one) for one in month.statements))


def _month_row(month: StatementMonth, one: Statement) -> tuple[str, ...]:
    amounts = (*one.columns.values(), one.total)
    return (
        *(month.plan, month.tag, one.value, one.title, one.owner),
        *(str(month.month), one.state, month.currency),
        *(unit_text(amount, month.places) for amount in amounts),
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def statement_xlsx(statement: Statement) -> bytes:
    """A statement as a workbook: its lines by section, and the total as a formula over them."""

    def fill(book: "_Book") -> None:
        sheet = book.sheet("Statement")
        sheet.head(
            [
                (statement.heading or "Statement", statement.label),
                ("Month", str(statement.month)),
                ("State", statement.state),
                ("Currency", statement.currency),
                ("Measure", statement.measure),
                ("Owner", statement.owner),
            ]
        )
        _lines(sheet, [statement], about=())

    return _workbook(statement.places, fill)


def month_xlsx(month: StatementMonth) -> bytes:
    """A month as a workbook: the table of values, and every line of every statement."""

    def fill(book: "_Book") -> None:
        sheet = book.sheet("Statements")
        sheet.head(
            [
                ("Statements", month.title),
                ("Month", str(month.month)),
                ("State", month.state),
                ("Currency", month.currency),
                ("Bill of the month", month.bill),
            ]
        )
        sheet.header((month.tag, "Owner", *COLUMNS.values(), "Total"))
        first = sheet.row
        for one in month.statements:
            sheet.write([one.label, one.owner, *one.columns.values(), one.total])
        sums = [*month.columns.values(), month.total]
        sheet.totals("Sum", 2, sums, first)
        _lines(book.sheet("Lines"), month.statements, about=("value",))

    return _workbook(month.places, fill)


def _lines(sheet: "_Sheet", statements: Sequence[Statement], about: tuple[str, ...]) -> None:
    headings = ("Section", "Line", "Detail", "Corrects", "Invoice", "Source", "Exact", "Amount")
    sheet.header((*(name.title() for name in about), *headings))
    first, whole = sheet.row, []
    for one in statements:
        for line in one.lines:
            sheet.write(
                [
                    *(getattr(one, name) for name in about),
                    SECTIONS[line.section].title,
                    *(line.name, line.detail, line.month, line.invoice, line.source),
                    money_text(line.exact),
                    line.amount,
                ]
            )
        whole.append(one.total)
    sheet.totals("Total", len(about) + len(headings) - 1, [sum(whole, Decimal(0))], first)


def _workbook(digits: int, fill: Callable[["_Book"], None]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    fill(_Book(book, digits))
    book.close()
    return buffer.getvalue()


class _Book:
    def __init__(self, book: Any, digits: int) -> None:
        self.book = book
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        self.money = book.add_format({"num_format": pattern})
        self.strong_money = book.add_format({"num_format": pattern, "bold": True, "top": 1})
        self.strong = book.add_format({"bold": True})
        self.top = book.add_format({"bold": True, "top": 1})

    def sheet(self, name: str) -> "_Sheet":
        return _Sheet(self, self.book.add_worksheet(name))


class _Sheet:
    """A worksheet that is filled from the top; texts are never taken for formulas."""

    def __init__(self, book: _Book, sheet: Any) -> None:
        self.book, self.sheet, self.row = book, sheet, 0
        sheet.set_column(0, 20, 18)

    def head(self, pairs: Sequence[tuple[str, str | Decimal]]) -> None:
        for name, value in pairs:
            self.sheet.write_string(self.row, 0, name, self.book.strong)
            self._cell(1, value)
            self.row += 1
        self.row += 1

    def header(self, names: Sequence[str]) -> None:
        for place, name in enumerate(names):
            self.sheet.write_string(self.row, place, name, self.book.strong)
        self.row += 1

    def write(self, values: Sequence[str | Decimal]) -> None:
        for place, value in enumerate(values):
            self._cell(place, value)
        self.row += 1

    def totals(self, label: str, place: int, sums: Sequence[Decimal], first: int) -> None:
        """A row of sums: formulas over the rows from `first`, with what they come to."""
        self.sheet.write_string(self.row, 0, label, self.book.top)
        for offset, value in enumerate(sums):
            column = chr(ord("A") + place + offset)
            formula = f"=SUM({column}{first + 1}:{column}{self.row})"
            if first == self.row:
                self._cell(place + offset, value)
            else:
                self.sheet.write_formula(
                    self.row, place + offset, formula, self.book.strong_money, value
                )
        self.row += 1

    def _cell(self, place: int, value: str | Decimal) -> None:
        if isinstance(value, Decimal) and len(value.as_tuple().digits) <= _EXACT_DIGITS:
            self.sheet.write_number(self.row, place, value, self.book.money)
        else:
            text = format(value, "f") if isinstance(value, Decimal) else value
            self.sheet.write_string(self.row, place, text)
