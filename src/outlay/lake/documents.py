"""Files that are no tables: their records, as the source reads them, become staged Parquet."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from outlay.focus.sql import literal
from outlay.lake.engine.duckdb import parquet
from outlay.sources.contract import Source
from outlay.sources.documents import encode, starts_as_json, unpacked

_CHUNK = 50_000
_STAGED = "PARQUET, COMPRESSION lz4, ROW_GROUP_SIZE 122880"


def is_json(path: Path) -> bool:
    """Whether the file (or what its gzip holds) begins as a JSON object or array."""
    with path.open("rb") as stream:
        try:
            return starts_as_json(unpacked(stream).read(4096))
        except (OSError, EOFError):
            return False


def cell(value: object) -> str | None:
    """A record's value as the text of its cell; an empty text is no value, as in CSV."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return encode(value)


def records(source: Source, path: Path, name: str) -> Iterator[Mapping[str, object]]:
    """The records of a landed document. Raises SourceError when it cannot be read."""
    with path.open("rb") as stream:
        yield from source.records(stream, name)


def stage_document(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    path: Path,
    name: str,
    places: dict[str, str],
    target: Path,
) -> tuple[str, ...]:
    """Write a document's records to `target`, all text, columns named by place; gives the names.

    `places` is column → its place in the delivery, and grows. Records may differ in their keys.
    """
    found: dict[str, None] = {}
    parts: list[Path] = []
    reading = records(source, path, name)
    start = 1
    while chunk := list(islice(reading, _CHUNK)):
        names = dict.fromkeys(key for record in chunk for key in record)
        found.update(names)
        columns = {
            places.setdefault(key, f"c{len(places)}"): pa.array(
                [cell(record.get(key)) for record in chunk], pa.string()
            )
            for key in names
        }
        columns["_line"] = pa.array(range(start, start + len(chunk)), pa.int64())
        parts.append(target.with_suffix(f".part{len(parts)}"))
        pq.write_table(pa.table(columns), parts[-1], compression="lz4")
        start += len(chunk)
    if not parts:
        pq.write_table(pa.table({"_line": pa.array([], pa.int64())}), target)
    elif len(parts) == 1:
        parts[0].replace(target)
    else:
        # Keys may come up late: only all parts together know every column.
        connection.execute(
            f"COPY (SELECT * FROM {parquet(*parts, union_by_name=True)} ORDER BY _line) "
            f"TO {literal(str(target))} (FORMAT {_STAGED})"
        )
        for part in parts:
            part.unlink()
    return tuple(found)
