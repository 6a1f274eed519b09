"""Cost and Usage Reports for the contract suite: legacy CSV, and CUR 2.0 in Parquet."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.contract.sample import Line
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}


def _row(number: int, line: Line) -> dict[str, str]:
    """A usage line under its names in CUR 2.0."""
    start, end = line.month
    return {
        "identity_line_item_id": f"line{number}",
        "bill_bill_type": "Anniversary",
        "bill_payer_account_id": line.account,
        "bill_billing_period_start_date": f"{start}T00:00:00.000Z",
        "bill_billing_period_end_date": f"{end}T00:00:00.000Z",
        "line_item_usage_account_id": line.account,
        "line_item_line_item_type": "Usage",
        "line_item_usage_start_date": f"{line.day}T00:00:00.000Z",
        "line_item_usage_end_date": f"{line.day}T01:00:00.000Z",
        "line_item_product_code": "AmazonEC2",
        "line_item_usage_type": "BoxUsage:m6i.large",
        "line_item_operation": "RunInstances",
        "line_item_usage_amount": "1",
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": line.amount,
    }


def _legacy(name: str) -> str:
    """`line_item_usage_start_date` → `lineItem/UsageStartDate`."""
    for family, legacy in (("identity", "identity"), ("bill", "bill"), ("line_item", "lineItem")):
        if name.startswith(family + "_"):
            words = name.removeprefix(family + "_").split("_")
            return f"{legacy}/{''.join(word.capitalize() for word in words)}"
    raise ValueError(name)


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """A legacy report for CSV, an export of CUR 2.0 for Parquet; one period's folder a month."""
    for month in sorted({line.month for line in lines}):
        rows = [_row(number, line) for number, line in enumerate(lines) if line.month == month]
        if format == "parquet":
            _export(folder, f"BILLING_PERIOD={month[0]:%Y-%m}", rows)
        else:
            named = [{_legacy(name): value for name, value in row.items()} for row in rows]
            _report(folder, f"{month[0]:%Y%m%d}-{month[1]:%Y%m%d}", named)


def _export(folder: Path, period: str, rows: list[dict[str, str]]) -> None:
    part = f"acme/data/{period}/acme-00001.snappy.parquet"
    doubles = ("line_item_usage_amount", "line_item_unblended_cost")
    write_table(folder / part, rows, doubles)
    manifest = {"executionId": "run-1", "dataFiles": [f"s3://bills/{part}"]}
    _write_json(folder / "acme" / "metadata" / period / "acme-Manifest.json", manifest)


def _report(folder: Path, period: str, rows: list[dict[str, str]]) -> None:
    part = f"acme/{period}/run-1/acme-1.csv"
    write_table(folder / part, rows)
    manifest = {
        "assemblyId": "run-1",
        "bucket": "bills",
        "reportName": "acme",
        "reportKeys": [f"{part}"],
        "billingPeriod": {"start": f"{period[:8]}T000000.000Z", "end": f"{period[9:]}T000000.000Z"},
    }
    _write_json(folder / "acme" / period / "acme-Manifest.json", manifest)


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
