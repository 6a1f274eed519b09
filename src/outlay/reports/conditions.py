"""When a report is worth sending: a condition on its headlines, worked out exactly.

``change > 10 %`` and ``change > 500`` look at the change against the range before, ``moves by
10 %`` at its size in either direction, ``total >= 10000`` at the amount; ``not empty`` sends only
what has rows. A condition holds when it holds for one headline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money import parse_money
from outlay.money.display import amount, change, change_ratio
from outlay.money.typed import unseparated
from outlay.reports.document import Document, Figure
from outlay.reports.errors import PermanentError, ReportError

_FORM = re.compile(
    r"(?P<what>change|moves|total)\s*(?P<op>>=|<=|>|<|by)\s*(?P<number>[+-]?[\d.,]+)\s*(?P<unit>%?)"
)
_EMPTY = ("not empty", "there are rows")
ALLOWED = ("change > 10 %", "change > 500", "moves by 10 %", "total >= 10000", "not empty")
"""Examples of every form, for messages and help."""


@dataclass(frozen=True)
class Condition:
    """`what` (change, moves, total, rows) compared by `op` with `limit`, a share when `ratio`."""

    text: str
    what: str
    op: str = ">"
    limit: Fraction = Fraction(0)
    ratio: bool = False

    @property
    def compares(self) -> bool:
        """Whether the question must have a comparison."""
        return self.what in ("change", "moves")

    def verdict(self, document: Document) -> tuple[bool, str]:
        """Whether it holds, and what it was, in words. PermanentError when the document has
        nothing to look at."""
        if self.what == "rows":
            rows = sum(len(table.rows) for table in document.tables("file"))
            return rows > 0, f"{rows:,} rows"
        figures = self._figures(document)
        held = [figure for figure in figures if self._holds(figure)]
        shown = held or figures
        return bool(held), ", ".join(self._told(figure) for figure in shown)

    def _figures(self, document: Document) -> Sequence[Figure]:
        wanted = [
            figure
            for figure in document.figures
            if figure.value is not None and (not self.compares or figure.change is not None)
        ]
        if not wanted:
            lacks = "a comparison" if self.compares else "a headline"
            raise PermanentError(
                f"the condition {self.text!r} needs {lacks}, which the content does not have. "
                "Give the view a comparison, or change the condition."
            )
        return wanted

    def _holds(self, figure: Figure) -> bool:
        found = self._value(figure)
        if found is None:  # no base: from nothing to something is more than any share
            grown = bool(figure.change) and (figure.change or 0) > 0
            return grown and self.op in (">", ">=")
        if self.what == "moves":
            return abs(found) >= self.limit
        return {
            ">": found > self.limit,
            ">=": found >= self.limit,
            "<": found < self.limit,
            "<=": found <= self.limit,
        }[self.op]

    def _value(self, figure: Figure) -> Fraction | None:
        if self.what == "total":
            return Fraction(figure.value or Decimal(0))
        moved = Fraction(figure.change or Decimal(0))
        if not self.ratio:
            return moved
        before = Fraction(figure.before or Decimal(0))
        if not before:
            return None if moved else Fraction(0)
        return moved / before

    def _told(self, figure: Figure) -> str:
        unit = f" {figure.currency}" if figure.currency else ""
        if self.what == "total":
            return f"{figure.title} is {amount(figure.value, figure.currency)}{unit}"
        moved = change(figure.change, figure.kind, figure.currency) + unit
        return f"{figure.title} changed by {moved} ({change_ratio(figure.ratio)})"


def parse(text: str) -> Condition | None:
    """Read a condition ('' is none); ReportError says which forms there are."""
    plain = " ".join(text.split())
    if not plain:
        return None
    low = plain.lower()
    if low in _EMPTY:
        return Condition(plain, "rows")
    match = _FORM.fullmatch(low)
    if match is None or (match["what"] == "moves") != (match["op"] == "by"):
        raise _unknown(text)
    try:
        limit = Fraction(parse_money(unseparated(match["number"])))
    except ValueError:
        raise _unknown(text) from None
    ratio = bool(match["unit"])
    if ratio and match["what"] == "total":
        raise ReportError(f"{text!r}: a total is an amount, not a share. {_help()}")
    op = ">=" if match["op"] == "by" else match["op"]
    return Condition(plain, match["what"], op, limit / 100 if ratio else limit, ratio)


def _unknown(text: str) -> ReportError:
    return ReportError(f"{text!r} is no condition. {_help()}")


def _help() -> str:
    return "Allowed: " + "; ".join(ALLOWED) + "."
