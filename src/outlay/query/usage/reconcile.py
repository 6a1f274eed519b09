"""A model vendor's costs beside what its usage was estimated to cost, and the difference.

The two are of the same tokens: one is what the vendor bills, the other its usage (or a gateway's
log of it) at public prices. They are compared and never added. A difference has reasons: a
negotiated price, a tier or surcharge that the price table does not know, usage that no log saw.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from outlay.access import whole_only
from outlay.expression.errors import QueryError, near_names
from outlay.focus.sql import literal
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import file_columns
from outlay.lake.types import Pin, Slice
from outlay.money import money_text, total
from outlay.query import ranges
from outlay.query.usage.lane import SupersededBy
from outlay.query.usage.run import UsageLake, bounds_sql, files

KEYS: Mapping[str, tuple[str, str, str]] = {
    "day": ("CAST(ChargePeriodStart AS DATE)", "CAST(UsagePeriodStart AS DATE)", "DATE"),
    "project": ("SubAccountId", "SubAccountId", "VARCHAR"),
    "model": ("x_Model", "x_Model", "VARCHAR"),
    "token-type": ("x_TokenType", "x_TokenType", "VARCHAR"),
    "tier": ("x_ServiceTier", "x_ServiceTier", "VARCHAR"),
    "key": ("x_ApiKey", "x_ApiKey", "VARCHAR"),
    "user": ("x_User", "x_User", "VARCHAR"),
}
"""What the two can be compared by: name → SQL over charges, SQL over usage, type."""

_CHARGES_DAY, _USAGE_DAY, _ = KEYS["day"]


@dataclass(frozen=True)
class ReconcileRow:
    """One group: the bill's cost and the estimate, each None where that side has no such group.

    `unpriced` are tokens in the usage without an estimate: their cost is in `difference`.
    """

    bill: str
    usage: str
    values: tuple[str | date | None, ...]
    currency: str
    cost: Decimal | None
    estimate: Decimal | None
    unpriced: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """Cost less estimate, what is missing counting as nothing."""
        cost, estimate = self.cost or Decimal(0), self.estimate or Decimal(0)
        return total((cost, estimate.copy_negate()))


@dataclass(frozen=True)
class Reconciliation:
    """The rows by bill and group. `aside` is what the bills have that no usage explains (credits
    and adjustments), bill → currency → amount: it is in no row."""

    by: tuple[str, ...]
    rows: tuple[ReconcileRow, ...]
    aside: Mapping[str, Mapping[str, Decimal]]
    start: date | None
    end: date | None
    snapshot: str | None
    notes: tuple[str, ...] = field(default=())

    def totals(self) -> tuple[ReconcileRow, ...]:
        """The sum of each pair of bill and usage, by currency."""
        found: dict[tuple[str, str, str], list[ReconcileRow]] = {}
        for row in self.rows:
            found.setdefault((row.bill, row.usage, row.currency), []).append(row)
        return tuple(
            ReconcileRow(
                bill,
                usage,
                (None,) * len(self.by),
                currency,
                total(row.cost for row in rows if row.cost is not None),
                total(row.estimate for row in rows if row.estimate is not None),
                total(row.unpriced for row in rows),
            )
            for (bill, usage, currency), rows in found.items()
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money as text with all its digits."""
        return {
            "by": list(self.by),
            "from": None if self.start is None else str(self.start),
            "to": None if self.end is None else str(self.end),
            "rows": [self._row(row) for row in self.rows],
            "totals": [self._row(row) for row in self.totals()],
            "credits_and_adjustments": {
                bill: {code: money_text(amount) for code, amount in amounts.items()}
                for bill, amounts in self.aside.items()
            },
            "notes": list(self.notes),
            "snapshot": self.snapshot,
        }

    def _row(self, row: ReconcileRow) -> dict[str, Any]:
        return {
            "bill": row.bill,
            "usage": row.usage,
            **{
                name: value if isinstance(value, str | None) else str(value)
                for name, value in zip(self.by, row.values, strict=True)
            },
            "currency": row.currency,
            "cost": None if row.cost is None else money_text(row.cost),
            "estimate": None if row.estimate is None else money_text(row.estimate),
            "difference": money_text(row.difference),
            "unpriced_tokens": f"{row.unpriced.quantize(Decimal(1)):f}",
        }


def keys_of(names: Sequence[str]) -> tuple[str, ...]:
    """Check the names that are compared by; raises QueryError for one that is none."""
    for name in names:
        if name not in KEYS:
            raise QueryError(
                f"{name!r} is nothing that costs and estimates are compared by",
                field="by",
                text=name,
                near=near_names(name, KEYS),
                allowed=tuple(KEYS),
            )
    return tuple(dict.fromkeys(names))


def reconcile(
    lake: UsageLake,
    ties: Mapping[str, SupersededBy],
    *,
    by: Sequence[str] = ("model",),
    range_: str = ranges.ALL,
    sources: Sequence[str] = (),
    now: datetime | None = None,
    pin: Pin | None = None,
) -> Reconciliation:
    """Compare each source that has costs and usage of models, and each gateway with the bill that
    it is tied to (`ties`: source of usage → bill).

    `by` are names of `KEYS`, `range_` the days, `sources` the bills (none: all). `now` is the UTC
    moment that relative ranges count from. Raises QueryError for a name that is none.
    """
    whole_only("bills beside estimates of usage")
    names = keys_of(by)
    pin = pin or lake.pin()
    days = ranges.resolve(range_, (now or datetime.now(UTC)).date())
    paths = lake.usage_paths(pin)
    used: dict[str, list[Slice]] = {}
    for one in pin.slices:
        if one.delivery.id in paths and "x_Model" in file_columns(paths[one.delivery.id]):
            used.setdefault(one.source, []).append(one)
    rows: list[ReconcileRow] = []
    aside: dict[str, Mapping[str, Decimal]] = {}
    notes: list[str] = []
    with question_connection(lake) as connection:
        for usage, slices in sorted(used.items()):
            there = [paths[one.delivery.id] for one in slices]
            if not _of_models(connection, files(there)):
                continue
            own = ties[usage].bills if usage in ties else (usage,)
            bill = " and ".join(own)
            if sources and not set(own) & set(sources):
                continue
            bills = [s for s in pin.slices if s.source in own and s.charges_path.exists()]
            if usage not in ties and not any(s.delivery.rows for s in bills):
                notes.append(f"{usage} is usage alone and tied to no bill: not compared")
                continue
            costs = _costs(connection, bills, names, days)
            estimates = _estimates(connection, files(there), there, names, days)
            rows += _merged(bill, usage, costs, estimates)
            if found := _aside(connection, bills, days):
                aside[bill] = found
    return Reconciliation(
        names,
        tuple(sorted(rows, key=_order)),
        aside,
        days.start,
        days.end,
        None if pin.snapshot_id is None else str(pin.snapshot_id),
        tuple(notes),
    )


_Key = tuple[tuple[str | date | None, ...], str]


def _of_models(connection: duckdb.DuckDBPyConnection, there: str) -> bool:
    ((some,),) = connection.execute(
        f"SELECT count(x_Model) > 0 FROM (SELECT x_Model FROM {there})"
    ).fetchall()
    return bool(some)


def _bounds(day: str, days: ranges.Days) -> str:
    parts = ["true"]
    if days.start is not None:
        parts.append(f"{day} >= DATE '{days.start}'")
    if days.end is not None:
        parts.append(f"{day} < DATE '{days.end}'")
    return " AND ".join(parts)


def _charges(bills: Sequence[Slice]) -> str:
    listed = ", ".join(literal(str(one.charges_path)) for one in bills)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


def _costs(
    connection: duckdb.DuckDBPyConnection,
    bills: Sequence[Slice],
    names: Sequence[str],
    days: ranges.Days,
) -> dict[_Key, Decimal]:
    if not bills:
        return {}
    columns = frozenset().union(*(file_columns(one.charges_path) for one in bills))
    keys = [_key(name, 0, columns) for name in names]
    listed = ", ".join([*keys, "BillingCurrency", "sum(BilledCost)"])
    found = connection.execute(
        f"SELECT {listed} FROM {_charges(bills)} WHERE ChargeCategory = 'Usage' "
        f"AND {_bounds(_CHARGES_DAY, days)} GROUP BY ALL"
    ).fetchall()
    return {(tuple(values), currency): amount for *values, currency, amount in found}


def _aside(
    connection: duckdb.DuckDBPyConnection, bills: Sequence[Slice], days: ranges.Days
) -> dict[str, Decimal]:
    if not bills:
        return {}
    found = connection.execute(
        f"SELECT BillingCurrency, sum(BilledCost) FROM {_charges(bills)} "
        f"WHERE ChargeCategory <> 'Usage' AND {_bounds(_CHARGES_DAY, days)} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {code: amount for code, amount in found if amount}


def _estimates(
    connection: duckdb.DuckDBPyConnection,
    there: str,
    paths: Iterable[Any],
    names: Sequence[str],
    days: ranges.Days,
) -> dict[_Key, tuple[Decimal | None, Decimal]]:
    columns = frozenset().union(*(file_columns(path) for path in paths))
    keys = [_key(name, 1, columns) for name in names]
    # A row without an estimate has no currency: it goes with its group's.
    listed = ", ".join(
        [
            *keys,
            "coalesce(EstimatedCurrency, 'USD')",
            "sum(EstimatedCost)",
            "coalesce(sum(Quantity) FILTER (EstimatedCost IS NULL AND Unit = 'Tokens'), 0)",
        ]
    )
    where = " AND ".join(["(EstimatedCost IS NOT NULL OR Unit = 'Tokens')", *bounds_sql(days)])
    found = connection.execute(
        f"SELECT {listed} FROM {there} WHERE {where} GROUP BY ALL"
    ).fetchall()
    return {(tuple(v), currency): (amount, left) for *v, currency, amount, left in found}


def _key(name: str, side: int, columns: frozenset[str]) -> str:
    """SQL of a key on one side; null where that side has no such column."""
    sql, kind = KEYS[name][side], KEYS[name][2]
    if sql.startswith("x_") and sql not in columns:
        return f"CAST(NULL AS {kind})"
    return sql


def _merged(
    bill: str,
    usage: str,
    costs: Mapping[_Key, Decimal],
    estimates: Mapping[_Key, tuple[Decimal | None, Decimal]],
) -> Iterable[ReconcileRow]:
    for key in dict.fromkeys([*costs, *estimates]):
        values, currency = key
        estimate, unpriced = estimates.get(key, (None, Decimal(0)))
        yield ReconcileRow(bill, usage, values, currency, costs.get(key), estimate, unpriced)


def _order(row: ReconcileRow) -> tuple[Any, ...]:
    """By bill and usage, then the days in order, the largest difference first."""
    days = [str(value) for value in row.values if isinstance(value, date)]
    names = [str(value) for value in row.values]
    # By decimals: a float would order amounts that differ in their last digits by chance.
    largest = row.difference.copy_abs().copy_negate()
    return row.bill, row.usage, days, largest, names
