"""Journals balance to the cent, and bear each value's cost once over two months."""

import csv
import io
from collections import defaultdict
from decimal import Decimal

import pytest

from outlay.app import statement_files
from outlay.money import BillingPeriod, total
from outlay.resources import ResourceError
from outlay.statements import journal
from outlay.statements.errors import StatementError
from tests.statements.desk import EC2, OCTOBER, SEPTEMBER, SEPTEMBER_BILL, Desk, charge


def rows(desk: Desk, period: BillingPeriod = SEPTEMBER) -> list[dict[str, str]]:
    """The journal of a month as it is read back."""
    content = statement_files.journal_file(desk.workspace, "team", period).content.decode()
    return list(csv.DictReader(io.StringIO(content)))


def short(found: list[dict[str, str]], entry: str) -> list[tuple[str, ...]]:
    names = ("posting_date", "account", "cost_center", "debit", "credit")
    return [tuple(row[name] for name in names) for row in found if row["entry"] == entry]


def test_accrual_reversal_and_charge_of_the_month_worked_out_by_hand(desk: Desk) -> None:
    desk.chargeback(journal={"values": {"search": {"cost_center": "CC-4711", "cost": "6816"}}})
    found = rows(desk)
    assert short(found, "accrual") == [
        ("2026-09-30", "6815", "data", "43.34", ""),
        ("2026-09-30", "6816", "CC-4711", "68.33", ""),
        ("2026-09-30", "6815", "shop", "63.33", ""),
        ("2026-09-30", "3790", "", "", "175.00"),
    ]
    assert short(found, "reversal") == [
        ("2026-10-01", "6815", "data", "", "43.34"),
        ("2026-10-01", "6816", "CC-4711", "", "68.33"),
        ("2026-10-01", "6815", "shop", "", "63.33"),
        ("2026-10-01", "3790", "", "175.00", ""),
    ]
    assert short(found, "charge") == [
        ("2026-10-01", "6815", "data", "43.34", ""),
        ("2026-10-01", "6816", "CC-4711", "68.33", ""),
        ("2026-10-01", "6815", "shop", "63.33", ""),
        ("2026-10-01", "1406", "", "17.00", ""),
        ("2026-10-01", "1590", "", "", "192.00"),
    ]
    assert {row["currency"] for row in found} == {"USD"}
    assert found[0]["text"] == "Cost by team 2026-09: data"


def test_every_entry_and_month_balances_with_negative_totals_and_adjustments(desk: Desk) -> None:
    desk.chargeback()
    desk.close(SEPTEMBER)
    more = charge("-900.55", "2026-09-03", "search", category="Credit")
    tax = charge("18.5", "2026-09-30", "shop", category="Tax", InvoiceId="INV-9")
    others = [row for row in SEPTEMBER_BILL if row["ChargeCategory"] != "Tax"]
    desk.bill([*others, tax, more, charge("3.33", "2026-10-02", "data")])
    for period in (SEPTEMBER, OCTOBER):
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in rows(desk, period):
            amount = Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
            sums["entry", row["entry"]] += amount
            sums["month", row["posting_date"][:7]] += amount
            assert bool(row["debit"]) != bool(row["credit"]), row
            assert not row["debit"].startswith("-") and not row["credit"].startswith("-")
        assert set(sums.values()) == {Decimal(0)}
    charged = [row for row in rows(desk, OCTOBER) if row["entry"] == "charge"]
    # What adjusts tax is on the tax account: 18.50 less 17.00; the credit stands on the other side.
    assert [(r["debit"], r["credit"]) for r in charged if r["account"] == "1406"] == [("1.50", "")]
    assert [(r["debit"], r["credit"]) for r in charged if r["value"] == "search"] == [
        ("", "900.55")
    ]


def test_each_value_has_borne_its_cost_once(desk: Desk) -> None:
    desk.chargeback()
    month = desk.month(SEPTEMBER)
    borne: dict[str, Decimal] = defaultdict(Decimal)
    for one in journal.postings(month):
        if one.account in ("6815", "1406"):
            borne[one.value] += one.debit - one.credit
    assert borne == {one.value: one.total for one in month.statements if one.total}
    accrual = [p for p in journal.postings(month) if p.account == "3790"]
    assert total(p.debit - p.credit for p in accrual) == 0


def test_tax_that_is_not_recovered_is_cost(desk: Desk) -> None:
    desk.chargeback(journal={"recoverable_tax": False, "tax": ""})
    found = rows(desk)
    assert ("2026-09-30", "6815", "shop", "80.33", "") in short(found, "accrual")
    assert not [row for row in found if row["account"] == "1406"]


def test_a_shared_tax_is_tax(desk: Desk) -> None:
    desk.chargeback()
    desk.bill([*SEPTEMBER_BILL, charge("3", "2026-09-30", "platform", category="Tax")])
    taxes = [row["debit"] for row in rows(desk) if row["account"] == "1406"]
    assert taxes == ["1.00", "1.00", "18.00"]
    assert [ln.id for ln in desk.one(SEPTEMBER, "shop").lines if ln.tax] == [
        f"tax/{EC2}",
        "tax-shared/share-platform",
    ]


def test_a_showback_is_not_booked(desk: Desk) -> None:
    with pytest.raises(StatementError, match="team is a showback: nothing is booked. Set mode"):
        rows(desk)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"mode": "chargeback"}, "a chargeback is booked: name its accounts"),
        (
            {"journal": {"cost": "1", "clearing": "2", "accrual": "3"}},
            "tax is missing: name the account of recoverable tax",
        ),
        ({"currency": "XYZ"}, "'XYZ' is no currency code"),
        ({"lines": "Nonsense"}, "'Nonsense' is not a dimension"),
        ({"tag": "ServiceName"}, "'ServiceName' cannot name a virtual tag"),
    ],
)
def test_a_plan_that_cannot_be_says_why(desk: Desk, spec: dict[str, object], says: str) -> None:
    with pytest.raises(ResourceError, match=says):
        desk.put("StatementPlan", "team", spec)
