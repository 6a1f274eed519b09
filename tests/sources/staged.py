"""Raw rows for tests of one source: files read by position into a DuckDB table `raw`."""

from collections.abc import Mapping as MappingABC
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from outlay.focus.sql import MACROS, literal, quoted
from outlay.sources.contract import Mapping, RawColumn
from outlay.sources.tabular import read_header


class StagedRaw:
    """The contract's Raw over files of one delivery."""

    def __init__(self, *paths: Path) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        for macro in MACROS:
            self.connection.execute(macro)
        self._identifiers: dict[str, str] = {}
        parts = [self._part(index, path) for index, path in enumerate(paths)]
        self.connection.execute(f"CREATE TABLE raw AS {' UNION ALL BY NAME '.join(parts)}")
        types = {row[0]: row[1] for row in self.connection.execute("DESCRIBE raw").fetchall()}
        self.columns: MappingABC[str, RawColumn] = {
            name: RawColumn(name, quoted(identifier), types[identifier])
            for name, identifier in self._identifiers.items()
        }

    def _identifier(self, name: str) -> str:
        """A name that is free of case: the engine takes `Team` and `TEAM` for one."""
        return self._identifiers.setdefault(name, f"c{len(self._identifiers)}")

    def _part(self, index: int, path: Path) -> str:
        with path.open("rb") as stream:
            header = read_header(stream, path.name)
        extra = f"{index}::INTEGER AS _file, row_number() OVER () AS _line, '' AS _table"
        own = [self._identifier(name) for name in header.columns]
        if header.format == "parquet":
            names = zip(header.columns, own, strict=True)
            listed = ", ".join(f"{quoted(name)} AS {quoted(to)}" for name, to in names)
            return f"SELECT {listed}, {extra} FROM read_parquet({literal(str(path))})"
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in own)
        return (
            f"SELECT *, {extra} FROM read_csv({literal(str(path))}, header=false, skip=1, "
            f"delim={literal(header.delimiter)}, quote='\"', escape='\"', auto_detect=false, "
            f"columns={{{columns}}})"
        )

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def charges(self, mapping: Mapping) -> pa.Table:
        """The main rows of a mapping, those rejected left out, with file and line."""
        rejected = " OR ".join(f"({reject.when})" for reject in mapping.rejects) or "FALSE"
        columns = ", ".join(
            f"{sql} AS {quoted(name)}" for name, sql in mapping.main.columns.items()
        )
        return self.connection.sql(
            f"SELECT {columns}, _file, _line, {mapping.period} AS _period, "
            f"{mapping.currency} AS _currency FROM raw "
            f"WHERE NOT coalesce({rejected}, FALSE) AND ({mapping.main.when}) ORDER BY _file, _line"
        ).to_arrow_table()

    def rejected(self, mapping: Mapping) -> list[tuple[int, str]]:
        """(line, first reason) of the rejected rows."""
        cases = " ".join(
            f"WHEN {reject.when} THEN {literal(reject.reason)}" for reject in mapping.rejects
        )
        return self.ask(
            f"SELECT _line, reason FROM (SELECT _line, CASE {cases} END AS reason FROM raw) "
            "WHERE reason IS NOT NULL ORDER BY 1"
        )
