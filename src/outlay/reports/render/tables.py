"""The tables of a document as CSV and Parquet: every row, every digit."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.query.result import arrow_table
from outlay.reports.document import Document, File, Table

CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"


def csv_files(document: Document) -> list[File]:
    """One CSV a table, with a header; as `Result.to_csv` writes it."""
    return [File(f"{name}.csv", CSV, to_csv(t).encode()) for name, t in _named(document)]


def parquet_files(document: Document) -> list[File]:
    """One Parquet file a table; amounts are decimals."""
    import pyarrow.parquet as pq

    found = []
    for name, table in _named(document):
        buffer = io.BytesIO()
        pq.write_table(arrow_table(table.columns, table.rows), buffer)
        found.append(File(f"{name}.parquet", PARQUET, buffer.getvalue()))
    return found


def to_csv(table: Table) -> str:
    """A table as CSV text, amounts unrounded."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([_cell(row[column.name]) for column in table.columns])
    return buffer.getvalue()


def _named(document: Document) -> list[tuple[str, Table]]:
    tables = document.tables("file")
    if len(tables) == 1:
        return [(document.name, tables[0])]
    return [(f"{document.name}-{n}-{table.name}", table) for n, table in enumerate(tables, 1)]


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else value
