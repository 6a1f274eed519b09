"""The form of a plan's spreadsheet: names of sheets and columns, and how values stand in cells.

A spreadsheet keeps numbers as doubles, exact for fifteen digits. An amount that has more, and a
volume or unit cost that a double does not hold, stands as text; so does text that a spreadsheet
would change (empty, with control characters or spaces at its ends), in quotation marks as JSON has
it. So every value comes back as it was.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

PLAN, BASELINE, ADJUSTMENTS = "Plan", "Baseline", "Adjustments"
DRIVERS, NOTES, HISTORY, ABOUT = "Drivers", "Notes", "History", "About"
SHEETS = (PLAN, BASELINE, ADJUSTMENTS, DRIVERS, NOTES, HISTORY, ABOUT)

LINE, NAME, KIND, YEAR, TOTAL = "Line", "Name", "Kind", "Year", "Total"
"""Columns of the plan's grid; `TOTAL` in the column of lines is the sum's row."""

DIGITS = 15
"""So many significant digits a spreadsheet's number keeps."""

MOST_WHOLE, MOST_DECIMALS = 38, 36
"""Digits of a number before and after its point: exact sums of such numbers are possible."""

MOST_CELL = 30_000
"""Characters in a cell; a spreadsheet takes 32,767."""

_ODD = re.compile(r'^$|^"|^\s|\s$|[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_')
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_ROUND = Context(prec=120, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Place:
    """A cell, for people: the sheet and ``F7``."""

    sheet: str
    row: int
    column: int

    @property
    def name(self) -> str:
        """The cell as a spreadsheet names it; `row` and `column` count from 1."""
        letters, left = "", self.column
        while left:
            left, digit = divmod(left - 1, 26)
            letters = chr(65 + digit) + letters
        return f"{letters}{self.row}"

    def __str__(self) -> str:
        return f"{self.sheet}!{self.name}"


def number_in(value: Decimal) -> float | str:
    """How a number is written: as one, if the spreadsheet keeps it exactly; else as text."""
    text = format(value, "f")
    digits = text.replace(".", "").replace("-", "").lstrip("0")
    whole = text.rstrip("0").rstrip(".") if "." in text else text
    significant = whole.replace(".", "").replace("-", "").lstrip("0")
    if len(significant) <= DIGITS and len(digits) <= 2 * DIGITS:
        number = float(value)
        if Decimal(repr(number)) == value:
            return number
    return text


def text_in(value: str | None) -> str | None:
    """How text is written; None is an empty cell."""
    if value is None:
        return None
    return json.dumps(value) if _ODD.search(value) else value


def text_out(value: Any) -> str | None:
    """The text of a cell; None of an empty one. ValueError says why it is none."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return format(number_out(value), "f")
    text = str(value)
    if not text.startswith('"'):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str) else text


def number_out(value: Any) -> Decimal:
    """The number of a cell, as the spreadsheet shows it at fifteen digits. ValueError for what is
    none, with what is allowed."""
    if isinstance(value, bool) or value is None:
        raise ValueError("is no number: write an amount such as 1234.50")
    if isinstance(value, int):
        return _sized(Decimal(value))
    if isinstance(value, float):
        found = Decimal(repr(value))
        if not found.is_finite():
            raise ValueError("is no number")
        # What a formula gives may be off in the last digits that a double has.
        if len(found.as_tuple().digits) > DIGITS:
            found = found.quantize(
                Decimal(1).scaleb(found.adjusted() - DIGITS + 1), context=_ROUND
            ).normalize(_ROUND)
        return _sized(found)
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(
            f"is {text[:40]!r}, no number: write 1234.50, without a thousands separator or currency"
        )
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"is {text[:40]!r}, no number") from None
    return _sized(found)


def _sized(number: Decimal) -> Decimal:
    """The number itself; ValueError where exact arithmetic could not hold it beside others."""
    exponent = number.as_tuple().exponent
    if number.adjusted() >= MOST_WHOLE or (isinstance(exponent, int) and -exponent > MOST_DECIMALS):
        raise ValueError(
            f"has more than {MOST_WHOLE} digits before the point, or {MOST_DECIMALS} after it"
        )
    return number
