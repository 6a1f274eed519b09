"""Three formats of one AWS bill: each as the data set expects, and all equal to each other."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.money import total
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")
CURS = {"cur-legacy": "cur_legacy", "cur2": "cur2"}
"""Folder → its name in the expectations."""

EFFECTIVE = "EffectiveCost"
# What AWS netted into a FOCUS line: {"EDP": "-0.1152"}, added back exactly.
GROSS = """EffectiveCost - coalesce(list_sum(list_transform(
    map_values(CAST(CAST(x_Discounts AS JSON) AS MAP(VARCHAR, VARCHAR))),
    lambda v: CAST(v AS DECIMAL(38,21)))), 0)"""
TAX = "CASE WHEN ChargeCategory = 'Tax' THEN 'tax' ELSE 'other' END"
NO_DISCOUNTS = "x_LineItemType IS DISTINCT FROM 'EdpDiscount'"


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    return json.loads((SHARED / "data" / "expected.json").read_text())["aws"][month]


def amounts(by: dict[str, str]) -> dict[str, Decimal]:
    return {key: Decimal(value) for key, value in by.items()}


def set_only(by: dict[str, Decimal]) -> dict[str, Decimal]:
    """Without keys whose charges cancel to nothing."""
    return {key: value for key, value in by.items() if value}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("formats"))
    for folder in (*CURS, "focus12"):
        outcomes = made.load(folder, shared_data("aws", "synthetic", folder))
        assert [outcome.status for outcome in outcomes] == ["loaded"] * 3
        assert [str(outcome.billing_period) for outcome in outcomes] == list(MONTHS)
    return made


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("folder", [*CURS, "focus12"])
def test_billed_and_amortised_totals(ledger: Ledger, folder: str, month: str) -> None:
    stated = expected(month)
    billed = ledger.sums(folder, month, "BillingCurrency", "BilledCost")
    assert billed == {stated["currency"]: Decimal(stated["billed"])}
    assert ledger.sums(folder, month, "BillingCurrency", EFFECTIVE) == {
        stated["currency"]: Decimal(stated["amortised"])
    }


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("folder", [*CURS, "focus12"])
def test_rows_and_accounts(ledger: Ledger, folder: str, month: str) -> None:
    stated = expected(month)
    (current,) = [
        slice_
        for slice_ in ledger.lake.pin().slices
        if slice_.source == folder and str(slice_.billing_period) == month
    ]
    assert current.delivery.proof.rows_read == stated["rows"][CURS.get(folder, "focus")]
    assert ledger.sums(folder, month, "SubAccountId") == amounts(stated["amortised_by_account"])


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("folder", CURS)
def test_services_and_teams_of_the_reports(ledger: Ledger, folder: str, month: str) -> None:
    stated = expected(month)
    assert set_only(ledger.sums(folder, month, "x_ServiceCode")) == set_only(
        amounts(stated["amortised_by_service"])
    )
    assert set_only(ledger.sums(folder, month, "Tags['team']")) == set_only(
        amounts(stated["amortised_by_team"])
    )


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("key", ["x_ServiceCode", "Tags['team']", "SubAccountId", TAX])
def test_focus_agrees_with_the_report_once_discounts_are_added_back(
    ledger: Ledger, month: str, key: str
) -> None:
    report = ledger.sums("cur-legacy", month, key, where=NO_DISCOUNTS)
    assert set_only(ledger.sums("focus12", month, key, GROSS)) == set_only(report)


@pytest.mark.parametrize("month", MONTHS)
def test_the_discounts_that_focus_nets_are_the_reports_lines(ledger: Ledger, month: str) -> None:
    lines = ledger.sums("cur2", month, "SubAccountId", where=f"NOT ({NO_DISCOUNTS})")
    netted = ledger.sums("focus12", month, "SubAccountId", f"EffectiveCost - ({GROSS})")
    assert set_only(netted) == lines
    stated = Decimal(expected(month)["billed_by_type"]["EdpDiscount"])
    assert total(lines.values()) == stated


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize(
    "column",
    ["x_ServiceCode", "SubAccountId", "Tags['team']", "x_LineItemType", "ResourceId", "RegionId"],
)
@pytest.mark.parametrize("cost", ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"])
def test_both_reports_agree_by_any_dimension(
    ledger: Ledger, month: str, column: str, cost: str
) -> None:
    legacy = ledger.sums("cur-legacy", month, column, cost)
    assert legacy == ledger.sums("cur2", month, column, cost)


@pytest.mark.parametrize("folder", CURS)
def test_a_month_in_progress_and_then_final_leaves_nothing_of_the_former(
    folder: str, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    early = expected("2026-10 as of day 18")
    ledger.load("acme", shared_data("aws", "synthetic", f"{folder}-midmonth"))
    before = ledger.lake.pin()
    assert ledger.sums("acme", "2026-10", "BillingCurrency", "BilledCost") == {
        "USD": Decimal(early["billed"])
    }
    assert set_only(ledger.sums("acme", "2026-10", "Tags['team']")) == amounts(
        early["amortised_by_team"]
    )
    ledger.load("acme", shared_data("aws", "synthetic", folder))
    final = expected("2026-10")
    assert set_only(ledger.sums("acme", "2026-10", "Tags['team']")) == set_only(
        amounts(final["amortised_by_team"])
    )
    assert ledger.lake.pin(before.snapshot_id) == before
    assert before.slices[0].charges_path.exists()
