"""The shared sample data: EA, MCA and FOCUS of one bill, each as expected and all alike."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.sources.azure_export import AzureExport, AzureExportOptions
from outlay.sources.contract import SourceError
from outlay.sources.detect import detect
from outlay.sources.transports.file import FileTransport
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")
FORMATS = ("ea", "mca", "focus")
COSTS = ("BilledCost", "EffectiveCost")
RATE = Decimal("0.92")


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    found = json.loads((SHARED / "data" / "expected.json").read_text())["azure"][month]
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("azure"))
    everything = shared_data("azure", "synthetic")
    for name in ("ea", "mca"):
        made.load(name, everything, exports=f"{name}-actual,{name}-amortized")
    made.load("focus", everything, exports="focus12")
    return made


def rows_read(ledger: Ledger, name: str, month: str) -> int:
    (current,) = [
        one
        for one in ledger.lake.pin().slices
        if one.source == name and str(one.billing_period) == month
    ]
    proof = current.delivery.proof
    assert proof.manifest_rows == proof.rows_read
    return proof.rows_read


@pytest.mark.parametrize("month", MONTHS)
def test_totals_teams_and_rows(ledger: Ledger, month: str) -> None:
    stated = expected(month)
    rows = stated["rows"]
    teams = {key: Decimal(v) * RATE for key, v in stated["amortized_usd_by_team"].items()}
    for name in FORMATS:
        assert ledger.sums(name, month, "BillingCurrency", "BilledCost") == {
            "EUR": Decimal(stated["actual_billing_currency"])
        }
        assert ledger.sums(name, month, "BillingCurrency") == {
            "EUR": Decimal(stated["amortized_billing_currency"])
        }
        assert ledger.sums(name, month, "Tags['team']") == teams
        unused = ledger.sums(name, month, "''", where="CommitmentDiscountStatus = 'Unused'")
        assert unused == {"": Decimal(stated["unused_commitment_usd"]) * RATE}
    for name in ("ea", "mca"):
        both = rows[f"{name}_actual"] + rows[f"{name}_amortized"]
        assert rows_read(ledger, name, month) == both
    assert rows_read(ledger, "focus", month) == rows["focus"]


@pytest.mark.parametrize(
    "key",
    ["SubAccountId", "SubAccountName", "ServiceName", "ServiceCategory", "Tags['team']",
     "Tags['env']", "RegionId", "ResourceId", "ResourceName", "x_ResourceGroupName",
     "CommitmentDiscountId", "CommitmentDiscountType", "CommitmentDiscountStatus",
     "ChargeCategory", "ChargeFrequency", "ServiceProviderName", "x_MeterName",
     "x_MeterCategory", "x_Model", "x_TokenType"],
)  # fmt: skip
def test_the_three_formats_agree_by(ledger: Ledger, key: str) -> None:
    for month in MONTHS:
        for cost in (*COSTS, "ListCost", "ContractedCost"):
            ea, mca, focus = (ledger.sums(name, month, key, cost) for name in FORMATS)
            assert ea == mca == focus, (month, cost)


def test_the_same_bill_three_times_is_refused_with_the_choices(ledger: Ledger) -> None:
    transport = FileTransport(str(shared_data("azure", "synthetic")))
    (feed,) = detect(transport)
    assert feed.kind == "azure-export"
    with pytest.raises(SourceError) as caught:
        AzureExport().deliveries(transport, AzureExportOptions(), feed.root)
    for name in ("ea-actual", "ea-amortized", "mca-actual", "mca-amortized", "focus12"):
        assert f"  {name}: " in str(caught.value)
    assert "exports=ea-actual,ea-amortized" in str(caught.value)


def test_of_the_months_runs_the_newest_is_taken(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    outcomes = ledger.load("azure", shared_data("azure", "focus-export-fixture"))
    assert [str(outcome.billing_period) for outcome in outcomes] == ["2026-05", "2026-06"]
    assert ledger.sums("azure", "2026-06", "''", "BilledCost") == {"": Decimal(12)}
    assert ledger.sums("azure", "2026-05", "''", "BilledCost") == {"": Decimal("20.50")}
    assert ledger.sums("azure", "2026-05", "''") == {"": Decimal("18.70")}


@pytest.mark.parametrize("folder", ["headers", "nise-azure"])
def test_loose_files_in_a_folder_are_one_source(folder: str) -> None:
    (feed,) = detect(FileTransport(str(shared_data("azure", folder))))
    assert (feed.kind, feed.root) == ("azure-export", "")
