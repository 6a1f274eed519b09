"""The sample data set: every file, and the totals that it states."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.money import total
from tests.shared import SHARED, needs_shared, shared_data
from tests.sources.kubernetes.usage import Usage

pytestmark = [needs_shared, pytest.mark.slow]

MONTHS = ("2026-08", "2026-09", "2026-10")
SIX = Decimal("0.000001")


def entries() -> list[dict[str, str]]:
    """The manifest's Kubernetes files that have rows."""
    if SHARED is None:
        return []
    with (SHARED / "data" / "MANIFEST.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["path"].startswith("k8s/") and row["rows"]]


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    return json.loads((SHARED / "data" / "expected.json").read_text())["k8s"][month]


FILES = entries()


def test_the_manifest_lists_files() -> None:
    assert len(FILES) > 10


@pytest.mark.parametrize("entry", FILES, ids=[entry["path"] for entry in FILES])
def test_every_file_is_recognised_and_loads_with_its_rows_and_total(
    entry: dict[str, str], tmp_path: Path
) -> None:
    usage = Usage(tmp_path)
    outcomes = usage.loaded(shared_data(*entry["path"].split("/")))
    proofs = [outcome.record.proof for outcome in outcomes if outcome.record]
    assert sum(proof.rows_read for proof in proofs) == int(entry["rows"])
    assert sum(proof.rows_rejected for proof in proofs) == 0
    assert all(outcome.record and outcome.record.rows == 0 for outcome in outcomes)
    if entry["total_cost"]:
        (loaded,) = usage.costs("''").values()
        assert loaded == Decimal(entry["total_cost"])


@pytest.fixture(scope="module")
def allocations(tmp_path_factory: pytest.TempPathFactory) -> Usage:
    """The whole folder: answers of three months, and an export of the same days."""
    usage = Usage(tmp_path_factory.mktemp("opencost"))
    outcomes = usage.loaded(shared_data("k8s", "synthetic-opencost"))
    assert [str(outcome.billing_period) for outcome in outcomes] == list(MONTHS)
    return usage


@pytest.mark.parametrize("month", MONTHS)
def test_totals_idle_and_namespaces_are_as_stated(allocations: Usage, month: str) -> None:
    stated = expected(month)
    found = allocations.costs("x_Namespace", f"strftime(x_BillingPeriod, '%Y-%m') = '{month}'")
    assert {name: cost.quantize(SIX) for name, cost in found.items()} == {
        name: Decimal(cost) for name, cost in stated["by_namespace"].items()
    }
    assert total(found.values()).quantize(SIX) == Decimal(stated["total"]).quantize(SIX)
    assert found["__idle__"].quantize(SIX) == Decimal(stated["idle"])


def test_the_operators_reports_of_one_month(tmp_path: Path) -> None:
    usage = Usage(tmp_path)
    (outcome,) = usage.loaded(shared_data("k8s", "nise-ocp"), cluster="acme-prod")
    assert outcome.record is not None
    assert outcome.record.proof.rows_read == 743 + 2972 + 1486 + 3715 + 743
    found = usage.quantities()
    # 743 hours: one node of 8 cores and 32 GiB, one of 4 cores and 16 GiB; a GPU; 100 GiB.
    assert found["node_cpu_capacity"] == 743 * 12
    assert found["node_memory_capacity"] == 743 * 48
    assert found["gpu_request"] == 743
    assert found["volume_request"] == 743 * 100
    assert found["cpu_request"] == Decimal(743) * Decimal("8.6")
    tags = usage.ask("DISTINCT Tags", "x_Pod = 'web-6f7c8d-abcde' AND Metric = 'cpu_usage'")
    assert tags == [
        (
            {
                "app": "web",
                "team": "checkout",
                "namespace:team": "checkout",
                "namespace:env": "prod",
            },
        )
    ]
