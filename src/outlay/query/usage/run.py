"""Asking the usage files of a pin."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow.parquet as pq
from sqlglot import exp

from outlay.access import whole_only
from outlay.expression import compile_condition, referenced
from outlay.expression.dimensions import Dimension
from outlay.expression.errors import QueryError, near_names
from outlay.focus.sql import literal
from outlay.focus.utilization import PREFIX
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import LakeReader, file_columns
from outlay.lake.types import Pin
from outlay.money import total
from outlay.query import ranges
from outlay.query.usage.model import COLUMNS, UsageQuery
from outlay.query.usage.result import MetricInfo, UsageResult, UsageRow


class UsageLake(LakeReader, Protocol):
    """The lake as questions about usage need it."""

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The lake at a moment."""
        ...

    def usage_paths(self, pin: Pin) -> dict[str, Path]:
        """Delivery id → usage file, of the slices that have usage."""
        ...


def usage(
    lake: UsageLake, query: UsageQuery, *, now: datetime | None = None, pin: Pin | None = None
) -> UsageResult:
    """Answer a question about usage.

    `now` is the UTC moment that relative ranges count from. Raises QueryError for a column or tag
    that no usage has, LakeError for a moment before the first snapshot.
    """
    whole_only("usage")
    pin = pin or lake.pin(query.as_of_moment())
    days = ranges.resolve(query.range, (now or datetime.now(UTC)).date())
    paths = usage_files(lake, pin)
    snapshot = None if pin.snapshot_id is None else str(pin.snapshot_id)
    if not paths:
        return UsageResult(query, (), (), (), days.start, days.end, snapshot)
    with question_connection(lake) as connection:
        _check_known(connection, paths, query)
        found = connection.execute(_sql(paths, query, days)).fetchall()
    rows = _merged(found, query)
    currencies = tuple(sorted({code for row in rows for code in row.estimates}))
    totals = _totals(rows)
    return UsageResult(
        query, _limited(rows, query), totals, currencies, days.start, days.end, snapshot
    )


def metrics(lake: UsageLake, *, pin: Pin | None = None) -> list[MetricInfo]:
    """Every metric that there is usage of, by name."""
    whole_only("usage")
    pin = pin or lake.pin()
    paths = usage_files(lake, pin)
    if not paths:
        return []
    with question_connection(lake) as connection:
        found = connection.execute(
            "SELECT Metric, Unit, EstimatedCurrency, sum(Quantity), sum(EstimatedCost), count(*), "
            "list_sort(list(DISTINCT x_SourceName)), min(UsagePeriodStart), max(UsagePeriodEnd) "
            f"FROM {files(paths)} WHERE {ADDS_UP} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        ).fetchall()
    kept: dict[tuple[str, str], list[tuple[object, ...]]] = {}
    for metric, unit, *rest in found:
        kept.setdefault((metric, unit), []).append(tuple(rest))
    return [_metric(metric, unit, parts) for (metric, unit), parts in kept.items()]


def dimensions(lake: UsageLake, *, pin: Pin | None = None) -> list[str]:
    """What usage can be grouped by: columns that some usage has a value of, then tags."""
    whole_only("usage")
    paths = usage_files(lake, pin or lake.pin())
    filled = {name for path in paths for name in _filled(path)}
    own = sorted(
        name for name in filled if name.startswith("x_") and name not in (*COLUMNS, *_HIDDEN)
    )
    with question_connection(lake) as connection:
        tags = sorted({key for path in paths for key in _tag_keys(connection, path)})
    names = [name for name in COLUMNS if name in filled and name not in ("Metric", "Unit")]
    return [*names, *own, *(str(Dimension("tag", key)) for key in tags)]


@lru_cache(maxsize=8192)
def _filled(path: Path) -> frozenset[str]:
    """The columns of a usage file that have any value, by the footer's statistics."""
    metadata = pq.read_metadata(path)
    found = set()
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            statistics = column.statistics
            empty = (
                statistics is not None
                and statistics.has_null_count
                and statistics.null_count == column.num_values
            )
            if not empty:
                found.add(column.path_in_schema)
    return frozenset(found)


def _metric(metric: str, unit: str, parts: Sequence[tuple[object, ...]]) -> MetricInfo:
    currencies, quantities, costs, rows, sources, firsts, lasts = zip(*parts, strict=True)
    return MetricInfo(
        metric,
        unit,
        total(quantities),
        _estimates(zip(currencies, costs, strict=True)),
        sum(rows),
        tuple(sorted({name for names in sources for name in names})),
        min(firsts),
        max(lasts),
    )


ADDS_UP = f"NOT starts_with(Metric, '{PREFIX}')"
"""SQL condition: the row is no measurement of how busy something was, which never adds up."""


def usage_files(lake: UsageLake, pin: Pin) -> list[Path]:
    """The usage files, without those that hold measurements of utilisation alone."""
    return [path for path in lake.usage_paths(pin).values() if not _measurements(path)]


@lru_cache(maxsize=8192)
def _measurements(path: Path) -> bool:
    """Whether every metric of a file is utilisation, by the footer's statistics."""
    metadata = pq.read_metadata(path)
    for group in range(metadata.num_row_groups):
        part = metadata.row_group(group)
        for index in range(part.num_columns):
            column = part.column(index)
            if column.path_in_schema != "Metric":
                continue
            bounds = column.statistics
            if bounds is None or not bounds.has_min_max:
                return False
            if not all(str(end).startswith(PREFIX) for end in (bounds.min, bounds.max)):
                return False
    return bool(metadata.num_row_groups)


def files(paths: Iterable[Path]) -> str:
    """The usage files as one relation: sources have ``x_`` columns of their own."""
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def resolved(dimension: Dimension) -> exp.Expr:
    """The SQL of a usage column or tag."""
    if dimension.kind == "tag":
        arguments = [exp.column("Tags", quoted=True), exp.Literal.string(dimension.name)]
        return exp.Anonymous(this="map_extract_value", expressions=arguments)
    return exp.column(dimension.name, quoted=True)


def dimension_sql(dimension: Dimension) -> str:
    """As `resolved`, as text."""
    return resolved(dimension).sql("duckdb")


def bounds_sql(days: ranges.Days) -> list[str]:
    """Conditions on when usage began."""
    found = []
    if days.start:
        found.append(f"UsagePeriodStart >= TIMESTAMP '{days.start}'")
    if days.end:
        found.append(f"UsagePeriodStart < TIMESTAMP '{days.end}'")
    return found


def _sql(paths: Sequence[Path], query: UsageQuery, days: ranges.Days) -> str:
    keys = [dimension_sql(dimension) for dimension in query.dimensions]
    if query.grain == "none":
        period = "CAST(NULL AS DATE)"
    else:
        kind = "TIMESTAMP" if query.grain == "hour" else "DATE"
        period = f"CAST(date_trunc('{query.grain}', UsagePeriodStart) AS {kind})"
    conditions = [ADDS_UP, *bounds_sql(days)]
    if query.metrics:
        conditions.append(f"Metric IN ({', '.join(map(literal, query.metrics))})")
    if query.condition is not None:
        conditions.append(f"({compile_condition(query.condition, resolved).sql('duckdb')})")
    listed = "".join(f"{sql} AS k{index}, " for index, sql in enumerate(keys))
    return (
        f"SELECT Metric, Unit, {period} AS period, EstimatedCurrency, {listed}"
        f"sum(Quantity), sum(EstimatedCost), count(*) FROM {files(paths)} "
        f"WHERE {' AND '.join(conditions)} GROUP BY ALL"
    )


def _merged(found: Iterable[Sequence[object]], query: UsageQuery) -> list[UsageRow]:
    """One row a group: its estimates are of several currencies, or of none in part of it."""
    groups: dict[tuple[object, ...], list[Sequence[object]]] = {}
    for row in found:
        metric, unit, period, _currency, *rest = row
        groups.setdefault((metric, unit, period, *rest[: len(query.by)]), []).append(row)
    rows = [
        UsageRow(
            metric=str(key[0]),
            unit=str(key[1]),
            values=tuple(key[3:]),  # type: ignore[arg-type]
            period=key[2],  # type: ignore[arg-type]
            quantity=total(part[-3] for part in parts),  # type: ignore[misc]
            estimates=_estimates((part[3], part[-2]) for part in parts),
            rows=sum(part[-1] for part in parts),  # type: ignore[misc]
        )
        for key, parts in groups.items()
    ]
    return sorted(rows, key=_order)


def _order(row: UsageRow) -> tuple[object, ...]:
    """By metric, by time, the largest first; ties by their names, so that it is always alike."""
    return (
        row.metric,
        row.unit,
        str(row.period or ""),
        row.quantity.copy_negate(),
        tuple((value is None, str(value)) for value in row.values),
    )


def _estimates(parts: Iterable[tuple[object, object]]) -> dict[str, Decimal]:
    found: dict[str, list[Decimal]] = {}
    for currency, amount in parts:
        if isinstance(currency, str) and isinstance(amount, Decimal):
            found.setdefault(currency, []).append(amount)
    return {currency: total(amounts) for currency, amounts in sorted(found.items())}


def _sum(rows: Sequence[UsageRow], values: tuple[None, ...], *, is_other: bool) -> UsageRow:
    first = rows[0]
    return UsageRow(
        first.metric,
        first.unit,
        values,
        first.period if is_other else None,
        total(row.quantity for row in rows),
        _estimates(item for row in rows for item in row.estimates.items()),
        sum(row.rows for row in rows),
        is_other,
    )


def _totals(rows: Sequence[UsageRow]) -> tuple[UsageRow, ...]:
    by_metric: dict[tuple[str, str], list[UsageRow]] = {}
    for row in rows:
        by_metric.setdefault((row.metric, row.unit), []).append(row)
    return tuple(_sum(group, (), is_other=False) for group in by_metric.values())


def _limited(rows: Sequence[UsageRow], query: UsageQuery) -> tuple[UsageRow, ...]:
    """The largest groups of each metric over the whole range; the others as one row a period."""
    if query.limit is None or not query.by:
        return tuple(rows)
    sums: dict[tuple[str, str], dict[tuple[object, ...], Decimal]] = {}
    for row in rows:
        groups = sums.setdefault((row.metric, row.unit), {})
        groups[row.values] = total((groups.get(row.values, Decimal(0)), row.quantity))
    largest = {
        metric: set(
            sorted(groups, key=lambda key: (groups[key].copy_negate(), str(key)))[: query.limit]
        )
        for metric, groups in sums.items()
    }
    kept = [row for row in rows if row.values in largest[row.metric, row.unit]]
    rest: dict[tuple[str, str, object], list[UsageRow]] = {}
    for row in rows:
        if row.values not in largest[row.metric, row.unit]:
            rest.setdefault((row.metric, row.unit, row.period), []).append(row)
    nothing = (None,) * len(query.by)
    others = [_sum(group, nothing, is_other=True) for group in rest.values()]
    # An other row stands behind those of its metric and period.
    marked = [(*_order(row)[:3], row.is_other, *_order(row)[3:], row) for row in (*kept, *others)]
    return tuple(item[-1] for item in sorted(marked, key=lambda item: item[:-1]))  # type: ignore[misc]


def _check_known(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], query: UsageQuery
) -> None:
    """Raise QueryError for a metric, column or tag that no usage has: a misspelt one must not
    give an empty or a wider answer."""
    columns = frozenset().union(*(file_columns(path) for path in paths))
    asked = [("by", dimension) for dimension in query.dimensions]
    if query.condition is not None:
        asked += [("where", dimension) for dimension in referenced(query.condition)]
    tags: Mapping[str, None] | None = None
    for field, dimension in asked:
        if dimension.kind == "column":
            if dimension.name not in columns:
                known = sorted(
                    {*COLUMNS, *(c for c in columns if c.startswith("x_"))} - set(_HIDDEN)
                )
                raise _unknown(f"no usage has {dimension.name}", field, dimension.name, known)
            continue
        if tags is None:
            tags = dict.fromkeys(key for path in paths for key in _tag_keys(connection, path))
        if dimension.name not in tags:
            raise _unknown(
                f"no usage has {dimension}", field, str(dimension), [f"tags.{key}" for key in tags]
            )
    if query.metrics:
        there = [
            str(row[0])
            for row in connection.execute(
                f"SELECT DISTINCT Metric FROM {files(paths)} WHERE {ADDS_UP} ORDER BY 1"
            ).fetchall()
        ]
        for metric in query.metrics:
            if metric not in there:
                raise _unknown(f"there is no metric {metric!r}", "metric", metric, there)


_HIDDEN = ("x_SourceFile", "x_SourceLine")


def _unknown(what: str, field: str, text: str, known: Sequence[str]) -> QueryError:
    near = near_names(text, known)
    return QueryError(what, field=field, text=text, near=near, allowed=() if near else known[:40])


_KEYS: dict[Path, tuple[str, ...]] = {}


def _tag_keys(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, ...]:
    """The tag keys of a usage file; files never change, so that they are read once."""
    if path not in _KEYS:
        rows = connection.execute(
            f"SELECT DISTINCT unnest(map_keys(Tags)) AS key FROM {files([path])} ORDER BY 1"
        ).fetchall()
        _KEYS[path] = tuple(str(row[0]) for row in rows)
    return _KEYS[path]
