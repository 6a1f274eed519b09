"""From a workbook to what it changes: cells of the sheets Plan, Drivers and Notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from outlay.money import BillingPeriod
from outlay.planning.plans.codec import digest_of, text_of
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.importing import (
    Change,
    Found,
    GridRow,
    NewNote,
    Problem,
    grid_changes,
)
from outlay.planning.plans.model import Document, Of
from outlay.planning.plans.reading import (
    CellError,
    Sheet,
    about_of,
    document_of,
    read_sheets,
)
from outlay.planning.plans.sheets import (
    ABOUT,
    ADJUSTMENTS,
    BASELINE,
    DRIVERS,
    KIND,
    LINE,
    NAME,
    NOTES,
    PLAN,
    TOTAL,
    YEAR,
    Place,
)
from outlay.planning.plans.workbook import UNIT_COST, VOLUME, kind_of


def from_xlsx(content: bytes) -> Document:
    """The document that a workbook was exported from, exactly. PlanError where what is to read was
    changed in it."""
    sheets = read_sheets(content)
    return _exported(sheets)[0]


def changes_of(content: bytes, kept: Document | None = None) -> Found:
    """What a workbook changes. `kept` is the plan's document, by which a changed cell of what is
    to read is named. PlanError for a file that is no export of a plan."""
    sheets = read_sheets(content)
    exported, whole = _exported(sheets, strict=False)
    said = about_of(sheets)
    problems: list[Problem] = []
    if not whole:
        problems += _altered(exported, kept)
    try:
        rows = list(_grid(sheets[PLAN], exported, problems))
    except CellError as error:
        return Found(said["Plan"], int(said["Version"]), exported.revision,
                     problems=(Problem(str(error.place), error.problem),))  # fmt: skip
    kinds = {line.id: kind_of(line) for line in exported.live}
    changes, lines, wrong = grid_changes(rows, exported, kinds)
    problems += wrong
    changes += _driver_changes(sheets[DRIVERS], exported, problems)
    notes = list(_new_notes(sheets[NOTES], exported, problems))
    return Found(
        plan=said["Plan"],
        version=int(said["Version"]),
        revision=exported.revision,
        changes=tuple(changes),
        lines=tuple(lines),
        notes=tuple(notes),
        problems=tuple(problems),
    )


def _exported(sheets: Mapping[str, Sheet], *, strict: bool = True) -> tuple[Document, bool]:
    """The exported document, and whether it is what was exported, by its digest."""
    found = document_of(sheets)
    whole = digest_of(text_of(found)) == about_of(sheets).get("Digest")
    if strict and not whole:
        raise PlanError(
            "a sheet that is to read was changed since the export (its digest in the sheet "
            f"{ABOUT} differs): export again, and change amounts in the sheet {PLAN} alone"
        )
    return found, whole


def _altered(exported: Document, kept: Document | None) -> list[Problem]:
    """Which cell of what is to read was changed, where that can be told."""
    found: list[Problem] = []
    if kept is not None and kept.revision == exported.revision:
        found = [*_altered_baseline(exported, kept), *_altered_adjustments(exported, kept)]
    return found or [
        Problem(
            ABOUT,
            "what is to read (Baseline, Adjustments, Drivers, Notes, History, About) was changed "
            f"since the export: export again, and change amounts in the sheet {PLAN} alone",
        )
    ]


def _altered_baseline(exported: Document, kept: Document) -> Iterator[Problem]:
    was = {line.id: line for line in kept.lines}
    first = 2 + len(kept.frame.hierarchy) + 5
    for row, line in enumerate(exported.lines, 2):
        own = was.get(line.id, line)
        for column, (amount, before) in enumerate(
            zip(line.baseline, own.baseline, strict=True), first
        ):
            if amount != before:
                yield Problem(
                    str(Place(BASELINE, row, column)),
                    f"is {amount}, and was {before} when exported: a baseline is frozen; change "
                    f"the amount in the sheet {PLAN}",
                )


def _altered_adjustments(exported: Document, kept: Document) -> Iterator[Problem]:
    for row, one in enumerate(exported.adjustments, 2):
        if one not in kept.adjustments:
            yield Problem(
                f"{ADJUSTMENTS}!A{row}",
                "is not as it was exported: adjustments are kept for good; change the amount in "
                f"the sheet {PLAN}",
            )


# --- the grid -------------------------------------------------------------------------------


def _grid(sheet: Sheet, exported: Document, problems: list[Problem]) -> Iterator[GridRow]:
    levels = exported.frame.hierarchy
    top = next((row for row in sheet.filled(1) if sheet.text(row, 1) == LINE), None)
    if top is None:
        raise CellError(sheet.place(4, 1), f"should be {LINE!r}, the head of the first column")
    heads = [LINE, *levels, NAME, KIND, *map(str, exported.months), YEAR]
    for column, head in enumerate(heads, 1):
        if sheet.text(top, column) != head:
            raise CellError(
                sheet.place(top, column),
                f"is {sheet.text(top, column)!r} and should be {head!r}: columns stay as they "
                f"were exported ({', '.join(heads)})",
            )
    first = 4 + len(levels)
    for row in sheet.filled(top + 1):
        identity = sheet.text(row, 1) or ""
        if identity == TOTAL:
            continue
        yield GridRow(
            cell=str(sheet.place(row, 1)),
            line=identity,
            path=tuple(sheet.text(row, 2 + at) for at in range(len(levels))),
            name=sheet.text(row, 2 + len(levels)) or "",
            kind=sheet.text(row, 3 + len(levels)) or "",
            amounts=_amounts(sheet, row, first, exported.months, problems),
        )


def _amounts(
    sheet: Sheet,
    row: int,
    first: int,
    months: Sequence[BillingPeriod],
    problems: list[Problem],
) -> dict[BillingPeriod, tuple[str, Decimal | None]]:
    """The amounts of a row; a cell that holds none is a problem and left out."""
    found: dict[BillingPeriod, tuple[str, Decimal | None]] = {}
    for at, month in enumerate(months):
        try:
            amount = sheet.number(row, first + at)
        except CellError as error:
            problems.append(Problem(str(error.place), error.problem))
            continue
        found[month] = str(sheet.place(row, first + at)), amount
    return found


def _driver_changes(sheet: Sheet, exported: Document, problems: list[Problem]) -> list[Change]:
    """Volumes and unit costs that were changed."""
    kinds: dict[str, Of] = {VOLUME: "volume", UNIT_COST: "unit_cost"}
    found: list[Change] = []
    for row in sheet.filled(2):
        of = kinds.get(sheet.text(row, 7) or "")
        line = next((one for one in exported.live if one.id == sheet.text(row, 1)), None)
        if of is None or line is None:
            continue
        amounts = _amounts(sheet, row, 8, exported.months, problems)
        for month, (place, after) in amounts.items():
            cell = exported.cell(line.id, month)
            before = cell.volume if of == "volume" else cell.unit_cost
            if after == before:
                continue
            if after is None:
                problems.append(Problem(place, f"is empty, and was {before}: write 0 for none"))
                continue
            was = before if before is not None else Decimal(0)
            found.append(Change(place, line.id, line.title, month, was, was, after, of))
    return found


def _new_notes(sheet: Sheet, exported: Document, problems: list[Problem]) -> Iterator[NewNote]:
    known = {line.id for line in exported.lines}
    for row in sheet.filled(2):
        if sheet.text(row, 1) is not None:
            continue
        line, month, text = sheet.text(row, 2) or "", _month_text(sheet, row), sheet.text(row, 4)
        if line and line not in known:
            problems.append(
                Problem(str(sheet.place(row, 2)), f"is {line!r}, no line of the plan: give the id "
                        "of a line, or nothing for a note on the plan")
            )  # fmt: skip
            continue
        try:
            period = BillingPeriod.parse(month) if month else None
        except ValueError as error:
            problems.append(Problem(str(sheet.place(row, 3)), str(error)))
            continue
        if period is not None and period not in exported.months:
            problems.append(Problem(str(sheet.place(row, 3)), f"{period} is no month of the plan"))
            continue
        if text:
            yield NewNote(str(sheet.place(row, 4)), line, period, text)


def _month_text(sheet: Sheet, row: int) -> str | None:
    """The month of a note; spreadsheets make a day of 2026-09 as it is typed, the month's first."""
    value = sheet.at(row, 3)
    if isinstance(value, date) and value.day == 1:
        return f"{value:%Y-%m}"
    return sheet.text(row, 3)
