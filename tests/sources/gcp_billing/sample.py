"""Billing exports for the contract suite: JSON lines, dotted CSV, and nested Parquet."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.contract.sample import Line
from tests.sources.gcp_billing.bills import row
from tests.sources.tables import write_table

OPTIONS: dict[str, object] = {}
FORMATS = ("json", "csv", "parquet")


def _row(line: Line, cost: object) -> dict[str, Any]:
    return row(
        billing_account_id=line.account,
        invoice={"month": f"{line.day:%Y%m}"},
        usage_start_time=f"{line.day} 00:00:00 UTC",
        usage_end_time=f"{line.day} 01:00:00 UTC",
        cost=cost,
    )


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One file an invoice month, as an extract by month would be."""
    for month in sorted({line.month for line in lines}):
        mine = [line for line in lines if line.month == month]
        path = folder / f"gcp_billing_export_v1_{month[0]:%Y%m}.{format}"
        if format == "parquet":
            rows = [_row(line, float(line.amount)) for line in mine]
            pq.write_table(pa.Table.from_pylist(rows), path)
        elif format == "csv":
            write_table(path, [_flat(_row(line, line.amount)) for line in mine])
        else:
            rows = [_row(line, line.amount) for line in mine]
            path.write_text("".join(json.dumps(one) + "\n" for one in rows))


def _flat(nested: dict[str, Any]) -> dict[str, str]:
    """Dotted names, lists as JSON text."""
    found: dict[str, str] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            found |= {f"{key}.{child}": _text(inner) for child, inner in value.items()}
        else:
            found[key] = _text(value)
    return found


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, list) else str(value)
