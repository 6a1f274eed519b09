"""Databricks usage for the contract suite: a record a line at a price of 1, and its price list."""

import csv
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.contract.sample import Line
from tests.sources.databricks.usage import price, record

OPTIONS: dict[str, object] = {}
FORMATS = ("jsonl", "csv", "parquet")


def write(folder: Path, lines: Sequence[Line], format: str) -> None:
    """One file of usage a month, and one of prices."""
    for month in sorted({line.month for line in lines}):
        rows = [
            record(
                at,
                line.amount,
                account_id=line.account,
                usage_start_time=f"{line.day}T02:00:00.000Z",
                usage_end_time=f"{line.day}T03:00:00.000Z",
                usage_date=str(line.day),
                ingestion_date=str(line.day + timedelta(days=1)),
            )
            for at, line in enumerate(lines)
            if line.month == month
        ]
        _write(folder / f"usage-{month[0]:%Y-%m}.{format}", rows, "usage_quantity")
    _write(folder / f"list_prices.{format}", [price("1")], "")


def _write(path: Path, rows: Sequence[dict[str, Any]], double: str) -> None:
    if path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    elif path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    else:
        columns = {
            name: [float(row[name]) if name == double else row[name] for row in rows]
            for name in rows[0]
            if name != "custom_tags"
        }
        table = pa.table(columns)
        if "custom_tags" in rows[0]:
            tags = [list(row["custom_tags"].items()) for row in rows]
            table = table.append_column(
                "custom_tags", pa.array(tags, pa.map_(pa.string(), pa.string()))
            )
        pq.write_table(table, path)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value
