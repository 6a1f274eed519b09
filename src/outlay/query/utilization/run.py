"""Asking the measurements in the usage files of a pin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from outlay.access import whole_only
from outlay.focus.sql import literal, quoted
from outlay.focus.utilization import PREFIX, STATISTIC
from outlay.focus.utilization_ids import last_part
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import file_columns
from outlay.lake.types import Pin
from outlay.money.quotients import quotient
from outlay.query import ranges
from outlay.query.usage.run import UsageLake, files
from outlay.query.utilization.model import BY, UtilizationQuery
from outlay.query.utilization.result import UtilizationResult, UtilizationRow

_PERCENTILES = "'p95', 'p98', 'p99'"


class Reading(NamedTuple):
    """A statistic of a metric of a resource over one period that began on `day` (UTC)."""

    resource: str
    metric: str
    statistic: str
    day: date
    value: Decimal


class MeasuredId(NamedTuple):
    """A measured resource: its id and account as the tool says them, and its metrics."""

    resource: str
    account: str
    provider: str
    metrics: tuple[str, ...]
    days: int


def utilization(
    lake: UsageLake,
    query: UtilizationQuery,
    *,
    now: datetime | None = None,
    pin: Pin | None = None,
) -> UtilizationResult:
    """Answer a question about utilisation; `now` is the UTC moment that relative ranges count
    from. Raises QueryError and LakeError as questions do, AccessDeniedError for those who see
    only a part of the ledger."""
    whole_only("utilisation")
    pin = pin or lake.pin(query.as_of_moment())
    days = ranges.resolve(query.range, (now or datetime.now(UTC)).date())
    snapshot = None if pin.snapshot_id is None else str(pin.snapshot_id)
    paths = _paths(lake, pin)
    if not paths:
        return UtilizationResult(query, (), 0, days.start, days.end, snapshot)
    with question_connection(lake) as connection:
        found = connection.execute(_sql(paths, query, days)).fetchall()
    rows = sorted((_row(one, len(query.by)) for one in found), key=_order)
    kept = rows if query.limit is None else rows[: query.limit]
    return UtilizationResult(
        query, tuple(kept), len(rows) - len(kept), days.start, days.end, snapshot
    )


def readings(
    lake: UsageLake,
    resource: str,
    metrics: Collection[str],
    start: date,
    end: date,
    *,
    account: str = "",
    pin: Pin | None = None,
) -> list[Reading]:
    """The measurements of a resource (by its own id, else by its last part) that began on days
    from `start` to before `end`, by time: the highest of each day and statistic (of minima the
    lowest, of sums the day's sum). Those of other accounts than `account` are another's."""
    whole_only("utilisation")
    paths = _paths(lake, pin or lake.pin())
    if not paths or not metrics:
        return []
    named = ", ".join(literal(PREFIX + one) for one in metrics)
    whose = f"(SubAccountId IS NULL OR SubAccountId = {literal(account)})" if account else "true"
    sql = (
        f"SELECT ResourceId, substr(Metric, {len(PREFIX) + 1}) AS m, {STATISTIC}, "
        "CAST(UsagePeriodStart AS DATE) AS day, "
        f"CASE {STATISTIC} WHEN 'sum' THEN sum(Quantity) WHEN 'minimum' THEN min(Quantity) "
        "ELSE max(Quantity) END "
        f"FROM {files(paths)} WHERE Metric IN ({named}) AND {_of([resource])} "
        f"AND {whose} "
        f"AND UsagePeriodStart >= TIMESTAMP '{start}' AND UsagePeriodStart < TIMESTAMP '{end}' "
        f"GROUP BY ResourceId, m, {STATISTIC}, day ORDER BY day, m, {STATISTIC}, ResourceId"
    )
    with question_connection(lake) as connection:
        found = [Reading(*row) for row in connection.execute(sql).fetchall()]
    names = {one.resource for one in found}
    if resource in names:
        return [one for one in found if one.resource == resource]
    # Two of one last part: which is meant is not known, and neither is taken.
    return found if len({name.lower() for name in names}) == 1 else []


def measured_ids(
    lake: UsageLake, start: date | None, end: date | None, *, pin: Pin | None = None
) -> list[MeasuredId]:
    """Every resource that was measured within the days, by id."""
    whole_only("utilisation")
    paths = _paths(lake, pin or lake.pin())
    if not paths:
        return []
    conditions = _days_sql(ranges.Days(start, end))
    sql = (
        "SELECT ResourceId, coalesce(SubAccountId, ''), coalesce(any_value(ServiceProviderName), "
        f"''), list_sort(list(DISTINCT substr(Metric, {len(PREFIX) + 1}))), "
        "count(DISTINCT CAST(UsagePeriodStart AS DATE)) "
        f"FROM {files(paths)} WHERE {' AND '.join(conditions)} AND ResourceId IS NOT NULL "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    with question_connection(lake) as connection:
        return [
            MeasuredId(row[0], row[1], row[2], tuple(row[3]), row[4])
            for row in connection.execute(sql).fetchall()
        ]


def _paths(lake: UsageLake, pin: Pin) -> list[Path]:
    """The usage files that have measurements: others have no statistic."""
    return [path for path in lake.usage_paths(pin).values() if STATISTIC in file_columns(path)]


def _sql(paths: Sequence[Path], query: UtilizationQuery, days: ranges.Days) -> str:
    conditions = _days_sql(days)
    if query.metrics:
        conditions.append(f"Metric IN ({', '.join(literal(PREFIX + m) for m in query.metrics)})")
    if query.resources:
        conditions.append(_of(query.resources))
    period = (
        "CAST(NULL AS DATE)"
        if query.grain == "none"
        else f"CAST(date_trunc('{query.grain}', UsagePeriodStart) AS DATE)"
    )
    keys = "".join(f"{quoted(name)} AS k{number}, " for number, name in enumerate(query.by))

    def over(function: str, statistics: str) -> str:
        return f"{function} FILTER (WHERE {STATISTIC} IN ({statistics}))"

    columns = [
        over("sum(Quantity)", "'average'"), over("count(*)", "'average'"),
        over("sum(Quantity)", "'sum'"), over("count(*)", "'sum'"),
        over("max(Quantity)", _PERCENTILES),
        over("quantile_disc(Quantity, 0.95)", "'average'"),
        over("quantile_disc(Quantity, 0.95)", "'sum'"),
        over("max(Quantity)", "'maximum'"), over("max(Quantity)", "'sum'"),
        over("min(Quantity)", "'minimum'"),
        "count(DISTINCT CAST(UsagePeriodStart AS DATE))", "count(DISTINCT ResourceId)",
        "count(*)", "min(UsagePeriodStart)", "max(UsagePeriodEnd)",
        f"list_sort(list(DISTINCT {STATISTIC}))",
    ]  # fmt: skip
    return (
        f"SELECT {keys}substr(Metric, {len(PREFIX) + 1}) AS m, Unit AS u, {period} AS p, "
        f"{', '.join(columns)} FROM {files(paths)} WHERE {' AND '.join(conditions)} GROUP BY ALL"
    )


def _row(found: Sequence[Any], keys: int) -> UtilizationRow:
    values, (metric, unit, period), rest = found[:keys], found[keys : keys + 3], found[keys + 3 :]
    averages, of, sums, of_sums, percentile, high, high_sum, top, top_sum, low = rest[:10]
    average = quotient(averages, of) if of else quotient(sums, of_sums) if of_sums else None
    highest = next((one for one in (top, percentile, top_sum) if one is not None), None)
    days, resources, measurements, first, last, statistics = rest[10:]
    return UtilizationRow(
        values=tuple(values), metric=metric, unit=unit, period=period, average=average,
        p95=next((one for one in (percentile, high, high_sum) if one is not None), None),
        maximum=highest, minimum=low, days=days, resources=resources, measurements=measurements,
        first=first, last=last, statistics=tuple(statistics),
    )  # fmt: skip


def _order(row: UtilizationRow) -> tuple[object, ...]:
    return (
        tuple((value is None, str(value)) for value in row.values),
        row.metric,
        str(row.period or ""),
    )


def _of(resources: Sequence[str]) -> str:
    """SQL condition: the measured id is one of these, or ends as one of them does."""
    exact = ", ".join(literal(one) for one in resources)
    ends = ", ".join(literal(last_part(one)) for one in resources)
    return (
        f"(ResourceId IN ({exact}) OR "
        f"lower(regexp_extract(rtrim(ResourceId, '/:'), '[^:/]+$')) IN ({ends}))"
    )


def _days_sql(days: ranges.Days) -> list[str]:
    found = [f"starts_with(Metric, '{PREFIX}')"]
    if days.start:
        found.append(f"UsagePeriodStart >= TIMESTAMP '{days.start}'")
    if days.end:
        found.append(f"UsagePeriodStart < TIMESTAMP '{days.end}'")
    return found


__all__ = ["BY", "MeasuredId", "Reading", "measured_ids", "readings", "utilization"]
