"""The shared sample of Anthropic: both APIs' answers of three months, cost by workspace exact."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.focus.sql import literal
from outlay.money import total
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Everything as one folder, with either API preferred; and each API's pages apart."""
    folder = tmp_path_factory.mktemp("anthropic")
    made = Ledger(folder / "lake")
    both = shared_data("anthropic", "synthetic")
    made.load("both", both)
    made.load("admin-preferred", both, prefer="admin")
    for name, pattern in (("analytics", "analytics-*"), ("admin", "cost_report-*")):
        (folder / name).mkdir()
        for path in both.glob(pattern):
            (folder / name / path.name).symlink_to(path)
        made.load(name, folder / name)
    return made


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    found: dict[str, Any] = json.loads((SHARED / "data" / "expected.json").read_text())
    return found["anthropic"][month]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["both", "admin-preferred", "analytics", "admin"])
@pytest.mark.parametrize("month", MONTHS)
def test_cost_by_workspace_is_exact_and_counted_once(ledger: Ledger, month: str, name: str) -> None:
    stated = expected(month)
    spaces = {space: Decimal(cost) for space, cost in stated["cost_by_workspace"].items()}
    found = ledger.sums(name, month, "SubAccountId", "BilledCost")
    assert found == spaces
    assert total(found.values()) == Decimal(stated["cost_usd"])


def test_it_is_told_which_api_counts(ledger: Ledger) -> None:
    notes = {
        one.source: one.delivery.notes
        for one in ledger.lake.pin().slices
        if str(one.billing_period) == "2026-10"
    }
    assert "the Analytics API's count (option prefer), the Admin API's are left out" in str(
        notes["both"]
    )
    assert "the Admin API's count (option prefer), the Analytics API's are left out" in str(
        notes["admin-preferred"]
    )
    assert notes["admin"] == notes["analytics"] == ()


def test_the_bill_is_its_usage_at_public_prices(ledger: Ledger) -> None:
    slices = {one.delivery.id for one in ledger.lake.pin().slices if one.source == "both"}
    paths = ledger.lake.usage_paths(ledger.lake.pin())
    listed = ", ".join(literal(str(paths[one])) for one in sorted(slices))
    with duckdb.connect() as reader:
        found = reader.execute(
            "SELECT strftime(UsagePeriodStart, '%Y-%m'), x_Model, sum(EstimatedCost) "
            f"FROM read_parquet([{listed}]) WHERE x_TokenType IS NOT NULL GROUP BY 1, 2"
        ).fetchall()
    estimated = {(month, model): cost for month, model, cost in found}
    billed = {
        (month, model): cost
        for month in MONTHS
        for model, cost in ledger.sums(
            "both", month, "x_Model", where="x_TokenType IS NOT NULL"
        ).items()
    }
    assert estimated == billed


def entries() -> list[dict[str, str]]:
    if SHARED is None:
        return []
    with (SHARED / "data" / "MANIFEST.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["provider"] == "anthropic" and not row["cost_column"]]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["path"].rsplit("/", 1)[-1])
def test_a_file_of_usage_loads_alone(entry: dict[str, str], tmp_path: Path) -> None:
    assert SHARED is not None
    (outcome,) = Ledger(tmp_path).load("one", SHARED / "data" / entry["path"])
    assert outcome.status == "loaded", outcome.message
    assert outcome.record is not None
    proof = outcome.record.proof
    assert proof.rows_read == int(entry["rows"])
    assert proof.rows_mapped == proof.rows_rejected == 0
    assert all(line.agrees for line in proof.usage)
