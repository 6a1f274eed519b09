"""The shared reports: totals, services and corrections as the data set expects them."""

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
PLACES = {
    "both": ("oci", "synthetic"),
    "cost": ("oci", "synthetic", "cost-reports"),
    "focus": ("oci", "synthetic", "focus-reports"),
}


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    found: dict[str, Any] = json.loads((SHARED / "data" / "expected.json").read_text())
    return dict(found["oci"][month])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("oci"))
    for name, parts in PLACES.items():
        outcomes = made.load(name, shared_data(*parts))
        assert [(str(o.billing_period), o.status) for o in outcomes] == [
            (month, "loaded") for month in MONTHS
        ]
    return made


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("name", PLACES)
def test_totals_services_and_corrections(ledger: Ledger, name: str, month: str) -> None:
    stated = expected(month)
    for cost in ("BilledCost", "EffectiveCost"):
        assert ledger.sums(name, month, "BillingCurrency", cost) == {
            stated["currency"]: Decimal(stated["cost"])
        }
        assert ledger.sums(name, month, "ServiceName", cost) == {
            service: Decimal(amount) for service, amount in stated["cost_by_service"].items()
        }
    with duckdb.connect() as reader:
        counted = reader.execute(
            f"SELECT count(*), count(x_OciBackReferenceNumber) FROM {ledger.charges(name, month)}"
        ).fetchone()
    assert counted == (stated["rows"], stated["corrections"])


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("key", ["ResourceId", "SkuId", "Tags['team']", "x_OciReferenceNumber"])
def test_both_formats_agree(ledger: Ledger, month: str, key: str) -> None:
    assert ledger.sums("cost", month, key) == ledger.sums("focus", month, key)
    assert ledger.sums("cost", month, key) == ledger.sums("both", month, key)


def test_usage_reports_in_the_folder_change_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    outcomes = ledger.load("nise", shared_data("oci", "nise-oci"))
    assert [outcome.status for outcome in outcomes] == ["loaded"] * 3
    assert ledger.sums("nise", "2026-08", "BillingCurrency") == {"USD": Decimal("204789.720")}
