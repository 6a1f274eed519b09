"""A closed month never changes; what is known later stands on the next, and all of it adds up."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from outlay.allocation.model import VirtualTagSpec
from outlay.app import statement_files, statements
from outlay.expression.errors import QueryError
from outlay.lake.types import Pin
from outlay.money import BillingPeriod, total
from outlay.money.cents import to_unit
from outlay.resources.database import writing
from outlay.statements import adjust
from outlay.statements.bill import Cell, MonthBill
from outlay.statements.build import statements as build
from outlay.statements.documents import StatementMonth
from outlay.statements.errors import StatementError
from outlay.statements.model import Plan
from tests.statements.desk import (
    AUGUST,
    EC2,
    OCTOBER,
    SEPTEMBER,
    SEPTEMBER_BILL,
    Desk,
    charge,
    lines_of,
    totals_of,
)

FORMS = ("json", "csv", "html")
LATER = charge("10", "2026-10-02", "search", InvoiceId="INV-10")


def written(desk: Desk) -> dict[tuple[str, str | None], bytes]:
    """Everything that a closed September says, as files."""
    values = [None, *(one.value for one in desk.month(SEPTEMBER).statements)]
    return {
        (form, value): statement_files.export(
            desk.workspace, "team", SEPTEMBER, form, value
        ).content
        for form in FORMS
        for value in values
    }


def restated(desk: Desk) -> None:
    """September again, 1.50 more for search, and October's first charge."""
    more = charge("41.50", "2026-09-03", "search", InvoiceId="INV-9")
    desk.bill([more, *SEPTEMBER_BILL[1:], LATER])


def test_a_closed_month_never_changes_byte_for_byte(desk: Desk) -> None:
    closed = desk.close(SEPTEMBER)
    before = written(desk)
    restated(desk)
    desk.put("VirtualTag", "team", {"default": "everybody"})
    desk.put("Split", "share-platform", {"tag": "team", "take": "everybody", "method": "even"})
    desk.put("ExchangeRates", "finance", {"pairs": {"EUR/USD": {"2026-09": "2"}}})
    desk.put("StatementPlan", "team", {"title": "Something else", "rates": "finance"})
    assert desk.month(SEPTEMBER) == closed
    assert written(desk) == before
    assert closed.state == "closed" and {s.state for s in closed.statements} == {"closed"}


def test_what_it_pins_is_said(desk: Desk) -> None:
    draft = desk.month(SEPTEMBER)
    closed = desk.close(SEPTEMBER)
    assert (closed.snapshot, closed.closed_by, closed.note) == (draft.snapshot, "ann", "checked")
    assert totals_of(closed) == totals_of(draft)
    (event,) = statements.books(desk.workspace).events("team")
    assert (event.action, event.author, event.month, event.note) == (
        "closed",
        "ann",
        "2026-09",
        "checked",
    )


def test_its_snapshot_outlives_the_retention(desk: Desk) -> None:
    closed = desk.close(SEPTEMBER)
    restated(desk)
    later = closed.closed_at + timedelta(days=400) if closed.closed_at else None
    desk.workspace.lake.maintain(now=later)
    pin = desk.workspace.pin(closed.snapshot)
    assert pin.detail and all(one.charges_path.exists() for one in pin.slices)
    kept = desk.workspace.lake.history.head()
    assert kept is not None and closed.snapshot in kept.tags.values()


def test_a_restatement_is_an_adjustment_of_the_next_month(desk: Desk) -> None:
    closed = desk.close(SEPTEMBER)
    restated(desk)
    month = desk.month(OCTOBER)
    assert totals_of(month) == {"search": "11.50"}
    (line,) = [ln for ln in desk.one(OCTOBER, "search").lines if ln.section == "adjustment"]
    assert (line.amount, line.exact) == (Decimal("1.50"), Decimal("1.5"))
    assert (line.month, line.invoice, line.source) == ("2026-09", "INV-9", "acme")
    assert line.name == "2026-09, Direct"
    today = desk.workspace.lake.pin().slices[0].delivery.loaded_at
    assert line.detail == f"restated by the vendor (acme, {today:%Y-%m-%d})"
    # Closed and adjustments together are what is known now: 192.002 + 1.50 is 193.50 and a bit.
    assert total((closed.total, month.adjustments)) == Decimal("193.50")


def test_an_adjustment_is_made_once(desk: Desk) -> None:
    desk.close(SEPTEMBER)
    restated(desk)
    desk.close(OCTOBER)
    more = charge("2", "2026-11-02", "data")
    first = charge("41.50", "2026-09-03", "search", InvoiceId="INV-9")
    desk.bill([first, *SEPTEMBER_BILL[1:], LATER, more])
    assert totals_of(desk.month(BillingPeriod(2026, 11))) == {"data": "2.00"}


def test_a_delivery_that_comes_late_and_one_that_goes_are_told(desk: Desk) -> None:
    desk.bill([charge("5", "2026-09-01", "data", currency="USD")], "other")
    desk.close(SEPTEMBER)
    desk.bill([charge("7", "2026-09-01", "shop")], "third")
    desk.bill([LATER], "fourth")
    desk.workspace.remove_source("other")
    found = {
        (one.value, line.source): (format(line.amount, "f"), line.detail.split(" (")[0])
        for one in desk.month(OCTOBER).statements
        for line in one.lines
        if line.section == "adjustment"
    }
    assert found == {
        ("data", "other"): ("-5.00", "the source was removed"),
        ("shop", "third"): ("7.00", "delivered late"),
    }


def test_a_change_of_rules_leaves_closed_months_alone_unless_the_plan_says_adjust(
    desk: Desk,
) -> None:
    desk.close(SEPTEMBER)
    desk.bill([*SEPTEMBER_BILL, LATER])
    taken = {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}
    moved = {"when": "tags.team = 'data'", "value": "search"}
    desk.put("VirtualTag", "team", {"rules": [moved, taken]})
    assert totals_of(desk.month(OCTOBER)) == {"search": "10.00"}


def test_adjusting_plans_follow_the_rules_of_today(bare: Desk) -> None:
    bare.put("StatementPlan", "team", {"after_close": "adjust"})
    bare.bill([charge("10", "2026-09-03", "data"), charge("1", "2026-09-03", "shop")])
    bare.close(SEPTEMBER)
    everything = {"rules": [{"when": "tags.team IS NOT NULL", "value": "shop"}]}
    bare.put("VirtualTag", "team", everything)
    bare.bill([LATER], "later")
    month = bare.month(OCTOBER)
    assert totals_of(month) == {"data": "-10.00", "shop": "20.00"}
    assert month.adjustments == 0
    (line,) = bare.one(OCTOBER, "data").lines
    assert line.detail == adjust.ALLOCATION


def test_a_rate_is_frozen_with_the_month(bare: Desk) -> None:
    euros = charge("100", "2026-09-10", "shop", currency="EUR")
    bare.put("ExchangeRates", "finance", {"pairs": {"EUR/USD": {"2026-09": "1.25"}}})
    bare.put("StatementPlan", "team", {"rates": "finance"})
    bare.bill([euros], "hetzner")
    bare.close(SEPTEMBER)
    bare.put("ExchangeRates", "finance", {"pairs": {"EUR/USD": {"2026-09": "2", "2026-10": "3"}}})
    october = charge("1", "2026-10-01", "shop", currency="EUR")
    bare.bill([{**euros, "EffectiveCost": "104"}, october], "hetzner")
    # 4 EUR more of September at 1.25, and 1 EUR of October at 3.
    assert lines_of(bare.one(OCTOBER, "shop")) == {
        f"direct/{EC2}": "3.00",
        "adjustment/2026-09/direct/hetzner/": "5.00",
    }


# --- what keeps a month open ----------------------------------------------------------------


def test_months_close_in_order_once_and_when_they_are_over(desk: Desk) -> None:
    november = BillingPeriod(2026, 11)
    desk.bill([*SEPTEMBER_BILL, LATER, charge("1", "2026-11-02", "data"),
               charge("1", "2026-08-02", "data")])  # fmt: skip
    desk.close(SEPTEMBER)
    with pytest.raises(StatementError, match="2026-09 of team is closed already; it never changes"):
        desk.close(SEPTEMBER)
    with pytest.raises(StatementError, match="2026-08 is before 2026-09, the first month that was"):
        desk.close(AUGUST)
    with pytest.raises(StatementError, match="in order: 2026-10 is next after 2026-09"):
        desk.close(november)
    desk.close(OCTOBER)


def test_a_month_that_is_not_over_stays_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(desk.workspace), "today", lambda _: date(2026, 9, 30))
    with pytest.raises(StatementError, match=r"2026-09 is not over before 2026-10-01 \(UTC\)"):
        desk.close(SEPTEMBER)
    monkeypatch.setattr(type(desk.workspace), "today", lambda _: date(2026, 10, 1))
    desk.close(SEPTEMBER)


def test_a_plan_cannot_change_its_currency_between_months(desk: Desk) -> None:
    desk.close(SEPTEMBER)
    desk.bill([*SEPTEMBER_BILL, LATER])
    desk.put("StatementPlan", "team", {"currency": "EUR"})
    with pytest.raises(StatementError, match="currency was USD when 2026-09 was closed and is EUR"):
        desk.close(OCTOBER)


def test_a_closing_that_fails_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("outlay.statements.store._event", fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        desk.close(SEPTEMBER)
    monkeypatch.undo()
    assert desk.month(SEPTEMBER).state == "draft"
    head = desk.workspace.lake.history.head()
    assert head is not None and not [tag for tag in head.tags if tag.startswith("statement")]
    desk.close(SEPTEMBER)


@pytest.mark.parametrize(
    ("table", "says"),
    [("statements", "is not what was closed"), ("statement_months", "is not what was closed")],
)
def test_a_change_from_outside_is_found(desk: Desk, table: str, says: str) -> None:
    desk.close(SEPTEMBER)
    with writing(desk.workspace.resources.engine) as connection:
        connection.execute(text(f"UPDATE {table} SET document = replace(document, '192', '193')"))
        connection.execute(
            text(f"UPDATE {table} SET document = replace(document, '43.34', '1.34')")
        )
    with pytest.raises(StatementError, match=says):
        desk.month(SEPTEMBER)


def test_a_statement_that_was_taken_out_is_missed(desk: Desk) -> None:
    desk.close(SEPTEMBER)
    with writing(desk.workspace.resources.engine) as connection:
        connection.execute(text("DELETE FROM statements WHERE value = 'data'"))
    with pytest.raises(StatementError, match="does not fit its statements"):
        desk.month(SEPTEMBER)


# --- for any restatement --------------------------------------------------------------------

AMOUNT = st.integers(-10_000_000, 10_000_000).map(lambda n: Decimal(n).scaleb(-5))
CELL = st.builds(
    Cell,
    value=st.sampled_from("abcd"),
    section=st.sampled_from(("direct", "tax", "credit", "shared")),
    line=st.sampled_from(("x", "y")),
    pool=st.just(""),
    source=st.sampled_from(("aws", "azure")),
    invoice=st.sampled_from(("", "I1", "I2")),
    amount=AMOUNT,
)
BILLS = st.lists(
    st.lists(st.lists(CELL, max_size=12), min_size=4, max_size=4), min_size=2, max_size=4
)
PLAN = Plan("team", "team", "USD")
NOTHING = Pin(None, None, ())


def closing(closed: list[StatementMonth], known: list[list[Cell]]) -> StatementMonth:
    """The next month closed, when the months' bills are known as `known` (one list a month)."""

    def bill_of(place: int) -> MonthBill:
        return MonthBill(BillingPeriod(2026, 1 + place), tuple(known[place]), {})

    found = adjust.adjustments(closed, lambda one: bill_of(one.month.month - 1), NOTHING, NOTHING)
    bill = bill_of(len(closed))
    return StatementMonth(
        plan="team", tag="team", title="", month=bill.month, state="closed", currency="USD",
        places=2, statements=build(PLAN, bill, VirtualTagSpec(), found, {}), spec={},
        bill_exact=bill.total, bill=to_unit(bill.total, 2), snapshot=None,
        rules_at=None,  # type: ignore[arg-type]
    )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BILLS)
def test_closed_statements_and_adjustments_sum_to_what_is_known(
    moments: list[list[list[Cell]]],
) -> None:
    """At each moment every month's bill may be another; one more month is closed."""
    closed: list[StatementMonth] = []
    for known in itertools.islice(moments, 4):
        closed.append(closing(closed, known))
        now = [total(cell.amount for cell in cells) for cells in known[: len(closed)]]
        assert total(one.total for one in closed) == total(to_unit(amount, 2) for amount in now)
        for month in closed:
            assert total(s.total for s in month.statements) == month.total
            assert total(s.base for s in month.statements) == month.bill
            for statement in month.statements:
                assert total(line.amount for line in statement.lines) == statement.total
        # Per value as well, exactly: nothing is left over for a later adjustment.
        again = adjust.adjustments(
            closed, lambda one: MonthBill(one.month, tuple(known[one.month.month - 1]), {}),  # noqa: B023
            NOTHING, NOTHING,
        )  # fmt: skip
        assert again == {}


def test_closed_months_outlive_their_tag_and_their_plan(desk: Desk) -> None:
    desk.put("StatementPlan", "team", {"title": "By team"})
    closed = desk.close(SEPTEMBER)
    store = desk.workspace.resources
    store.delete("StatementPlan", "team", author="test")
    store.delete("Split", "share-platform", author="test")
    store.delete("VirtualTag", "team", author="test")
    assert desk.month(SEPTEMBER) == closed
    assert [plan.title for plan in statements.plans(desk.workspace)] == ["By team"]
    assert statements.months(desk.workspace, "team") == [(SEPTEMBER, "closed")]
    with pytest.raises(QueryError, match="of the virtual tag 'team', which is not there"):
        desk.month(OCTOBER)


def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The months that are worked out from now on."""
    found: list[str] = []
    real = statements.month_bill

    def counted(plan: Plan, period: BillingPeriod, *rest: Any) -> MonthBill:
        found.append(str(period))
        return real(plan, period, *rest)

    monkeypatch.setattr(statements, "month_bill", counted)
    return found


def test_a_closed_month_is_worked_out_again_only_where_it_may_have_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.close(SEPTEMBER)
    worked = asked(monkeypatch)
    desk.bill([LATER], "later")
    assert totals_of(desk.month(OCTOBER)) == {"search": "10.00"}
    assert worked == ["2026-10"]
    desk.month(OCTOBER)
    assert worked == ["2026-10"]
    restated(desk)
    assert totals_of(desk.month(OCTOBER))["search"] == "21.50"
    assert worked == ["2026-10", "2026-10", "2026-09"]


def test_a_late_charge_that_moves_the_weights_of_a_closed_month_adjusts_it(desk: Desk) -> None:
    """The split weighs by the cost of September's days; October's bill has one more of them."""
    by_cost = {"tag": "team", "take": "platform", "method": "proportional",
               "targets": ["data", "search"]}  # fmt: skip
    desk.put("Split", "share-platform", by_cost)
    closed = desk.close(SEPTEMBER)
    # 100 by 10 and 35 (40 less a credit of 5).
    assert lines_of(desk.one(SEPTEMBER, "data"))["shared/share-platform"] == "22.22"
    late = charge("5", "2026-09-30", "data", ChargeClass="Correction")
    late["BillingPeriodStart"] = "2026-10-01T00:00:00Z"
    late["BillingPeriodEnd"] = "2026-11-01T00:00:00Z"
    desk.bill([late], "late")
    found = {value: lines_of(desk.one(OCTOBER, value)) for value in ("data", "search")}
    # 100 by 15 and 35 is 30 and 70: 7.78 move from search to data.
    assert found == {
        "data": {f"correction/{EC2}": "5.00", "adjustment/2026-09/shared/acme/INV-9": "7.78"},
        "search": {"adjustment/2026-09/shared/acme/INV-9": "-7.78"},
    }
    assert {ln.detail for ln in desk.one(OCTOBER, "search").lines} == {adjust.ALLOCATION}
    assert total((closed.total, desk.month(OCTOBER).total)) == Decimal("197.00")


def test_of_two_who_close_at_the_same_moment_one_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = statements.books(desk.workspace).close
    closed: list[StatementMonth] = []

    def overtaken(self: Any, month: StatementMonth, settles: Any) -> None:
        """Someone else closes the month, after more was delivered, before this one does."""
        monkeypatch.undo()
        desk.bill([charge("7", "2026-09-03", "shop")], "more")
        closed.append(desk.close(SEPTEMBER))
        real(month, settles)

    monkeypatch.setattr("outlay.statements.store.Books.close", overtaken)
    with pytest.raises(StatementError, match="was closed by someone else at the same moment"):
        desk.close(SEPTEMBER)
    assert desk.month(SEPTEMBER) == closed[0]
    head = desk.workspace.lake.history.head()
    assert head is not None and list(head.tags.values()) == [closed[0].snapshot]
