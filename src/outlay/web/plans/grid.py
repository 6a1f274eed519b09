"""The plan as a table: lines by their hierarchy with exact sums, months with quarters and the year.

Every sum here is the sum of the amounts that the table shows below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.money import BillingPeriod, total
from outlay.planning.plans.model import Document, Line
from outlay.web.plans.address import Shown, of_plan

Amounts = Mapping[str, Sequence[Decimal | None]]
"""Twelve amounts by line id; None: not known or not there."""

_QUARTER = 3
_NONE = "(none)"


@dataclass(frozen=True)
class Column:
    """One column: the places of its months (one: a month), `past` when its month is complete."""

    label: str
    at: tuple[int, ...]
    months: tuple[str, ...]
    past: bool = False

    @property
    def is_sum(self) -> bool:
        """Whether it is a sum of months."""
        return len(self.at) > 1


@dataclass(frozen=True)
class GridCell:
    """One amount: `base` is the baseline where it differs, `beside` what was actual, `tone` over
    or under for variances, `estimate` for an outlook's months that are not over. `unknown` says why
    a plan has no amount there; it counts as nought."""

    value: Decimal | None
    base: Decimal | None = None
    adjusted: bool = False
    noted: bool = False
    beside: Decimal | None = None
    tone: str = ""
    estimate: bool = False
    unknown: str = ""


@dataclass(frozen=True)
class GridRow:
    """One row: a line (`line` set) or a sum of lines."""

    name: str
    depth: int
    cells: tuple[GridCell, ...]
    line: Line | None = None
    missing: bool = False
    href: str = ""
    driven: bool = False
    hidden: bool = False
    folds: bool = False


@dataclass(frozen=True)
class Grid:
    """The whole table; `total` is its last row."""

    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]
    total: GridRow
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """What is shown: the amounts of the view, and those beside them."""

    amounts: Amounts
    beside: Amounts | None = None
    complete: int = 0
    """How many of the months, from the first, are complete."""
    unplanned: Sequence[Decimal | None] | None = None
    """What belongs to no line, shown as a row of its own; None where the view has no such thing."""


def columns(months: Sequence[BillingPeriod], quarters: bool, complete: int) -> tuple[Column, ...]:
    """The columns of a year: months, quarters if they are wanted, the year."""
    found: list[Column] = []
    for at, month in enumerate(months):
        found.append(Column(f"{month.start:%b %y}", (at,), (str(month),), at < complete))
        if quarters and (at + 1) % _QUARTER == 0:
            of = tuple(range(at + 1 - _QUARTER, at + 1))
            found.append(Column(f"Q{(at + 1) // _QUARTER}", of, tuple(str(months[i]) for i in of)))
    every = tuple(range(len(months)))
    return (*found, Column("Year", every, tuple(str(month) for month in months)))


def grid(document: Document, shown: Shown, figures: Figures) -> Grid:
    """The table of a document for what is shown."""
    found = columns(document.months, shown.quarters, figures.complete)
    maker = _Maker(document, shown, figures, found)
    rows = tuple(maker.rows())
    whole = maker.row("Total", 0, document.live, with_rest=True)
    return Grid(found, rows, whole, document.frame.hierarchy)


class _Maker:
    def __init__(
        self, document: Document, shown: Shown, figures: Figures, found: tuple[Column, ...]
    ) -> None:
        self.document, self.shown, self.figures, self.columns = document, shown, figures, found
        self.noted = {(note.line, note.month) for note in document.notes}

    def rows(self) -> list[GridRow]:
        """Groups before their parts; the amounts of no line last."""
        found: list[GridRow] = []
        self._below(self.document.live, 0, found)
        if self.figures.unplanned is not None:
            cells = self._cells(self.figures.unplanned, None, None)
            found.append(GridRow("Not in the plan", 0, cells, missing=True))
        return found

    def _below(self, lines: Sequence[Line], level: int, found: list[GridRow]) -> None:
        if level == len(self.document.frame.hierarchy):
            return
        parts: dict[str | None, list[Line]] = {}
        for line in lines:
            parts.setdefault(line.path[level], []).append(line)
        last = level + 1 == len(self.document.frame.hierarchy)
        for value, below in sorted(parts.items(), key=_by_name):
            if last:
                found.extend(self._line(line, level) for line in below)
                continue
            name = value if value is not None else _NONE
            found.append(self.row(name, level, below, missing=value is None))
            self._below(below, level + 1, found)

    def _line(self, line: Line, level: int) -> GridRow:
        amounts = self.figures.amounts.get(line.id, [None] * 12)
        beside = None if self.figures.beside is None else self.figures.beside.get(line.id)
        own = line.path[-1]
        return GridRow(
            line.name or (own if own is not None else _NONE),
            level,
            self._cells(amounts, beside, line),
            line,
            missing=own is None and not line.name,
            href=of_plan(self.document.frame.plan, "lines", line.id),
            driven=line.driver is not None,
            hidden=level >= self.shown.depth,
        )

    def row(
        self,
        name: str,
        level: int,
        lines: Sequence[Line],
        *,
        missing: bool = False,
        with_rest: bool = False,
    ) -> GridRow:
        """The sum of some lines; the total also holds what belongs to no line."""
        series = [self.figures.amounts.get(line.id, [None] * 12) for line in lines]
        if with_rest and self.figures.unplanned is not None:
            series.append(self.figures.unplanned)
        beside: list[Decimal | None] | None = None
        if self.figures.beside is not None:
            below = [self.figures.beside.get(line.id, [None] * 12) for line in lines]
            beside = [added([one[at] for one in below]) for at in range(12)]
        sums = [added([one[at] for one in series]) for at in range(12)]
        cells = self._cells(sums, beside, None)
        return GridRow(
            name, level, cells, missing=missing, hidden=level >= self.shown.depth, folds=True
        )

    def _cells(
        self,
        amounts: Sequence[Decimal | None],
        beside: Sequence[Decimal | None] | None,
        line: Line | None,
    ) -> tuple[GridCell, ...]:
        return tuple(self._cell(column, amounts, beside, line) for column in self.columns)

    def _cell(
        self,
        column: Column,
        amounts: Sequence[Decimal | None],
        beside: Sequence[Decimal | None] | None,
        line: Line | None,
    ) -> GridCell:
        value = added([amounts[at] for at in column.at])
        under = None if beside is None else added([beside[at] for at in column.at])
        view = self.shown.view
        tone = ""
        if view == "variance" and value:
            tone = "over" if value > 0 else "under"
        cell = GridCell(
            value, beside=under, tone=tone,
            estimate=view == "outlook" and max(column.at) >= self.figures.complete,
        )  # fmt: skip
        if line is None or column.is_sum:
            return cell
        own = self.document.cells(line.id)[column.at[0]]
        base = own.baseline if own.baseline is not None else Decimal(0)
        moved = view == "plan" and base != own.total
        return GridCell(
            value, base if moved else None, moved or (view == "adjustments" and bool(own.adjusted)),
            (line.id, self.document.months[column.at[0]]) in self.noted, under, tone, cell.estimate,
            (line.reason or "no baseline") if view == "plan" and not own.known else "",
        )  # fmt: skip


def _by_name(part: tuple[str | None, object]) -> tuple[bool, str]:
    """By name, whatever its case; what has none last."""
    return part[0] is None, (part[0] or "").casefold()


def added(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return total(known) if known else None
