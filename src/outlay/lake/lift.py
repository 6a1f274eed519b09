"""A source's mapping becomes one streaming statement: raw rows in, charges file out.

The same conditions say in the survey (`outlay.lake.proof`) how many rows are rejected or folded
and here which rows are left out; a condition that caught no row is left out of the statement.
"""

import re
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb

from outlay.focus.sql import literal, quoted
from outlay.lake.naming import HELPERS, Naming
from outlay.lake.schema import (
    ALLOCATED_TAGS,
    FOCUS_TYPES,
    LAKE_TYPES,
    MANDATORY_CONTEXT,
    charges_types,
    column_list,
)
from outlay.lake.types import LakeError
from outlay.money import BillingPeriod
from outlay.sources.contract import Mapping, Rows, SourceError

SORT_ROWS = 2_000_000
"""Slices up to this many rows are sorted by day and account inside the file: an external sort of
wide rows costs more than the whole load beyond it (docs/lake.md has the measurement)."""

_SAMPLE_ROWS = 100_000
_FEW_VALUES = 1_000
_MODEST_SHARE = 0.1

REQUIRED = ("ChargePeriodStart", "BillingCurrency")


@dataclass(frozen=True)
class Plan:
    """A checked mapping of one slice. `rejects` are (reason, SQL) in order, the lake's included;
    `columns` are the `x_` columns that the source gives."""

    source: str
    period: BillingPeriod
    mapping: Mapping
    rejects: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]


def plan(source: str, period: BillingPeriod, mapping: Mapping, *, loose: bool) -> Plan:
    """Check a mapping of the slice's rows and add the lake's own reasons to reject a row.

    In a loose delivery a row without a billing period is one of them. Raises SourceError for a
    mapping that cannot be used.
    """
    _check(mapping)
    rejects = [(reject.reason, reject.when) for reject in mapping.rejects]
    started = mapping.main.columns["ChargePeriodStart"]
    own_rejects = [
        ("the row has no currency", f"nullif(trim({mapping.currency}), '') IS NULL"),
        ("the row has no charge period", f"({started}) IS NULL"),
    ]
    if loose:
        own_rejects.append(("the row has no billing period", f"({mapping.period}) IS NULL"))
    # A row that is no charge (a price, a usage row) needs none of these.
    folded = any_of([fold.when for fold in mapping.folds])
    charge = "" if folded == "false" else f" AND NOT {folded}"
    rejects += [(reason, f"({when}){charge}") for reason, when in own_rejects]
    own = {
        name
        for rows in (mapping.main, *mapping.extra)
        for name in rows.columns
        if name not in FOCUS_TYPES
    }
    return Plan(source, period, mapping, tuple(rejects), tuple(sorted(own)))


def _check(mapping: Mapping) -> None:
    for rows in (mapping.main, *mapping.extra):
        for column in rows.columns:
            if column in LAKE_TYPES or (column not in FOCUS_TYPES and not column.startswith("x_")):
                raise SourceError(
                    f"the mapping {rows.name!r} gives {column}, which is neither a FOCUS 1.4 "
                    "column nor an own column named x_…; this is a defect of the source"
                )
        missing = [column for column in REQUIRED if column not in rows.columns]
        if missing:
            raise SourceError(
                f"the mapping {rows.name!r} gives no {', '.join(missing)}; every charge needs it"
            )


def any_of(conditions: Sequence[str]) -> str:
    """SQL that is true where a condition is true, and false (never null) otherwise."""
    if not conditions:
        return "false"
    return "(" + " OR ".join(f"coalesce(({condition}), false)" for condition in conditions) + ")"


def context_columns(connection: duckdb.DuckDBPyConnection, plan: Plan, rows: int) -> list[str]:
    """The columns that make a context: FOCUS's descriptive ones and modest `x_` columns.

    A column whose sampled values are (nearly) one a row, such as a line's id, would make every
    charge a context of its own.
    """
    given = plan.mapping.main.columns
    asked = [c for c in (*plan.columns, "InvoiceDetailId") if c in given]
    step = max(1, rows // _SAMPLE_ROWS)
    chosen = set(plan.columns) - set(asked)
    if asked:
        counts = ", ".join(
            f"approx_count_distinct(CAST({given[column]} AS VARCHAR))" for column in asked
        )
        sampled = connection.execute(
            f"SELECT count(*), {counts} FROM {plan.mapping.source} WHERE _line % {step} = 0"
        ).fetchall()[0]
        most = max(_FEW_VALUES, int(sampled[0] * _MODEST_SHARE))
        chosen |= {c for c, count in zip(asked, sampled[1:], strict=True) if count <= most}
    if any(_is_given(rows.columns.get(ALLOCATED_TAGS)) for rows in _all_rows(plan.mapping)):
        chosen.add(ALLOCATED_TAGS)
    return [*MANDATORY_CONTEXT, *sorted(chosen)]


def _all_rows(mapping: Mapping) -> tuple[Rows, ...]:
    return (mapping.main, *mapping.extra)


def _is_given(sql: str | None) -> bool:
    """Whether a column has an expression other than a typed null."""
    return sql is not None and not re.fullmatch(r"(CAST\()?\s*NULL\b.*", sql, re.IGNORECASE)


class Lookup(Protocol):
    """Descriptive columns that were worked out before (see `outlay.lake.factor`)."""

    @property
    def table(self) -> str:
        """The table that holds them."""
        ...

    @property
    def key(self) -> str:
        """SQL over a raw row that gives its `outlay_key` in the table."""
        ...

    @property
    def columns(self) -> MappingABC[str, tuple[str, str]]:
        """Output column → (SQL type, SQL of its value)."""
        ...


@dataclass(frozen=True)
class LeftOut:
    """Which rows of the survey exist at all: what caught no row is not asked again."""

    rejects: bool
    folds: bool
    extra: bool


def charges_sql(
    plan: Plan,
    contexts: Sequence[str],
    there: LeftOut,
    naming: Naming,
    *,
    salt: int = 0,
    lookup: Lookup | None = None,
) -> str:
    """SELECT of the charges of a slice over `raw`, lake columns included, in file column order."""
    parts = [main_sql(plan, there, lookup)]
    if there.extra:
        parts.append(extra_sql(plan, there, lookup))
    types = charges_types(plan.columns)
    del types["x_ContextKey"]
    types |= {name: kind for name, (kind, _) in found(lookup).items() if name in types}
    parts = [naming.rows(part, types, main=not at) for at, part in enumerate(parts)]
    seed = f"{salt}, " if salt else ""
    key = f"CAST(hash({seed}{column_list(contexts)}) >> 1 AS BIGINT)"
    return f"SELECT *, {key} AS x_ContextKey FROM ({' UNION ALL '.join(parts)})"


def main_sql(plan: Plan, there: LeftOut, lookup: Lookup | None = None) -> str:
    """SELECT of one charge for each raw row that is neither rejected nor folded, not yet named."""
    out = [condition for _, condition in plan.rejects] if there.rejects else []
    folds = [fold.when for fold in plan.mapping.folds] if there.folds else []
    return _rows_sql(plan, plan.mapping.main, any_of([*out, *folds]), lookup, main=True)


def extra_sql(plan: Plan, there: LeftOut, lookup: Lookup | None = None) -> str:
    """SELECT of the additional charges, not yet named.

    A folded row can still be the origin of extra charges (a fee that becomes a purchase).
    """
    out = any_of([condition for _, condition in plan.rejects] if there.rejects else [])
    return " UNION ALL ".join(
        _rows_sql(plan, rows, "false" if rows.source else out, lookup, main=False)
        for rows in plan.mapping.extra
    )


def found(lookup: Lookup | None) -> MappingABC[str, tuple[str, str]]:
    """The columns that were worked out before: name → (SQL type, SQL of its value)."""
    return lookup.columns if lookup else {}


def _rows_sql(plan: Plan, rows: Rows, left_out: str, lookup: Lookup | None, *, main: bool) -> str:
    lake: MappingABC[str, str] = {
        "x_SourceName": literal(plan.source),
        "x_BillingPeriod": f"DATE '{plan.period.start}'",
        "x_SourceFile": "_file",
        "x_SourceLine": "_line",
    }
    known = found(lookup)
    selected = []
    for name, kind in charges_types(plan.columns).items():
        if name == "x_ContextKey":
            continue
        sql = lake.get(name) or rows.columns.get(name) or "NULL"
        if name in known:
            # Extra rows work out their own values, named later in the type of the main rows.
            kind, sql = known[name] if main else (kind, sql)
        selected.append(f"CAST({sql} AS {kind}) AS {quoted(name)}")
    if main:
        selected += [f"{known[name][1]} AS {name}" for name in HELPERS if name in known]
    where = f"({rows.when})" if left_out == "false" else f"({rows.when}) AND NOT {left_out}"
    source = rows.source or plan.mapping.source
    if lookup and main:
        source = f"raw JOIN {lookup.table} AS outlay_named ON outlay_key = {lookup.key}"
    return f"SELECT {', '.join(selected)} FROM {source} WHERE {where}"


def write_charges(
    connection: duckdb.DuckDBPyConnection, select: str, rows: int, target: Path
) -> None:
    """Write the charges file; sorted by day and account where the slice is small enough.

    Raises LakeError when an expression fails on a row, with the engine's words.
    """
    order = ""
    if rows <= SORT_ROWS:
        order = (
            " ORDER BY CAST(ChargePeriodStart AS DATE), SubAccountId, ServiceName, ResourceId, "
            "x_SourceFile, x_SourceLine"
        )
    try:
        connection.execute(
            f"COPY ({select}{order}) TO {literal(str(target))} "
            "(FORMAT PARQUET, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880)"
        )
    except duckdb.Error as error:
        text = " ".join(str(error).split())[:400]
        raise LakeError(f"the rows cannot be turned into charges: {text}") from error
