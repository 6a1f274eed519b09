"""From a charge or a rejected row back to the vendor's own record."""

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from outlay.focus.checks import CheckResult, run_checks
from outlay.lake.csvfile import csv_record
from outlay.lake.documents import cell, is_json, records
from outlay.lake.engine.duckdb import parquet
from outlay.lake.layout import write_text
from outlay.lake.records import checks_from_list, checks_to_list
from outlay.lake.types import LakeError, Slice
from outlay.sources.contract import SourceError
from outlay.sources.registry import source
from outlay.sources.tabular import Header, read_header

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

_QUARANTINE = pa.schema(
    [
        ("file", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("record", pa.string()),
    ]
)


def quarantined(lake: "Lake", delivery_id: str) -> pa.Table:
    """The rejected rows of a delivery, or an empty table of the same columns."""
    path = lake.layout.quarantine_file(delivery_id)
    if not path.exists():
        return _QUARANTINE.empty_table()
    return pq.read_table(path, schema=_QUARANTINE)


def raw_record(lake: "Lake", current: Slice, file_index: int, line: int) -> dict[str, str | None]:
    """The record with number `line` (from 1) of the slice's file `file_index`, all of its cells."""
    files = current.delivery.files
    if not 0 <= file_index < len(files):
        raise LakeError(
            f"{current.source} {current.billing_period} has {len(files)} files, numbered from 0; "
            f"there is no file {file_index}"
        )
    file = files[file_index]
    path = lake.layout.landed(file.landed)
    if not path.exists():
        raise LakeError(f"{file.path} is no longer in the lake (retention); the charge remains")
    if is_json(path):
        found = _json_record(path, file.path, current.delivery.kind, line)
    else:
        with path.open("rb") as stream:
            header = read_header(stream, file.path)
        found = (
            _parquet_record(lake, path, line)
            if header.format == "parquet"
            else _csv_record(path, header, line)
        )
    if found is None:
        raise LakeError(f"{file.path} has no record {line}; records are numbered from 1")
    return found


def _json_record(path: Path, name: str, kind: str, line: int) -> dict[str, str | None] | None:
    try:
        reading = records(source(kind), path, name)
        record = next(itertools.islice(reading, line - 1, None), None)
    except SourceError as error:
        raise LakeError(str(error)) from error
    return None if record is None else {key: cell(value) for key, value in record.items()}


def _parquet_record(lake: "Lake", path: Path, line: int) -> dict[str, str | None] | None:
    connection = lake.connect()
    try:
        rows = connection.execute(
            f"SELECT to_json(t) FROM (SELECT * FROM {parquet(path)} "
            f"WHERE file_row_number = {int(line) - 1}) t"
        ).fetchall()
    finally:
        connection.close()
    if not rows:
        return None
    values: dict[str, Any] = json.loads(rows[0][0], parse_float=str, parse_int=str)
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _csv_record(path: Path, header: Header, line: int) -> dict[str, str | None] | None:
    row = csv_record(path, header, line)
    if row is None:
        return None
    cells = itertools.zip_longest(header.columns, row)
    return {
        name if name is not None else f"cell {at + 1}": value or None
        for at, (name, value) in enumerate(cells)
    }


def checks(lake: "Lake", current: Slice) -> tuple[CheckResult, ...]:
    """The row checks of a slice: recorded at its load, or run now and remembered."""
    if current.delivery.checked:
        return current.delivery.checks
    memo = lake.layout.cache / "checks" / f"{current.delivery.id}.json"
    if memo.exists():
        return checks_from_list(json.loads(memo.read_text(encoding="utf-8")))
    if not current.charges_path.exists():
        raise LakeError(
            f"{current.source} {current.billing_period} was never checked and its charges are no "
            "longer kept"
        )
    connection = lake.connect()
    try:
        found = run_checks(connection, parquet(current.charges_path))
    finally:
        connection.close()
    write_text(memo, json.dumps(checks_to_list(found)))
    return found
