"""Private discounts that a bill gives in lines of their own, put on the usage that they are on.

AWS gives what was negotiated (an enterprise discount program, a private rate) as negative lines
beside usage at its full price (`outlay.sources.aws_cur.costs.DISCOUNTS`); in FOCUS such a line is
a credit or an adjustment whose ChargeFrequency is ``Usage-Based``. Credits that are given once,
refunds and corrections are no discounts: they do not fall with the usage. Where a bill has its
discounts inside the lines (net columns, FOCUS exports of vendors) there are no such lines, and
nothing changes.

A month's lines are put on the usage of that month that they name: of the same resource, else usage
type, else account and service, else the billing account's service, else all of the billing
account; the first of these of which there is usage that no commitment pays. The rate of a level is
the sum of its lines over that usage, rounded once to nine places; a charge has the sum of the rates
that it is under. A last month in which a billing account has no such line yet has the rates of the
month before: some bills bring them when the month is over. Rates depend on the snapshot alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa

from outlay.focus.sql import literal
from outlay.money import total
from outlay.money.quotients import rounded
from outlay.sources.aws_cur.costs import DISCOUNTS

EFFECTIVE, CONTRACTED = "EffectiveDiscount", "ContractedDiscount"
"""Columns of discounted rows: what was taken off EffectiveCost and ContractedCost (below nought, of
a line of discounts: what it has given away), so that cost + discount is what the bill states."""

RATES = "discount_rates"
"""The temporary table of rates: one a month and key of usage."""

LINES = "discount_lines"
"""The temporary table of what was given: the lines by month and key, with their `kind`."""

RATE_DIGITS = 9

_NAMED = f"coalesce(x_LineItemType IN ({', '.join(map(literal, DISCOUNTS))}), false)"
_ALIKE = (
    "(ChargeCategory IN ('Credit', 'Adjustment') AND ChargeFrequency = 'Usage-Based' "
    "AND ChargeClass IS DISTINCT FROM 'Correction')"
)
_LINE = f"({_NAMED} OR ({_ALIKE} AND EffectiveCost < 0))"
_OPEN = (
    "(ChargeCategory = 'Usage' AND ChargeClass IS NULL AND EffectiveCost > 0 "
    "AND CommitmentDiscountStatus IS NULL AND PricingCategory IS DISTINCT FROM 'Committed')"
)
_USAGE = (
    "(ChargeCategory = 'Usage' AND ChargeClass IS NULL "
    "AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused')"
)
_OF = {
    "provider": "coalesce(ServiceProviderName, '')",
    "payer": "coalesce(BillingAccountId, '')",
    "currency": "coalesce(BillingCurrency, '')",
    "month": "CAST(date_trunc('month', {day}) AS DATE)",
    "account": "coalesce(SubAccountId, '')",
    "service": "coalesce(ServiceName, '')",
    "meter": "coalesce(x_UsageType, SkuMeter, '')",
    "resource": "coalesce(ResourceId, '')",
}
_NOTHING = "''"
_LEVELS = (
    ("account", "service", "meter", "resource"),
    ("account", "service", "meter"),
    ("account", "service"),
    ("service",),
    (),
)
"""What a line may name, the nearest first."""

_Payer = tuple[str, str, str]
_Key = tuple[_Payer, date, int, tuple[str, ...]]


@dataclass
class _Rates:
    """The reckoning: usage and lines by payer, month, level and key."""

    base: dict[_Key, list[Decimal]] = field(default_factory=dict)
    off: dict[_Key, list[Decimal]] = field(default_factory=dict)
    last: dict[_Payer, date] = field(default_factory=dict)
    given: set[tuple[_Payer, date]] = field(default_factory=set)

    def use(self, row: Mapping[str, Any]) -> None:
        payer, month = _payer(row), row["month"]
        self.last[payer] = max(self.last.get(payer, month), month)
        for number, level in enumerate(_LEVELS):
            key = (payer, month, number, tuple(row[name] for name in level))
            self.base.setdefault(key, []).append(row["cost"])

    def give(self, row: Mapping[str, Any]) -> bool:
        """Put a line on the nearest usage that it names; False where there is none."""
        payer, month = _payer(row), row["month"]
        for number, level in enumerate(_LEVELS):
            values = tuple(row[name] for name in level)
            key = (payer, month, number, values)
            if all(values) and total(self.base.get(key, ())) > 0:
                self.off.setdefault(key, []).append(row["off"])
                self.given.add((payer, month))
                return True
        return False

    def of(self, row: Mapping[str, Any]) -> Decimal:
        """The rate of usage."""
        payer, month = _payer(row), row["month"]
        if month == self.last[payer] and (payer, month) not in self.given:
            month = (month - timedelta(days=1)).replace(day=1)
        found = Decimal(0)
        for number, level in enumerate(_LEVELS):
            key = (payer, month, number, tuple(row[name] for name in level))
            off = -total(self.off.get(key, ()))
            if off > 0:
                share = Fraction(off) / Fraction(total(self.base[key]))
                found += rounded(share, RATE_DIGITS)
        return min(found, Decimal(1))


@dataclass(frozen=True)
class Discounts:
    """What `lay_rates` laid: `named` are the keys that lines name (none: there are no lines)."""

    named: frozenset[str] = frozenset()

    def rows(self, relation: str, day: str) -> str:
        """SQL of a relation's rows after discounts, with the columns `EFFECTIVE` and `CONTRACTED`;
        `day` is its day in SQL. Lines that are put on usage cost nothing any more."""
        if not self.named:
            none = "CAST(0 AS DECIMAL(38,21))"
            return f"SELECT *, {none} AS {EFFECTIVE}, {none} AS {CONTRACTED} FROM ({relation})"
        same = " AND ".join(
            f"r.{name} = {_sql(name, day) if name in self.named else _NOTHING}" for name in _OF
        )
        line = f"(coalesce(r.gone, false) AND {_LINE})"
        effective = f"CASE WHEN {line} THEN EffectiveCost {_off('EffectiveCost', _OPEN)} ELSE 0 END"
        contracted = (
            f"CASE WHEN {line} THEN ContractedCost {_off('ContractedCost', _USAGE)} ELSE 0 END"
        )
        return (
            f"SELECT * REPLACE (EffectiveCost - {EFFECTIVE} AS EffectiveCost, "
            f"ContractedCost - {CONTRACTED} AS ContractedCost) FROM (SELECT b.*, "
            f"CAST({effective} AS DECIMAL(38,21)) AS {EFFECTIVE}, "
            f"CAST({contracted} AS DECIMAL(38,21)) AS {CONTRACTED} "
            f"FROM ({relation}) AS b LEFT JOIN {RATES} AS r ON {same})"
        )


def before(day: date) -> date:
    """The first day that rates of a day depend on: the month before its own, whole."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def sources(connection: duckdb.DuckDBPyConnection, contexts: str) -> set[str]:
    """The sources whose contexts, a relation, may be of discounts in lines of their own: the others
    need not be reckoned."""
    rows = _rows(
        connection, f"SELECT DISTINCT x_SourceName AS s FROM {contexts} WHERE {_NAMED} OR {_ALIKE}"
    )
    return {str(row["s"]) for row in rows}


def lay_rates(connection: duckdb.DuckDBPyConnection, billed: str) -> Discounts:
    """Make the tables `RATES` and `LINES` of a relation of daily rows that begins with a month."""
    named = ", ".join(f"{_sql(name)} AS {name}" for name in _OF)
    connection.execute(
        f"CREATE TEMP TABLE {LINES} AS SELECT {named}, "
        "coalesce(x_LineItemType, ChargeCategory) AS kind, sum(EffectiveCost) AS off "
        f"FROM {billed} WHERE {_LINE} GROUP BY ALL ORDER BY ALL"
    )
    lines = _rows(connection, f"SELECT * FROM {LINES} ORDER BY ALL")
    if not lines:
        return Discounts()
    # Keys that no line names are left out: usage has far more of them than lines.
    kept = {name for name in _OF if name not in ("meter", "resource")}
    kept |= {name for name in ("meter", "resource") if any(row[name] for row in lines)}
    usage = ", ".join(f"{_sql(name) if name in kept else _NOTHING} AS {name}" for name in _OF)
    rates = _Rates()
    used = _rows(
        connection,
        f"SELECT {usage}, coalesce(sum(EffectiveCost) FILTER ({_OPEN}), 0) AS cost FROM {billed} "
        f"WHERE {_USAGE} AND ({_sql('provider')}, {_sql('payer')}) IN "
        f"(SELECT (provider, payer) FROM {LINES}) GROUP BY ALL ORDER BY ALL",
    )
    for row in used:
        rates.use(row)
    taken = [row for row in lines if rates.give(row)]
    found = {tuple(row[name] for name in _OF): rates.of(row) for row in used}
    gone = {tuple(row[name] for name in _OF) for row in taken}
    keys = sorted({*(key for key, rate in found.items() if rate), *gone})
    _table(connection, keys, found, gone)
    return Discounts(frozenset(kept))


def _table(
    connection: duckdb.DuckDBPyConnection,
    keys: Sequence[tuple[Any, ...]],
    rates: Mapping[tuple[Any, ...], Decimal],
    gone: set[tuple[Any, ...]],
) -> None:
    columns: dict[str, Any] = {
        name: pa.array([key[at] for key in keys], pa.date32() if name == "month" else pa.string())
        for at, name in enumerate(_OF)
    }
    values = [rates.get(key, Decimal(0)) for key in keys]
    columns["rate"] = pa.array(values, pa.decimal128(12, RATE_DIGITS))
    columns["gone"] = pa.array([key in gone for key in keys], pa.bool_())
    connection.register("discount_given", pa.table(columns))
    connection.execute(f"CREATE TEMP TABLE {RATES} AS SELECT * FROM discount_given")
    connection.unregister("discount_given")


def _off(cost: str, condition: str) -> str:
    """SQL of the rest of a CASE: what a rate takes off a cost above nought. An amount of more than
    fourteen digits before the point has no discount; its twelfth decimal place is its last."""
    rated = f"TRY_CAST({cost} AS DECIMAL(26,12)) * r.rate"
    return f"WHEN {condition} AND {cost} > 0 THEN coalesce({rated}, 0)"


def _sql(name: str, day: str = "ChargeDay") -> str:
    return _OF[name].format(day=day)


def _payer(row: Mapping[str, Any]) -> _Payer:
    return (row["provider"], row["payer"], row["currency"])


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    done = connection.execute(sql)
    names = [column[0] for column in done.description or ()]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]
