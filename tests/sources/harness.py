"""A mapping on an engine of its own: raw rows in, charges and proof out, without the lake."""

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from outlay.focus.schema import charges_schema
from outlay.focus.sql import MACROS, literal, quoted
from outlay.sources.contract import Mapping, RawColumn, Rows, Source, SourceOptions
from outlay.sources.tabular import read_header


@dataclass
class HarnessRaw:
    """The relation `raw` of some files, as staging makes it."""

    connection: duckdb.DuckDBPyConnection
    columns: dict[str, RawColumn] = field(default_factory=dict)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()


def stage(*files: Path, source: Source | None = None) -> HarnessRaw:
    """CSV columns by place and as text, Parquet columns as they are; `_file` and `_line` added."""
    raw = HarnessRaw(duckdb.connect())
    for macro in MACROS:
        raw.connection.execute(macro)
    headers = []
    for file in files:
        with file.open("rb") as stream:
            headers.append(read_header(stream, file.name))
    if headers[0].format == "parquet":
        names = ", ".join(literal(str(file)) for file in files)
        scan = f"read_parquet([{names}], union_by_name = true, hive_partitioning = false)"
        for name, kind, *_ in raw.ask(f"DESCRIBE SELECT * FROM {scan}"):
            raw.columns[name] = RawColumn(name, quoted(name), kind)
        raw.connection.execute(
            "CREATE VIEW raw AS SELECT *, CAST(file_index AS INTEGER) AS _file, "
            f"CAST(file_row_number + 1 AS BIGINT) AS _line, '' AS _table FROM {scan}"
        )
        return _wanted(raw, source)
    every = list(dict.fromkeys(name for header in headers for name in header.columns))
    raw.columns = {name: RawColumn(name, f"c{at}", "VARCHAR") for at, name in enumerate(every)}
    parts = []
    for index, (file, header) in enumerate(zip(files, headers, strict=True)):
        table = source.table_of(file.name, header.columns) if source else ""
        struct = ", ".join(f"'f{at}': 'VARCHAR'" for at in range(len(header.columns)))
        picked = "".join(
            f"f{at} AS {raw.columns[name].sql}, " for at, name in enumerate(header.columns)
        )
        parts.append(
            f"SELECT {picked}CAST({index} AS INTEGER) AS _file, row_number() OVER () AS _line, "
            f"{literal(table)} AS _table FROM read_csv({literal(str(file))}, "
            f"columns = {{{struct}}}, auto_detect = false, "
            f"header = true, delim = {literal(header.delimiter)}, quote = '\"', escape = '\"')"
        )
    raw.connection.execute(f"CREATE TABLE raw AS {' UNION ALL BY NAME '.join(parts)}")
    return _wanted(raw, source)


def _wanted(raw: HarnessRaw, source: Source | None) -> HarnessRaw:
    if source is not None:
        wanted = set(source.wanted(list(raw.columns)))
        raw.columns = {name: c for name, c in raw.columns.items() if name in wanted}
    return raw


@dataclass
class Lifted:
    """Charges of a mapping as the table `charges`, and what the proof needs."""

    connection: duckdb.DuckDBPyConnection
    mapping: Mapping
    rejected: dict[str, int]
    folded: dict[str, int]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def rows(self, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Some columns of the charges, in the order of files and lines."""
        listing = ", ".join(columns)
        return self.ask(f"SELECT {listing} FROM charges WHERE {where} ORDER BY _file, _line, _part")

    def sums(self, measure: str, by: str, where: str = "true") -> dict[str, Decimal]:
        """Sum of a cost by an SQL expression; NULL as the empty text."""
        return {
            key: amount
            for key, amount in self.ask(
                f"SELECT coalesce({by}, ''), sum({measure}) FROM charges WHERE {where} GROUP BY 1"
            )
        }

    def proof(self) -> list[tuple[str, str, Decimal, Decimal]]:
        """(currency, measure, vendor's formula less rejected rows, loaded): equal when proven."""
        out = _any(reject.when for reject in self.mapping.rejects)
        lines = []
        for measure, formula in self.mapping.formulas.items():
            stated = dict(
                self.ask(
                    f"SELECT {self.mapping.currency}, coalesce(sum({formula}), 0) "
                    f"FROM {self.mapping.source} WHERE NOT {out} GROUP BY 1"
                )
            )
            loaded = self.sums(measure, "BillingCurrency")
            lines += [
                (
                    currency,
                    measure,
                    stated.get(currency, Decimal(0)),
                    loaded.get(currency, Decimal(0)),
                )
                for currency in sorted({*stated, *loaded})
            ]
        return lines


def lift(source: Source, *files: Path, options: SourceOptions | None = None) -> Lifted:
    """Stage files, ask the source for its mapping, and make the charges."""
    raw = stage(*files, source=source)
    mapping = source.mapping(raw, options or source.Options())
    rejects = _any(reject.when for reject in mapping.rejects)
    folds = _any(fold.when for fold in mapping.folds)
    parts = [_select(mapping.main, 0, f"NOT {rejects} AND NOT {folds}", mapping)]
    parts += [
        _select(rows, at, f"NOT {rejects}", mapping) for at, rows in enumerate(mapping.extra, 1)
    ]
    raw.connection.execute(f"CREATE TABLE charges AS {' UNION ALL '.join(parts)}")
    return Lifted(
        raw.connection,
        mapping,
        {r.reason: n for r in mapping.rejects if (n := _count(raw, r.when))},
        {f.rule: n for f in mapping.folds if (n := _count(raw, f"({f.when}) AND NOT {rejects}"))},
    )


def _select(rows: Rows, part: int, where: str, mapping: Mapping) -> str:
    types = _types(mapping)
    unknown = set(rows.columns) - set(types)
    assert not unknown, f"no FOCUS 1.4 or x_ columns: {unknown}"
    listing = ", ".join(
        f"CAST({rows.columns.get(name, 'NULL')} AS {kind}) AS {quoted(name)}"
        for name, kind in types.items()
    )
    return (
        f"SELECT {listing}, _file, _line, {part} AS _part FROM {rows.source or mapping.source} "
        f"WHERE {where} AND ({rows.when})"
    )


def _types(mapping: Mapping) -> MappingABC[str, str]:
    own = {n for rows in (mapping.main, *mapping.extra) for n in rows.columns if n[:2] == "x_"}
    focus = {name: kind for name, kind in charges_schema().items() if name[:2] != "x_"}
    return focus | dict.fromkeys(sorted(own), "VARCHAR")


def _any(conditions: Any) -> str:
    listed = [f"coalesce(({condition}), false)" for condition in conditions]
    return f"({' OR '.join(listed)})" if listed else "false"


def _count(raw: HarnessRaw, when: str) -> int:
    return int(raw.ask(f"SELECT count(*) FROM raw WHERE {when}")[0][0])
