"""Responses made of bytes: JSON by orjson, CSV, Parquet. No response model is in the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from outlay.app.shapes import plain
from outlay.money import money_text

CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"
_CHUNK_ROWS = 5_000


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Plain JSON data as bytes."""
    return Response(
        orjson.dumps(data), status, media_type="application/json", headers=dict(headers or {})
    )


def csv_response(table: pa.Table, name: str) -> Response:
    """A table as CSV with a header, amounts in full."""
    return StreamingResponse(_csv(table), media_type=CSV, headers=_file(f"{name}.csv"))


def parquet_response(table: pa.Table, name: str) -> Response:
    """A table as Parquet, amounts as decimals."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return Response(buffer.getvalue(), media_type=PARQUET, headers=_file(f"{name}.parquet"))


def table_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table as JSON data: money as text with all its decimals."""
    return [row_data(row) for row in table.to_pylist()]


def row_data(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row as JSON data."""
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return {str(key): plain(inner) for key, inner in value}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        # A raw SQL answer may hold a double; it is shown as it is and never as money.
        return value
    return plain(value)


def _csv(table: pa.Table) -> Iterator[str]:
    names = table.column_names
    yield _line(names)
    for batch in table.to_batches(max_chunksize=_CHUNK_ROWS):
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\r\n")
        for row in batch.to_pylist():
            writer.writerow([_text(row[name]) for name in names])
        yield buffer.getvalue()


def _line(values: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(values)
    return buffer.getvalue()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return orjson.dumps(_value(value)).decode()
    return str(value)


def _file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
