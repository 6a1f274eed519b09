"""Roll-ups of one charges file: contexts, days, context-months, the base cube, the tag index.

All of them are functions of the charges file alone, so that a missing one can be built again
and `verify` can compare. Ids are dense, from 0, in the order of the context key.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from outlay.focus.sql import literal
from outlay.lake.engine.duckdb import parquet
from outlay.lake.faults import fault_point
from outlay.lake.schema import ALLOCATED_TAGS, CUBE_COLUMNS, column_list
from outlay.lake.types import COST_COLUMNS, ROLLUPS, LakeError, Rollup
from outlay.money import MONEY_SQL

_PARQUET = "FORMAT PARQUET, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"


class ContextCollisionError(LakeError):
    """Two different contexts have the same key: the key must be salted."""


_QUANTITIES = ("ConsumedQuantity", "PricingQuantity")
# DECIMAL(38,21) has 17 digits before the point; a sum of magnitudes below this cannot leave it.
_FITS = 9e16
_WIDE_NOTE = (
    "quantities add up to more than 17 digits: their sums keep nine decimals, and are empty (not "
    "zero) where they do not fit"
)


def measure_sums(wide: bool = False) -> str:
    """The summed measures of the daily roll-up: an empty quantity stays empty, a cost is 0.

    `wide`: quantities may add up to more than the column holds (byte-seconds do). They are then
    added with nine decimals, and a sum that does not fit is left empty rather than the load failed.
    """
    costs = ", ".join(f"coalesce(sum({c}), 0) AS {c}" for c in COST_COLUMNS)
    add = f"TRY_CAST(sum(CAST({{0}} AS DECIMAL(38,9))) AS {MONEY_SQL})" if wide else "sum({0})"
    quantities = ", ".join(f"{add.format(c)} AS {c}" for c in _QUANTITIES)
    return f"{costs}, {quantities}"


def _is_wide(connection: duckdb.DuckDBPyConnection, source: str) -> bool:
    sums = ", ".join(f"coalesce(sum(abs(CAST({c} AS DOUBLE))), 0)" for c in _QUANTITIES)
    row = connection.execute(f"SELECT greatest({sums}) FROM {source}").fetchall()[0]
    return bool(row[0] >= _FITS)


def build_rollups(
    connection: duckdb.DuckDBPyConnection, charges: Path, contexts: Sequence[str], folder: Path
) -> tuple[str, ...]:
    """Write the five roll-ups of a charges file into the folder; gives what to tell of them.

    `contexts` are the context columns that `x_ContextKey` was made of. Raises
    ContextCollisionError when the key does not tell two contexts apart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = parquet(charges)
    files = {table: folder / f"{table}.parquet" for table in ROLLUPS}
    paths = {table: literal(str(file)) for table, file in files.items()}
    scans = {table: parquet(file) for table, file in files.items()}
    wide = _is_wide(connection, source)
    sums = measure_sums(wide)
    _contexts(connection, source, contexts, paths["contexts"])
    fault_point("rollup")
    connection.execute(
        f"COPY (SELECT d.ChargeDay, c.ContextId, d.* EXCLUDE (ChargeDay, x_ContextKey) FROM ("
        f"SELECT CAST(ChargePeriodStart AS DATE) AS ChargeDay, x_ContextKey, {sums}, "
        f"count(*) AS LineCount FROM {source} GROUP BY 1, 2) d "
        f"JOIN (SELECT ContextId, x_ContextKey FROM {scans['contexts']}) c USING (x_ContextKey) "
        f"ORDER BY ChargeDay, ContextId) TO {paths['daily']} ({_PARQUET})"
    )
    fault_point("rollup")
    lines = "CAST(sum(LineCount) AS BIGINT) AS LineCount"
    connection.execute(
        "COPY (SELECT CAST(date_trunc('month', ChargeDay) AS DATE) AS ChargeMonth, ContextId, "
        f"{sums}, {lines} FROM {scans['daily']} GROUP BY 1, 2 ORDER BY 1, 2) "
        f"TO {paths['months']} ({_PARQUET})"
    )
    fault_point("rollup")
    _cube(connection, files, contexts)
    fault_point("rollup")
    connection.execute(
        "COPY (SELECT Key, ContextId, t[Key] AS Value FROM ("
        f"SELECT ContextId, t, unnest(map_keys(t)) AS Key FROM "
        f"(SELECT ContextId, {tags_of(contexts)} AS t FROM {scans['contexts']})) "
        f"ORDER BY Key, ContextId) TO {paths['tags']} ({_PARQUET})"
    )
    fault_point("rollup")
    return (_WIDE_NOTE,) if wide else ()


def reduce_rollups(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    contexts: Sequence[str],
    without: str,
    folder: Path,
) -> None:
    """Write into the folder the roll-ups in `source` without some contexts.

    `without` is SQL that gives the keys of the contexts that are left out; ids stay, so that those
    that remain are no longer dense. `contexts` are the context columns.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {table: folder / f"{table}.parquet" for table in ROLLUPS}
    kept = f"SELECT * FROM {parquet(source / 'contexts.parquet')}"
    _copy(connection, f"{kept} WHERE x_ContextKey NOT IN ({without})", "ContextId",
          files["contexts"])  # fmt: skip
    ids = f"SELECT ContextId FROM {parquet(files['contexts'])}"
    for table, order in (
        ("daily", "ChargeDay, ContextId"),
        ("months", "ChargeMonth, ContextId"),
        ("tags", "Key, ContextId"),
    ):
        rows = f"SELECT * FROM {parquet(source / f'{table}.parquet')} WHERE ContextId IN ({ids})"
        _copy(connection, rows, order, folder / f"{table}.parquet")
    _cube(connection, files, contexts)


def _copy(connection: duckdb.DuckDBPyConnection, rows: str, order: str, target: Path) -> None:
    connection.execute(f"COPY ({rows} ORDER BY {order}) TO {literal(str(target))} ({_PARQUET})")


def _cube(
    connection: duckdb.DuckDBPyConnection, files: Mapping[Rollup, Path], contexts: Sequence[str]
) -> None:
    """Write the base cube from the days and contexts beside it."""
    costs = ", ".join(f"sum({c}) AS {c}" for c in COST_COLUMNS)
    lines = "CAST(sum(LineCount) AS BIGINT) AS LineCount"
    rows = (
        f"SELECT ChargeDay, {_cube_dimensions(contexts)}, {costs}, {lines} FROM "
        f"{parquet(files['daily'])} JOIN {parquet(files['contexts'])} USING (ContextId) "
        "GROUP BY ALL"
    )
    _copy(connection, rows, "ALL", files["cube"])


def tags_of(contexts: Sequence[str], alias: str = "") -> str:
    """SQL of a context's tags: where a consumer has tags of its own, they come first."""
    if ALLOCATED_TAGS not in contexts:
        return f"{alias}Tags"
    return f"map_concat({alias}Tags, {alias}{ALLOCATED_TAGS})"


def _contexts(
    connection: duckdb.DuckDBPyConnection, source: str, contexts: Sequence[str], target: str
) -> None:
    values = ", ".join(f"any_value({column_list([c])}) AS {column_list([c])}" for c in contexts)
    # An independent second hash: where one key has two of them, two contexts share the key.
    witness = f"hash('witness', {column_list(reversed(contexts))})"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE outlay_contexts AS "
        f"SELECT x_ContextKey, {values}, min({witness}) <> max({witness}) AS collides "
        f"FROM {source} GROUP BY x_ContextKey"
    )
    try:
        collisions = connection.execute(
            "SELECT count(*) FROM outlay_contexts WHERE collides"
        ).fetchall()[0][0]
        if collisions:
            raise ContextCollisionError(
                f"{collisions} context keys stand for more than one context"
            )
        connection.execute(
            "COPY (SELECT CAST(row_number() OVER (ORDER BY x_ContextKey) - 1 AS INTEGER) AS "
            "ContextId, * EXCLUDE (collides) FROM outlay_contexts ORDER BY ContextId) "
            f"TO {target} ({_PARQUET})"
        )
    finally:
        connection.execute("DROP TABLE IF EXISTS outlay_contexts")


def _cube_dimensions(contexts: Sequence[str]) -> str:
    """The cube's dimensions; one that the source does not have is null."""
    return ", ".join(
        column if column in contexts else f"CAST(NULL AS VARCHAR) AS {column}"
        for column in CUBE_COLUMNS
    )


def build_tag_cube(
    connection: duckdb.DuckDBPyConnection, folder: Path, key: str, target: Path
) -> None:
    """Write the cube of one tag from the roll-ups in the folder: day, value, currency, category."""
    daily, contexts, tags = (
        parquet(folder / f"{table}.parquet") for table in ("daily", "contexts", "tags")
    )
    costs = ", ".join(f"sum({c}) AS {c}" for c in COST_COLUMNS)
    connection.execute(
        f"COPY (SELECT ChargeDay, Value, BillingCurrency, ChargeCategory, {costs}, "
        f"CAST(sum(LineCount) AS BIGINT) AS LineCount FROM {daily} "
        f"JOIN (SELECT ContextId, BillingCurrency, ChargeCategory FROM {contexts}) "
        f"USING (ContextId) LEFT JOIN (SELECT ContextId, Value FROM {tags} "
        f"WHERE Key = {literal(key)}) USING (ContextId) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4) "
        f"TO {literal(str(target))} ({_PARQUET})"
    )
