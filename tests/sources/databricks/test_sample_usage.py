"""The shared sample of Databricks usage: rows, DBUs and list cost exact, by month and team."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = needs_shared

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
