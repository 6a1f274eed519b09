"""Reading a plan's spreadsheet: its cells as they stand, and the document that was exported."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.money import BillingPeriod
from outlay.planning.plans.codec import moment_of
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import (
    Adjustment,
    Document,
    Driver,
    Frame,
    Line,
    Note,
    Stamp,
    Step,
)
from outlay.planning.plans.sheets import (
    ABOUT,
    ADJUSTMENTS,
    BASELINE,
    DRIVERS,
    HISTORY,
    NOTES,
    PLAN,
    SHEETS,
    Place,
    number_out,
    text_out,
)
from outlay.planning.plans.workbook import BASE_UNIT_COST, BASE_VOLUME

MOST_BYTES = 20 << 20
MOST_UNPACKED = 300 << 20
MOST_ROWS, MOST_COLUMNS = 50_000, 400
EDITED = (PLAN, DRIVERS, NOTES)
"""The sheets in which something may be written; formulas are looked for in these."""
_NO_VALUE = "holds a formula whose value is not in the file: open and save it in a spreadsheet"


class CellError(PlanError):
    """A cell is not as it must be; the message names sheet and cell."""

    def __init__(self, place: Place, problem: str) -> None:
        self.place, self.problem = place, problem
        super().__init__(f"{place} {problem}")


@dataclass(frozen=True)
class Sheet:
    """A sheet's rows; rows and columns count from 1, cells beyond its end are empty. `formulas` are
    the places of formulas: their values are those that the spreadsheet kept."""

    name: str
    rows: tuple[tuple[Any, ...], ...]
    formulas: frozenset[tuple[int, int]] = field(default=frozenset())

    def at(self, row: int, column: int) -> Any:
        """The value of a cell."""
        if row > len(self.rows) or column > len(self.rows[row - 1]):
            return None
        return self.rows[row - 1][column - 1]

    def place(self, row: int, column: int) -> Place:
        """A cell by its name."""
        return Place(self.name, row, column)

    def text(self, row: int, column: int) -> str | None:
        """A cell's text; CellError for an error value."""
        value = self.at(row, column)
        self._check(row, column, value)
        try:
            return text_out(value)
        except ValueError as error:
            raise CellError(self.place(row, column), str(error)) from None

    def number(self, row: int, column: int) -> Decimal | None:
        """A cell's number, None where it is empty; CellError for anything else."""
        value = self.at(row, column)
        self._check(row, column, value)
        if value is None or value == "":
            return None
        try:
            return number_out(value)
        except ValueError as error:
            raise CellError(self.place(row, column), str(error)) from None

    def _check(self, row: int, column: int, value: Any) -> None:
        if (row, column) in self.formulas and value is None:
            raise CellError(self.place(row, column), _NO_VALUE)
        if isinstance(value, str) and value.startswith("#") and value.rstrip("!?").isupper():
            raise CellError(self.place(row, column), f"holds the error {value}")

    def filled(self, first: int) -> Iterator[int]:
        """The rows from `first` on that hold anything."""
        for row in range(first, len(self.rows) + 1):
            if any(value not in (None, "") for value in self.rows[row - 1]):
                yield row


def read_sheets(content: bytes) -> dict[str, Sheet]:
    """The sheets of an XLSX file. PlanError for what is none, is too large, or lacks a sheet."""
    _check_size(content)
    values = _load(content, values=True)
    formulas = _load(content, values=False)
    missing = [name for name in SHEETS if name not in values]
    if missing:
        raise PlanError(
            f"the file has no sheet {missing[0]!r}: it is no export of a plan, or the sheet was "
            f"removed or renamed. Its sheets are {', '.join(SHEETS)}."
        )
    return {
        name: Sheet(name, rows, _formulas(formulas.get(name, ()))) for name, rows in values.items()
    }


def _check_size(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise PlanError(f"the file has more than {MOST_BYTES >> 20} MiB; a plan's has far less")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, ValueError):
        raise PlanError(
            "the file is no XLSX workbook. Save it as .xlsx, or import a .csv by that name."
        ) from None
    if size > MOST_UNPACKED:
        raise PlanError("the file unpacks to more than any plan has")


def _load(content: bytes, *, values: bool) -> dict[str, tuple[tuple[Any, ...], ...]]:
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=values)
    except Exception as error:  # whatever a damaged file makes the library raise
        raise PlanError(f"the workbook cannot be read: {error}. Save it anew as .xlsx.") from None
    try:
        return {
            sheet.title: _rows(sheet, plain=values)
            for sheet in book.worksheets
            if sheet.title in (SHEETS if values else EDITED)
        }
    finally:
        book.close()


def _rows(sheet: Any, *, plain: bool) -> tuple[tuple[Any, ...], ...]:
    sheet.reset_dimensions()  # a file may lie about its size
    found: list[tuple[Any, ...]] = []
    for row in sheet.iter_rows(max_col=MOST_COLUMNS):
        if len(found) == MOST_ROWS:
            raise PlanError(f"the sheet {sheet.title} has more than {MOST_ROWS} rows")
        found.append(tuple(c.value if plain else c.data_type == "f" for c in row))
    return tuple(found)


def _formulas(rows: Sequence[Sequence[Any]]) -> frozenset[tuple[int, int]]:
    return frozenset(
        (r, c) for r, row in enumerate(rows, 1) for c, is_one in enumerate(row, 1) if is_one
    )


# --- the document that was exported -----------------------------------------------------------


def about_of(sheets: Mapping[str, Sheet]) -> dict[str, str]:
    """The lines of the sheet About."""
    sheet = sheets[ABOUT]
    return {sheet.text(row, 1) or "": sheet.text(row, 2) or "" for row in sheet.filled(2)}


def document_of(sheets: Mapping[str, Sheet]) -> Document:
    """The document that a workbook was exported from, by its sheets Baseline, Adjustments, Drivers,
    Notes, History and About. CellError or PlanError where they are not as they were written."""
    said = about_of(sheets)
    try:
        frame = _frame(said)
        drivers = _drivers(sheets[DRIVERS])
        return Document(
            frame=frame,
            kind=said["Kind"],  # type: ignore[arg-type]
            lines=tuple(_lines(sheets[BASELINE], frame, drivers)),
            adjustments=tuple(_adjustments(sheets[ADJUSTMENTS])),
            notes=tuple(_notes(sheets[NOTES])),
            steps=tuple(_steps(sheets[HISTORY])),
            baseline=_stamp(said),
            revision=int(said["Revision"]),
        )
    except KeyError as error:
        raise PlanError(f"the sheet {ABOUT} has no line {error.args[0]!r}") from None
    except CellError:
        raise
    except ValueError as error:
        raise PlanError(f"a sheet that is to read was changed: {error}. Export again.") from None


def _frame(said: Mapping[str, str]) -> Frame:
    return Frame(
        plan=said["Plan"],
        title=said["Title"],
        first=BillingPeriod.parse(said["First month"]),
        measure=said["Measure"],
        currency=said["Currency"],
        places=int(said["Places"]),
        hierarchy=tuple(json.loads(said["Hierarchy"])),
        where=said["Scope"],
        rates=said["Rates"] or None,
    )


def _stamp(said: Mapping[str, str]) -> Stamp | None:
    if "Baseline moment" not in said:
        return None
    until, growth = said["Baseline complete until"], said["Baseline growth"]
    warnings = [said[key] for key in said if key.startswith("Baseline warnings ")]
    return Stamp(
        at=moment_of(said["Baseline moment"]),
        author=said["Baseline author"],
        method=said["Baseline method"],  # type: ignore[arg-type]
        snapshot=said["Baseline snapshot"] or None,
        complete_until=date.fromisoformat(until) if until else None,
        growth=Decimal(growth) if growth else None,
        warnings=tuple(json.loads("".join(warnings) or "[]")),
    )


def _lines(sheet: Sheet, frame: Frame, drivers: Mapping[str, Driver]) -> Iterator[Line]:
    levels = len(frame.hierarchy)
    start = 2 + levels + 5
    for row in sheet.filled(2):
        name, where, planned, removed, reason = (
            sheet.text(row, 2 + levels + at) or "" for at in range(5)
        )
        amounts = (sheet.number(row, start + at) for at in range(12))
        identity = _needed(sheet, row, 1)
        yield Line(
            id=identity,
            path=tuple(sheet.text(row, 2 + at) for at in range(levels)),
            name=name,
            baseline=tuple(None if a is None else _money(a, frame.places) for a in amounts),
            origins=tuple(sheet.text(row, start + 12 + at) or "" for at in range(12)),  # type: ignore[misc]
            reason=reason,
            where=where,
            planned=bool(planned),
            removed=bool(removed),
            driver=drivers.get(identity),
        )


def _money(amount: Decimal, digits: int) -> Decimal:
    from outlay.money.cents import to_unit

    return to_unit(amount, digits)


def _drivers(sheet: Sheet) -> dict[str, Driver]:
    parts: dict[str, dict[str, tuple[int, tuple[Decimal | None, ...]]]] = {}
    for row in sheet.filled(2):
        numbers = tuple(sheet.number(row, 8 + at) for at in range(12))
        parts.setdefault(_needed(sheet, row, 1), {})[_needed(sheet, row, 7)] = (row, numbers)
    found = {}
    for line, kinds in parts.items():
        if BASE_VOLUME not in kinds or BASE_UNIT_COST not in kinds:
            raise PlanError(f"the sheet {DRIVERS} lacks the baseline of the line {line}")
        row, volumes = kinds[BASE_VOLUME]
        only = json.loads(sheet.text(row, 5) or "{}")
        found[line] = Driver(
            metric=sheet.text(row, 3) or "",
            volumes=volumes,
            unit_costs=kinds[BASE_UNIT_COST][1],
            unit=sheet.text(row, 4) or "",
            only={label: tuple(values) for label, values in only.items()},
            basis=sheet.text(row, 6) or "",
        )
    return found


def _adjustments(sheet: Sheet) -> Iterator[Adjustment]:
    for row in sheet.filled(2):
        back = sheet.text(row, 12)
        amount = sheet.number(row, 6)
        if amount is None:
            raise CellError(sheet.place(row, 6), "is empty; it was an amount when exported")
        yield Adjustment(
            id=int(_needed(sheet, row, 1)),
            line=_needed(sheet, row, 2),
            month=BillingPeriod.parse(_needed(sheet, row, 4)),
            of=_needed(sheet, row, 5),  # type: ignore[arg-type]
            amount=amount,
            effect=_needed(sheet, row, 7),  # type: ignore[arg-type]
            reason=sheet.text(row, 8) or "",
            author=sheet.text(row, 9) or "",
            at=moment_of(_needed(sheet, row, 10)),
            batch=int(_needed(sheet, row, 11)),
            takes_back=int(back) if back else None,
        )


def _notes(sheet: Sheet) -> Iterator[Note]:
    for row in sheet.filled(2):
        number, month = sheet.text(row, 1), sheet.text(row, 3)
        if number is None:
            continue  # a new one
        yield Note(
            id=int(number),
            line=sheet.text(row, 2) or "",
            month=BillingPeriod.parse(month) if month else None,
            text=sheet.text(row, 4) or "",
            author=sheet.text(row, 5) or "",
            at=moment_of(_needed(sheet, row, 6)),
        )


def _steps(sheet: Sheet) -> Iterator[Step]:
    for row in sheet.filled(2):
        parts = [sheet.text(row, at) or "" for at in range(7, len(sheet.rows[row - 1]) + 1)]
        yield Step(
            revision=int(_needed(sheet, row, 1)),
            at=moment_of(_needed(sheet, row, 2)),
            author=sheet.text(row, 3) or "",
            action=sheet.text(row, 4) or "",
            said=sheet.text(row, 5) or "",
            reason=sheet.text(row, 6) or "",
            cells=tuple("".join(parts).split()),
        )


def _needed(sheet: Sheet, row: int, column: int) -> str:
    found = sheet.text(row, column)
    if found is None:
        raise CellError(sheet.place(row, column), "is empty; it was not when the plan was exported")
    return found
