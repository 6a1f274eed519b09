"""The grid of a plan as CSV: one row a line. It has no baseline and no adjustments of its own."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from outlay.money import BillingPeriod
from outlay.money.cents import unit_text
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.importing import Found, GridRow, Problem, grid_changes
from outlay.planning.plans.model import Document, Version
from outlay.planning.plans.sheets import KIND, LINE, NAME, YEAR, number_out, text_in, text_out
from outlay.planning.plans.workbook import kind_of

BESIDE = ("Plan", "Version", "Revision")


def to_csv(version: Version) -> str:
    """The grid: plan, version and revision, line, path, name, kind, months and year. A value that
    is missing is an empty cell."""
    document, digits = version.document, version.document.frame.places
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_heads(document))
    beside = [document.frame.plan, version.info.version, document.revision]
    for line in document.live:
        cells = document.cells(line.id)
        amounts = [unit_text(c.total, digits) if c.known else "" for c in cells]
        path = [text_in(value) or "" for value in line.path]
        year = unit_text(document.year(line.id).total, digits)
        writer.writerow([*beside, line.id, *path, line.name, kind_of(line), *amounts, year])
    return buffer.getvalue()


def changes_of_csv(text: str, kept: Document) -> Found:
    """What a CSV changes of the plan's draft: it does not say with what it was exported, so that it
    must be of the draft's present revision. A file that a spreadsheet saved with semicolons has
    decimal commas. PlanError for a file that is no such CSV."""
    plain = text.lstrip("\ufeff")
    head = plain.partition("\n")[0]
    commas = head.count(";") > head.count(",")
    rows = list(csv.reader(io.StringIO(plain), delimiter=";" if commas else ","))
    heads = _heads(kept)
    if not rows or rows[0] != heads:
        shown = ", ".join(rows[0]) if rows else "nothing"
        raise PlanError(f"the columns are {shown}; they should be {', '.join(heads)}")
    problems: list[Problem] = []
    found: list[GridRow] = []
    plan, version, revision = kept.frame.plan, 0, kept.revision
    levels = len(kept.frame.hierarchy)
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if len(row) != len(heads):
            raise PlanError(f"line {number} has {len(row)} values; the head has {len(heads)}")
        if row[3]:
            plan, version, revision = row[0], _whole(row[1], number), _whole(row[2], number)
        path = tuple(text_out(value or None) for value in row[4 : 4 + levels])
        amounts: dict[BillingPeriod, tuple[str, Decimal | None]] = {}
        for month, value in zip(kept.months, row[6 + levels : 18 + levels], strict=True):
            cell = f"line {number}, {month}"
            said = value.replace(",", ".") if commas and "." not in value else value
            try:
                amounts[month] = cell, number_out(said) if said.strip() else None
            except ValueError as error:
                problems.append(Problem(cell, str(error)))
        found.append(
            GridRow(f"line {number}", row[3], path, row[4 + levels], row[5 + levels], amounts)
        )
    if revision != kept.revision:
        problems.append(
            Problem("Revision", f"the file is of revision {revision}, and the draft is at "
                    f"{kept.revision}: a CSV is imported on the revision that it was exported "
                    "from. Export again.")
        )  # fmt: skip
    kinds = {line.id: kind_of(line) for line in kept.live}
    changes, lines, wrong = grid_changes(found, kept, kinds)
    return Found(plan, version, revision, tuple(changes), tuple(lines), (),
                 (*problems, *wrong))  # fmt: skip


def _heads(document: Document) -> list[str]:
    months: tuple[BillingPeriod, ...] = document.months
    return [*BESIDE, LINE, *document.frame.hierarchy, NAME, KIND, *map(str, months), YEAR]


def _whole(text: str, number: int) -> int:
    if not text.isdigit():
        raise PlanError(f"line {number} has {text!r} as version or revision: a whole number")
    return int(text)
