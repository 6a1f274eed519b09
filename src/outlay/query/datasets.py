"""The FOCUS datasets beside Cost and Usage, over the slices of a pin."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

import duckdb

from outlay.focus.datasets import DeliveryFact, Ledger, Made, Stated, derive
from outlay.focus.sql import literal
from outlay.lake.types import DeliveryRecord, LakeError, Slice

VIEWS = {
    "billing_period": "billing-period",
    "invoice_detail": "invoice-detail",
    "contract_commitment": "contract-commitment",
}
"""Name of the view in raw SQL → the dataset that it shows."""


class Records(Protocol):
    """Where the records of deliveries are kept."""

    def record(self, delivery_id: str) -> DeliveryRecord:
        """The record of a delivery."""
        ...


def delivery_facts(slices: Sequence[Slice], records: Records | None = None) -> list[DeliveryFact]:
    """When each slice was first and last loaded; without `records` its last delivery alone."""
    return [
        DeliveryFact(
            one.source,
            one.billing_period.start,
            _first_loaded(one.delivery, records),
            one.delivery.loaded_at,
        )
        for one in slices
    ]


def _first_loaded(record: DeliveryRecord, records: Records | None) -> datetime:
    """When the first delivery of the slice was loaded, as far as its records are still there."""
    seen = {record.id}
    while records is not None and record.replaces and record.replaces not in seen:
        try:
            record = records.record(record.replaces)
        except LakeError:
            break
        seen.add(record.id)
    return record.loaded_at


def relation(slices: Sequence[Slice]) -> str:
    """The charges of the slices that still have them, as a relation."""
    paths = ", ".join(literal(str(s.charges_path)) for s in slices if s.charges_path.exists())
    return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"


def make(
    connection: duckdb.DuckDBPyConnection,
    slices: Sequence[Slice],
    names: Collection[str],
    today: date,
    *,
    records: Records | None = None,
    stated: Stated | None = None,
) -> dict[str, Made]:
    """Work out the datasets of these names over the slices; LookupError without any charges."""
    kept = [one for one in slices if one.charges_path.exists()]
    if not kept:
        raise LookupError("there are no charges to read")
    ledger = Ledger.of(connection, relation(kept), delivery_facts(kept, records), stated)
    return {name: derive(ledger, name, today) for name in names}
