"""What a spreadsheet changes of a plan: found, shown, and only then done.

A file says of which revision it is. Amounts that differ from those it was exported with are what
somebody changed in it; they become adjustments, with author and reason. Rows below the others
without an id are new lines. What is to read must be as it was exported, and cells that somebody
changed in the plan since are told, not overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from outlay.money import BillingPeriod
from outlay.money.cents import to_unit
from outlay.planning.plans import edits
from outlay.planning.plans.edits import By, CellEdit, NewLine, check_seen
from outlay.planning.plans.errors import PlanConflictError, PlanError
from outlay.planning.plans.model import Document, Of, Path

REASON = "spreadsheet import"


@dataclass(frozen=True)
class Change:
    """A cell that was changed in the file: `before` is what it was exported with, `now` what the
    plan has, `after` what the file has. `rounded`: the file's had more decimals than the currency.
    """

    cell: str
    line: str
    name: str
    month: BillingPeriod
    before: Decimal
    now: Decimal
    after: Decimal
    of: Of = "amount"
    rounded: bool = False

    @property
    def key(self) -> str:
        """The cell as steps of a document name it."""
        return f"{self.line}|{self.month}|{self.of}"


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file: the cell (or sheet), and what is allowed."""

    cell: str
    message: str


@dataclass(frozen=True)
class NewRow:
    """A row that is a new line."""

    cell: str
    line: NewLine


@dataclass(frozen=True)
class NewNote:
    """A note that was written in the file."""

    cell: str
    line: str
    month: BillingPeriod | None
    text: str


@dataclass(frozen=True)
class Found:
    """What a file holds, before it is held against the plan as it is: its plan and revision, the
    cells that differ from the export, new rows and notes, and what is wrong in it."""

    plan: str
    version: int
    revision: int
    changes: tuple[Change, ...] = ()
    lines: tuple[NewRow, ...] = ()
    notes: tuple[NewNote, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What an import would do to the draft at `revision`. `conflicts` says who changed the same
    cells since the export; with one, or with a problem, nothing is done."""

    plan: str
    file_version: int
    file_revision: int
    revision: int
    changes: tuple[Change, ...]
    lines: tuple[NewRow, ...]
    notes: tuple[NewNote, ...]
    problems: tuple[Problem, ...]
    conflicts: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether the plan was changed since the file was made."""
        return self.file_revision != self.revision

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.changes or self.lines or self.notes)

    @property
    def refused(self) -> bool:
        """Whether it cannot be done as it is."""
        return bool(self.problems or self.conflicts)


def preview(found: Found, document: Document) -> Preview:
    """A file held against the draft as it is."""
    problems = list(found.problems)
    if found.plan != document.frame.plan:
        problems.append(
            Problem("About", f"the file is of the plan {found.plan!r}, not {document.frame.plan!r}")
        )
    known = {line.id for line in document.live}
    changes = []
    for change in found.changes:
        if change.line not in known:
            problems.append(Problem(change.cell, f"is of the line {change.line}, which the draft "
                                                 "does not have"))  # fmt: skip
            continue
        cell = document.cell(change.line, change.month)
        now = {"amount": cell.total, "volume": cell.volume, "unit_cost": cell.unit_cost}[change.of]
        changes.append(replace(change, now=now if now is not None else Decimal(0)))
    there = {line.path for line in document.live if not line.where}
    problems += [
        Problem(row.cell, "is a new line where somebody else put one meanwhile: export again")
        for row in found.lines
        if row.line.path in there and not any(one.cell == row.cell for one in found.problems)
    ]
    return Preview(
        found.plan, found.version, found.revision, document.revision, tuple(changes), found.lines,
        found.notes, tuple(problems), _conflicts(document, found, changes),
    )  # fmt: skip


def _conflicts(document: Document, found: Found, changes: Sequence[Change]) -> tuple[str, ...]:
    if found.revision > document.revision:
        return (
            f"the file is of revision {found.revision}, but the draft is at {document.revision}: "
            "it was exported from a draft that was thrown away",
        )
    try:
        check_seen(document, found.revision, [change.key for change in changes])
    except PlanConflictError as error:
        return error.changes
    return ()


def applied(found: Found, document: Document, by: By) -> Document:
    """The draft with what a file changes. PlanError for a file with problems, PlanConflictError
    where somebody changed the same cells since; either way nothing is done."""
    shown = preview(found, document)
    if shown.problems:
        first = shown.problems[0]
        more = f" ({len(shown.problems) - 1} more)" if len(shown.problems) > 1 else ""
        raise PlanError(f"the file cannot be imported: {first.cell} {first.message}{more}")
    if shown.conflicts:
        raise PlanConflictError(found.revision, document.revision, shown.conflicts)
    alone = replace(by, seen=None, reason=f"{REASON}: {by.reason}" if by.reason else REASON)
    grown = document
    for row in found.lines:
        grown, _ = edits.add_line(grown, row.line, alone)
    cells = [CellEdit(c.line, c.month, c.after, c.of) for c in found.changes]
    grown = edits.edit_cells(grown, cells, alone) if cells else grown
    for note in found.notes:
        grown = edits.add_note(grown, note.line, note.month, note.text, alone)
    return grown


# --- the grid of a file against the document that it was exported from ------------------------


@dataclass(frozen=True)
class GridRow:
    """A row of the grid: its id ('' for a new line), path, name and kind as they stand, and
    amounts by month (None: empty), each with its cell's name."""

    cell: str
    line: str
    path: tuple[str | None, ...]
    name: str
    kind: str
    amounts: Mapping[BillingPeriod, tuple[str, Decimal | None]]


def grid_changes(
    rows: Sequence[GridRow], exported: Document, kind_of: Mapping[str, str]
) -> tuple[list[Change], list[NewRow], list[Problem]]:
    """What the rows of a grid change of the document that it was made from."""
    changes: list[Change] = []
    lines: list[NewRow] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    known = {line.id: line for line in exported.live}
    fresh: dict[Path, str] = {}
    for row in rows:
        if not row.line:
            new = _new_row(row, exported, problems, fresh)
            lines += [new] if new else []
            continue
        line = known.get(row.line)
        if line is None:
            said = f"names the line {row.line!r}, which the plan does not have: leave it empty for "
            problems.append(Problem(row.cell, said + "a new line"))
        elif row.line in seen:
            problems.append(
                Problem(row.cell, f"names the line {row.line} again (as {seen[row.line]})")
            )
        elif (row.path, row.name, row.kind) != (line.path, line.name, kind_of[row.line]):
            problems.append(
                Problem(row.cell, f"the line {row.line} stands elsewhere, or is named otherwise, "
                                  "than when it was exported: amounts alone can be changed here")
            )  # fmt: skip
        else:
            changes += _changed(row, exported, problems)
        seen.setdefault(row.line, row.cell)
    for lost in known.keys() - seen.keys():
        problems.append(
            Problem("Plan", f"has no row for the line {lost} ({known[lost].title}): lines are "
                            "removed in the plan, not in the file")
        )  # fmt: skip
    return changes, lines, problems


def _changed(row: GridRow, exported: Document, problems: list[Problem]) -> list[Change]:
    digits = exported.frame.places
    found = []
    for month, (place, amount) in row.amounts.items():
        before = exported.cell(row.line, month).total
        if amount is None:
            if before:
                problems.append(
                    Problem(place, f"is empty, and was {before}: write 0 for nothing planned")
                )
            continue
        after = to_unit(amount, digits)
        if after != before:
            title = exported.line(row.line).title
            found.append(
                Change(place, row.line, title, month, before, before, after, "amount",
                       after != amount)
            )  # fmt: skip
    return found


def _new_row(
    row: GridRow, exported: Document, problems: list[Problem], fresh: dict[Path, str]
) -> NewRow | None:
    """A row as a new line; `fresh` are the rows of new lines before it, by path."""
    if all(value is None for value in row.path) and not row.name:
        problems.append(
            Problem(row.cell, "has no line: give a new line its values of "
                              f"{', '.join(exported.frame.hierarchy)}")
        )  # fmt: skip
        return None
    if any(line.path == row.path and not line.where for line in exported.live):
        problems.append(
            Problem(row.cell, "is a new line where there is one already: change that line's "
                              "amounts")
        )  # fmt: skip
        return None
    if row.path in fresh:
        problems.append(
            Problem(row.cell, f"is a second new line where {fresh[row.path]} is one: write one row")
        )
        return None
    fresh[row.path] = row.cell
    digits = exported.frame.places
    amounts = tuple(
        (month, to_unit(amount, digits))
        for month, (_, amount) in row.amounts.items()
        if amount is not None
    )
    return NewRow(row.cell, NewLine(row.path, row.name, amounts))
