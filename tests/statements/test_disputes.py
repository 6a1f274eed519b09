"""Disputes: what may be disputed, who answers, and that a settlement moves money and makes none."""

from decimal import Decimal

import pytest

from outlay.app import disputes, statements
from outlay.expression.errors import QueryError
from outlay.money import total
from outlay.statements.errors import StatementError
from tests.statements.desk import (
    EC2,
    OCTOBER,
    S3,
    SEPTEMBER,
    SEPTEMBER_BILL,
    SPLIT,
    Desk,
    charge,
    lines_of,
    totals_of,
)

LINE = f"direct/{S3}"
LATER = charge("10", "2026-10-02", "search")


def test_an_accepted_dispute_moves_its_amount_on_the_next_statement(desk: Desk) -> None:
    desk.close(SEPTEMBER)
    made = desk.dispute(SEPTEMBER, "shop", LINE, "5.00", "data")
    assert (made.state, made.answer) == ("open", "")
    answered = desk.answer(made.id, accept=True, reason="right")
    assert (answered.state, answered.answer, answered.proposed) == ("answered", "accepted", "data")
    desk.bill([*SEPTEMBER_BILL, LATER])
    month = desk.month(OCTOBER)
    assert totals_of(month) == {"data": "5.00", "search": "10.00", "shop": "-5.00"}
    assert (month.bill, month.adjustments, month.total) == (10, 0, 10)
    assert lines_of(desk.one(OCTOBER, "shop")) == {f"dispute/{made.id}": "-5.00"}
    (line,) = desk.one(OCTOBER, "data").lines
    assert line.name == f"2026-09, dispute {made.id}, taken from shop"
    desk.close(OCTOBER)
    settled = statements.books(desk.workspace).dispute(made.id)
    assert (settled.state, settled.settled_month) == ("settled", "2026-10")
    # It is settled once: the month after has nothing of it.
    november = charge("1", "2026-11-02", "data")
    desk.bill([*SEPTEMBER_BILL, LATER, november])
    assert totals_of(desk.month(OCTOBER.next())) == {"data": "1.00"}
    actions = [(e.action, e.author) for e in disputes.events(desk.workspace, "team")]
    assert actions == [
        ("closed", "ann"),
        ("disputed", "bob"),
        ("accepted", "dora"),
        ("closed", "ann"),
        ("settled", "ann"),
    ]


def test_a_refused_dispute_moves_nothing(desk: Desk) -> None:
    desk.close(SEPTEMBER)
    made = desk.dispute(SEPTEMBER, "shop", LINE, None, "data")
    assert made.amount == Decimal("9.99")
    with pytest.raises(QueryError, match="a refusal needs a reason"):
        desk.answer(made.id, accept=False)
    refused = desk.answer(made.id, accept=False, reason="the rule is right")
    assert (refused.state, refused.answer_reason) == ("answered", "the rule is right")
    with pytest.raises(StatementError, match="is refused already"):
        desk.answer(made.id, accept=True)
    desk.bill([*SEPTEMBER_BILL, LATER])
    assert totals_of(desk.month(OCTOBER)) == {"search": "10.00"}


def test_a_draft_s_dispute_is_settled_by_the_draft_itself(desk: Desk) -> None:
    made = desk.dispute(SEPTEMBER, "shop", LINE, "5", "data")
    desk.answer(made.id, accept=True)
    month = desk.month(SEPTEMBER)
    assert (totals_of(month)["shop"], totals_of(month)["data"]) == ("75.33", "48.34")
    assert total(one.total for one in month.statements) == month.total == Decimal("192.00")


def test_a_credit_can_be_disputed_too(desk: Desk) -> None:
    made = desk.dispute(SEPTEMBER, "search", f"credit/{EC2}", "-2.00", "data")
    desk.answer(made.id, accept=True)
    assert totals_of(desk.month(SEPTEMBER))["search"] == "70.33"


@pytest.mark.parametrize(
    ("line", "amount", "says"),
    [
        ("direct/No such service", "1", "has no line 'direct/No such service'"),
        (LINE, "0", "is no amount that can be disputed"),
        (LINE, "1.001", "with at most 2 decimals"),
        (LINE, "10", "has 9.99 USD that can be disputed, not 10.00"),
        (LINE, "-1", "has 9.99 USD that can be disputed, not -1.00"),
    ],
)
def test_only_what_is_on_the_line_can_be_disputed(
    desk: Desk, line: str, amount: str, says: str
) -> None:
    with pytest.raises(StatementError, match=says):
        desk.dispute(SEPTEMBER, "shop", line, amount)


def test_a_line_is_not_disputed_beyond_itself(desk: Desk) -> None:
    first = desk.dispute(SEPTEMBER, "shop", LINE, "6", "data")
    with pytest.raises(StatementError, match=r"has 3.99 USD .* \(other disputes of it are not"):
        desk.dispute(SEPTEMBER, "shop", LINE, "4", "data")
    desk.answer(first.id, accept=False, reason="no")
    assert desk.dispute(SEPTEMBER, "shop", LINE, "9.99", "data").amount == Decimal("9.99")


def test_an_amount_moves_to_another_value_that_there_is(desk: Desk) -> None:
    with pytest.raises(QueryError, match="'dat' is no other team") as caught:
        desk.dispute(SEPTEMBER, "shop", LINE, "1", "dat")
    assert caught.value.near == ("data",)
    with pytest.raises(QueryError, match="'shop' is no other team"):
        desk.dispute(SEPTEMBER, "shop", LINE, "1", "shop")
    made = desk.dispute(SEPTEMBER, "shop", LINE, "1")
    with pytest.raises(QueryError, match="say which team takes the amount"):
        desk.answer(made.id, accept=True)
    assert desk.answer(made.id, accept=True, to="search").proposed == "search"
    with pytest.raises(StatementError, match="there is no dispute 99"):
        desk.answer(99, accept=True)


def test_the_owner_of_the_rule_answers(desk: Desk) -> None:
    tag = {
        "rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}],
        "values": {"data": {"owner": "dora@example.com"}, "shop": {"owner": "sam@example.com"}},
    }
    desk.put("VirtualTag", "team", tag)
    proposed = desk.dispute(SEPTEMBER, "shop", LINE, "1", "data")
    open_end = desk.dispute(SEPTEMBER, "shop", LINE, "1")
    assert disputes.owner_of(desk.workspace, proposed) == "dora@example.com"
    assert disputes.owner_of(desk.workspace, open_end) == "sam@example.com"
    desk.put("Split", "share-platform", {**SPLIT, "owner": "pia@example.com"})
    shared = desk.dispute(SEPTEMBER, "shop", "shared/share-platform", "1", "data")
    assert disputes.owner_of(desk.workspace, shared) == "pia@example.com"
