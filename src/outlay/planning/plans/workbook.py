"""A version of a plan as a spreadsheet of seven sheets, from which all of it can be read again."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from outlay.planning.plans.codec import digest_of, moment_text, plain, text_of
from outlay.planning.plans.model import Document, Line, Version, path_text
from outlay.planning.plans.sheets import (
    ABOUT,
    ADJUSTMENTS,
    BASELINE,
    DRIVERS,
    HISTORY,
    KIND,
    LINE,
    MOST_CELL,
    NAME,
    NOTES,
    PLAN,
    TOTAL,
    YEAR,
    number_in,
    text_in,
)

VOLUME, UNIT_COST = "volume", "unit cost"
BASE_VOLUME, BASE_UNIT_COST = "baseline volume", "baseline unit cost"
DRIVER_ROWS = (VOLUME, UNIT_COST, BASE_VOLUME, BASE_UNIT_COST)
"""The rows of a driven line: what is planned, to be edited, and what it was made as."""


def to_xlsx(version: Version) -> bytes:
    """The spreadsheet of a version. Amounts can be changed in the sheet Plan, volumes and unit
    costs in Drivers; lines added below the others, notes below the others; the rest is to read."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    book = xlsxwriter.Workbook(buffer, options)
    writer = _Writer(book, version)
    writer.plan()
    writer.baseline()
    writer.adjustments()
    writer.drivers()
    writer.notes()
    writer.history()
    writer.about()
    book.close()
    return buffer.getvalue()


def kind_of(line: Line) -> str:
    """What a line is, in a word."""
    if line.driver is not None:
        return "driven"
    return "planned" if line.planned else "charges"


class _Writer:
    """Writes the sheets of one version."""

    def __init__(self, book: Any, version: Version) -> None:
        self.book, self.version = book, version
        self.document: Document = version.document
        self.frame = version.document.frame
        digits = "0" * self.frame.places
        money = f"#,##0.{digits}" if digits else "#,##0"
        grey = {"bg_color": "#F1F3F5", "font_color": "#333333"}
        make = book.add_format
        self.head = make({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.title = make({"bold": True, "font_size": 14})
        self.plain = make({})
        self.fixed = make(grey)
        self.money = make({"num_format": money})
        self.fixed_money = make({"num_format": money, **grey})
        self.sum = make({"num_format": money, "bold": True, "top": 1, **grey})
        self.number = make({"num_format": "#,##0.############"})
        self.fixed_number = make({"num_format": "#,##0.############", **grey})

    # --- sheets ---

    def plan(self) -> None:
        """The grid: what is planned, by line and month."""
        document, frame = self.document, self.frame
        levels = list(frame.hierarchy)
        sheet = self.book.add_worksheet(PLAN)
        sheet.write_string(0, 0, f"{frame.title}, {self.version.info.name}", self.title)
        sheet.write_string(
            1, 0,
            f"{frame.measure} in {frame.currency}. Change amounts, add lines below the others, and "
            "import the file. Grey cells are to read.",
            self.plain,
        )  # fmt: skip
        months = [str(month) for month in document.months]
        heads = [LINE, *levels, NAME, KIND, *months, YEAR]
        top, first = 3, 4 + len(levels) - 1
        self._heads(sheet, top, heads)
        sheet.freeze_panes(top + 1, first)
        sheet.set_column(0, 0, 7)
        sheet.set_column(1, len(levels) + 1, 22)
        sheet.set_column(first, first + len(months), 13)
        row = top
        for line in document.live:
            row += 1
            texts = [line.id, *line.path, line.name or None, kind_of(line)]
            self._texts(sheet, row, texts, self.fixed)
            for at, cell in enumerate(document.cells(line.id)):
                if cell.known:
                    self._number(sheet, row, first + at, cell.total, self.money)
                else:
                    sheet.write_blank(row, first + at, None, self.money)
            self._sum(sheet, row, first + len(months), document.year(line.id).total,
                      (row, first, row, first + len(months) - 1))  # fmt: skip
        bottom = row + 1
        sheet.write_string(bottom, 0, TOTAL, self.sum)
        for at, cell in enumerate(document.sums()):
            self._sum(sheet, bottom, first + at, cell.total, (top + 1, first + at, row, first + at))
        self._sum(sheet, bottom, first + len(months), document.total,
                  (bottom, first, bottom, first + len(months) - 1))  # fmt: skip

    def baseline(self) -> None:
        """What each line was made from; lines that were removed are here too."""
        months = [str(month) for month in self.document.months]
        heads = [LINE, *self.frame.hierarchy, NAME, "Condition", "Planned", "Removed", "Reason",
                 *months, *(f"{month} is" for month in months)]  # fmt: skip
        sheet = self._sheet(BASELINE, heads)
        for row, line in enumerate(self.document.lines, 1):
            texts = [line.id, *line.path, *_blank(line.name, line.where, _yes(line.planned),
                     _yes(line.removed), line.reason)]  # fmt: skip
            self._texts(sheet, row, texts, self.fixed)
            start = len(texts)
            for at, amount in enumerate(line.baseline):
                if amount is not None:
                    self._number(sheet, row, start + at, amount, self.fixed_money)
            self._texts(sheet, row, _blank(*line.origins), self.fixed, start + len(months))

    def adjustments(self) -> None:
        """Every adjustment, oldest first."""
        heads = ["Number", LINE, "Path", "Month", "Of", "Amount", "Effect", "Reason", "Author",
                 "Moment", "Edit", "Takes back"]  # fmt: skip
        sheet = self._sheet(ADJUSTMENTS, heads)
        for row, one in enumerate(self.document.adjustments, 1):
            back = None if one.takes_back is None else str(one.takes_back)
            path = path_text(self.document.line(one.line).path)
            self._texts(sheet, row, [str(one.id), one.line, path, str(one.month), one.of],
                        self.fixed)  # fmt: skip
            form = self.fixed_money if one.of == "amount" else self.fixed_number
            self._number(sheet, row, 5, one.amount, form)
            self._texts(
                sheet, row, [one.effect, one.reason, one.author, moment_text(one.at),
                             str(one.batch), back],
                self.fixed, 6,
            )  # fmt: skip

    def drivers(self) -> None:
        """Volume and unit cost of driven lines: what is planned, and what they were made as."""
        months = [str(month) for month in self.document.months]
        heads = [LINE, "Path", "Metric", "Unit", "Series", "Basis", "What", *months]
        sheet = self._sheet(DRIVERS, heads)
        row = 0
        for line in self.document.lines:
            driver = line.driver
            if driver is None:
                continue
            only = json.dumps({k: list(v) for k, v in sorted(driver.only.items())})
            cells = self.document.cells(line.id)
            numbers: dict[str, Sequence[Decimal | None]] = {
                VOLUME: [cell.volume for cell in cells],
                UNIT_COST: [cell.unit_cost for cell in cells],
                BASE_VOLUME: driver.volumes,
                BASE_UNIT_COST: driver.unit_costs,
            }
            for what in DRIVER_ROWS:
                row += 1
                texts = [line.id, path_text(line.path), *_blank(driver.metric, driver.unit, only,
                         driver.basis), what]  # fmt: skip
                self._texts(sheet, row, texts, self.fixed)
                form = self.number if what in (VOLUME, UNIT_COST) else self.fixed_number
                for at, number in enumerate(numbers[what]):
                    if number is not None:
                        self._number(sheet, row, len(texts) + at, number, form)
                    else:
                        sheet.write_blank(row, len(texts) + at, None, form)

    def notes(self) -> None:
        """What was noted; new notes can be written below."""
        heads = ["Number", LINE, "Month", "Text", "Author", "Moment"]
        sheet = self._sheet(NOTES, heads)
        for row, one in enumerate(self.document.notes, 1):
            month = None if one.month is None else str(one.month)
            texts = [str(one.id), one.line or None, month, one.text, one.author,
                     moment_text(one.at)]  # fmt: skip
            self._texts(sheet, row, texts, self.fixed)

    def history(self) -> None:
        """Who did what, oldest first."""
        heads = ["Revision", "Moment", "Author", "Action", "What", "Reason", "Cells"]
        sheet = self._sheet(HISTORY, heads)
        for row, one in enumerate(self.document.steps, 1):
            cells = _parts(" ".join(one.cells))
            texts = [str(one.revision), moment_text(one.at), one.author, one.action, one.said,
                     one.reason or None, *cells]  # fmt: skip
            self._texts(sheet, row, texts, self.fixed)

    def about(self) -> None:
        """What the file is of, and the digest of all that stands in it."""
        sheet = self._sheet(ABOUT, ["What", "Value"])
        sheet.set_column(0, 0, 20)
        sheet.set_column(1, 1, 70)
        for row, (what, value) in enumerate(about(self.version).items(), 1):
            sheet.write_string(row, 0, what, self.fixed)
            self._texts(sheet, row, [value or None], self.fixed, 1)

    # --- cells ---

    def _sheet(self, name: str, heads: Sequence[str]) -> Any:
        sheet = self.book.add_worksheet(name)
        self._heads(sheet, 0, heads)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(heads), 14)
        return sheet

    def _heads(self, sheet: Any, row: int, heads: Sequence[str]) -> None:
        for column, text in enumerate(heads):
            sheet.write_string(row, column, text, self.head)

    def _texts(
        self, sheet: Any, row: int, values: Sequence[str | None], form: Any, first: int = 0
    ) -> None:
        for column, value in enumerate(values, first):
            text = text_in(value)
            if text is None:
                sheet.write_blank(row, column, None, form)
            else:
                sheet.write_string(row, column, text, form)

    def _number(self, sheet: Any, row: int, column: int, value: Decimal, form: Any) -> None:
        written = number_in(value)
        if isinstance(written, str):
            sheet.write_string(row, column, written, form)
        else:
            sheet.write_number(row, column, written, form)

    def _sum(
        self, sheet: Any, row: int, column: int, value: Decimal, of: tuple[int, int, int, int]
    ) -> None:
        """A sum that the spreadsheet works out anew when its cells are changed."""
        from xlsxwriter.utility import xl_range

        sheet.write_formula(row, column, f"=SUM({xl_range(*of)})", self.sum, str(value))


def about(version: Version) -> dict[str, str | None]:
    """The lines of the sheet About: what and value."""
    document, info = version.document, version.info
    frame, stamp = document.frame, document.baseline
    found: dict[str, str | None] = {
        "Plan": frame.plan,
        "Title": frame.title,
        "Version": str(info.version),
        "Version title": info.title,
        "State": info.state,
        "Kind": document.kind,
        "Revision": str(document.revision),
        "Digest": digest_of(text_of(document)),
        "First month": str(frame.first),
        "Measure": frame.measure,
        "Currency": frame.currency,
        "Places": str(frame.places),
        "Hierarchy": json.dumps(list(frame.hierarchy)),
        "Scope": frame.where,
        "Rates": frame.rates,
    }
    if stamp is not None:
        until, growth = stamp.complete_until, stamp.growth
        warnings = _parts(json.dumps(list(stamp.warnings)))
        found |= {
            "Baseline moment": moment_text(stamp.at),
            "Baseline author": stamp.author,
            "Baseline method": stamp.method,
            "Baseline snapshot": stamp.snapshot,
            "Baseline complete until": None if until is None else until.isoformat(),
            "Baseline growth": None if growth is None else plain(growth),
        }
        found |= {f"Baseline warnings {at}": part for at, part in enumerate(warnings, 1)}
    return found


def _blank(*texts: str) -> list[str | None]:
    """Texts of which an empty one is an empty cell."""
    return [text or None for text in texts]


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _parts(text: str) -> list[str]:
    """A long text in parts that fit a cell each."""
    return [text[at : at + MOST_CELL] for at in range(0, len(text), MOST_CELL)]
