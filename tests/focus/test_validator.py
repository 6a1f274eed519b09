"""The official validator on our exports of a valid bill: it fails what is its own, nothing more.

The validator needs Python 3.12 and half a gigabyte of packages of its own, so that this runs only
where OUTLAY_FOCUS_VALIDATOR points to its executable (focus-validator 2.2.1): `make validate`.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.focus.datasets import Made, dataset
from outlay.focus.export import ExportVersion, write_dataset, write_focus
from outlay.focus.sql import quoted
from outlay.sources.focus import Focus, FocusOptions
from tests.focus.test_datasets import COMPLETE, COMPLETE_STATED, COMPLETE_TYPES, FEE, USE, made
from tests.shared import SHARED, needs_shared, shared_data
from tests.sources.staged import StagedRaw

VALIDATOR = os.environ.get("OUTLAY_FOCUS_VALIDATOR", "")

pytestmark = [
    needs_shared,
    pytest.mark.skipif(
        not VALIDATOR, reason="set OUTLAY_FOCUS_VALIDATOR to focus-validator 2.2.1 to run it"
    ),
]

# Rules that are wrong in the validator or its models (their composites fail with them).
EXPECTED: dict[ExportVersion, set[str]] = {
    "1.2": {
        "CapacityReservationStatus-C-000-C",
        "CapacityReservationStatus-C-002-C",
        "CapacityReservationStatus-C-004-C",  # the condition is dropped
        "CommitmentDiscountStatus-C-000-C",
        "CommitmentDiscountStatus-C-002-C",
        "CommitmentDiscountStatus-C-004-C",  # the condition is inverted
        "CostAndUsage-D-000-M",
        "CostAndUsage-D-002-M",
        "InvoiceId-C-004-C",  # fires whenever InvoiceId is set
    },
    "1.4": {
        "CAU-CostAndUsage-D-000-M",
        "CAU-CostAndUsage-D-001-M",
        "CAU-CostAndUsage-D-002-M",
        "CAU-CostAndUsage-D-021-M",  # still demands PublisherName
        "CAU-CostAndUsage-D-038-M",  # still demands ProviderName
        "CAU-PricingCurrencyContractedUnitPrice-C-000-C",
        "CAU-PricingCurrencyContractedUnitPrice-C-003-M",
        "CAU-PricingCurrencyContractedUnitPrice-C-012-C",  # the condition is inverted
    },
}


def corrected_model(folder: Path) -> Path:
    """The 1.4 model with its published erratum applied: without it, it does not load."""
    assert SHARED is not None
    model: dict[str, Any] = json.loads((SHARED / "reference" / "focus-1.4-model.json").read_text())
    for number in ("005", "006"):
        rule = f"CAU-CommitmentDiscountUnit-C-{number}-C"
        text = json.dumps(model["ModelRules"][rule])
        quantity = "CAU-CommitmentDiscountQuantity-C-00{}-C"
        model["ModelRules"][rule] = json.loads(text.replace(quantity.format(0), quantity.format(3)))
    folder.mkdir()
    (folder / "model-1.4.json").write_text(json.dumps(model))
    return folder


@dataclass(frozen=True)
class Judged:
    """What the validator says of a file: rules passed and failed (names), how many it skipped."""

    passed: int
    failed: frozenset[str]
    skipped: int


def judged(data: Path, version: str, folder: Path, *more: str) -> Judged:
    """Run the validator; it is started where it finds its list of currencies."""
    (folder / "focus_validator" / "rules").mkdir(parents=True)
    (package,) = Path(VALIDATOR).parent.parent.glob("lib/python*/site-packages/focus_validator")
    shutil.copy(package / "rules" / "currency_codes.csv", folder / "focus_validator" / "rules")
    if version == "1.4":
        more += ("--rule-set-path", str(corrected_model(folder / "rules")))
    done = subprocess.run(
        [VALIDATOR, "--data-file", str(data), "--validate-version", version, "--block-download",
         "--applicability-criteria", "ALL", "--show-violations", *more],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    counts = re.search(r"Total: \d+ \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)", done.stdout)
    assert counts, done.stdout[-2000:] + done.stderr[-2000:]
    failed = frozenset(re.findall(r"^\S+ ([\w-]+): FAIL", done.stdout, re.MULTILINE))
    assert len(failed) == int(counts[2])
    return Judged(int(counts[1]), failed, int(counts[3]))


# Passed and skipped, as seen with every applicability criterion.
COUNTS: dict[ExportVersion, tuple[int, int]] = {"1.2": (359, 210), "1.4": (412, 310)}


@pytest.mark.parametrize("version", EXPECTED)
def test_the_validator_fails_its_own_mistakes_alone(version: ExportVersion, tmp_path: Path) -> None:
    raw = StagedRaw(shared_data("focus", "aws-1.2-rows100.csv"))
    charges = Focus().mapping(raw, FocusOptions()).main.columns
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in charges.items())
    raw.connection.execute(f"CREATE TABLE charges AS SELECT {columns} FROM raw")
    data = tmp_path / "charges.parquet"
    assert write_focus(raw.connection, "charges", data, version=version) == 100
    found = judged(data, version, tmp_path / "run")
    assert found.failed == EXPECTED[version]
    assert (found.passed, found.skipped) == COUNTS[version]


# Rules passed and skipped by a dataset of a bill that states everything.
DATASETS = {
    "billing-period": (34, 83),
    "invoice-detail": (116, 144),
    "contract-commitment": (177, 107),
}


def of(data: Made, folder: Path) -> Judged:
    """What the validator says of a derived dataset."""
    folder.mkdir()
    with duckdb.connect() as connection:
        write_dataset(connection, data, folder / "data.parquet")
    name = data.dataset.focus_name
    return judged(folder / "data.parquet", "1.4", folder / "run", "--focus-dataset", name)


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_of_a_bill_that_states_everything_passes_whole(name: str, tmp_path: Path) -> None:
    data = made(name, *COMPLETE, stated=COMPLETE_STATED, **COMPLETE_TYPES)
    assert data.missing == ()
    found = of(data, tmp_path / "whole")
    assert found.failed == frozenset()
    assert (found.passed, found.skipped) == DATASETS[name]


@pytest.mark.parametrize("name", ["invoice-detail", "contract-commitment"])
def test_what_fails_otherwise_is_what_we_name_as_missing(name: str, tmp_path: Path) -> None:
    """Both ways: no rule about another column fails, and every column that may not be null does."""
    old = {"x_BillingPeriod": "'2026-08-01'", "ChargePeriodStart": "'2026-08-01'",
           "ChargePeriodEnd": "'2026-08-02'", "ChargeDescription": "'Savings Plan'"}  # fmt: skip
    data = made(name, FEE | old, USE)
    assert data.missing
    assert SHARED is not None
    model = json.loads((SHARED / "reference" / "focus-1.4-model.json").read_text())["ModelRules"]
    columns = set()
    for rule in of(data, tmp_path / "bare").failed:
        if model[rule]["Function"] == "Composite":
            continue
        included = re.search(
            r"MUST include (\w+)", model[rule]["ValidationCriteria"]["MustSatisfy"]
        )
        columns.add(included[1] if included else rule.split("-")[1])
    named = {one.column for one in data.missing}
    assert columns <= named
    assert {one for one in named if not dataset(name).column(one).nulls} <= columns
