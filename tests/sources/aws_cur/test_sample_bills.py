"""The sample bills: totals, and their parts by service, account and team, to the last digit."""

import csv
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from outlay.money import BillingPeriod
from outlay.sources.aws_cur import AwsCur
from outlay.sources.detect import detect
from outlay.sources.transports import open_transport
from tests.shared import SHARED, needs_shared, shared_data
from tests.sources.aws_cur.bills import assert_proven
from tests.sources.harness import Lifted, lift

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")
FORMATS = ("cur-legacy", "cur2")


@cache
def deliveries(folder: str) -> dict[str, tuple[Path, ...]]:
    """Billing period → files of what is on offer in a folder of the sample data."""
    location = shared_data("aws", *folder.split("/"))
    transport = open_transport(str(location))
    (feed,) = detect(transport)
    assert feed.kind == "aws-cur"
    base = location if location.is_dir() else location.parent
    return {
        str(found.billing_period): tuple(base / file.path for file in found.files)
        for found in AwsCur().deliveries(transport, AwsCur.Options(), feed.root)
    }


@cache
def bill(folder: str, period: str) -> Lifted:
    lifted = lift(AwsCur(), *deliveries(folder)[period])
    assert_proven(lifted)
    assert lifted.rejected == {}
    return lifted


@cache
def expected(period: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared_data("expected.json").read_text())["aws"][period]
    return found


def decimals(parts: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in parts.items()}


CASES = [
    *((f"synthetic/{form}", month, month) for form in FORMATS for month in MONTHS),
    *((f"synthetic/{form}-midmonth", "2026-10", "2026-10 as of day 18") for form in FORMATS),
]


@pytest.mark.parametrize(("folder", "period", "key"), CASES)
class TestSynthetic:
    """One bill as legacy CSV and as CUR 2.0 Parquet."""

    def test_totals(self, folder: str, period: str, key: str) -> None:
        sums = bill(folder, period)
        assert sums.sums("BilledCost", "BillingCurrency") == {
            "USD": Decimal(expected(key)["billed"])
        }
        assert sums.sums("EffectiveCost", "''") == {"": Decimal(expected(key)["amortised"])}
        assert sums.sums("ListCost", "''") == {"": Decimal(expected(key)["list_of_usage"])}

    def test_amortised_by_each_dimension(self, folder: str, period: str, key: str) -> None:
        for part, by in (
            ("service", "x_ServiceCode"),
            ("account", "SubAccountId"),
            ("team", "Tags['team']"),
        ):
            parts = bill(folder, period).sums("EffectiveCost", by)
            assert parts == decimals(expected(key)[f"amortised_by_{part}"]), part

    def test_billed_by_type(self, folder: str, period: str, key: str) -> None:
        """Covered usage and negations are 0 on both sides once they cancel."""
        found = bill(folder, period).sums("BilledCost", "x_LineItemType")
        stated = decimals(expected(key)["billed_by_type"])
        covered = stated.pop("SavingsPlanCoveredUsage")
        assert covered + stated.pop("SavingsPlanNegation") == 0
        assert found.pop("SavingsPlanCoveredUsage") == 0
        assert found == stated

    def test_every_line_is_a_charge_or_folded(self, folder: str, period: str, key: str) -> None:
        lifted = bill(folder, period)
        lines = expected(key)["rows"]["cur_legacy" if "legacy" in folder else "cur2"]
        main = lifted.ask("SELECT count(*) FROM charges WHERE _part = 0")[0][0]
        assert main + sum(lifted.folded.values()) == lines


@pytest.mark.parametrize("month", MONTHS)
def test_both_formats_say_the_same_of_every_charge(month: str) -> None:
    """All columns that both have, of all charges, not sums alone."""
    columns = """BilledCost, EffectiveCost, ListCost, ContractedCost, ChargeCategory, ChargeClass,
        ChargeFrequency, ChargePeriodStart, ChargePeriodEnd, SubAccountId, ServiceName,
        ServiceCategory, RegionId, ResourceId, ResourceType, SkuId, SkuMeter, PricingCategory,
        PricingQuantity, PricingUnit, ListUnitPrice, CommitmentDiscountId,
        CommitmentDiscountStatus, CommitmentDiscountQuantity, InvoiceId, InvoiceIssuerName,
        ServiceProviderName, Tags['team'], Tags['app'], Tags['aws:eks:namespace'],
        x_CostCategories, x_SplitCost"""
    legacy, modern = (
        bill(f"synthetic/{form}", month).ask(f"SELECT {columns} FROM charges ORDER BY ALL")
        for form in FORMATS
    )
    assert len(legacy) > 400
    assert legacy == modern


def manifest_rows() -> list[Any]:
    """The other bills of the sample data, as its list states them."""
    if SHARED is None:
        return []
    with (SHARED / "data" / "MANIFEST.csv").open() as listing:
        rows = [row for row in csv.DictReader(listing) if row["path"].startswith("aws/")]
    bills = [
        row
        for row in rows
        if "UnblendedCost" in (column := row["cost_column"]) or column == "line_item_unblended_cost"
    ]
    return [pytest.param(row, id=row["path"]) for row in bills]


@pytest.mark.parametrize("row", manifest_rows())
def test_every_listed_bill_sums_to_what_the_list_says(row: dict[str, str]) -> None:
    lifted = lift(AwsCur(), shared_data(*row["path"].split("/")))
    assert_proven(lifted)
    assert lifted.rejected == {}
    billed = sum(lifted.sums("BilledCost", "BillingCurrency").values())
    # The list's sums of Parquet doubles are rounded to ten decimals.
    places = Decimal(1).scaleb(-10) if "parquet" in row["path"] else None
    total = billed.quantize(places) if places else billed
    assert total == Decimal(row["total_cost"])
    lines = lifted.ask("SELECT count(*) FROM raw")[0][0]
    assert lines == int(row["rows"])
    if row["currencies"]:
        assert list(lifted.sums("BilledCost", "BillingCurrency")) == [row["currencies"]]


def test_a_real_anonymised_bill() -> None:
    lifted = lift(AwsCur(), shared_data("aws", "cur-legacy-2023-11-anon.csv"))
    names = lifted.ask(
        "SELECT count(DISTINCT ServiceName), count(DISTINCT x_ServiceCode) FROM charges"
    )
    assert names == [(14, 14)]
    assert lifted.ask(
        "SELECT DISTINCT ChargeCategory, InvoiceIssuerName FROM charges ORDER BY 1"
    ) == [
        ("Tax", "Amazon Web Services Canada, Inc."),
        ("Usage", "Amazon Web Services Canada, Inc."),
    ]


def test_a_manifests_month_with_lines_of_three_billing_periods() -> None:
    """The slice is the manifest's; each line keeps its own billing period."""
    ((period, files),) = deliveries("cur-legacy-koku-2018").items()
    assert BillingPeriod.parse(period) == BillingPeriod(2018, 8)
    lifted = lift(AwsCur(), *files)
    counts = (
        "SELECT strftime(BillingPeriodStart, '%Y-%m'), count(*) FROM charges GROUP BY 1 ORDER BY 1"
    )
    assert lifted.ask(counts) == [("2018-06", 3300), ("2018-07", 9304), ("2018-08", 776)]


def test_covered_usage_without_negations_keeps_its_cost() -> None:
    lifted = bill("cur-savingsplan-nok-notfinal.csv", "None")
    assert lifted.sums("BilledCost", "BillingCurrency") == {"NOK": Decimal(30)}
    assert lifted.sums("EffectiveCost", "BillingCurrency") == {"NOK": Decimal("0.3")}
    assert lifted.ask("SELECT DISTINCT InvoiceId, Tags FROM charges") == [(None, {})]
    (note,) = lifted.mapping.notes
    assert "do not cancel" in note


def test_an_export_with_thirty_columns_and_no_public_costs() -> None:
    lifted = bill("cur2-keboola", "2024-09")
    costs = [lifted.sums(m, "''")[""] for m in ("BilledCost", "ListCost", "ContractedCost")]
    assert costs == [Decimal("0.108304")] * 3
    assert lifted.ask(
        "SELECT DISTINCT CAST(BillingPeriodEnd AS VARCHAR), RegionId FROM charges"
    ) == [("2024-10-01 00:00:00", "eu-central-1")]
