"""Facts for detectors without a lake: rows as dictionaries, asked by the same SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import duckdb

from outlay.focus.sql import quoted
from outlay.focus.usage import LAKE_USAGE_TYPES, USAGE_TYPES
from outlay.lake.schema import charges_types
from outlay.query.discounts import lay_rates
from outlay.query.studying import DAILY_TYPES, SOURCE_COLUMNS, USAGE_COLUMNS

TODAY = date(2026, 11, 16)
"""The day on which fixtures are looked at: the last whole day is the 15th."""

_MEASURES = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
_UTILIZATION = {
    "ResourceId": "VARCHAR", "Metric": "VARCHAR", "Statistic": "VARCHAR",
    "PeriodStart": "TIMESTAMP", "PeriodEnd": "TIMESTAMP", "Value": "DECIMAL(38,12)",
    "Unit": "VARCHAR", "ServiceProviderName": "VARCHAR", "SubAccountId": "VARCHAR",
    "ResourceName": "VARCHAR", "ResourceType": "VARCHAR", "x_SourceName": "VARCHAR",
    "Tags": "MAP(VARCHAR, VARCHAR)",
}  # fmt: skip

Row = Mapping[str, Any]


class TableFacts:
    """Facts over given rows. `daily` is also `history` unless that is given; a row lacks what is
    null, and its list, contracted and billed cost are its effective cost unless they are given."""

    def __init__(
        self,
        daily: Iterable[Row] = (),
        *,
        history: Iterable[Row] | None = None,
        charges: Iterable[Row] = (),
        usage: Iterable[Row] = (),
        utilization: Iterable[Row] = (),
        today: date = TODAY,
        environment: str = "",
    ) -> None:
        self.today = today
        self.environment = environment
        self._connection = duckdb.connect(":memory:")
        tags = [environment] if environment else []
        days = [_costs(row) for row in daily]
        own = dict.fromkeys((*SOURCE_COLUMNS, "x_SourceName", *tags), "VARCHAR")
        before = days if history is None else [_costs(row) for row in history]
        self._table("daily_billed", DAILY_TYPES | own, days)
        self._table("history_billed", DAILY_TYPES | own, before)
        lines = [_costs(row) for row in charges]
        self._table("charges_billed", charges_types(()) | own, lines)
        self._discounts("CAST(ChargePeriodStart AS DATE)")
        self._table(
            "usage",
            USAGE_TYPES | LAKE_USAGE_TYPES | dict.fromkeys(USAGE_COLUMNS, "VARCHAR"),
            list(usage),
        )
        self._table("utilization", _UTILIZATION, list(utilization))

    def _discounts(self, day: str) -> None:
        """The views that detectors ask, after discounts in lines of their own, as in the lake."""
        off = lay_rates(self._connection, "history_billed")
        for name, of in (("daily", "ChargeDay"), ("history", "ChargeDay"), ("charges", day)):
            rows = off.rows(f"SELECT * FROM {name}_billed", of)
            self._connection.execute(f"CREATE VIEW {name} AS {rows}")

    def _table(self, name: str, types: Mapping[str, str], rows: Sequence[Row]) -> None:
        columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in types.items())
        self._connection.execute(f"CREATE TABLE {name} ({columns})")
        for row in rows:
            unknown = sorted(set(row) - set(types))
            if unknown:
                raise KeyError(f"{name} has no column {unknown[0]}")
        # Many rows a statement: one by one would be most of a test's time.
        for keys, alike in groupby(rows, key=tuple):
            held = list(alike)
            for start in range(0, len(held), 200):
                chunk = held[start : start + 200]
                marks = f"({', '.join('?' * len(keys))})"
                self._connection.execute(
                    f"INSERT INTO {name} ({', '.join(map(quoted, keys))}) "
                    f"VALUES {', '.join([marks] * len(chunk))}",
                    [value for row in chunk for value in row.values()],
                )

    def window(self, days: int, provider: str = "") -> tuple[date, date]:
        """The last whole days before today."""
        return self.today - timedelta(days=days), self.today

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """As the lake answers."""
        done = self._connection.execute(sql, dict(parameters or {}))
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def utilization_of(self, metric: str) -> bool:
        """Whether there is a row of the metric."""
        found = self.rows("SELECT 1 FROM utilization WHERE Metric = $metric", {"metric": metric})
        return bool(found)


def _costs(row: Row) -> dict[str, Any]:
    given = dict(row)
    for measure in _MEASURES:
        given.setdefault(measure, given.get("EffectiveCost", Decimal(0)))
    return given


def each_day(row: Row, days: int = 30, end: date = TODAY) -> list[dict[str, Any]]:
    """The row on each of the last `days` days before `end` (exclusive)."""
    first = end - timedelta(days=days)
    return [dict(row) | {"ChargeDay": first + timedelta(days=n)} for n in range(days)]


def measured(
    resource: str,
    metric: str,
    statistic: str,
    values: Sequence[str | Decimal],
    *,
    end: date = TODAY,
    **more: Any,
) -> list[dict[str, Any]]:
    """One value of a statistic for each of the last days before `end`, in their order."""
    first = end - timedelta(days=len(values))
    return [
        {
            "ResourceId": resource, "Metric": metric, "Statistic": statistic,
            "PeriodStart": datetime.combine(first + timedelta(days=n), datetime.min.time()),
            "PeriodEnd": datetime.combine(first + timedelta(days=n + 1), datetime.min.time()),
            "Value": Decimal(value), **more,
        }
        for n, value in enumerate(values)
    ]  # fmt: skip
