"""Snowflake: warehouses that wait, and use beyond the capacity that was bought."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from outlay.expression import parse
from outlay.savings.detectors.contract import Detector
from outlay.savings.detectors.platforms.snowflake import IDLE, OVERAGE
from outlay.savings.model import Finding, Insufficient
from tests.savings.facts import TODAY, TableFacts, each_day

Rows = list[dict[str, Any]]


def warehouse(idle: str, used: str, state: str = "Attributed", days: int = 30) -> Rows:
    """A warehouse's days: cost of idle and of used credits."""
    row = {
        "ServiceProviderName": "Snowflake", "ServiceName": "Virtual Warehouses",
        "ChargeCategory": "Usage", "BillingCurrency": "USD", "SubAccountId": "KQ1",
        "ResourceId": "2", "ResourceName": "BI_WH", "ResourceType": "Warehouse",
    }  # fmt: skip
    rows: Rows = []
    for part, cost in (("Idle", idle), (state, used)):
        if Decimal(cost):
            rows += each_day(
                row | {"x_AllocationState": part, "EffectiveCost": Decimal(cost),
                       "ConsumedQuantity": Decimal(cost) / 3},
                days,
            )  # fmt: skip
    return rows


def found(detector: Detector, rows: Rows, **values: Decimal) -> list[Finding | Insufficient]:
    return list(detector.find(TableFacts(rows), detector.settings(dict(values))))


def one(results: list[Finding | Insufficient]) -> Finding:
    (result,) = results
    assert isinstance(result, Finding)
    return result


def test_idle_beyond_what_stays_in_any_case_is_saved() -> None:
    # 4 of 10 a day are idle: 40 %. A tenth of 10 stays: (4 − 1) × 30 = 90 a month.
    finding = one(found(IDLE, warehouse("4", "6")))
    assert finding.monthly_saving == Decimal("90.00")
    assert finding.monthly_cost == Decimal("120.00")
    assert finding.resource == "2" and finding.resource_name == "BI_WH"
    assert finding.where.endswith("AND x_AllocationState = 'Idle'")
    assert (finding.group, finding.action) == ("configuration", "Configure")
    parse(finding.where)


def test_overage_makes_idle_credits_dearer_and_the_saving_with_them() -> None:
    # At 4 a credit in place of 3 the same warehouse costs a third more, and saves a third more.
    assert one(found(IDLE, warehouse("5.3333", "8"))).monthly_saving == Decimal("120.00")


def test_a_warehouse_below_the_share_is_busy_enough() -> None:
    assert found(IDLE, warehouse("2.99", "7.01")) == []
    assert len(found(IDLE, warehouse("3", "7"))) == 1  # at the edge
    assert len(found(IDLE, warehouse("2", "8"), idle_percent=Decimal(20))) == 1
    assert found(IDLE, warehouse("4", "6"), unavoidable_percent=Decimal(40)) == []


def test_without_attribution_it_is_not_judged() -> None:
    (lacking,) = found(IDLE, warehouse("0", "10", state="Not attributed"))
    assert isinstance(lacking, Insufficient)
    assert "QUERY_ATTRIBUTION_HISTORY" in lacking.missing
    assert (lacking.monthly_cost, lacking.currency) == (Decimal("300.00"), "USD")


def test_a_new_warehouse_is_left_out_until_it_is_old_enough() -> None:
    assert found(IDLE, warehouse("4", "6", days=13)) == []
    # 14 days of it: (4 − 1) × 14, as a month of 30 days 90 again.
    assert one(found(IDLE, warehouse("4", "6", days=14))).monthly_saving == Decimal("90.00")


def test_a_warehouse_that_is_gone_waits_no_more() -> None:
    rows = warehouse("4", "6")
    there = TODAY - timedelta(days=3)
    assert one(found(IDLE, [row for row in rows if row["ChargeDay"] <= there]))
    assert found(IDLE, [row for row in rows if row["ChargeDay"] < there]) == []


def test_next_to_nothing_is_nothing() -> None:
    assert found(IDLE, warehouse("0.00004", "0.00006")) == []
    assert found(OVERAGE, drawn("overage", "0.00004", "0.00001")) == []


def test_storage_and_cloud_services_have_no_idle() -> None:
    rows = [row | {"ServiceName": "Cloud Services"} for row in warehouse("4", "6")]
    assert found(IDLE, rows) == []


def drawn(source: str, cost: str, credits: str, rate: str | None = "3", days: int = 30) -> Rows:
    """Days that draw on something."""
    return each_day(
        {
            "ServiceProviderName": "Snowflake", "ServiceName": "Virtual Warehouses",
            "ChargeCategory": "Usage", "BillingCurrency": "USD", "BillingAccountId": "ACME",
            "SubAccountId": "KQ1", "x_BalanceSource": source, "x_EffectiveRate": rate,
            "EffectiveCost": Decimal(cost), "ConsumedQuantity": Decimal(credits),
        },
        days,
    )  # fmt: skip


def test_overage_costs_more_than_the_contract() -> None:
    # 40 a day for 10 credits, which cost 30 by the contract's rate of 3: 10 × 30 = 300 a month.
    finding = one(found(OVERAGE, drawn("overage", "40", "10")))
    assert finding.monthly_saving == Decimal("300.00")
    assert finding.monthly_cost == Decimal("1200.00")
    assert (finding.group, finding.action) == ("purchase", "PurchaseCommittedUse")
    assert finding.scope == "capacity of ACME"
    parse(finding.where)


def test_what_capacity_pays_for_is_no_overage() -> None:
    assert found(OVERAGE, drawn("capacity", "30", "10")) == []


def test_overage_at_the_contracts_rate_saves_nothing() -> None:
    assert found(OVERAGE, drawn("overage", "30", "10")) == []


def test_overage_that_began_a_week_ago_is_of_that_week() -> None:
    assert found(OVERAGE, drawn("overage", "40", "10", days=6)) == []
    finding = one(found(OVERAGE, drawn("overage", "40", "10", days=7)))
    assert finding.monthly_saving == Decimal("300.00")


def test_overage_that_has_ended_is_past() -> None:
    past = [
        row for row in drawn("overage", "40", "10") if row["ChargeDay"] < TODAY - timedelta(days=4)
    ]
    assert found(OVERAGE, past) == []
    assert len(found(OVERAGE, past, still_days=Decimal(5))) == 1


def test_without_a_rate_it_is_not_judged() -> None:
    (lacking,) = found(OVERAGE, drawn("overage", "40", "10", rate=None))
    assert isinstance(lacking, Insufficient) and "RATE_SHEET_DAILY" in lacking.missing
