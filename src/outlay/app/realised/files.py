"""The ledger as files that finance can audit: every entry, its days, its baselines.

CSV holds the entries with all their digits. The workbook has five sheets; what is a sum or a
difference is a formula in it, over the cells that it is made of.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.realised.keeping import store
from outlay.app.realised.listing import Ledger, Sought, ledger
from outlay.app.realised.words import EFFECT_MEANS
from outlay.app.served import served
from outlay.expression.errors import QueryError, near_names
from outlay.money import money_text, total
from outlay.savings.realised.model import EFFECTS, Baseline, Entry

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The forms of the ledger, and their media types."""

FORMULA = "realised = " + " + ".join(EFFECTS) + "; missed = max(promised − realised, 0)"
_TEXTS = (
    "entry", "recommendation", "title", "month", "owner_tag", "owner", "provider", "action",
    "nature", "state", "currency",
)  # fmt: skip
_AMOUNTS = (
    "promised", "counterfactual", "actual", *EFFECTS, "realised", "missed", "beyond", "avoided",
    "one_off", "list_before", "list_actual",
)  # fmt: skip
_LAST = ("known_at", "snapshot", "where", "formula")
COLUMNS = (*_TEXTS, "days", *_AMOUNTS, *_LAST)
"""The columns of the CSV file."""


@dataclass(frozen=True)
class LedgerFile:
    """A file: its name, media type and content."""

    name: str
    media: str
    content: bytes


@served("GET /realised/export")
def export(workspace: Workspace, form: str = "csv", sought: Sought | None = None) -> LedgerFile:
    """The entries that are sought, of those that who asks may see, as a file. QueryError for a form
    that there is not."""
    if form not in MEDIA:
        raise QueryError(
            f"{form!r} is no form of the ledger",
            field="format",
            text=form,
            near=near_names(form, MEDIA),
            allowed=tuple(MEDIA),
        )
    found = ledger(workspace, sought)
    name = f"realised-savings.{form}"
    if form == "csv":
        return LedgerFile(name, MEDIA[form], to_csv(found).encode())
    numbers = {one.recommendation for one in found.entries}
    baselines = [one for one in store(workspace).baselines() if one.recommendation in numbers]
    return LedgerFile(name, MEDIA[form], to_xlsx(found, baselines))


def to_csv(found: Ledger) -> str:
    """The entries as CSV, amounts in full."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found.entries:
        texts = [_plain(str(_text(one, name, found))) for name in _TEXTS]
        amounts = [money_text(_amount(one, name)) for name in _AMOUNTS]
        last = [one.at.isoformat(), one.snapshot, _plain(one.where), FORMULA]
        writer.writerow([*texts, len(one.days), *amounts, *last])
    return buffer.getvalue()


def _text(one: Entry, name: str, found: Ledger) -> object:
    if name == "entry":
        return one.id
    if name == "month":
        return f"{one.month:%Y-%m}"
    if name == "state":
        return found.states.get(one.recommendation, "")
    return getattr(one, name)


def _amount(one: Entry, name: str) -> Decimal:
    value: Decimal = getattr(one.effects if name in EFFECTS else one, name)
    return value


def _plain(text: str) -> str:
    """A text that a spreadsheet takes for a text and no formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def to_xlsx(found: Ledger, baselines: Sequence[Baseline]) -> bytes:
    """The workbook: Ledger, Days, Prices, Baselines, About."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    book = xlsxwriter.Workbook(buffer, options)
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1}),
        "money": book.add_format({"num_format": "#,##0.00"}),
        "exact": book.add_format({"num_format": "#,##0.00##########"}),
    }
    _ledger_sheet(book, formats, found)
    _days_sheet(book, formats, found.entries)
    _prices_sheet(book, formats, found.entries)
    _baselines_sheet(book, formats, baselines)
    _about_sheet(book, formats, found)
    book.close()
    return buffer.getvalue()


def _head(book: Any, formats: Any, name: str, columns: Sequence[str]) -> Any:
    sheet = book.add_worksheet(name)
    sheet.write_row(0, 0, [column.replace("_", " ") for column in columns], formats["head"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, 0, len(columns) - 1)
    sheet.set_column(0, len(columns) - 1, 14)
    return sheet


def _ledger_sheet(book: Any, formats: Any, found: Ledger) -> None:
    from xlsxwriter.utility import xl_rowcol_to_cell as cell

    columns = (*_TEXTS, "days", *_AMOUNTS, "known_at", "snapshot", "where")
    sheet = _head(book, formats, "Ledger", columns)
    place = {name: number for number, name in enumerate(columns)}
    for row, one in enumerate(found.entries, start=1):
        for name in _TEXTS:
            sheet.write(row, place[name], _text(one, name, found))
        sheet.write_number(row, place["days"], len(one.days))
        for name in _AMOUNTS:
            sheet.write_number(row, place[name], _amount(one, name), formats["money"])
        if one.nature == "saving":
            first, last = cell(row, place[EFFECTS[0]]), cell(row, place[EFFECTS[-1]])
            _formula(sheet, row, place["realised"], f"=SUM({first}:{last})", one.realised, formats)
            got, due = cell(row, place["realised"]), cell(row, place["promised"])
            _formula(sheet, row, place["missed"], f"=MAX({due}-{got},0)", one.missed, formats)
            _formula(sheet, row, place["beyond"], f"=MAX({got}-{due},0)", one.beyond, formats)
        for name, text in (("known_at", one.at.isoformat()), ("snapshot", one.snapshot),
                           ("where", one.where)):  # fmt: skip
            sheet.write_string(row, place[name], text)
    _sum_row(sheet, formats, found, place)


def _formula(sheet: Any, row: int, column: int, text: str, value: Decimal, formats: Any) -> None:
    sheet.write_formula(row, column, text, formats["money"], value)


def _sum_row(sheet: Any, formats: Any, found: Ledger, place: dict[str, int]) -> None:
    """A sum under each amount, where all is of one currency: others are never added up."""
    from xlsxwriter.utility import xl_range

    if len(found.totals) != 1:
        return
    row = len(found.entries) + 1
    sheet.write_string(row, 0, "Sum", formats["head"])
    for name in _AMOUNTS:
        column = place[name]
        value = total(_amount(one, name) for one in found.entries)
        of = xl_range(1, column, row - 1, column)
        _formula(sheet, row, column, f"=SUM({of})", value, formats)


def _days_sheet(book: Any, formats: Any, entries: Sequence[Entry]) -> None:
    from xlsxwriter.utility import xl_rowcol_to_cell as cell

    columns = ("entry", "recommendation", "day", "baseline", "currency", "counterfactual",
               "actual", *EFFECTS, "realised", "one_off", "avoided", "shared_with")  # fmt: skip
    sheet = _head(book, formats, "Days", columns)
    first = columns.index(EFFECTS[0])
    for row, (entry, day) in enumerate(_days(entries), start=1):
        sheet.write_row(row, 0, [entry.id, entry.recommendation, day.day.isoformat(), day.baseline,
                                 entry.currency])  # fmt: skip
        amounts = [day.counterfactual, day.actual, *(getattr(day.effects, n) for n in EFFECTS)]
        sheet.write_row(row, 5, amounts, formats["exact"])
        last = first + len(EFFECTS) - 1
        of = f"=SUM({cell(row, first)}:{cell(row, last)})"
        _formula(sheet, row, last + 1, of, day.realised, formats)
        sheet.write_row(row, last + 2, [day.one_off, day.avoided], formats["exact"])
        sheet.write_string(row, last + 4, ", ".join(f"#{n}" for n in day.partners))


def _days(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Any]]:
    for entry in entries:
        for day in entry.days:
            yield entry, day


def _prices_sheet(book: Any, formats: Any, entries: Sequence[Entry]) -> None:
    columns = ("entry", "recommendation", "month", "resource", "meter", "unit", "share",
               "quantity_before", "rate_before", "counterfactual", "quantity", "actual",
               *EFFECTS)  # fmt: skip
    sheet = _head(book, formats, "Prices", columns)
    row = 0
    for entry in entries:
        for one in entry.keys:
            row += 1
            sheet.write_row(row, 0, [entry.id, entry.recommendation, f"{entry.month:%Y-%m}"])
            for column, text in enumerate((one.key.resource, one.key.meter, one.key.unit), 3):
                sheet.write_string(row, column, text)
            effects = [getattr(one.effects, name) for name in EFFECTS]
            values = (one.share, one.quantity_before, one.rate_before, one.counterfactual,
                      one.quantity, one.actual, *effects)  # fmt: skip
            for column, value in enumerate(values, 6):
                if value is not None:
                    sheet.write_number(row, column, value, formats["exact"])


def _baselines_sheet(book: Any, formats: Any, baselines: Iterable[Baseline]) -> None:
    columns = ("baseline", "recommendation", "frozen_at", "snapshot", "digest", "first_day",
               "end_day", "days", "cadence", "currency", "promised", "resource", "meter", "unit",
               "quantity", "cost", "rate", "list_rate", "quantities_a_day", "where")  # fmt: skip
    sheet = _head(book, formats, "Baselines", columns)
    row = 0
    for one in baselines:
        for key in one.keys:
            row += 1
            texts = (str(one.id), str(one.recommendation), one.frozen_at.isoformat(), one.snapshot,
                     one.digest, one.first_day.isoformat(), one.end_day.isoformat(), str(one.days),
                     one.cadence, one.currency)  # fmt: skip
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text)
            sheet.write_number(row, 10, one.promised, formats["money"])
            for column, text in enumerate((key.key.resource, key.key.meter, key.key.unit), 11):
                sheet.write_string(row, column, text)
            for column, value in enumerate((key.quantity, key.cost, key.rate, key.list_rate), 14):
                if value is not None:
                    sheet.write_number(row, column, value, formats["exact"])
            sheet.write_string(row, 18, "; ".join(money_text(value) for value in key.quantities))
            sheet.write_string(row, 19, one.where)


def _about_sheet(book: Any, formats: Any, found: Ledger) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    rows = [
        ("Realised savings", "What was promised, and what the bill shows of it."),
        ("Formula", FORMULA),
        ("promised", "the accepted estimate a month ÷ 30 × days counted, rounded to cents"),
        ("counterfactual", "frozen quantity a day × frozen rate: what would have been paid"),
        ("actual", "what was paid, from the bill of the snapshot"),
        *EFFECT_MEANS.items(),
        (
            "share",
            "of prices that several recommendations have, the part that counts for this one: "
            "by their promises",
        ),
        ("avoided", "what the bill did not rise by; never part of what was realised"),
        ("one off", "refunds and credits less fees; never part of what was realised"),
        ("known at, snapshot", "when the entry was made, and from which snapshot of the lake"),
        ("Digits", "cells hold 15 digits; the CSV file and the API hold all of them"),
    ]
    for change in found.changes:
        rows.append(
            (
                f"{change.month:%Y-%m} restated",
                f"recommendation {change.recommendation}: {money_text(change.before)} when the "
                f"month was first whole, {money_text(change.after)} now, difference "
                f"{money_text(change.difference)} {change.currency}",
            )
        )
    for row, (name, text) in enumerate(rows):
        sheet.write_string(row, 0, name, formats["head"])
        sheet.write_string(row, 1, text)
