"""Statements under a scope: whole or not at all, with sums of what is seen alone; disputes of one's
own statements, and answers to them."""

import shutil
from collections.abc import Iterator
from decimal import Decimal

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace, disputes, statements
from outlay.expression import canonical
from outlay.money import total
from outlay.query import QueryError
from outlay.statements.errors import StatementError
from tests.access.leaks import assert_no_canary
from tests.access.twoteams import AUGUST, SEPTEMBER, TwoTeams, as_checkout

LINE = "direct/Amazon Elastic Compute Cloud"


@pytest.fixture(scope="module")
def own(company: TwoTeams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoTeams]:
    """A copy of the company: disputes are raised and answered here."""
    folder = tmp_path_factory.mktemp("finance")
    shutil.copytree(company.workspace.path, folder / "workspace")
    workspace = Workspace.open(folder / "workspace")
    yield TwoTeams(workspace, folder, company.theirs, company.mine)
    workspace.close()


@pytest.fixture
def workspace(own: TwoTeams) -> Workspace:
    return own.workspace


@pytest.mark.parametrize("period", [AUGUST, SEPTEMBER], ids=str)
def test_a_month_has_the_statements_in_scope_and_their_sums(workspace: Workspace, period) -> None:  # type: ignore[no-untyped-def]
    whole = statements.month(workspace, "team", period)
    theirs = whole.statement("checkout")
    with as_checkout():
        mine = statements.month(workspace, "team", period)
    assert theirs is not None and mine.statements == (theirs,)
    assert (mine.bill, mine.total) == (theirs.base, theirs.total)
    assert mine.bill_exact == total(
        line.exact for line in theirs.lines if line.section != "dispute"
    )
    assert (mine.digest, mine.note, mine.problems, mine.warnings) == ("", "", (), ())
    assert "journal" not in mine.spec and "journal" in whole.spec
    assert_no_canary(mine.text.encode())


@pytest.mark.parametrize(
    ("scope", "values"),
    [
        ("team = 'checkout'", ["checkout"]),
        ("team IN ('checkout', 'platform')", ["checkout", "platform"]),
        ("team IN ('checkout', 'platform') AND team = 'platform'", ["platform"]),
        # Anything else would cut a statement, and half of one is none.
        ("team = 'checkout' AND ServiceName = 'x'", None),
        ("team <> 'zebra'", None),
        ("team = 'checkout' OR team = 'platform'", None),
        ("tags.team = 'checkout'", None),
        ("team NOT IN ('zebra')", None),
    ],
)
def test_a_scope_that_names_values_opens_their_statements(
    workspace: Workspace, scope: str, values: list[str] | None
) -> None:
    with as_checkout(scope=canonical(scope)):
        if values is None:
            assert statements.plans(workspace) == []
            with pytest.raises(QueryError, match="there are no statements by 'team'"):
                statements.month(workspace, "team", AUGUST)
            return
        assert [plan.name for plan in statements.plans(workspace)] == ["team"]
        month = statements.month(workspace, "team", AUGUST)
        assert [one.value for one in month.statements] == values
        with pytest.raises(QueryError, match="has no statement"):
            statements.statement(workspace, "team", AUGUST, "zebra")


def test_who_asks_signs(workspace: Workspace) -> None:
    with as_checkout(Level.EDITOR):
        made = disputes.dispute(
            workspace, "team", SEPTEMBER, "checkout", line=LINE, amount=Decimal("1.5"),
            reason="not ours", author="zoe",
        )  # fmt: skip
        assert [one.id for one in disputes.disputes(workspace, "team")][-1] == made.id
        trail = disputes.events(workspace, "team")
    assert trail[-1].dispute == made.id and trail[-1].author == "carl"
    assert {event.dispute for event in trail} <= {made.id, 2}


def test_disputes_of_others_are_not_there(own: TwoTeams) -> None:
    with as_checkout(Level.APPROVER):
        assert own.theirs not in [one.id for one in disputes.disputes(own.workspace, "team")]
        with pytest.raises(StatementError, match=f"there is no dispute {own.theirs}"):
            disputes.answer(own.workspace, own.theirs, accept=False, reason="no", author="carl")
        with pytest.raises(QueryError, match="has no statement"):
            disputes.dispute(
                own.workspace, "team", AUGUST, "zebra", line="direct/Zebra Analyzer", amount=None,
                reason="theirs", author="carl",
            )  # fmt: skip
    open_ = {one.id: one.state for one in disputes.disputes(own.workspace, "team")}
    assert open_[own.theirs] == "open"


def test_an_approver_answers_what_concerns_his_values_alone(own: TwoTeams) -> None:
    answer = disputes.answer
    with as_checkout(Level.EDITOR), pytest.raises(AccessDeniedError, match="needs an approver"):
        answer(own.workspace, own.mine, accept=False, reason="no", author="carl")
    with as_checkout(Level.APPROVER):
        # Nobody gives his cost to a team that he does not see.
        with pytest.raises(AccessDeniedError, match="does not see"):
            answer(own.workspace, own.mine, accept=True, proposed="zebra", author="carl")
        with pytest.raises(QueryError) as told:
            answer(own.workspace, own.mine, accept=True, proposed="nobody", author="carl")
        assert_no_canary(str(told.value).encode())
        done = answer(own.workspace, own.mine, accept=False, reason="it is ours", author="x")
    assert (done.state, done.answer) == ("answered", "refused")


def test_closing_is_for_those_who_see_everything(workspace: Workspace) -> None:
    with as_checkout(Level.ADMIN), pytest.raises(AccessDeniedError):
        statements.close(workspace, "team", SEPTEMBER, author="carl")
    viewer = Principal("vera", Level.EDITOR, via="session")
    with acting(viewer), pytest.raises(AccessDeniedError, match="needs an approver"):
        statements.close(workspace, "team", SEPTEMBER, author="vera")
    assert statements.month(workspace, "team", SEPTEMBER).state == "draft"


def test_the_same_bill_answers_everybody(workspace: Workspace) -> None:
    """What was worked out for one is kept for all: a scope is no part of it."""
    with as_checkout():
        first = statements.month(workspace, "team", SEPTEMBER)
    whole = statements.month(workspace, "team", SEPTEMBER)
    assert {one.value for one in whole.statements} >= {"checkout", "zebra", "platform"}
    assert whole.statement("checkout") == first.statement("checkout")
