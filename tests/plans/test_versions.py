"""Versions: from draft to approved, by another person; what is frozen stays as it was."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import pytest
from sqlalchemy import text

from outlay.access import AccessDeniedError, Level, acting
from outlay.access.events import Wanted
from outlay.access.people import People
from outlay.access.principal import Principal
from outlay.app import Workspace, events
from outlay.app.planning import plans
from outlay.planning.plans.codec import digest_of
from outlay.planning.plans.edits import CellEdit
from outlay.planning.plans.errors import PlanConflictError, PlanError, PlanStateError
from outlay.resources import ResourceError, ResourceInUseError
from tests.plans.company import SPEC
from tests.plans.conftest import OCTOBER

D = Decimal
PLAN = "fy27"


@contextmanager
def being(name: str, level: Level = Level.APPROVER, scope: str = "") -> Iterator[None]:
    with acting(Principal(name, level, level.word, scope, "session")):
        yield


def edit(books: Workspace, amount: str, revision: int | None = None, line: str = "l1") -> int:
    cell = CellEdit(line, OCTOBER, D(amount))
    return plans.edit_cells(books, PLAN, [cell], "why", revision=revision).info.revision


def people(books: Workspace, **roles: str) -> None:
    for name, role in roles.items():
        People(books.resources).add(name, role)


# --- draft to approved ----------------------------------------------------------------------


def test_a_budget_is_approved_and_an_estimate_supersedes_it(books: Workspace) -> None:
    plans.submit(books, PLAN, "as agreed")
    first = plans.approve(books, PLAN, 1)
    assert (first.info.state, first.info.kind, first.previous) == ("approved", "budget", "")
    draft = plans.start_draft(books, PLAN, title="Estimate of March")
    assert (draft.info.version, draft.info.kind) == (2, "estimate")
    edit(books, "175.00")
    plans.submit(books, PLAN)
    second = plans.approve(books, PLAN, 2, "board")
    assert second.previous == first.info.digest, "digests chain"
    plan = plans.get_plan(books, PLAN)
    assert [one.state for one in plan.versions] == ["superseded", "approved"]
    assert plan.approved is not None and plan.budget is not None
    assert (plan.approved.info.version, plan.budget.info.version) == (2, 1)
    assert plan.budget.document.total == D("150.00")
    compared = plans.compare(books, PLAN, 1, 2)
    assert compared.year == (D("150.00"), D("225.00"), D("75.00"))
    assert [(one.line, one.presence) for one in compared.changed] == [("l1", "both")]


def test_nothing_changes_what_was_submitted_or_approved(books: Workspace) -> None:
    plans.submit(books, PLAN)
    with pytest.raises(PlanStateError, match="is submitted and cannot be changed"):
        edit(books, "1.00")
    plans.approve(books, PLAN, 1)
    with pytest.raises(PlanStateError, match="has no draft to change"):
        edit(books, "1.00")
    for decide in (plans.approve, lambda b, p, v: plans.reject(b, p, v, "no")):
        with pytest.raises(PlanStateError, match="is approved, not submitted"):
            decide(books, PLAN, 1)
    kept = plans.store_of(books).text(PLAN, 1)
    assert digest_of(kept) == plans.version(books, PLAN, 1).info.digest


def test_a_version_changed_from_outside_is_told(books: Workspace) -> None:
    plans.submit(books, PLAN)
    plans.approve(books, PLAN, 1)
    with books.resources.engine.begin() as connection:
        connection.execute(text("UPDATE plan_versions SET document = replace(document, "
                                "'100.00', '900.00')"))  # fmt: skip
    with pytest.raises(PlanError, match="is not what was approved: it was changed in the database"):
        plans.version(books, PLAN, 1)


def test_a_rejected_version_stays_with_the_reason_and_a_draft_goes_on(books: Workspace) -> None:
    plans.submit(books, PLAN)
    with pytest.raises(PlanError, match="say why"):
        plans.reject(books, PLAN, 1, " ")
    done = plans.reject(books, PLAN, 1, "too high")
    assert (done.info.state, done.info.note) == ("rejected", "too high")
    draft = plans.start_draft(books, PLAN, of=1)
    assert (draft.info.version, draft.info.kind) == (2, "budget")
    assert draft.document.total == D("150.00")
    with pytest.raises(PlanStateError, match="version 2 of 'fy27' is a draft already"):
        plans.start_draft(books, PLAN)
    plans.discard_draft(books, PLAN)
    assert [one.version for one in plans.versions(books, PLAN)] == [1]


def test_what_is_submitted_is_what_was_looked_at(books: Workspace) -> None:
    with pytest.raises(PlanStateError, match="the draft is at revision 3, not 2"):
        plans.submit(books, PLAN, revision=2)
    assert plans.submit(books, PLAN, revision=3).info.state == "submitted"


def test_a_draft_starts_its_own_undo(books: Workspace) -> None:
    edit(books, "1.00")
    plans.submit(books, PLAN)
    plans.approve(books, PLAN, 1)
    plans.start_draft(books, PLAN)
    with pytest.raises(PlanError, match="no edit left to undo"):
        plans.undo(books, PLAN)


# --- who decides ----------------------------------------------------------------------------


def test_nobody_approves_what_they_submitted_where_another_could(books: Workspace) -> None:
    people(books, ana="approver", ben="approver", cleo="editor")
    with being("ana"):
        plans.submit(books, PLAN)
        plan = plans.get_plan(books, PLAN)
        assert not plan.may_approve
        assert plan.why_not == "ana submitted version 1 and does not approve it too; ben can"
        with pytest.raises(PlanStateError, match="ben can"):
            plans.approve(books, PLAN, 1)
    with being("cleo", Level.EDITOR), pytest.raises(AccessDeniedError, match="needs an approver"):
        plans.approve(books, PLAN, 1)
    with being("ben"):
        assert plans.get_plan(books, PLAN).may_approve
        done = plans.approve(books, PLAN, 1)
    assert (done.info.submitter, done.info.approver) == ("ana", "ben")


def test_who_is_alone_may_approve_and_named_approvers_alone_do(books: Workspace) -> None:
    people(books, ana="approver", cleo="editor")
    with being("ana"):
        plans.submit(books, PLAN)
        assert plans.approve(books, PLAN, 1).info.approver == "ana"
        plans.start_draft(books, PLAN)
        plans.submit(books, PLAN)
    spec = SPEC | {"starts": "2026-10", "approvers": ["dora"]}
    books.put_resource("Plan", PLAN, spec, author="ana")
    with being("ana"), pytest.raises(AccessDeniedError, match="dora does"):
        plans.approve(books, PLAN, 2)
    with being("dora"):
        assert plans.approve(books, PLAN, 2).info.state == "approved"


def test_viewers_and_people_of_a_scope_do_not_plan(books: Workspace) -> None:
    with being("vera", Level.VIEWER), pytest.raises(AccessDeniedError):
        edit(books, "1.00")
    with being("sam", Level.EDITOR, "tags.team = 'shop'"):
        for ask in (
            lambda: edit(books, "1.00"),
            lambda: plans.plans(books),
            lambda: plans.version(books, PLAN),
            lambda: plans.compare(books, PLAN, 1, 1),
        ):
            with pytest.raises(AccessDeniedError, match="sees the part where tags.team = 'shop'"):
                ask()


# --- two editors at once --------------------------------------------------------------------


def test_two_editors_at_once_lose_nothing(books: Workspace) -> None:
    """Twenty edits of two people from two handles of one database: all of them are there."""
    other = Workspace.open(books.path)

    def work(one: tuple[Workspace, str, int]) -> None:
        workspace, line, number = one
        cell = CellEdit(line, OCTOBER, D(number), how="add")
        with being(f"person {line}", Level.EDITOR):
            plans.edit_cells(workspace, PLAN, [cell], f"edit {number}")

    jobs = [(w, line, n) for n in range(1, 11) for w, line in ((books, "l1"), (other, "l2"))]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, jobs))
    other.close()
    document = plans.version(books, PLAN).document
    assert document.cell("l1", OCTOBER).total == D("155.00")
    assert document.cell("l2", OCTOBER).total == D("105.00")
    assert document.revision == 23
    assert [a.id for a in document.adjustments] == list(range(1, 23))


def test_the_second_editor_of_a_cell_is_told_and_writes_nothing(books: Workspace) -> None:
    seen = plans.version(books, PLAN).info.revision
    with being("ana", Level.EDITOR):
        edit(books, "110.00", seen)
    with being("ben", Level.EDITOR), pytest.raises(PlanConflictError, match="ana adjusted"):
        edit(books, "120.00", seen)
    assert plans.version(books, PLAN).document.cell("l1", OCTOBER).total == D("110.00")
    with being("ben", Level.EDITOR):
        edit(books, "60.00", seen, "l2")
    assert plans.version(books, PLAN).document.cell("l2", OCTOBER).total == D("60.00")


# --- settings -------------------------------------------------------------------------------


def test_what_versions_are_of_stays_and_a_plan_that_was_submitted_too(books: Workspace) -> None:
    with pytest.raises(ResourceError, match="hierarchy of the plan 'fy27' cannot be changed"):
        books.put_resource(
            "Plan", PLAN, SPEC | {"starts": "2026-10", "hierarchy": ["tags.team"]}, author="ana"
        )
    books.put_resource("Plan", PLAN, SPEC | {"starts": "2026-10", "tolerance": "7"}, author="ana")
    plans.submit(books, PLAN)
    with pytest.raises(ResourceInUseError, match="Put it away with archived: true"):
        books.delete_resource("Plan", PLAN, author="ana")
    books.put_resource("Plan", PLAN, SPEC | {"starts": "2026-10", "archived": True}, author="ana")
    assert plans.plans(books) == []
    assert [one.name for one in plans.plans(books, archived=True)] == [PLAN]


def test_a_draft_goes_with_its_plan(books: Workspace) -> None:
    books.delete_resource("Plan", PLAN, author="ana")
    plans.new_plan(books, PLAN, SPEC | {"starts": "2027-01", "hierarchy": ["ServiceName"]})
    assert plans.get_plan(books, PLAN).versions == ()


def test_a_tag_that_a_plan_stands_by_cannot_be_removed(books: Workspace) -> None:
    tag = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
    books.put_resource("VirtualTag", "squad", tag, author="ana")
    plans.new_plan(books, "squads", SPEC | {"hierarchy": ["squad", "ServiceName"]})
    with pytest.raises(ResourceInUseError, match="the plan 'squads' needs it"):
        books.delete_resource("VirtualTag", "squad", author="ana")
    with pytest.raises(ResourceError, match="needs the virtual tag 'guild', which is not there"):
        plans.new_plan(books, "guilds", SPEC | {"hierarchy": ["guild"]})


def test_every_change_is_in_the_log_of_events(books: Workspace) -> None:
    edit(books, "1.00")
    plans.submit(books, PLAN)
    plans.approve(books, PLAN, 1)
    found = events.listed(books, Wanted(), 20)
    actions = [one.action for one in found if one.target == "fy27 version 1"]
    assert actions == ["plan-approve", "plan-submit", *["plan-edit"] * 3, "plan-draft"]
    edited = next(one for one in found if one.action == "plan-edit")
    assert edited.detail["said"] == "adjusted shop › Compute, 2026-10"
    assert edited.detail["reason"] == "why"
