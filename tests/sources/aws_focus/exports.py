"""AWS data exports in memory, in both layouts."""

import json
from typing import Any

from tests.sources.focus.bills import ROW, csv_bytes

AWS_ROW = ROW | {"x_Discounts": "", "x_Operation": "RunInstances", "x_ServiceCode": "AmazonEC2"}
BILL = csv_bytes([AWS_ROW])
BUCKET = "s3://bills/exports"


def manifest(*keys: str | dict[str, Any], run: str = "run-1") -> bytes:
    """A manifest that names the data files."""
    return json.dumps({"exportName": "acme", "executionId": run, "dataFiles": list(keys)}).encode()


def overwritten(period: str, parts: int = 1, named: int | None = None) -> dict[str, bytes]:
    """A period whose files are overwritten in place; `named` parts stand in the manifest."""
    data = [f"acme/data/BILLING_PERIOD={period}/acme-{n:05}.csv" for n in range(1, parts + 1)]
    keys = [f"{BUCKET}/{path}" for path in data[:named]]
    return {path: BILL for path in data} | {
        f"acme/metadata/BILLING_PERIOD={period}/acme-Manifest.json": manifest(*keys)
    }


def executed(period: str, *runs: str, upper: bool = True) -> dict[str, bytes]:
    """A period with one folder for each run, the last one current."""
    files = {}
    for run in runs:
        path = f"acme/data/BILLING_PERIOD={period}/{run}/acme-00001.csv"
        text = manifest(f"{BUCKET}/{path}", run=run)
        files |= {
            path: BILL,
            f"acme/metadata/BILLING_PERIOD={period}/{run}/acme-Manifest.json": text,
        }
        if upper:
            files[f"acme/metadata/BILLING_PERIOD={period}/acme-Manifest.json"] = text
    return files
