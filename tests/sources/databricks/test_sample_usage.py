"""The shared sample of Databricks usage: rows, DBUs and list cost exact, by month and team."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("databricks"))
    outcomes = made.load("dbx", shared_data("databricks", "synthetic"))
    assert [str(outcome.billing_period) for outcome in outcomes] == list(MONTHS)
    assert [outcome.status for outcome in outcomes] == ["loaded"] * 3
    return made


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    found: dict[str, Any] = json.loads((SHARED / "data" / "expected.json").read_text())
    return found["databricks"][month]  # type: ignore[no-any-return]


@pytest.mark.parametrize("month", MONTHS)
def test_cost_by_team_is_exact(ledger: Ledger, month: str) -> None:
    stated = expected(month)
    by_team = {team: Decimal(cost) for team, cost in stated["list_cost_by_team"].items()}
    assert ledger.sums("dbx", month, "Tags['team']", "ListCost") == by_team
    assert ledger.sums("dbx", month, "Tags['team']", "EffectiveCost") == by_team
    assert ledger.sums("dbx", month, "BillingCurrency", "BilledCost") == {
        "USD": Decimal(stated["list_cost_usd"])
    }


@pytest.mark.parametrize("month", MONTHS)
def test_usage_is_exact_and_each_record_is_there_once(ledger: Ledger, month: str) -> None:
    stated = expected(month)
    assert ledger.sums("dbx", month, "ConsumedUnit", "ConsumedQuantity") == {
        "DBU": Decimal(stated["dbus"])
    }
    assert ledger.sums("dbx", month, "'all'", "1") == {"all": stated["rows"]}


def test_the_table_in_two_formats_is_read_once(ledger: Ledger) -> None:
    for one in ledger.lake.pin().slices:
        assert any("in another format: left out" in note for note in one.delivery.notes)
        assert one.delivery.checks == ()
        assert one.delivery.proof.reconciled


def test_typed_parquet_is_the_same_bill(ledger: Ledger, tmp_path: Path) -> None:
    folder = shared_data("databricks", "synthetic")
    bill = tmp_path / "bill"
    bill.mkdir()
    (bill / "usage.parquet").symlink_to(folder / "system.billing.usage.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE (CAST(price_start_time AS TIMESTAMP) AS price_start_time, "
            "CAST(price_end_time AS TIMESTAMP) AS price_end_time) FROM read_json("
            f"'{folder / 'system.billing.list_prices.jsonl'}', format = 'newline_delimited')) "
            f"TO '{bill / 'list_prices.parquet'}' (FORMAT PARQUET)"
        )
    typed = Ledger(tmp_path / "lake")
    outcomes = typed.load("dbx", bill)
    assert [outcome.status for outcome in outcomes] == ["loaded"] * 3, outcomes
    for month in MONTHS:
        for key in ("Tags['team']", "x_RunAs", "ResourceId", "x_RecordType", "ServiceName"):
            assert typed.sums("dbx", month, key) == ledger.sums("dbx", month, key)
