"""Azure exports for the contract suite: a month's actual cost of an Enterprise Agreement."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.azure_export.exports import EA, line, run
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}


def _row(usage: Line) -> dict[str, str]:
    first, after = usage.month
    return line(
        EA,
        Date=f"{usage.day:%m/%d/%Y}",
        BillingPeriodStartDate=f"{first:%m/%d/%Y}",
        BillingPeriodEndDate=f"{after - timedelta(days=1):%m/%d/%Y}",
        SubscriptionId=usage.account,
        BillingCurrencyCode="USD",
        CostInBillingCurrency=usage.amount,
    )


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One run a month, with its manifest."""
    for first, after in sorted({usage.month for usage in lines}):
        rows = [_row(usage) for usage in lines if usage.month == (first, after)]
        last = after - timedelta(days=1)
        place = f"kestrel-actual/{first:%Y%m%d}-{last:%Y%m%d}/run-1"
        part = f"{place}/part_0_0001.{format}"
        write_table(folder / part, rows, ("CostInBillingCurrency",))
        files = run(place, b"", days=(f"{first}", f"{last}"), sizes=False)
        manifest = json.loads(files[f"{place}/manifest.json"])
        manifest["dataRowCount"] = len(rows)
        manifest["blobs"] = [{"blobName": part, "byteCount": 0}]
        (folder / place / "manifest.json").write_text(json.dumps(manifest))
