"""Descriptive columns are worked out once per distinct combination of raw values, not per row.

A bill of a hundred million lines has a few thousand combinations of account, service, usage type,
region and the like. For a large slice the text expressions that depend on such raw columns alone
are evaluated on the distinct combinations; rows then find theirs by a hash of the raw values. The
values come as enumerations, which the Parquet writer writes seven times as fast as text (they are
plain text in the file). Measured in docs/lake.md.
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from outlay.focus.sql import literal
from outlay.lake.lift import Plan
from outlay.lake.naming import HELPERS, Naming
from outlay.lake.schema import MAP_SQL, charges_types
from outlay.sources.contract import RawColumn

FACTORED_ROWS = 300_000
"""Slices of fewer rows are mapped row by row: there is nothing to win."""

_SAMPLE_ROWS = 200_000
_LOOKED_AT = 1_000_000
# Raw columns with up to this many values in the sample are tried together (resources are among
# them); should their combinations be too many, those with few values alone.
_VALUES_TRIED = (40_000, 400)
_MOST_KINDS = 500_000
_ROWS_PER_KIND = 8
# An enumeration is written out in every row group: a long one would make the file larger.
_MOST_ENUM_VALUES = 2_000

_numbers = itertools.count()


@dataclass(frozen=True)
class Factored:
    """Where the main rows find their descriptive columns.

    `columns` maps an output column to its type (an enumeration, or VARCHAR) and its place in
    `table`, whose key equals the SQL `key` over a raw row.
    """

    table: str
    key: str
    columns: Mapping[str, tuple[str, str]]


def factor(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    raw: Mapping[str, RawColumn],
    rows: int,
    naming: Naming,
    *,
    extra: bool,
) -> Factored | None:
    """Work out the descriptive columns of a slice's combinations; None where it does not pay.

    The combinations get their names from the vocabulary. `extra`: the mapping's extra rows exist,
    so that their values must be known as well.
    """
    counts = _value_counts(connection, raw)
    most = min(_MOST_KINDS, int(rows / _ROWS_PER_KIND))
    for values in _VALUES_TRIED:
        few = {name: sql for name, (sql, count) in counts.items() if count <= values}
        chosen = _eligible(connection, plan, raw, few)
        inputs = sorted({sql for _, columns in chosen.values() for sql in columns})
        if not inputs:
            continue
        number = next(_numbers)
        key = f"hash({', '.join(inputs)})"
        kinds = _kinds(connection, key, inputs, number, most)
        if kinds is not None:
            return _named(connection, plan, chosen, key, kinds, number, naming, extra=extra)
    return None


def _value_counts(
    connection: duckdb.DuckDBPyConnection, raw: Mapping[str, RawColumn]
) -> dict[str, tuple[str, int]]:
    """Raw text columns: name without case (as the engine sees it) → SQL, values in a sample."""
    asked = [c for c in raw.values() if c.type.upper() in ("VARCHAR", "BOOLEAN", MAP_SQL)]
    if not asked:
        return {}
    counts = ", ".join(f"approx_count_distinct(hash({column.sql}))" for column in asked)
    found = connection.execute(
        f"SELECT {counts} FROM (SELECT * FROM raw LIMIT {_SAMPLE_ROWS})"
    ).fetchall()[0]
    return {
        _folded(column.sql): (column.sql, int(count))
        for column, count in zip(asked, found, strict=True)
    }


def _folded(sql: str) -> str:
    return sql.strip('"').replace('""', '"').lower()


def _eligible(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    raw: Mapping[str, RawColumn],
    few: Mapping[str, str],
) -> dict[str, tuple[str, list[str]]]:
    """Text columns that depend on few-valued raw columns alone: column → (SQL, raw columns)."""
    known = {_folded(column.sql) for column in raw.values()} | {"_file", "_line"}
    given = {**plan.mapping.main.columns, "x_SourceName": literal(plan.source)}
    types = charges_types(plan.columns)
    chosen = {}
    for column, sql in given.items():
        if types[column] != "VARCHAR":
            continue
        names = _references(connection, sql)
        if names is None:
            continue
        used = names & known
        if used <= set(few):
            chosen[column] = (sql, [few[name] for name in sorted(used)])
    return chosen


def _references(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str] | None:
    """Names that the expression refers to, without case; None when it cannot be told."""
    answer = connection.execute("SELECT json_serialize_sql(?)", [f"SELECT ({sql})"]).fetchall()
    tree = json.loads(answer[0][0])
    if tree.get("error") or '"SUBQUERY"' in answer[0][0]:
        return None
    return {name.lower() for name in _column_names(tree)}


def _column_names(node: Any) -> Iterator[str]:
    """Every part of every column reference (a.b may be a table's column or a struct's field)."""
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield from node["column_names"]
        for value in node.values():
            yield from _column_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _column_names(value)


def _kinds(
    connection: duckdb.DuckDBPyConnection,
    key: str,
    inputs: Sequence[str],
    number: int,
    most: int,
) -> str | None:
    """The distinct combinations of the inputs; None when they are too many or keys collide."""
    # A look at the first rows spares a grouping that would be in vain.
    counted = connection.execute(
        f"SELECT approx_count_distinct({key}) FROM (SELECT * FROM raw LIMIT {_LOOKED_AT})"
    ).fetchall()
    if counted[0][0] > most * 1.1:
        return None
    table = f"outlay_kinds_{number}"
    values = ", ".join(f"any_value({sql}) AS {sql}" for sql in inputs)
    witness = f"hash('witness', {', '.join(reversed(inputs))})"
    connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {key} AS outlay_key, {values}, "
        f"min({witness}) <> max({witness}) AS outlay_collides FROM raw GROUP BY outlay_key"
    )
    count, collisions = connection.execute(
        f"SELECT count(*), count_if(outlay_collides) FROM {table}"
    ).fetchall()[0]
    if count > most or collisions:
        connection.execute(f"DROP TABLE {table}")
        return None
    return table


def _named(
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    chosen: Mapping[str, tuple[str, list[str]]],
    key: str,
    kinds: str,
    number: int,
    naming: Naming,
    *,
    extra: bool,
) -> Factored:
    """Evaluate the chosen columns on the combinations, as enumerations where values are few."""
    places = {column: f"o{at}" for at, column in enumerate(chosen)}
    listing = ", ".join(f"CAST({chosen[c][0]} AS VARCHAR) AS {at}" for c, at in places.items())
    texts, table = f"outlay_texts_{number}", f"outlay_named_{number}"
    connection.execute(
        f"CREATE TEMP TABLE {texts} AS SELECT outlay_key, {listing} FROM {kinds} AS raw"
    )
    tables = [texts]
    if extra:
        tables.append(f"outlay_extra_{number}")
        parts = [
            ", ".join(
                f"CAST({rows.columns.get(column, 'NULL')} AS VARCHAR) AS {place}"
                for column, place in places.items()
            )
            + f" FROM raw WHERE {rows.when}"
            for rows in plan.mapping.extra
        ]
        selects = " UNION ".join(f"SELECT {part}" for part in parts)
        connection.execute(f"CREATE TEMP TABLE {tables[1]} AS {selects}")
    columns, casts = {}, []
    for at, (column, place) in enumerate(naming.name_texts(texts, places).items()):
        if column in HELPERS:
            columns[column] = (HELPERS[column], f"outlay_named.{place}")
            casts.append(place)
            continue
        kind = f"outlay_enum_{number}_{at}"
        beside = naming.values_beside(column)
        held = tables if column in chosen else [texts]
        both = [f"SELECT {place} AS v FROM {table}" for table in held]
        both += [f"SELECT {literal(value)} AS v" for value in sorted(beside or ())]
        values = f"SELECT DISTINCT v FROM ({' UNION ALL '.join(both)}) WHERE v IS NOT NULL"
        count = connection.execute(f"SELECT count(*) FROM ({values})").fetchall()[0][0]
        if beside is not None and 0 < count <= _MOST_ENUM_VALUES:
            connection.execute(f"CREATE TYPE {kind} AS ENUM ({values} ORDER BY v)")
        else:
            kind = "VARCHAR"
        columns[column] = (kind, f"outlay_named.{place}")
        casts.append(f"CAST({place} AS {kind}) AS {place}")
    connection.execute(
        f"CREATE TEMP TABLE {table} AS SELECT outlay_key, {', '.join(casts)} FROM {texts}"
    )
    for old in (*tables, kinds):
        connection.execute(f"DROP TABLE {old}")
    return Factored(table, key, columns)
