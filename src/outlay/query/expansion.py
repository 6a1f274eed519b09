"""A question that splits take part in: how its branches are asked, and how they are shared out.

Branches are summed first, by the asked dimensions, the charge's own value of the split tag, its
pool and its period. The sums are then joined to the shares: each row stays as *direct* on its own
value; what its pool gives stands as *shared* on every target, and with the opposite sign on its
own value. Conditions on the tag are asked after that, all others before.

Amount × share is exact. An amount's first nine decimals and the rest are multiplied apart: the
products have 18 decimals (``a``) and 30 (``b``). A converted amount has nine decimals more: its
last ones make products of 38 decimals (``c``) and whole units of 10^-39 (``u``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from outlay.allocation.splits import NO_POOL
from outlay.allocation.values import values_where
from outlay.expression import Condition, compile_condition, condition_text, referenced
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.tree import All, Membership, Ref, Text
from outlay.expression.tree import Any as AnyOf
from outlay.focus.sql import literal
from outlay.query.planner import Asked
from outlay.query.shape import SHARE_DAY, Sum
from outlay.query.splitting import TagShares

BILLING = Dimension("column", "x_BillingPeriod")
SHARES = "_shares"
"""The temporary table of shares; see `TagShares.table`."""


@dataclass(frozen=True)
class Expansion:
    """How one question is shared out. `asked` is what branches are asked, `width` the number of
    its dimensions that the result has; the others are carried along for the shares and for
    `after`, the condition on expanded rows."""

    tag: str
    shares: TagShares
    asked: Asked
    width: int
    after: Condition | None

    @property
    def dimension(self) -> Dimension:
        """The split tag."""
        return Dimension(VIRTUAL, self.tag)

    def column(self, dimension: Dimension) -> str:
        """The column of branches that has a dimension."""
        return f"d{self.asked.by.index(dimension)}"

    # --- the share table ------------------------------------------------------------------

    def create_shares(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Put the shares into a temporary table of the connection."""
        connection.register("outlay_shares", self.shares.table)
        try:
            connection.execute(
                f"CREATE TEMP TABLE {SHARES} AS SELECT pool AS _pool, day AS _day, "
                "billing AS _billing, target AS _target, share AS _share, "
                "CAST(units AS HUGEINT) AS _units FROM outlay_shares"
            )
        finally:
            connection.unregister("outlay_shares")

    # --- the expansion --------------------------------------------------------------------

    def sql(self, rows: str, sums: Sequence[Sum], *, converted: bool, halves: bool) -> str:
        """The rows of branches, shared out: the same columns (without those carried along), and
        per sum of money its shared parts ``x0a``, ``x0b``… (null in a direct row)."""
        keys = ["_previous", "_period", "_currency", *(["_missing"] if converted else [])]
        own = _own_columns(sums, halves)
        carried = [f"d{i}" for i in range(len(self.asked.by))]
        day = [SHARE_DAY] if self.asked.share_day else []
        summed = ", ".join(f"sum({name}) AS {name}" for name in own)
        grouped = (
            f"SELECT {', '.join([*keys, *carried, *day])}, {summed} FROM ({rows}) GROUP BY ALL"
        )
        parts = shared_columns(sums, converted)
        direct = self._selected("_rows", None) + [
            *own,
            *(f"CAST(NULL AS {kind}) AS {name}" for name, kind in parts.items()),
        ]
        shared = self._selected("r", "_target") + [
            *(f"NULL AS {name}" for name in own),
            *_products(sums, converted=converted, halves=halves),
        ]
        return (
            f"WITH _rows AS MATERIALIZED ({grouped}) "
            f"SELECT {', '.join([*keys, *direct])} FROM _rows{self._where('_rows', None)} "
            f"UNION ALL SELECT {', '.join([*keys, *shared])} FROM "
            f"(SELECT * FROM _rows WHERE {self._pool} <> {literal(NO_POOL)}) AS r "
            f"JOIN {SHARES} AS s ON {self._joined('r')}{self._where('r', '_target')}"
        )

    def kept_sql(self, relation: str, target: str | None = None) -> str:
        """The condition that a row's own value (or the target's) passes what is asked of it."""
        return self._where(relation, target).removeprefix(" WHERE ") or "true"

    def joined_sql(self, relation: str) -> str:
        """The condition that finds a row's shares, as ``s``."""
        return self._joined(relation)

    @property
    def pool_column(self) -> str:
        """The column of branches that has the pool."""
        return self._pool

    def _selected(self, relation: str, target: str | None) -> list[str]:
        """The result's dimensions of a row; the tag's value is the target's, if there is one."""
        found = []
        for i, dimension in enumerate(self.asked.by[: self.width]):
            value = f"{relation}.d{i}"
            if target and dimension == self.dimension:
                value = f"coalesce({target}, {value})"
            found.append(f"{value} AS d{i}")
        return found

    @property
    def _pool(self) -> str:
        return self.column(Dimension(VIRTUAL, self.shares.graph.pools_tag))

    def _joined(self, relation: str) -> str:
        """The condition that finds the shares of a row."""
        day, billing = self.key_sql(relation)
        same = [f"s._pool = {relation}.{self._pool}"]
        if self.asked.share_day:
            same.append(f"s._day IS NOT DISTINCT FROM {day}")
        if self.shares.billing:
            same.append(f"s._billing IS NOT DISTINCT FROM {billing}")
        return " AND ".join(same)

    def key_sql(self, relation: str) -> tuple[str, str]:
        """The SQL of the day and the billing period under which a row's shares stand; null where
        its pool does not go by them."""
        kinds = self.shares.kinds
        by_day = sorted(pool for pool, found in kinds.items() if "day" in found)
        by_month = sorted(set(kinds) - set(by_day) - _billed_alone(self.shares))
        billed = sorted(pool for pool, found in kinds.items() if "billing-period" in found)
        day, billing = "CAST(NULL AS DATE)", "CAST(NULL AS DATE)"
        if self.asked.share_day:
            column = f"{relation}.{SHARE_DAY}"
            month = f"CAST(date_trunc('month', {column}) AS DATE)"
            day = self._case(relation, [(by_day, column), (by_month, month)])
        if self.shares.billing:
            column = f"{relation}.{self.column(BILLING)}"
            billing = self._case(relation, [(billed, column)])
        return day, billing

    def _case(self, relation: str, cases: Sequence[tuple[Sequence[str], str]]) -> str:
        told = [(pools, value) for pools, value in cases if pools]
        if len(told) == 1 and len(told[0][0]) == len(self.shares.kinds):
            return told[0][1]
        whens = " ".join(
            f"WHEN {relation}.{self._pool} IN ({', '.join(map(literal, pools))}) THEN {value}"
            for pools, value in told
        )
        return f"CASE {whens} END" if whens else "CAST(NULL AS DATE)"

    def _where(self, relation: str, target: str | None) -> str:
        if self.after is None:
            return ""

        def resolve(dimension: Dimension) -> exp.Expr:
            column = exp.column(self.column(dimension), table=relation)
            if target and dimension == self.dimension:
                return exp.func("coalesce", exp.column(target), column)
            return column

        return f" WHERE {compile_condition(self.after, resolve).sql(dialect='duckdb')}"


def _billed_alone(shares: TagShares) -> set[str]:
    return {pool for pool, found in shares.kinds.items() if found == {"billing-period"}}


def expand(asked: Asked, tag: str, shares: TagShares) -> Expansion:
    """How a question is asked and shared out by the splits of a tag that it looks at."""
    dimension = Dimension(VIRTUAL, tag)
    pools = Dimension(VIRTUAL, shares.graph.pools_tag)
    items = _items(asked.condition)
    after = [item for item in items if dimension in referenced(item)]
    before = [item for item in items if dimension not in referenced(item)]
    for item in after:
        if referenced(item) == {dimension}:
            before.append(_reached(item, dimension, pools, shares))
    carried = {d for item in after for d in referenced(item)}
    by = dict.fromkeys((*asked.by, dimension, pools))
    by |= dict.fromkeys(sorted(carried) + ([BILLING] if shares.billing else []))
    changed = replace(asked, by=tuple(by), condition=_all(before), share_day=shares.day)
    return Expansion(tag, shares, changed, len(asked.by), _all(after))


def _items(condition: Condition | None) -> tuple[Condition, ...]:
    if condition is None:
        return ()
    return condition.items if isinstance(condition, All) else (condition,)


def _all(items: Sequence[Condition]) -> Condition | None:
    if not items:
        return None
    return items[0] if len(items) == 1 else All(tuple(items))


def _reached(
    item: Condition, dimension: Dimension, pools: Dimension, shares: TagShares
) -> Condition:
    """What a condition on the tag leaves before expansion: the charges of the values that it
    keeps, and those of every pool that gives to one of them."""
    targets = sorted({target for given in shares.shares.values() for target in given})
    kept = set(values_where(condition_text(item), dimension.name, targets))
    giving = sorted({key.pool for key, given in shares.shares.items() if kept & set(given)})
    if not giving:
        return item
    return AnyOf((item, Membership(Ref(pools), tuple(Text(pool) for pool in giving))))


# --- exact products -------------------------------------------------------------------------


def shared_columns(sums: Sequence[Sum], converted: bool) -> dict[str, str]:
    """Column → SQL type of the shared parts of the sums of money."""
    kinds = {"a": "DECIMAL(38,18)", "b": "DECIMAL(38,30)"}
    if converted:
        kinds |= {"c": "DECIMAL(38,38)", "u": "HUGEINT"}
    return {
        f"x{i}{part}": kind
        for i, one in enumerate(sums)
        if one.is_money
        for part, kind in kinds.items()
    }


def _own_columns(sums: Sequence[Sum], halves: bool) -> list[str]:
    return [
        name
        for i, one in enumerate(sums)
        for name in ((f"s{i}", f"s{i}l") if halves and one.is_money else (f"s{i}",))
    ]


def _products(sums: Sequence[Sum], *, converted: bool, halves: bool) -> list[str]:
    found = []
    for i, one in enumerate(sums):
        if not one.is_money:
            continue
        if not converted:
            parts = {"a": _first(f"s{i}"), "b": f"{_rest(f's{i}', 21)} * s._share"}
        elif not halves:
            parts = {"a": _first(f"s{i}"), "b": "0", **_last(f"s{i}")}
        else:
            parts = {
                "a": f"{_first(f's{i}')} + {_first(f's{i}l')}",
                "b": f"{_rest(f's{i}', 18)} * s._share",
                **_last(f"s{i}l"),
            }
        kinds = shared_columns(sums, converted)
        found += [f"CAST({sql} AS {kinds[f'x{i}{p}']}) AS x{i}{p}" for p, sql in parts.items()]
    return found


def _high(column: str) -> str:
    return f"CAST({column} AS DECIMAL(29,9))"


def _first(column: str) -> str:
    """An amount's first nine decimals times the share: 18 decimals."""
    return f"{_high(column)} * s._share"


def _rest(column: str, scale: int) -> str:
    """What an amount of `scale` decimals has below the ninth."""
    return f"CAST({column} - {_high(column)} AS DECIMAL({scale},{scale}))"


def _last(column: str) -> dict[str, str]:
    """The products of an amount of 30 decimals below the ninth: 29 decimals, and the last one."""
    rest = _rest(column, 30)
    upper = f"CAST({rest} AS DECIMAL(29,29))"
    digit = f"CAST({rest} - {upper} AS DECIMAL(30,30)) * CAST({10**30} AS DECIMAL(31,0))"
    return {"c": f"{upper} * s._share", "u": f"CAST({digit} AS HUGEINT) * s._units"}
