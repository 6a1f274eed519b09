"""The usage rows of a delivery: written beside its charges, proven, never added to them."""

from decimal import Decimal
from pathlib import Path

import duckdb

from outlay.focus.sql import literal, quoted
from outlay.focus.usage import LAKE_USAGE_TYPES, REQUIRED, USAGE_TYPES
from outlay.lake.engine.duckdb import parquet
from outlay.lake.lift import Plan
from outlay.lake.types import LakeError, UsageLine
from outlay.sources.contract import Rows, SourceError

_PARQUET = "FORMAT PARQUET, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"


def write_usage(
    connection: duckdb.DuckDBPyConnection, plan: Plan, target: Path
) -> tuple[int, tuple[UsageLine, ...]]:
    """Write the usage rows of a slice; gives their number and, per metric, stated and loaded sums.

    Raises SourceError for columns that the usage table does not know or rows without a period,
    metric, unit or quantity; LakeError with the engine's words when an expression fails.
    """
    mapping = plan.mapping
    own = _own_columns(mapping.usage)
    types = {**USAGE_TYPES, **dict.fromkeys(own, "VARCHAR")}
    selects = " UNION ALL ".join(_select(plan, rows, types) for rows in mapping.usage)
    order = "UsagePeriodStart, Metric, x_SourceFile, x_SourceLine"
    try:
        connection.execute(
            f"COPY ({selects} ORDER BY {order}) TO {literal(str(target))} ({_PARQUET})"
        )
        stated = _stated(connection, plan)
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:400]
        raise LakeError(f"the rows cannot be turned into usage: {text}") from error
    missing = ", ".join(f"count_if({column} IS NULL)" for column in REQUIRED)
    rows, *without = connection.execute(
        f"SELECT count(*), {missing} FROM {parquet(target)}"
    ).fetchall()[0]
    for column, count in zip(REQUIRED, without, strict=True):
        if count:
            raise SourceError(
                f"{count} usage rows have no {column}; this is a defect of the source"
            )
    sums = connection.execute(
        f"SELECT Metric, Unit, sum(Quantity) FROM {parquet(target)} GROUP BY 1, 2 ORDER BY 1, 2"
    ).fetchall()
    units: dict[str, int] = {}
    for metric, *_ in sums:
        units[metric] = units.get(metric, 0) + 1
    lines = [
        # A metric in two units has no one sum.
        UsageLine(metric, unit, stated.pop(metric, None) if units[metric] == 1 else None, loaded)
        for metric, unit, loaded in sums
    ]
    lines += [
        UsageLine(metric, "", amount, Decimal(0))
        for metric, amount in stated.items()
        if amount and metric not in units
    ]
    return int(rows), tuple(lines)


def _own_columns(usage: tuple[Rows, ...]) -> list[str]:
    own: set[str] = set()
    for rows in usage:
        lacking = [column for column in REQUIRED if column not in rows.columns]
        unknown = [
            column
            for column in rows.columns
            if column not in USAGE_TYPES
            and (not column.startswith("x_") or column in LAKE_USAGE_TYPES)
        ]
        if lacking or unknown:
            raise SourceError(
                f"the usage rows {rows.name!r} lack {', '.join(lacking) or 'nothing'} and have the "
                f"unknown columns {', '.join(unknown) or 'none'}; this is a defect of the source"
            )
        own |= set(rows.columns) - set(USAGE_TYPES)
    return sorted(own)


def _select(plan: Plan, rows: Rows, types: dict[str, str]) -> str:
    lake = {
        "x_SourceName": literal(plan.source),
        "x_BillingPeriod": f"DATE '{plan.period.start}'",
        "x_SourceFile": "_file",
        "x_SourceLine": "_line",
    }
    given = [
        f"CAST({rows.columns.get(name, 'NULL')} AS {kind}) AS {quoted(name)}"
        for name, kind in types.items()
    ]
    given += [f"CAST({lake[name]} AS {kind}) AS {name}" for name, kind in LAKE_USAGE_TYPES.items()]
    source = rows.source or plan.mapping.source
    return f"SELECT {', '.join(given)} FROM {source} WHERE ({rows.when})"


def _stated(connection: duckdb.DuckDBPyConnection, plan: Plan) -> dict[str, Decimal]:
    """The vendor's own sums, each row's quantity in the scale of the table."""
    formulas = plan.mapping.usage_formulas
    if not formulas:
        return {}
    kind = USAGE_TYPES["Quantity"]
    sums = ", ".join(f"coalesce(sum(CAST({sql} AS {kind})), 0)" for sql in formulas.values())
    row = connection.execute(f"SELECT {sums} FROM {plan.mapping.source}").fetchall()[0]
    return dict(zip(formulas, row, strict=True))
