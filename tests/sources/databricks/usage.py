"""Usage records and price lists of Databricks, made to order, and a lake to load them into."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from outlay.focus.sql import literal
from outlay.lake import Lake, LoadOutcome
from outlay.sources.databricks import Databricks, DatabricksOptions
from outlay.sources.transports.file import FileTransport

Record = dict[str, Any]

METADATA = dict.fromkeys(
    (
        "cluster_id",
        "warehouse_id",
        "job_id",
        "job_run_id",
        "job_name",
        "notebook_id",
        "endpoint_id",
        "endpoint_name",
        "source_region",
    )
)


def record(number: int, quantity: str = "2", **changes: Any) -> Record:
    """An hour of a job on 5 October 2026; `metadata` and other columns as given."""
    metadata = changes.pop("metadata", {"job_id": "501", "job_name": "nightly"})
    return {
        "record_id": f"{number:08d}-0000-4000-8000-000000000000",
        "account_id": "acc-1",
        "workspace_id": "1234567890123456",
        "sku_name": "PREMIUM_JOBS_COMPUTE",
        "cloud": "AWS",
        "usage_start_time": "2026-10-05T02:00:00.000Z",
        "usage_end_time": "2026-10-05T03:00:00.000Z",
        "usage_date": "2026-10-05",
        "custom_tags": {"team": "data"},
        "usage_unit": "DBU",
        "usage_quantity": quantity,
        "usage_metadata": METADATA | metadata,
        "identity_metadata": {"run_as": "svc-etl", "owned_by": None, "created_by": None},
        "record_type": "ORIGINAL",
        "ingestion_date": "2026-10-06",
        "billing_origin_product": "JOBS",
        "product_features": {"is_serverless": False, "jobs_tier": "CLASSIC"},
        "usage_type": "COMPUTE_TIME",
        **changes,
    }


def price(
    amount: str,
    since: str = "2023-01-01T00:00:00.000Z",
    until: str | None = None,
    **changes: Any,
) -> Record:
    """A list price of the job's SKU."""
    return {
        "price_start_time": since,
        "price_end_time": until,
        "account_id": "acc-1",
        "sku_name": "PREMIUM_JOBS_COMPUTE",
        "cloud": "AWS",
        "currency_code": "USD",
        "usage_unit": "DBU",
        "pricing": {"default": amount, "effective_list": {"default": amount}},
        **changes,
    }


def write(folder: Path, tables: Mapping[str, Sequence[Record]]) -> Path:
    """Files of JSON lines, named by table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (folder / f"system.billing.{name}.jsonl").write_text(text)
    return folder


class Loaded:
    """A folder's usage in a lake of its own."""

    def __init__(self, folder: Path, bill: Path, **options: Any) -> None:
        self.lake = Lake.open(folder / "lake", threads=1)
        self.outcomes: list[LoadOutcome] = self.lake.load(
            "dbx", Databricks(), FileTransport(str(bill)), DatabricksOptions(**options)
        )

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of all charges, in file order."""
        files = [literal(str(one.charges_path)) for one in self.lake.pin().slices]
        with duckdb.connect() as reader:
            return reader.execute(
                f"SELECT {', '.join(columns)} FROM read_parquet([{', '.join(files)}], "
                "union_by_name = true) ORDER BY x_SourceFile, x_SourceLine"
            ).fetchall()

    @property
    def notes(self) -> str:
        """The notes of all slices."""
        return "\n".join(note for o in self.outcomes if o.record for note in o.record.notes)

    @property
    def reasons(self) -> list[str]:
        """Why rows were rejected."""
        return [row.reason for o in self.outcomes if o.record for row in o.record.rejects_sample]

    @property
    def broken_rules(self) -> list[str]:
        """FOCUS rules that a charge breaks."""
        return [check.rule for o in self.outcomes if o.record for check in o.record.checks]


def load(folder: Path, tables: Mapping[str, Sequence[Record]], **options: Any) -> Loaded:
    """Write tables and load them."""
    return Loaded(folder, write(folder / "bill", tables), **options)
