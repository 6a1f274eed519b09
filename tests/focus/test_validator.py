"""The official validator on our exports of a valid bill: it fails what is its own, nothing more.

The validator needs Python 3.12 and half a gigabyte of packages of its own, so that this runs only
where OUTLAY_FOCUS_VALIDATOR points to its executable (focus-validator 2.2.1).
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from outlay.focus.export import ExportVersion, write_focus
from outlay.focus.sql import quoted
from outlay.sources.focus import Focus, FocusOptions
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


def failures(data: Path, version: ExportVersion, folder: Path) -> set[str]:
    """The rules that the validator fails; it is started where it finds its list of currencies."""
    (folder / "focus_validator" / "rules").mkdir(parents=True)
    (package,) = Path(VALIDATOR).parent.parent.glob("lib/python*/site-packages/focus_validator")
    shutil.copy(package / "rules" / "currency_codes.csv", folder / "focus_validator" / "rules")
    more = ["--rule-set-path", str(corrected_model(folder / "rules"))] if version == "1.4" else []
    done = subprocess.run(
        [VALIDATOR, "--data-file", str(data), "--validate-version", version, "--block-download",
         "--applicability-criteria", "ALL", "--show-violations", *more],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert re.search(r"Total: \d{3}", done.stdout), done.stdout[-2000:] + done.stderr[-2000:]
    return set(re.findall(r"^\S+ ([\w-]+): FAIL", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("version", EXPECTED)
def test_the_validator_fails_its_own_mistakes_alone(version: ExportVersion, tmp_path: Path) -> None:
    raw = StagedRaw(shared_data("focus", "aws-1.2-rows100.csv"))
    charges = Focus().mapping(raw, FocusOptions()).main.columns
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in charges.items())
    raw.connection.execute(f"CREATE TABLE charges AS SELECT {columns} FROM raw")
    data = tmp_path / "charges.parquet"
    assert write_focus(raw.connection, "charges", data, version=version) == 100
    assert failures(data, version, tmp_path / "run") == EXPECTED[version]
