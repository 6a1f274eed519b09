"""Documents and edits: sums, adjustments that are never lost, undo, two people at once."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import BillingPeriod, total
from outlay.planning.plans import edits
from outlay.planning.plans.codec import from_json, text_of, to_json
from outlay.planning.plans.compare import compare_documents
from outlay.planning.plans.edits import CellEdit, GroupEdit, NewLine
from outlay.planning.plans.errors import PlanConflictError, PlanError, PlanNotFoundError
from outlay.planning.plans.model import Document, Frame
from tests.plans.documents import (
    AT,
    MONTHS,
    by,
    cents,
    documents,
    driver,
    line,
    plan,
    version,
)

D = Decimal
AUGUST = MONTHS[1]


def test_a_fiscal_year_goes_over_new_year_and_is_named_by_its_end() -> None:
    frame = plan().frame
    assert [str(month) for month in frame.months[5:7]] == ["2026-12", "2027-01"]
    assert (len(frame.months), frame.label) == (12, "FY2027")
    with pytest.raises(PlanNotFoundError, match="2027-07 is no month of the plan 'fy27'"):
        frame.index(BillingPeriod(2027, 7))


def test_setting_a_cell_keeps_the_baseline_and_says_who_and_why() -> None:
    done = edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D("120.5"))], by())
    cell = done.cell("l1", AUGUST)
    assert (cell.baseline, cell.adjusted, cell.total) == (D("100.00"), D("20.50"), D("120.50"))
    (made,) = done.adjustments
    assert (made.amount, made.author, made.reason, made.at) == (D("20.50"), "ana", "because", AT)
    assert done.steps[-1].said == "adjusted commerce › checkout, 2026-08"
    assert done.revision == 1
    assert plan().cell("l1", AUGUST).total == D("100.00")


def test_an_edit_that_changes_nothing_is_none() -> None:
    document = plan()
    assert edits.edit_cells(document, [CellEdit("l1", AUGUST, D("100"))], by()) is document


def test_a_cell_without_baseline_has_what_people_give_it() -> None:
    done = edits.edit_cells(plan(), [CellEdit("l4", AUGUST, D("7.25"))], by())
    cell = done.cell("l4", AUGUST)
    assert (cell.baseline, cell.total) == (None, D("7.25"))
    assert done.cell("l4", MONTHS[2]).baseline is None


def test_an_edit_of_a_sum_is_shared_by_size_to_the_cent() -> None:
    done = edits.edit_cells(plan(), [GroupEdit(("commerce",), AUGUST, D("10.00"), "add")], by())
    # 100.00 : 33.33
    assert [a.amount for a in done.adjustments] == [D("7.50"), D("2.50")]
    done = edits.edit_cells(done, [GroupEdit((), AUGUST, D("1000.01"))], by())
    assert done.sums()[1].total == D("1000.01")
    done = edits.edit_cells(plan(line(1, "a", "b", amount="0.00"), line(2, "a", "c", amount="0")),
                            [GroupEdit(("a",), AUGUST, D("0.03"))], by())  # fmt: skip
    assert [a.amount for a in done.adjustments] == [D("0.02"), D("0.01")], "evenly, where nought"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (CellEdit("l1", AUGUST, D("1.005")), "1.005 is no amount of USD, which has 2 decimals"),
        (CellEdit("l1", AUGUST, D("NaN")), "is no amount"),
        (CellEdit("l9", AUGUST, D(1)), "has no line 'l9'; its lines are l1, l2, l3, l4"),
        (CellEdit("l1", BillingPeriod(2026, 6), D(1)), "2026-06 is no month"),
        (CellEdit("l1", AUGUST, D(1), "volume"), "is not driven: it has no volume"),
        (CellEdit("l1", AUGUST, D(1), effect="luck"), "its effect price, volume, mix, one-off"),  # type: ignore[arg-type]
        (GroupEdit(("no",), AUGUST, D(1)), "there is no line below 'no'"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_changed(edit: edits.Edit, words: str) -> None:
    document = plan()
    with pytest.raises(PlanError, match=words):
        edits.edit_cells(document, [CellEdit("l1", AUGUST, D(1)), edit], by())
    assert document == plan()


def test_an_edit_says_why() -> None:
    with pytest.raises(PlanError, match="has a reason"):
        edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D(1))], by(reason="  "))


def test_a_yen_has_no_decimals() -> None:
    frame = replace(plan().frame, currency="JPY", places=0)
    document = plan(line(1, "a", "b", amount="5"), frame=frame)
    done = edits.edit_cells(document, [CellEdit("l1", AUGUST, D(12345))], by())
    assert '"amount":"12340"' in text_of(done)
    with pytest.raises(PlanError, match="JPY, which has 0 decimals"):
        edits.edit_cells(document, [CellEdit("l1", AUGUST, D("0.5"))], by())


# --- undo -----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(["l1", "l2", "l3"]), st.sampled_from(MONTHS), cents),
                min_size=1, max_size=6))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_undo_restores_and_redo_does_again(moves: list[tuple[str, BillingPeriod, Decimal]]) -> None:
    states = [plan()]
    for name, month, amount in moves:
        done = edits.edit_cells(states[-1], [CellEdit(name, month, amount)], by())
        if done is not states[-1]:
            states.append(done)
    last = states[-1]
    for before in reversed(states[:-1]):
        last = edits.undo(last, by(reason=""))
        assert [last.cells(one.id) for one in last.lines] == [
            before.cells(one.id) for one in before.lines
        ]
    with pytest.raises(PlanError, match="ana has no edit left to undo"):
        edits.undo(last, by())
    for after in states[1:]:
        last = edits.redo(last, by(reason=""))
        assert last.sums() == after.sums()
    assert len(last.adjustments) == 3 * (len(states) - 1), "nothing is ever removed"


def test_undo_is_of_ones_own_edits_alone_and_an_adjustment_goes_back_once() -> None:
    done = edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D(1))], by("ana"))
    done = edits.edit_cells(done, [CellEdit("l2", AUGUST, D(2))], by("ben"))
    undone = edits.undo(done, by("ana"))
    assert undone.cell("l1", AUGUST).total == D("100.00")
    assert undone.cell("l2", AUGUST).total == D("2.00")
    with pytest.raises(PlanError, match="adjustment 1 was taken back already"):
        edits.take_back(undone, [1], by("ben"))
    with pytest.raises(PlanError, match="no undone edit"):
        edits.redo(edits.edit_cells(undone, [CellEdit("l3", AUGUST, D(3))], by()), by())


# --- two people -----------------------------------------------------------------------------


def test_two_people_edit_other_cells_without_disturbing_each_other() -> None:
    ana = edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D(1))], by("ana", seen=0))
    both = edits.edit_cells(ana, [CellEdit("l2", AUGUST, D(2))], by("ben", seen=0))
    assert [both.cell(name, AUGUST).total for name in ("l1", "l2")] == [D("1.00"), D("2.00")]


def test_who_edits_the_same_cell_is_told_who_was_first() -> None:
    ana = edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D(1))], by("ana", seen=0))
    with pytest.raises(PlanConflictError) as caught:
        edits.edit_cells(ana, [CellEdit("l1", AUGUST, D(2))], by("ben", seen=0))
    assert (caught.value.seen, caught.value.current) == (0, 1)
    assert "ana adjusted commerce › checkout, 2026-08 (revision 1)" in str(caught.value)
    removed = edits.remove_line(plan(), "l1", by("ana"))
    with pytest.raises(PlanConflictError, match="removed the line"):
        edits.edit_cells(removed, [CellEdit("l1", AUGUST, D(2))], by("ben", seen=0))
    with pytest.raises(PlanError, match="there is no revision 5 yet"):
        edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D(2))], by(seen=5))


# --- lines ----------------------------------------------------------------------------------


def test_a_new_line_has_no_baseline_but_what_it_is_planned_to_cost() -> None:
    new = NewLine(("commerce", "launch"), "Launch", ((AUGUST, D("9.99")),), note="ask Jo")
    done, name = edits.add_line(plan(), new, by())
    assert name == "l5"
    assert done.line(name).planned
    assert (done.cell(name, AUGUST).total, done.cell(name, MONTHS[0]).total) == (D("9.99"), D(0))
    assert done.notes[0].text == "ask Jo"
    with pytest.raises(PlanError, match="there is a line l5"):
        edits.add_line(done, new, by())
    with pytest.raises(PlanError, match="a value for each of department, team"):
        edits.add_line(done, NewLine(("commerce",)), by())


def test_a_removed_line_does_not_count_and_can_come_back() -> None:
    gone = edits.remove_line(plan(), "l1", by())
    assert gone.sums()[1].total == D("33.34")
    with pytest.raises(PlanError, match="is removed; restore it"):
        edits.edit_cells(gone, [CellEdit("l1", AUGUST, D(1))], by())
    back = edits.remove_line(gone, "l1", by(), restore=True)
    assert back.sums() == plan().sums()


def test_a_driven_line_is_exact_and_rounded_once() -> None:
    done = edits.drive_line(plan(), "l1", driver("3", "0.335"), by())
    assert done.cell("l1", MONTHS[0]).total == D("100.00"), "a month that is not driven stays"
    cell = done.cell("l1", MONTHS[2])
    assert (cell.baseline, cell.volume, cell.unit_cost) == (D("1.01"), D(3), D("0.335"))
    done = edits.edit_cells(done, [CellEdit("l1", MONTHS[2], D("1000.5"), "volume", "add")], by())
    cell = done.cell("l1", MONTHS[2])
    # 1003.5 × 0.335 = 336.1725
    assert (cell.volume, cell.total, cell.adjusted) == (D("1003.5"), D("336.17"), D("335.16"))
    done = edits.edit_cells(done, [CellEdit("l1", MONTHS[2], D("0.3"), "unit_cost")], by())
    done = edits.edit_cells(done, [CellEdit("l1", MONTHS[2], D(-1), how="add")], by())
    assert done.cell("l1", MONTHS[2]).total == D("300.05")  # 301.05 − 1
    assert done.line("l1").driver is not None
    off = edits.drive_line(done, "l1", None, by())
    assert off.cell("l1", MONTHS[3]).baseline is None
    for number in ("NaN", "Infinity"):
        with pytest.raises(PlanError, match=f"{number} is no volume or unit cost"):
            edits.drive_line(plan(), "l1", driver("3", number), by())


# --- sums and text --------------------------------------------------------------------------


@given(documents())
@settings(max_examples=40, deadline=None)
def test_sums_of_the_hierarchy_are_sums_of_lines_and_text_is_the_document(found: Document) -> None:
    for at in range(12):
        lines = [found.cells(one.id)[at] for one in found.live]
        assert found.sums()[at].total == total(cell.total for cell in lines)
        tops = {one.path[:1] for one in found.live}
        assert found.sums()[at].total == total(found.sums(top)[at].total for top in tops)
        for cell in lines:
            assert cell.total == (cell.baseline or D(0)) + cell.adjusted
    assert from_json(to_json(found)) == found
    assert text_of(from_json(to_json(found))) == text_of(found)


def test_the_hierarchy_lists_groups_before_their_parts() -> None:
    rows = [(group.depth, group.path, group.year.total) for group in plan().groups()]
    assert rows[:4] == [
        (0, (), D("1600.08")),
        (1, ("commerce",), D("1599.96")),
        (2, ("commerce", "checkout"), D("1200.00")),
        (2, ("commerce", "search"), D("399.96")),
    ]


def test_a_frame_of_one_level_lists_lines_below_the_whole() -> None:
    frame = Frame("p", "P", BillingPeriod(2027, 1), "BilledCost", "EUR", 2, ("team",))
    rows = plan(line(1, "a"), line(2, None), frame=frame).groups()
    assert [(row.depth, row.path, row.line and row.line.id) for row in rows] == [
        (0, (), None),
        (1, ("a",), "l1"),
        (1, (None,), "l2"),
    ]


def test_texts_that_a_spreadsheet_would_cut_are_refused() -> None:
    long = "x" * 4_001
    with pytest.raises(PlanError, match="4,001 characters is too long; at most 4,000 are kept"):
        edits.edit_cells(plan(), [CellEdit("l1", AUGUST, D(1))], by(reason=long))
    with pytest.raises(PlanError, match="too long"):
        edits.add_note(plan(), "", None, long, by())
    with pytest.raises(PlanError, match="too long"):
        edits.add_line(plan(), NewLine(("commerce", "x"), long), by())


def test_versions_are_compared_line_by_line_whatever_ids_a_baseline_gave() -> None:
    before = plan(line(1, "shop", "web"), line(2, "shop", "old"), line(3, "shop", "back"))
    # A baseline left l2 and l3 out; the next lines got their ids, one of them where l3 had been.
    after = plan(
        line(1, "shop", "web", amount="110.00"),
        line(2, "data", "new", amount="7.00"),
        line(4, "shop", "back", amount="101.00"),
    )
    found = compare_documents(version(before, 1), version(after, 2))
    told = [(one.line, one.path[-1], one.presence, one.year) for one in found.lines]
    year = D("1200.00")
    assert told == [
        ("l1", "web", "both", (year, D("1320.00"), D("120.00"))),
        ("l2", "new", "added", (D(0), D("84.00"), D("84.00"))),
        ("l4", "back", "both", (year, D("1212.00"), D("12.00"))),
        ("l2", "old", "removed", (year, D(0), -year)),
    ]
    assert found.year == (before.total, after.total, after.total - before.total)
