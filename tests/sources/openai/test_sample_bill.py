"""The shared sample of OpenAI: costs by project and tokens exact, every file by detection alone."""

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
    """All that there is of OpenAI, as one folder: pages of three months, buckets of two more."""
    made = Ledger(tmp_path_factory.mktemp("openai"))
    outcomes = made.load("openai", shared_data("openai"))
    found = [str(outcome.billing_period) for outcome in outcomes]
    assert found == ["2026-05", "2026-06", *MONTHS]
    assert {outcome.status for outcome in outcomes} == {"loaded"}
    return made


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    found: dict[str, Any] = json.loads((SHARED / "data" / "expected.json").read_text())
    return found["openai"][month]  # type: ignore[no-any-return]


@pytest.mark.parametrize("month", MONTHS)
def test_cost_by_project_is_exact(ledger: Ledger, month: str) -> None:
    stated = expected(month)
    by_project = {project: Decimal(cost) for project, cost in stated["cost_by_project"].items()}
    found = ledger.sums("openai", month, "SubAccountId", "BilledCost")
    assert found == by_project
    assert total(found.values()) == Decimal(stated["cost_usd"])
    credits = ledger.sums("openai", month, "SubAccountId", where="ChargeCategory = 'Credit'")
    assert credits == {"": Decimal("-3.25")}


def usage(ledger: Ledger, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    paths = ledger.lake.usage_paths(ledger.lake.pin()).values()
    listed = ", ".join(literal(str(path)) for path in paths)
    with duckdb.connect() as reader:
        return reader.execute(
            f"SELECT {columns} FROM read_parquet([{listed}], union_by_name=true) WHERE {where}"
        ).fetchall()


@pytest.mark.parametrize("month", MONTHS)
def test_tokens_are_counted_once(ledger: Ledger, month: str) -> None:
    """Input includes what was cached: cached tokens beside it would count twice."""
    ((tokens,),) = usage(
        ledger,
        "sum(Quantity)",
        f"Unit = 'Tokens' AND strftime(UsagePeriodStart, '%Y-%m') = '{month}'",
    )
    assert tokens == expected(month)["tokens_in_and_out"]


@pytest.mark.parametrize("month", MONTHS)
def test_the_bill_of_a_model_is_its_usage_at_public_prices(ledger: Ledger, month: str) -> None:
    of_month = f"strftime(UsagePeriodStart, '%Y-%m') = '{month}' AND x_TokenType IS NOT NULL"
    estimated = usage(ledger, "x_Model, sum(EstimatedCost)", f"{of_month} GROUP BY 1")
    billed = ledger.sums("openai", month, "x_Model", where="x_TokenType IS NOT NULL")
    assert dict(estimated) == billed
    assert set(billed) == {"gpt-5", "gpt-4o-mini"}


def entries() -> list[dict[str, str]]:
    if SHARED is None:
        return []
    with (SHARED / "data" / "MANIFEST.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["provider"] == "openai" and not row["cost_column"]]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["path"].rsplit("/", 1)[-1])
def test_a_file_of_usage_loads_alone(entry: dict[str, str], tmp_path: Path) -> None:
    assert SHARED is not None
    outcomes = Ledger(tmp_path).load("one", SHARED / "data" / entry["path"])
    (outcome,) = outcomes
    assert outcome.status == "loaded", outcome.message
    assert outcome.record is not None
    proof = outcome.record.proof
    assert proof.rows_read == int(entry["rows"])
    assert proof.rows_mapped == proof.rows_rejected == 0
    assert proof.usage
    assert all(line.agrees for line in proof.usage)
