"""Every AWS and FOCUS bill of the shared data loads with the rows and total of its manifest.

The manifest is walked, so that a file that is added to it is tested without code.
"""

import csv
import re
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from outlay.money import total
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared

pytestmark = [needs_shared, pytest.mark.slow]

Entry = dict[str, str]


def entries() -> list[Entry]:
    """The rows of the manifest that are AWS or FOCUS bills: those with a cost column."""
    if SHARED is None:
        return []
    with (SHARED / "data" / "MANIFEST.csv").open() as file:
        return [
            row
            for row in csv.DictReader(file)
            if row["path"].split("/")[0]
            in ("aws", "azure", "focus", "oci", "gcp", "snowflake", "openai", "anthropic")
            and row["cost_column"]
        ]


BILLS = entries()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger(tmp_path_factory.mktemp("walk"))


def test_the_manifest_lists_bills() -> None:
    assert len(BILLS) > 30


@pytest.mark.parametrize("entry", BILLS, ids=[entry["path"] for entry in BILLS])
def test_a_bill_loads_exactly(entry: Entry, ledger: Ledger) -> None:
    assert SHARED is not None
    name = re.sub(r"[^a-z0-9]+", "-", entry["path"].lower()).strip("-")[-60:].strip("-")
    path = Path(SHARED, "data", entry["path"])
    currencies = {code for code in entry["currencies"].split("|") if code}
    outcomes = ledger.load(name, path, **({} if currencies else {"currency": "USD"}))
    records = [outcome.record for outcome in outcomes]
    assert [outcome.status for outcome in outcomes] == ["loaded"] * len(outcomes), [
        outcome.message for outcome in outcomes
    ]
    proofs = [record.proof for record in records if record is not None]
    assert all(proof.reconciled for proof in proofs)
    assert sum(proof.rows_read for proof in proofs) == int(entry["rows"])
    assert sum(proof.rows_rejected for proof in proofs) == 0
    billed = [line for proof in proofs for line in proof.lines if line.measure == "BilledCost"]
    loaded = total(line.loaded for line in billed)
    if entry["provider"] == "gcp" and entry["cost_column"] == "cost":  # what credits come off
        before = "CAST(x_CostBeforeCredits AS DECIMAL(38,21))"
        periods = [str(outcome.billing_period) for outcome in outcomes]
        sums = [ledger.sums(name, period, "'cost'", before)["cost"] for period in periods]
        loaded = total(sums)
    if "amortized" in path.parts[-4]:  # alone, it says nothing of what was billed for commitments
        effective = [line for p in proofs for line in p.lines if line.measure == "EffectiveCost"]
        loaded = total(line.loaded for line in effective)
    if "cents" in entry["cost_column"]:
        loaded *= 100
    stated = Decimal(entry["total_cost"])
    if path.suffix == ".parquet":  # its costs are doubles, whose sum the manifest rounds
        loaded = loaded.quantize(Decimal(1).scaleb(stated.as_tuple().exponent), ROUND_HALF_EVEN)
    assert loaded == stated
    if currencies:
        assert {line.currency for line in billed} == currencies
