"""Plans as workbooks: nothing is lost, what was changed is found, what may not change is told."""

import io
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from outlay.money.cents import to_unit
from outlay.planning.plans import edits
from outlay.planning.plans.codec import text_of
from outlay.planning.plans.csvform import changes_of_csv, to_csv
from outlay.planning.plans.edits import CellEdit, NewLine
from outlay.planning.plans.errors import PlanConflictError, PlanError
from outlay.planning.plans.importing import Found, applied, preview
from outlay.planning.plans.model import Document
from outlay.planning.plans.sheets import number_in, number_out, text_in, text_out
from outlay.planning.plans.workbook import to_xlsx
from outlay.planning.plans.xlsx_import import changes_of, from_xlsx
from tests.plans.documents import MONTHS, by, documents, driver, line, plan, texts, version

D = Decimal
FIRST = 5
"""The row of the first line in the sheet Plan."""
JULY = 6
"""The column of the first month: line, two levels, name, kind."""


def adjusted() -> Document:
    """A plan with an adjustment, a driven line, a note and a removed line."""
    done = edits.edit_cells(plan(), [CellEdit("l1", MONTHS[1], D("120.50"))], by())
    done = edits.drive_line(done, "l2", driver(), by())
    done = edits.edit_cells(done, [CellEdit("l2", MONTHS[4], D("7.5"), "volume")], by())
    return edits.add_note(done, "l1", MONTHS[1], "=ask(Jo)\nagain", by())


def changed(document: Document, change: Callable[[Any], None]) -> bytes:
    """The export, changed as a person would and saved by another program."""
    book = load_workbook(io.BytesIO(to_xlsx(version(document))))
    change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def put(sheet: str, row: int, column: int, value: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet].cell(row, column).value = value

    return change


def done_by(found: Found, document: Document) -> Document:
    return applied(found, document, by("ben", ""))


# --- nothing is lost ------------------------------------------------------------------------


@given(documents())
@settings(max_examples=6, deadline=None)
def test_a_workbook_is_read_as_the_document_that_was_written(document: Document) -> None:
    comes_back(document)


@pytest.mark.slow
@given(documents())
@settings(max_examples=150, deadline=None)
def test_any_workbook_is_read_as_the_document_that_was_written(document: Document) -> None:
    comes_back(document)


def comes_back(document: Document) -> None:
    content = to_xlsx(version(document))
    assert from_xlsx(content) == document
    assert text_of(from_xlsx(content)) == text_of(document)
    found = changes_of(content, document)
    assert (found.changes, found.lines, found.notes, found.problems) == ((), (), (), ())


def test_another_program_that_saves_it_changes_nothing() -> None:
    document = adjusted()
    content = changed(document, lambda book: None)
    assert from_xlsx(content) == document
    found = changes_of(content, document)
    assert (found.changes, found.problems) == ((), ())


@given(st.none() | texts)
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(text: str | None) -> None:
    assert text_out(text_in(text)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=21))
@settings(max_examples=200, deadline=None)
def test_any_number_comes_back_exactly(number: Decimal) -> None:
    assert number_out(number_in(number)) == number


def test_a_number_of_more_digits_than_a_double_holds_is_text() -> None:
    assert number_in(D("1234.56")) == 1234.56
    assert number_in(D("12345678901234567.89")) == "12345678901234567.89"
    assert number_out(0.1 + 0.2) == D("0.3"), "the last digits of a double are not the person's"
    for wrong in ("1,234.50", "12 USD", "", True):
        with pytest.raises(ValueError, match=r"is no number|no number: write 1234.50"):
            number_out(wrong)


@pytest.mark.slow
def test_three_hundred_lines_take_seconds_at_most() -> None:
    lines = [line(n, f"team {n % 20}", f"service {n}", amount=f"{n}.37") for n in range(1, 301)]
    document = plan(*lines)
    cells = [CellEdit(f"l{n}", MONTHS[n % 12], D(n), how="add") for n in range(1, 301)]
    document = edits.edit_cells(document, cells, by())
    began = time.process_time()
    content = to_xlsx(version(document))
    found = changes_of(content, document)
    assert from_xlsx(content) == document
    assert time.process_time() - began < 6
    assert found.problems == ()


# --- what was changed -----------------------------------------------------------------------


def test_a_changed_cell_becomes_an_adjustment_with_author_and_reason() -> None:
    document = adjusted()
    found = changes_of(changed(document, put("Plan", FIRST, JULY + 2, 130.25)), document)
    (change,) = found.changes
    assert (change.cell, change.line, change.month) == ("Plan!H5", "l1", MONTHS[2])
    assert (change.before, change.after, change.rounded) == (D("100.00"), D("130.25"), False)
    done = done_by(found, document)
    made = done.adjustments[-1]
    assert (made.amount, made.author, made.reason) == (D("30.25"), "ben", "spreadsheet import")
    assert done.cell("l1", MONTHS[2]).total == D("130.25")
    assert done.cell("l1", MONTHS[2]).baseline == D("100.00")


def test_a_formula_counts_with_the_value_that_the_spreadsheet_kept() -> None:
    document = adjusted()
    written = changed(document, put("Plan", FIRST, JULY, "=100*1.1"))
    found = changes_of(written, document)  # openpyxl keeps no values of formulas
    assert [(p.cell, p.message) for p in found.problems] == [
        ("Plan!F5", "holds a formula whose value is not in the file: open and save it in a "
                    "spreadsheet")
    ]  # fmt: skip
    book = io.BytesIO()
    copy = xlsxwriter.Workbook(book, {"in_memory": True, "strings_to_formulas": False})
    source = load_workbook(io.BytesIO(to_xlsx(version(document))), data_only=True)
    for name in source.sheetnames:
        sheet = copy.add_worksheet(name)
        for row in source[name].iter_rows():
            for cell in row:
                if cell.value is not None:
                    sheet.write(cell.row - 1, cell.column - 1, cell.value)
    copy.get_worksheet_by_name("Plan").write_formula(FIRST - 1, JULY - 1, "=F1*1.1", None, 110.004)
    copy.close()
    found = changes_of(book.getvalue(), document)
    assert found.problems == ()
    (change,) = found.changes
    assert (change.after, change.rounded) == (D("110.00"), True)


def test_new_rows_are_lines_new_notes_are_notes_volumes_are_adjusted() -> None:
    document = adjusted()

    def change(book: Any) -> None:
        sheet = book["Plan"]
        row = sheet.max_row + 1
        for column, value in ((2, "insight"), (3, "launch"), (4, "Launch"), (JULY, 12.5)):
            sheet.cell(row, column).value = value
        book["Notes"].append([None, "l1", "2026-08", "Who pays?"])
        book["Notes"].append([None, None, None, "All of it"])
        # A spreadsheet makes a day of 2026-09 as it is typed.
        book["Notes"].append([None, "l1", datetime(2026, 9, 1), "And then?"])
        assert book["Drivers"].cell(2, 7).value == "volume"
        book["Drivers"].cell(2, 8 + 5).value = 9.25

    found = changes_of(changed(document, change), document)
    assert found.problems == ()
    assert [(c.of, c.before, c.after) for c in found.changes] == [("volume", D(3), D("9.25"))]
    done = done_by(found, document)
    launch = done.lines[-1]
    assert (launch.path, launch.name) == (("insight", "launch"), "Launch")
    assert done.cell(launch.id, MONTHS[0]).total == D("12.50")
    assert done.cell("l2", MONTHS[5]).volume == D("9.25")
    assert [(n.line, n.month, n.text) for n in done.notes[1:]] == [
        ("l1", MONTHS[1], "Who pays?"),
        ("", None, "All of it"),
        ("l1", MONTHS[2], "And then?"),
    ]
    assert done.cell("l2", MONTHS[5]).total == to_unit(D("9.25") * D("0.333333333333"), 2)


# --- what may not change --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cell", "words"),
    [
        (put("Plan", FIRST, JULY, "soon"), "Plan!F5", "is 'soon', no number: write 1234.50"),
        (put("Plan", FIRST, JULY, 1e200), "Plan!F5", "has more than 38 digits before the point"),
        (put("Plan", FIRST, JULY, "1e-200"), "Plan!F5", "or 36 after it"),
        (put("Plan", FIRST, JULY, None), "Plan!F5", "is empty, and was 100.00: write 0"),
        (put("Plan", FIRST, JULY, "#REF!"), "Plan!F5", "holds the error #REF!"),
        (put("Plan", FIRST, 3, "elsewhere"), "Plan!A5", "stands elsewhere, or is named otherwise"),
        (put("Plan", FIRST, 1, "l77"), "Plan!A5", "names the line 'l77', which the plan does not"),
        (put("Plan", FIRST, 1, "l2"), "Plan!A6", "names the line l2 again"),
        (put("Plan", 4, JULY, "July"), "Plan!F4", "is 'July' and should be '2026-07'"),
        (put("Baseline", 2, 9, 5), "Baseline!I2", "was 100.00 when exported: a baseline is frozen"),
        (put("Adjustments", 2, 8, "x"), "Adjustments!A2", "adjustments are kept for good"),
        (put("History", 2, 5, "nothing"), "About", "was changed since the export: export again"),
        (put("Notes", 3, 4, "x"), "Notes!B3", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_sheet_and_cell(
    change: Callable[[Any], None], cell: str, words: str
) -> None:
    document = adjusted()
    if not words:
        change = _wrong_note
        words = "is 'l99', no line of the plan"
    found = changes_of(changed(document, change), document)
    told = {problem.cell: problem.message for problem in found.problems}
    assert words in told.get(cell, f"nothing at {cell}: {told}")
    with pytest.raises(PlanError, match="the file cannot be imported"):
        done_by(found, document)


def _wrong_note(book: Any) -> None:
    book["Notes"].append([None, "l99", None, "x"])


def test_a_row_that_is_gone_and_a_line_that_is_there_already_are_told() -> None:
    document = adjusted()
    gone = changes_of(changed(document, lambda book: book["Plan"].delete_rows(FIRST)), document)
    assert any("has no row for the line l1" in problem.message for problem in gone.problems)

    def again(book: Any) -> None:
        row = book["Plan"].max_row + 1
        book["Plan"].cell(row, 2).value = "commerce"
        book["Plan"].cell(row, 3).value = "checkout"

    twice = changes_of(changed(document, again), document)
    assert "is a new line where there is one already" in twice.problems[0].message


def test_new_rows_that_stand_in_each_others_way_are_told_before_anything_is_done() -> None:
    document = adjusted()

    def twice(book: Any) -> None:
        for amount in (1, 2):
            book["Plan"].append([None, "insight", "launch", None, None, amount])

    book = changed(document, twice)
    found = changes_of(book, document)
    last = 4 + len(document.live) + 1
    (problem,) = preview(found, document).problems
    assert problem.cell == f"Plan!A{last + 2}"
    assert problem.message == f"is a second new line where Plan!A{last + 1} is one: write one row"

    def once(book: Any) -> None:
        book["Plan"].append([None, "insight", "launch", None, None, 1])

    # Somebody else put that line in since the export.
    grown, _ = edits.add_line(document, NewLine(("insight", "launch")), by("bob"))
    (problem,) = preview(changes_of(changed(document, once), document), grown).problems
    assert problem.message.startswith("is a new line where somebody else put one meanwhile")


def test_a_file_that_is_no_plan_is_refused() -> None:
    with pytest.raises(PlanError, match="is no XLSX workbook"):
        changes_of(b"PK no")
    buffer = io.BytesIO()
    Workbook().save(buffer)
    with pytest.raises(PlanError, match="has no sheet 'Plan': it is no export of a plan"):
        changes_of(buffer.getvalue())


# --- another revision -----------------------------------------------------------------------


def test_a_file_of_an_earlier_revision_is_told_what_others_did() -> None:
    document = adjusted()
    content = changed(document, put("Plan", FIRST, JULY + 2, 130.25))
    other = edits.edit_cells(document, [CellEdit("l3", MONTHS[2], D(1))], by("cleo"))
    shown = preview(changes_of(content, other), other)
    assert shown.stale and not shown.refused
    assert done_by(changes_of(content, other), other).cell("l1", MONTHS[2]).total == D("130.25")
    same = edits.edit_cells(other, [CellEdit("l1", MONTHS[2], D(2))], by("cleo"))
    shown = preview(changes_of(content, same), same)
    assert shown.conflicts == ("cleo adjusted commerce › checkout, 2026-09 (revision 6)",)
    assert shown.changes[0].now == D("2.00")
    with pytest.raises(PlanConflictError, match="cleo adjusted"):
        done_by(changes_of(content, same), same)


def test_a_file_of_another_plan_is_refused() -> None:
    document = adjusted()
    content = to_xlsx(version(document))
    other = document.but(frame=replace(document.frame, plan="fy28"))
    shown = preview(changes_of(content), other)
    assert shown.problems[-1].message == "the file is of the plan 'fy27', not 'fy28'"


# --- CSV ------------------------------------------------------------------------------------


def test_csv_has_the_grid_and_comes_back() -> None:
    document = adjusted()
    text = to_csv(version(document))
    head, first = text.splitlines()[:2]
    assert head.startswith("Plan,Version,Revision,Line,department,team,Name,Kind,2026-07,")
    assert first.startswith("fy27,1,4,l1,commerce,checkout,,charges,100.00,120.50,100.00")
    assert changes_of_csv(text, document).changes == ()
    found = changes_of_csv(text.replace("100.00,120.50,100.00", "100.00,121.5,100.00"), document)
    assert done_by(found, document).cell("l1", MONTHS[1]).total == D("121.50")


def test_csv_with_semicolons_has_decimal_commas() -> None:
    document = adjusted()
    lines = to_csv(version(document)).replace(",", ";").splitlines()
    cells = [line.split(";") for line in lines]
    for row in cells[1:]:
        row[8:] = [cell.replace(".", ",") for cell in row[8:]]
    cells[1][8] = "1234,56"
    text = "\r\n".join(";".join(row) for row in cells)
    found = changes_of_csv(text, document)
    assert found.problems == ()
    assert [(c.line, c.month, c.before, c.after) for c in found.changes] == [
        ("l1", MONTHS[0], D("100.00"), D("1234.56"))
    ]
    cells[1][8] = "1.234,56"
    (problem,) = changes_of_csv("\n".join(";".join(row) for row in cells), document).problems
    assert "is '1.234,56', no number" in problem.message


def test_csv_of_another_revision_or_shape_is_refused() -> None:
    document = adjusted()
    text = to_csv(version(document))
    other = edits.edit_cells(document, [CellEdit("l3", MONTHS[2], D(1))], by("cleo"))
    found = changes_of_csv(text, other)
    assert "of revision 4, and the draft is at 5" in found.problems[0].message
    with pytest.raises(PlanError, match="the columns are Plan, Version; they should be"):
        changes_of_csv("Plan,Version\n", document)
    wrong = changes_of_csv(text.replace("100.00,120.50", '100.00,"1,2"'), document)
    assert wrong.problems[0].cell == "line 2, 2026-08"
