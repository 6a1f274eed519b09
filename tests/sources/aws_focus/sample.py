"""AWS FOCUS exports for the contract suite: a data export with manifests."""

from collections.abc import Sequence
from pathlib import Path

from outlay.focus.schema import COSTS
from tests.contract.sample import Line
from tests.sources.aws_focus.exports import BUCKET, manifest
from tests.sources.focus.sample import focus_row
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}
_AWS = {"x_Discounts": "", "x_Operation": "RunInstances", "x_ServiceCode": "AmazonEC2"}


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One billing period's folder a month."""
    for month in sorted({line.month for line in lines}):
        rows = [focus_row(line) | _AWS for line in lines if line.month == month]
        period = f"BILLING_PERIOD={month[0]:%Y-%m}"
        part = f"acme/data/{period}/acme-00001.{format}"
        write_table(folder / part, rows, COSTS)
        path = folder / "acme" / "metadata" / period / "acme-Manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(manifest(f"{BUCKET}/{part}"))
