"""Landed files become the relation `raw`: Parquet is read where it lies, CSV is staged once.

The engine folds the case of column names, and bills have columns that differ by case alone: a
CSV column is therefore named by its place (c0, c1, …) in the relation, and by its own name only
in `StagedRaw.columns`.
"""

import bisect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from outlay.focus.sql import literal, quoted
from outlay.lake.csvfile import blank_lines
from outlay.lake.documents import is_json, stage_document
from outlay.lake.engine.duckdb import parquet
from outlay.lake.faults import fault_point
from outlay.lake.layout import Layout
from outlay.lake.types import LakeError, LandedFile
from outlay.sources.contract import Progress, RawColumn, Source
from outlay.sources.tabular import Header, read_header

_STAGED = "PARQUET, COMPRESSION lz4, ROW_GROUP_SIZE 122880"
# A quoted field may hold a long JSON text; an unclosed quote must not swallow the whole file.
_MAX_LINE_BYTES = 16 << 20


@dataclass(frozen=True)
class BrokenRow:
    """A record that is no row of the file's table: its file's index, number, reason and text."""

    file: int
    line: int
    reason: str
    text: str


class StagedRaw:
    """The relation `raw` on one connection (see `outlay.sources.contract.Raw`)."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, columns: Mapping[str, RawColumn]
    ) -> None:
        self.connection = connection
        self.columns = columns

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a SELECT over `raw` and fetch all of it."""
        return self.connection.execute(sql).fetchall()

    def make(self, name: str, sql: str) -> None:
        """Make the temporary table `name` from a SELECT, in place of one of that name."""
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {sql}")

    def record_json(self) -> str:
        """SQL of the vendor's record as JSON text, names as the vendor spells them."""
        parts = ", ".join(
            f"{literal(column.name)}, {column.sql}" for column in self.columns.values()
        )
        return f"CAST(json_object({parts}) AS VARCHAR)"


class Staging:
    """The files of one delivery, readable by the engine; each is parsed at most once.

    Parquet beside CSV or JSON is read as text like them. Raises SourceError or LakeError when a
    file is empty, cut short or no table. Records that break the table's shape are in `broken`,
    not in `raw`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        layout: Layout,
        files: Sequence[LandedFile],
        source: Source,
        folder: Path,
        progress: Progress | None = None,
    ) -> None:
        self.connection = connection
        self.files = tuple(files)
        self.broken: dict[int, list[BrokenRow]] = {}
        self._layout, self._folder, self._progress = layout, folder, progress
        self._source = source
        self._staged: dict[int, Path] = {}
        self._places: dict[str, str] = {}
        self._headers = [self._header(index) for index in range(len(files))]
        names = dict.fromkeys(name for header in self._headers for name in header.columns)
        for name in names:
            self._places.setdefault(name, f"c{len(self._places)}")
        self._wanted = set(source.wanted(list(names)))
        self._is_parquet = {header.format for header in self._headers} == {"parquet"}
        self.tables = [
            source.table_of(file.path, header.columns)
            for file, header in zip(self.files, self._headers, strict=True)
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the slice should know about how its files were read."""
        return tuple(
            f"{file.path} is not UTF-8: read as {header.encoding}"
            for file, header in zip(self.files, self._headers, strict=True)
            if header.encoding not in ("", "utf-8")
        )

    def _header(self, index: int) -> Header:
        """The file's columns; a JSON document says them only when it is read, and so is staged."""
        file = self.files[index]
        path = self._layout.landed(file.landed)
        if is_json(path):
            self._tell(index)
            target = self._folder / f"raw-{index}.parquet"
            columns = stage_document(
                self.connection, self._source, path, file.path, self._places, target
            )
            fault_point("stage")
            self._staged[index] = target
            return Header("json", columns)
        with path.open("rb") as stream:
            return read_header(stream, file.path)

    def _tell(self, index: int) -> None:
        if self._progress:
            self._progress(f"reading {self.files[index].path}", index, len(self.files))

    def raw(self, indices: Sequence[int]) -> StagedRaw:
        """Make the relation `raw` of some of the files; `_file` counts in the given order."""
        is_parquet = self._is_parquet
        paths = [
            self._layout.landed(self.files[index].landed) if is_parquet else self._stage(index)
            for index in indices
        ]
        scan = parquet(*paths, union_by_name=True)
        columns = self._parquet_columns(scan, indices) if is_parquet else self._csv_columns(indices)
        line = "file_row_number + 1" if is_parquet else "_line"
        selected = "".join(f"{column.sql}, " for column in columns.values())
        tables = ", ".join(literal(self.tables[index]) for index in indices)
        # _file (and for Parquet _line) are virtual columns: they cost nothing unless asked for.
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW raw_files AS SELECT {selected}"
            f"CAST(file_index AS INTEGER) AS _file, CAST({line} AS BIGINT) AS _line, "
            f"[{tables}][CAST(file_index AS BIGINT) + 1] AS _table FROM {scan}"
        )
        self.keep("true")
        return StagedRaw(self.connection, columns)

    def keep(self, condition: str) -> None:
        """Narrow `raw` to the rows where the condition holds (a loose file's own period)."""
        self.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW raw AS SELECT * FROM raw_files WHERE {condition}"
        )

    def _parquet_columns(self, scan: str, indices: Sequence[int]) -> dict[str, RawColumn]:
        try:
            described = self.connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
        except duckdb.Error as error:
            raise LakeError(
                f"{self.files[indices[0]].path} (or a file delivered with it) cannot be read as "
                f"Parquet: {_one_line(error)}; export it again"
            ) from error
        return {
            name: RawColumn(name, quoted(name), kind)
            for name, kind, *_ in described
            if name in self._wanted
        }

    def _csv_columns(self, indices: Sequence[int]) -> dict[str, RawColumn]:
        there = {name for index in indices for name in self._headers[index].columns}
        return {
            name: RawColumn(name, place, "VARCHAR")
            for name, place in self._places.items()
            if name in there and name in self._wanted
        }

    def _stage(self, index: int) -> Path:
        if index not in self._staged:
            file, header = self.files[index], self._headers[index]
            self._tell(index)
            target = self._folder / f"raw-{index}.parquet"
            selected = [
                (at, self._places[name])
                for at, name in enumerate(header.columns)
                if name in self._wanted
            ]
            path = self._layout.landed(file.landed)
            if header.format == "parquet":
                _stage_parquet(self.connection, path, selected, header, target)
                self._staged[index] = target
                return target
            found = _stage_file(self.connection, _reader(path, header), selected, file, target)
            if found:
                blank = blank_lines(path, header, max(line for line, *_ in found))
                self.broken[index] = [_broken(index, file, blank, *row) for row in found]
                _renumber(self.connection, target, [row.line for row in self.broken[index]])
            fault_point("stage")
            self._staged[index] = target
        return self._staged[index]


def _stage_parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    selected: Sequence[tuple[int, str]],
    header: Header,
    target: Path,
) -> None:
    """Write a Parquet file's rows as text, for a delivery whose other files are text."""
    kinds = {
        name: kind
        for name, kind, *_ in connection.execute(
            f"DESCRIBE SELECT * FROM {parquet(path)}"
        ).fetchall()
    }
    cells = []
    for at, place in selected:
        name = header.columns[at]
        nested = kinds[name].startswith(("STRUCT", "MAP")) or kinds[name].endswith("]")
        text = f"to_json({quoted(name)})" if nested else quoted(name)
        cells.append(f"nullif(CAST({text} AS VARCHAR), '') AS {place}, ")
    connection.execute(
        f"COPY (SELECT {''.join(cells)}CAST(file_row_number + 1 AS BIGINT) AS _line "
        f"FROM {parquet(path)}) TO {literal(str(target))} (FORMAT {_STAGED})"
    )


def _reader(path: Path, header: Header) -> str:
    """SQL that reads the records of one CSV file, all text, columns named by place."""
    struct = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(header.columns)))
    compression = "gzip" if header.compression == "gzip" else "none"
    return (
        f"read_csv({literal(str(path))}, columns = {{{struct}}}, auto_detect = false, "
        f"header = true, delim = {literal(header.delimiter)}, quote = '\"', escape = '\"', "
        f"compression = '{compression}', encoding = '{header.encoding}', "
        f"max_line_size = {_MAX_LINE_BYTES}, store_rejects = true)"
    )


def _stage_file(
    connection: duckdb.DuckDBPyConnection,
    reader: str,
    selected: Sequence[tuple[int, str]],
    file: LandedFile,
    target: Path,
) -> list[tuple[int, str, str, str | None]]:
    """Write one file's good records to `target`, numbered from 1.

    Gives the others: their row in the file (the header is 1), kind, message and text.
    """
    listing = "".join(f"c{at} AS {place}, " for at, place in selected)
    # Records are numbered in reading order, so that this one statement must keep the order.
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    try:
        connection.execute(
            f"COPY (SELECT {listing}CAST(row_number() OVER () AS BIGINT) AS _line FROM {reader}) "
            f"TO {literal(str(target))} (FORMAT {_STAGED})"
        )
        return connection.execute(
            "SELECT CAST(line AS BIGINT), any_value(CAST(error_type AS VARCHAR)), "
            "any_value(error_message), any_value(csv_line) "
            "FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
    except duckdb.Error as error:
        raise LakeError(
            f"{file.path} cannot be read to its end: {_one_line(error)}; fetch or export it again"
        ) from error
    finally:
        connection.execute("SET preserve_insertion_order = false")


def _broken(
    index: int,
    file: LandedFile,
    blank: Sequence[int],
    line: int,
    kind: str,
    message: str,
    text: str | None,
) -> BrokenRow:
    record = line - 1 - bisect.bisect_left(blank, line)
    if kind == "UNQUOTED VALUE" and text is not None and "\n" in text:
        raise LakeError(
            f"{file.path}, record {record}: a quote is opened and never closed, which hides the "
            "rows after it; export the file again"
        )
    reason = {
        "MISSING COLUMNS": "too few cells: ",
        "TOO MANY COLUMNS": "too many cells: ",
        "UNQUOTED VALUE": "a quote inside a quoted cell: ",
        "INVALID ENCODING": "no valid UTF-8: ",
    }.get(kind, f"{kind.lower()}: ")
    return BrokenRow(index, record, reason + " ".join(message.split()), text or "")


def _renumber(connection: duckdb.DuckDBPyConnection, target: Path, broken: Sequence[int]) -> None:
    """Number the good records of a file as if the broken ones still stood between them.

    The n-th good record moves down by one for each broken record before it: the j-th broken one
    (from 1, at record r) stands before it exactly when r - j + 1 <= n.
    """
    thresholds = [record - at for at, record in enumerate(sorted(broken))]
    shift = pa.table({"n": thresholds, "past": list(range(1, len(thresholds) + 1))})
    connection.register("outlay_shift", shift)
    numbered = target.with_suffix(".numbered")
    connection.execute(
        "COPY (SELECT staged.* REPLACE (staged._line + coalesce(shift.past, 0) AS _line) FROM "
        f"{parquet(target)} staged ASOF LEFT JOIN "
        "(SELECT n, max(past) AS past FROM outlay_shift GROUP BY n) shift "
        f"ON staged._line >= shift.n) TO {literal(str(numbered))} (FORMAT {_STAGED})"
    )
    connection.unregister("outlay_shift")
    numbered.replace(target)


def _one_line(error: Exception) -> str:
    text = re.sub(r"\s+", " ", str(error)).strip()
    return text[:300]
