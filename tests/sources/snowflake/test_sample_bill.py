"""The shared sample of Snowflake's views: bill, credits, attributed and idle exact by month."""

import json
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from outlay.focus.sql import literal
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")
COMPUTE = "x_ServiceCode = 'WAREHOUSE_METERING'"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("snowflake"))
    outcomes = made.load("snow", shared_data("snowflake", "synthetic"))
    assert [str(outcome.billing_period) for outcome in outcomes] == list(MONTHS)
    assert [outcome.status for outcome in outcomes] == ["loaded"] * 3
    return made


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    found: dict[str, Any] = json.loads((SHARED / "data" / "expected.json").read_text())
    return found["snowflake"][month]  # type: ignore[no-any-return]


def metric(ledger: Ledger, month: str, name: str) -> Decimal:
    (path,) = [
        ledger.lake.layout.usage_file(one.delivery.id)
        for one in ledger.lake.pin().slices
        if str(one.billing_period) == month
    ]
    with duckdb.connect() as reader:
        row = reader.execute(
            f"SELECT coalesce(sum(Quantity), 0) FROM {literal(str(path))} WHERE Metric = '{name}'"
        ).fetchone()
    assert row is not None
    return Decimal(row[0])


@pytest.mark.parametrize("month", MONTHS)
def test_the_bill_is_exact_in_every_cost(ledger: Ledger, month: str) -> None:
    stated = Decimal(expected(month)["usage_in_currency"])
    for cost in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
        assert ledger.sums("snow", month, "BillingCurrency", cost) == {"USD": stated}


@pytest.mark.parametrize("month", MONTHS)
def test_credits_are_exact(ledger: Ledger, month: str) -> None:
    stated = {key: value for key, value in expected(month).items() if key != "currency"}
    assert metric(ledger, month, "credits_billed") == Decimal(stated["credits_billed"])
    assert metric(ledger, month, "credits_adjustment_cloud_services") == Decimal(
        stated["adjustment"]
    )
    assert metric(ledger, month, "warehouse_credits") == Decimal(stated["warehouse_compute"])
    assert metric(ledger, month, "query_credits") == Decimal(stated["attributed"])
    assert metric(ledger, month, "warehouse_credits_unlisted") == 0
    assert metric(ledger, month, "warehouse_credits_idle") == Decimal(
        stated["idle_warehouse_credits"]
    )


@pytest.mark.parametrize("month", MONTHS)
def test_the_detail_adds_up_to_the_bill_of_compute(ledger: Ledger, month: str) -> None:
    stated = expected(month)
    credits = ledger.sums("snow", month, "x_AllocationState", "ConsumedQuantity", COMPUTE)
    assert credits == {
        "Attributed": Decimal(stated["attributed"]),
        "Idle": Decimal(stated["idle_warehouse_credits"]),
    }
    # The bill's own rows of compute, read without the source.
    path = shared_data("snowflake", "synthetic", "organization_usage.usage_in_currency_daily.csv")
    with duckdb.connect() as reader:
        row = reader.execute(
            f"SELECT sum(USAGE_IN_CURRENCY::DECIMAL(18,2)), sum(USAGE::DECIMAL(18,3)) FROM "
            f"read_csv({literal(str(path))}, all_varchar = true) "
            f"WHERE SERVICE_TYPE = 'WAREHOUSE_METERING' AND USAGE_DATE LIKE '{month}%'"
        ).fetchone()
    assert row is not None
    assert ledger.sums("snow", month, "x_ServiceCode", "BilledCost", COMPUTE) == {
        "WAREHOUSE_METERING": row[0]
    }
    assert ledger.sums("snow", month, "x_ServiceCode", "ConsumedQuantity", COMPUTE) == {
        "WAREHOUSE_METERING": row[1]
    }


@pytest.mark.parametrize("month", MONTHS)
def test_all_of_compute_storage_and_cloud_services_has_a_resource_or_says_why(
    ledger: Ledger, month: str
) -> None:
    without = ledger.sums("snow", month, "ServiceName", "1", "ResourceName IS NULL")
    # Adjustments of cloud services, tasks without a view, and the one data transfer.
    assert set(without) <= {"Cloud Services", "Serverless Tasks", "Data Transfer"}
    teams = ledger.sums("snow", month, "AllocatedTags['team']", "1", "AllocatedTags IS NOT NULL")
    assert len(teams) == 3 and "" not in teams


def test_no_rule_of_focus_is_broken_and_no_row_is_unexplained(ledger: Ledger) -> None:
    for one in ledger.lake.pin().slices:
        assert one.delivery.checks == ()
        assert one.delivery.proof.reconciled
        assert one.delivery.proof.rows_rejected == 0
        assert one.delivery.notes == ()
        # So that `tags.team` answers by the tags of queries.
        assert "AllocatedTags" in one.delivery.context_columns
