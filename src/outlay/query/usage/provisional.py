"""The provisional lane: what usage is estimated to cost where the bill has not come yet.

A source of usage is tied to the bill that will charge for it, and to the columns that both have
in common (the scope: a node's id, a model, a project). Each hour of a scope that the bill has
charged is superseded: the estimate of that hour is gone, and the bill stands alone. What is left
is provisional, as long as the bill may still bring it: hours a day before the last one that the
bill has charged anything for are closed, and an estimate there matches no charge. None of it is
ever added to charges.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import duckdb

from outlay.access import whole_only
from outlay.expression import compile_condition, parse, referenced
from outlay.expression.errors import QueryError
from outlay.focus.sql import literal
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import file_columns
from outlay.lake.types import Pin, Slice
from outlay.money import total
from outlay.query import ranges
from outlay.query.usage.lane import Lane, ProvisionalRow, SupersededBy
from outlay.query.usage.model import UsageQuery, usage_dimension
from outlay.query.usage.result import Estimates
from outlay.query.usage.run import UsageLake, bounds_sql, dimension_sql, files, resolved

_DIVISION = Context(prec=60)
_LAG = timedelta(days=1)
"""How long after its last charged hour a bill may still bring charges of the hours before."""
_SCALE = Decimal("1E-21")
_PRESENCE = "node_cpu_capacity"
"""The metric whose rows say that a resource was there for an hour: one a node and hour."""


def provisional(
    lake: UsageLake,
    ties: Mapping[str, SupersededBy],
    query: UsageQuery,
    *,
    now: datetime | None = None,
    pin: Pin | None = None,
    open_only: bool = False,
) -> Lane:
    """The provisional lane: `ties` are the bills by source of usage, `query` says which usage
    (range, condition) and by what it is shown; its metrics, grain and limit are not looked at.

    `now` is the UTC moment that relative ranges count from. With `open_only`, days that the bills
    have closed are left out: the same is provisional, and long histories are not read for it.
    Raises QueryError for a column that no usage has.
    """
    whole_only("what usage is estimated to cost")
    pin = pin or lake.pin(query.as_of_moment())
    days = ranges.resolve(query.range, (now or datetime.now(UTC)).date())
    paths = lake.usage_paths(pin)
    rows: list[ProvisionalRow] = []
    untied: dict[str, Estimates] = {}
    unscoped: dict[str, Estimates] = {}
    notes: list[str] = []
    by_source: dict[str, list[Slice]] = {}
    for one in pin.slices:
        if one.delivery.id in paths:
            by_source.setdefault(one.source, []).append(one)
    with question_connection(lake) as connection:
        for name, slices in sorted(by_source.items()):
            there = files(paths[one.delivery.id] for one in slices)
            columns = frozenset().union(*(file_columns(paths[s.delivery.id]) for s in slices))
            if not _has_columns(query, columns):
                continue
            tie = ties.get(name)
            if tie is None and any(one.delivery.rows for one in slices):
                tie = SupersededBy(name)  # usage beside charges of its own: they are its bill
            if tie is None:
                found = _estimates(connection, there, query, days, [])
                untied |= {name: found} if found else {}
                continue
            asked = _Asked(connection, name, tie, there, query, days, pin, open_only=open_only)
            rows += asked.rows()
            found = asked.unscoped()
            unscoped |= {name: found} if found else {}
            notes += asked.notes
    return Lane(
        query,
        tuple(sorted(rows, key=_order)),
        untied,
        unscoped,
        days.start,
        days.end,
        None if pin.snapshot_id is None else str(pin.snapshot_id),
        tuple(notes),
    )


def check_tie(tie: SupersededBy) -> None:
    """Raise QueryError where a tie's columns or condition cannot be read."""
    for name in tie.match:
        usage_dimension(name)
    if tie.where:
        parse(tie.where)


def _has_columns(query: UsageQuery, columns: frozenset[str]) -> bool:
    """Whether a source's usage has the columns that are asked for; another source may have them."""
    asked = [*query.dimensions]
    if query.condition is not None:
        asked += referenced(query.condition)
    return all(one.kind == "tag" or one.name in columns for one in asked)


def _conditions(query: UsageQuery, days: ranges.Days) -> list[str]:
    found = bounds_sql(days)
    if query.condition is not None:
        found.append(f"({compile_condition(query.condition, resolved).sql('duckdb')})")
    return found


def _estimates(
    connection: duckdb.DuckDBPyConnection,
    there: str,
    query: UsageQuery,
    days: ranges.Days,
    more: Sequence[str],
) -> Estimates:
    where = " AND ".join([*_conditions(query, days), *more, "EstimatedCost <> 0"])
    found = connection.execute(
        f"SELECT EstimatedCurrency, sum(EstimatedCost) FROM {there} WHERE {where} GROUP BY 1"
    ).fetchall()
    return {code: amount for code, amount in sorted(found) if amount}


_Parts = tuple[Decimal, Decimal, Decimal]
"""An estimate, what of it is provisional, what of it is unmatched."""


class _Asked:
    """One source of usage against its bill."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        tie: SupersededBy,
        there: str,
        query: UsageQuery,
        days: ranges.Days,
        pin: Pin,
        *,
        open_only: bool,
    ) -> None:
        self.connection, self.name, self.tie, self.there = connection, name, tie, there
        self.query, self.days = query, days
        self.scope = [dimension_sql(usage_dimension(column)) for column in tie.match]
        self.keys = [f"m{index}" for index in range(len(self.scope))]
        self.shown = [dimension_sql(dimension) for dimension in query.dimensions]
        self.notes: list[str] = []
        bills = [one for one in pin.slices if one.source in tie.bills and one.delivery.rows]
        for missing in sorted(set(tie.bills) - {one.source for one in bills}):
            self.notes.append(f"{missing}, which should bill {name}, has not delivered yet")
        bills = [one for one in bills if one.charges_path.exists() and self._fits(one)]
        self.closed = self._closed_until(bills)
        if open_only:
            start = max(self.closed.date(), days.start or date.min)
            self.days = ranges.Days(start, days.end)
            bills = [one for one in bills if one.billing_period.end > self.closed.date()]
        self._make_billed(bills)

    def rows(self) -> list[ProvisionalRow]:
        """The days of the source, estimated by the tool's prices or by the bill's last one."""
        return [*self._estimated(), *self._rated()]

    def unscoped(self) -> Estimates:
        """Estimates of rows that lack a value of the scope."""
        if not self.scope:
            return {}
        missing = " OR ".join(f"{sql} IS NULL" for sql in self.scope)
        return _estimates(self.connection, self.there, self.query, self.days, [f"({missing})"])

    # ------------------------------------------------------------------ the bill's side

    def _fits(self, one: Slice) -> bool:
        """Whether a slice of the bill has the columns that are matched; noted where not."""
        columns = file_columns(one.charges_path)
        dimensions = [usage_dimension(column) for column in self.tie.match]
        fits = all(d.kind == "tag" or d.name in columns for d in dimensions)
        if not fits:
            self.notes.append(
                f"{one.source} {one.billing_period} lacks a column of "
                f"{', '.join(self.tie.match)}: nothing of {self.name} is superseded by it"
            )
        return fits

    def _charges(self, one: Slice) -> str:
        """FROM and WHERE of the slice's charges that count, `e` being until when.

        A charge may end in the future; it tells of what was known when it was delivered.
        """
        where = ["ChargeCategory = 'Usage'", *self._narrowed(one)]
        columns = (
            f"*, least(ChargePeriodEnd, TIMESTAMP '{one.delivery.loaded_at}') AS e "
            f"FROM read_parquet({literal(str(one.charges_path))})"
        )
        return f"FROM (SELECT {columns}) WHERE ChargePeriodStart < e AND {' AND '.join(where)}"

    def _closed_until(self, bills: Sequence[Slice]) -> datetime:
        """Until when all bills are taken to be whole: a day before the last charge of the one
        that is furthest behind."""
        last = []
        for name in self.tie.bills:
            newest = sorted(
                (one for one in bills if one.source == name),
                key=lambda one: one.billing_period,
                reverse=True,
            )
            asked = (f"SELECT max(e) {self._charges(one)}" for one in newest)
            found = (self.connection.execute(sql).fetchall()[0][0] for sql in asked)
            last.append(next((moment for moment in found if moment is not None), None))
        known = [moment for moment in last if moment is not None]
        return min(known) - _LAG if len(known) == len(last) else datetime(1, 1, 1)

    def _make_billed(self, bills: Sequence[Slice]) -> None:
        """Make `charged` (cost by scope and period) and `billed` (scope and hour with a charge),
        of the scopes that usage has."""
        listed = "".join(f"{key}, " for key in self.keys)
        named = "".join(f"{s} AS {k}, " for s, k in zip(self.scope, self.keys, strict=True))
        where = " AND ".join(_conditions(self.query, self.days)) or "true"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE scopes AS SELECT DISTINCT {named}true AS there "
            f"FROM {self.there} WHERE {where}"
        )
        same = " AND ".join(f"scopes.{key} = c.{key}" for key in self.keys) or "true"
        nothing = "".join(f"CAST(NULL AS VARCHAR) AS {key}, " for key in self.keys)
        selects = [
            f"SELECT {nothing}CAST(NULL AS TIMESTAMP) AS s, CAST(NULL AS TIMESTAMP) AS e, "
            "CAST(NULL AS VARCHAR) AS currency, CAST(NULL AS DECIMAL(38,21)) AS cost WHERE false"
        ]
        selects += [
            f"SELECT c.* FROM (SELECT {named}ChargePeriodStart AS s, e, BillingCurrency AS "
            f"currency, sum(EffectiveCost) AS cost {self._charges(one)} GROUP BY ALL) AS c "
            f"SEMI JOIN scopes ON {same}"
            for one in bills
        ]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE charged AS {' UNION ALL '.join(selects)}"
        )
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE billed AS SELECT DISTINCT {listed}{_hours('s', 'e')} "
            f"AS hour FROM (SELECT DISTINCT {listed}s, e FROM charged)"
        )

    def _narrowed(self, one: Slice) -> list[str]:
        columns = file_columns(one.charges_path)
        found = []
        if self.days.start:
            found.append(f"ChargePeriodEnd > TIMESTAMP '{self.days.start}' - INTERVAL 40 DAY")
        if self.tie.where:
            condition = parse(self.tie.where)
            for dimension in referenced(condition):
                if dimension.kind == "column" and dimension.name not in columns:
                    raise QueryError(
                        f"{one.source} has no column {dimension.name}",
                        field="where",
                        text=self.tie.where,
                        hint=f"Correct superseded_by.where of the source {self.name}.",
                    )
            found.append(f"({compile_condition(condition, resolved).sql('duckdb')})")
        return found

    # ------------------------------------------------------------------ the usage's side

    def _open(self, estimate: str, more: Sequence[str]) -> list[tuple[Any, ...]]:
        """Per day, group and scope: hours, those still open, those closed in vain, and a sum."""
        keys = ", ".join(self.keys)
        scope = "".join(f"{s} AS {k}, " for s, k in zip(self.scope, self.keys, strict=True))
        shown = "".join(f"{sql} AS b{index}, " for index, sql in enumerate(self.shown))
        names = "".join(f"b{index}, " for index in range(len(self.shown)))
        where = " AND ".join(
            [*_conditions(self.query, self.days), *more, *(f"{s} IS NOT NULL" for s in self.scope)]
        )
        same = " AND ".join(
            [f"billed.{key} = u.{key}" for key in self.keys] + ["billed.hour = u.hour"]
        )
        scoped = f"{keys}, " if keys else ""
        closed = f"TIMESTAMP '{self.closed:%Y-%m-%d %H:%M:%S}'"
        return self.connection.execute(
            f"WITH rows AS (SELECT {scope}{shown}UsagePeriodStart AS s, UsagePeriodEnd AS e, "
            f"EstimatedCurrency AS currency, {estimate} AS amount FROM {self.there} "
            f"WHERE {where} GROUP BY ALL), "
            "numbered AS (SELECT *, row_number() OVER () AS id FROM rows), "
            f"u AS (SELECT *, {_hours('s', 'e')} AS hour FROM numbered), "
            "counted AS (SELECT id, count(*) AS n, "
            f"count_if(billed.hour IS NULL AND u.hour >= {closed}) AS open, "
            f"count_if(billed.hour IS NULL AND u.hour < {closed}) AS vain "
            f"FROM u LEFT JOIN billed ON {same} GROUP BY 1) "
            f"SELECT CAST(s AS DATE), currency, n, open, vain, sum(amount), {names}{scoped}"
            "count(*) "
            "FROM numbered JOIN counted USING (id) GROUP BY ALL"
        ).fetchall()

    def _estimated(self) -> list[ProvisionalRow]:
        found = self._open("sum(EstimatedCost)", ["EstimatedCost <> 0"])
        parts: dict[tuple[Any, ...], list[_Parts]] = {}
        for day, currency, hours, left, vain, amount, *rest in found:
            key = (day, currency or "", *rest[: len(self.shown)])
            parts.setdefault(key, []).append(
                (amount, _part(amount, left, hours), _part(amount, vain, hours))
            )
        return [self._row(key, amounts, "usage") for key, amounts in parts.items()]

    def _rated(self) -> list[ProvisionalRow]:
        """Hours of resources that no tool has priced, by the bill's last price of each."""
        there = self._open(
            "CAST(NULL AS DECIMAL(38,21))",
            [f"Metric = '{_PRESENCE}'", "EstimatedCost IS NULL"],
        )
        if not there or not self.keys:
            return []
        prices = self._prices()
        parts: dict[tuple[Any, ...], list[_Parts]] = {}
        unpriced = set()
        for day, _, hours, left, vain, _, *rest in there:
            shown, scope = rest[: len(self.shown)], tuple(rest[len(self.shown) : -1])
            number = rest[-1]
            if scope not in prices:
                unpriced.add(scope)
            for currency, price in prices.get(scope, {}).items():
                whole, open_, lost = (
                    _DIVISION.multiply(price, Decimal(n * number)) for n in (hours, left, vain)
                )
                parts.setdefault((day, currency, *shown), []).append((whole, open_, lost))
        if unpriced:
            self.notes.append(
                f"{len(unpriced)} resources of {self.name} have no price: neither the tool gives "
                f"one nor has {self.tie.spoken} charged for them before"
            )
        return [self._row(key, amounts, "bill") for key, amounts in parts.items()]

    def _prices(self) -> dict[tuple[Any, ...], dict[str, Decimal]]:
        """Scope → currency → effective cost of an hour on the last day that was charged."""
        keys = ", ".join(self.keys)
        found = self.connection.execute(
            f"WITH last AS (SELECT {keys}, max(CAST(s AS DATE)) AS day FROM charged GROUP BY ALL) "
            f"SELECT {keys}, currency, sum(cost), (SELECT count(*) FROM billed WHERE "
            + " AND ".join(f"billed.{key} = c.{key}" for key in self.keys)
            + " AND CAST(billed.hour AS DATE) = c.day) FROM (SELECT charged.*, last.day FROM "
            f"charged JOIN last USING ({keys}) WHERE CAST(s AS DATE) = last.day) AS c "
            f"GROUP BY {keys}, currency, c.day"
        ).fetchall()
        prices: dict[tuple[Any, ...], dict[str, Decimal]] = {}
        for *scope, currency, cost, hours in found:
            if hours and cost:
                price = _DIVISION.divide(cost, Decimal(hours))
                prices.setdefault(tuple(scope), {})[currency] = price.quantize(
                    Decimal("1E-12"), ROUND_HALF_EVEN, _DIVISION
                )
        return prices

    def _row(
        self, key: tuple[Any, ...], amounts: Sequence[_Parts], rated_by: str
    ) -> ProvisionalRow:
        day, currency, *values = key
        return ProvisionalRow(
            self.name,
            self.tie.spoken,
            day,
            tuple(values),
            currency,
            rated_by,
            total(whole for whole, _, _ in amounts),
            total(left for _, left, _ in amounts),
            total(vain for _, _, vain in amounts),
        )


def _hours(start: str, end: str) -> str:
    """SQL of the hours that a period touches, one row each."""
    first = f"date_trunc('hour', {start})"
    last = f"date_trunc('hour', greatest({start}, {end} - INTERVAL 1 MICROSECOND))"
    return f"unnest(generate_series({first}, {last}, INTERVAL 1 HOUR))"


def _part(amount: Decimal, left: int, hours: int) -> Decimal:
    """The part of an estimate whose hours are not billed: all, none, or in proportion."""
    if left == hours:
        return amount
    product = _DIVISION.multiply(amount, Decimal(left))
    return _DIVISION.divide(product, Decimal(hours)).quantize(_SCALE, ROUND_HALF_EVEN, _DIVISION)


def _order(row: ProvisionalRow) -> tuple[Any, ...]:
    return (row.source, row.day, row.provisional.copy_negate(), str(row.values), row.currency,
            row.rated_by)  # fmt: skip
