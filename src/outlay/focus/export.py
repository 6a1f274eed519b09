"""Charges written as FOCUS 1.4, or 1.2 for tools that read no newer version.

FOCUS columns come first, alphabetical, then custom ones. A FOCUS column without a value in the
exported rows is null where FOCUS allows it, and left out where its presence would promise a
value: columns that are never null, and unit prices (a row with SkuPriceId has those that exist).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from outlay.focus.datasets import DETAIL_ID, Made
from outlay.focus.model import Type
from outlay.focus.schema import (
    COLUMNS,
    LAKE_COLUMNS,
    Column,
    Level,
    columns_of,
    duckdb_type,
)
from outlay.focus.sql import literal, quoted

ExportVersion = Literal["1.4", "1.2"]
ExportFormat = Literal["parquet", "csv"]

EXPORT_VERSIONS: tuple[ExportVersion, ...] = ("1.4", "1.2")

# Of the lake's own columns a reader elsewhere can use the source's name alone.
_OWN = set(LAKE_COLUMNS) - {"x_SourceName"}

# What lifting moved aside: back in place where the older version has room for it.
_RESTORED = {
    "ProviderName": "x_ProviderName",
    "PublisherName": "x_PublisherName",
    "PricingCurrency": "x_PricingCurrency",
    "PricingCurrencyContractedUnitPrice": "x_PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost": "x_PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice": "x_PricingCurrencyListUnitPrice",
}


_DERIVED_TYPES = {Type.DECIMAL: "DECIMAL", Type.TIME: "TIMESTAMP"}


@dataclass(frozen=True)
class Written:
    """A file of charges: its rows, its columns in order, and the FOCUS columns of its version
    that it lacks, since no row has a value."""

    rows: int
    columns: tuple[str, ...]
    left_out: tuple[str, ...]


def write_focus(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    out: Path,
    *,
    version: ExportVersion = "1.4",
    format: ExportFormat = "parquet",
) -> int:
    """Write the charges in `relation` to the file `out`; returns the number of rows.

    As `write_charges`, which also tells the columns.
    """
    return write_charges(connection, relation, out, version=version, format=format).rows


def write_charges(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    out: Path,
    *,
    version: ExportVersion = "1.4",
    format: ExportFormat = "parquet",
) -> Written:
    """Write the charges in `relation` to the file `out`.

    `relation` is a table's name or a subselect in brackets, with the columns of the charges
    table. Amounts keep every digit (DECIMAL(38,21) in Parquet, plain decimals in CSV), times are
    UTC, JSON is text. Raises ValueError for an unknown version, duckdb.Error when the file
    cannot be written; the folder must exist.
    """
    if version not in EXPORT_VERSIONS:
        raise ValueError(
            f"FOCUS {version} cannot be written; choose one of {', '.join(EXPORT_VERSIONS)}"
        )
    types = _types(connection, relation)
    columns = _columns(version, types)
    kept = _with_values(connection, relation, columns)
    form = _csv if format == "csv" else _parquet
    selected = ", ".join(f"{form(columns[name], _type(name))} AS {quoted(name)}" for name in kept)
    options = "FORMAT csv, HEADER" if format == "csv" else "FORMAT parquet, COMPRESSION zstd"
    ((rows,),) = connection.execute(
        f"COPY (SELECT {selected} FROM {relation}) TO {literal(str(out))} ({options})"
    ).fetchall()
    left_out = tuple(name for name in columns_of(version) if name not in kept)
    return Written(int(rows), tuple(kept), left_out)


def write_dataset(
    connection: duckdb.DuckDBPyConnection,
    made: Made,
    out: Path,
    *,
    format: ExportFormat = "parquet",
) -> Written:
    """Write a derived dataset to the file `out`: FOCUS columns first, alphabetical, then custom
    ones; in the forms that `write_charges` gives charges."""
    table = made.without_empty()
    types = {c.name: _DERIVED_TYPES.get(c.type, "VARCHAR") for c in made.dataset.columns}
    form = _csv if format == "csv" else _parquet
    selected = ", ".join(
        f"{form(quoted(name), types.get(name, ''))} AS {quoted(name)}"
        for name in table.column_names
    )
    options = "FORMAT csv, HEADER" if format == "csv" else "FORMAT parquet, COMPRESSION zstd"
    connection.register("outlay_dataset", table)
    try:
        connection.execute(
            f"COPY (SELECT {selected} FROM outlay_dataset) TO {literal(str(out))} ({options})"
        ).fetchall()
    finally:
        connection.unregister("outlay_dataset")
    columns = tuple(table.column_names)
    left_out = tuple(name for name in made.dataset.names if name not in columns)
    return Written(table.num_rows, columns, left_out)


def export_columns(version: ExportVersion, available: Mapping[str, str]) -> tuple[str, ...]:
    """The columns of an export in order, of those that charges have (name → DuckDB type)."""
    return tuple(_columns(version, available))


def _columns(version: ExportVersion, types: Mapping[str, str]) -> dict[str, str]:
    """Exported column → SQL expression over the charges: FOCUS first, then custom, sorted."""
    restored = version == "1.2"
    found = {}
    for name in columns_of(version):
        source = quoted(name) if name in types else "ServiceProviderName"
        aside = _RESTORED.get(name)
        if restored and aside and aside in types:
            kept = f"TRY_CAST({quoted(aside)} AS {_type(name)})"
            source = f"coalesce({kept}, {source})"
        if name == "InvoiceDetailId" and name in types:
            # The record of Invoice Detail that the charge is part of, where it is invoiced.
            source = f"CASE WHEN InvoiceId IS NOT NULL THEN {DETAIL_ID} END"
        if name == "AllocatedTags" and {name, "Tags"} <= set(types):
            # FOCUS: they never repeat Tags.
            source = (
                "map_from_entries(list_filter(map_entries(AllocatedTags), lambda t: "
                "map_extract_value(Tags, t.key) IS DISTINCT FROM t.value))"
            )
        if name in types or name in _RESTORED:
            found[name] = source
    moved_back = set(_RESTORED.values()) if restored else set()
    own = sorted(name for name in types if name.startswith("x_") and name not in _OWN | moved_back)
    return found | {name: quoted(name) for name in own}


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _with_values(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]
) -> list[str]:
    """The columns that have at least one value, and those that may stand without."""
    counts = ", ".join(f"count({sql})" for sql in columns.values())
    row = connection.execute(f"SELECT {counts} FROM {relation}").fetchone()
    assert row is not None
    return [
        name
        for name, count in zip(columns, row, strict=True)
        if count or (name in COLUMNS and _may_be_null(COLUMNS[name]))
    ]


def _may_be_null(column: Column) -> bool:
    """Whether a column without any value may stand in a dataset."""
    if column.level is Level.MANDATORY:
        return True
    return column.nulls and not column.name.endswith("UnitPrice")


def _type(name: str) -> str:
    return duckdb_type(name) if name in COLUMNS else "VARCHAR"


def _parquet(sql: str, duckdb_type: str) -> str:
    if duckdb_type.startswith("MAP"):
        return f"CAST(to_json({sql}) AS VARCHAR)"
    if duckdb_type == "TIMESTAMP":
        return f"{sql} AT TIME ZONE 'UTC'"
    return sql


def _csv(sql: str, duckdb_type: str) -> str:
    if duckdb_type.startswith("MAP"):
        return f"CAST(to_json({sql}) AS VARCHAR)"
    if duckdb_type == "TIMESTAMP":
        return f"strftime({sql}, '%Y-%m-%dT%H:%M:%SZ')"
    if duckdb_type.startswith("DECIMAL"):
        # One decimal at least: readers that guess types take a column of integers for INT.
        return f"regexp_replace(CAST({sql} AS VARCHAR), '(\\.\\d+?)0*$', '\\1')"
    return sql
