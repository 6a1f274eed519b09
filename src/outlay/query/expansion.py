"""A question that splits take part in: how its branches are asked, and how they are shared out.

Branches are summed first, by the asked dimensions, the charge's own value of the split tag, its
pool and its period. The sums are then joined to the shares: each row stays as *direct* on its own
value; what its pool gives stands as *shared* on every target, and with the opposite sign on its
own value. Conditions on the tag are asked after that, all others before.

Amount × share is exact. An amount's first nine decimals and the rest are multiplied apart: the
products have 18 decimals (``a``) and 30 (``b``). A converted amount has nine decimals more: its
last ones make products of 38 decimals (``c``) and whole units of 10^-39 (``u``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
from sqlglot import exp

from outlay.allocation.splits import NO_POOL
from outlay.allocation.values import values_where
from outlay.expression import Condition, compile_condition, condition_text, referenced
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.errors import QueryError
from outlay.expression.tree import All, Membership, Ref, Text
from outlay.expression.tree import Any as AnyOf
from outlay.focus.sql import literal
from outlay.query.planner import Asked
from outlay.query.shape import SHARE_DAY, Sum
from outlay.query.splitting import TagShares

BILLING = Dimension("column", "x_BillingPeriod")


@dataclass(frozen=True)
class Stage:
    """One tag whose splits share rows out; `table` is the temporary table of its shares (see
    `TagShares.table`)."""

    tag: str
    shares: TagShares
    table: str

    @property
    def dimension(self) -> Dimension:
        """The tag."""
        return Dimension(VIRTUAL, self.tag)

    @property
    def pools(self) -> Dimension:
        """The hidden tag of its pools."""
        return Dimension(VIRTUAL, self.shares.graph.pools_tag)


@dataclass(frozen=True)
class Expansion:
    """How one question is shared out, by one tag's splits after the other's. `asked` is what
    branches are asked, `width` the number of its dimensions that the result has; the others are
    carried along for the shares and for `after`, the condition on expanded rows."""

    stages: tuple[Stage, ...]
    asked: Asked
    width: int
    after: Condition | None

    @property
    def sole(self) -> Stage:
        """The stage of a question about one tag; raises QueryError for several."""
        if len(self.stages) > 1:
            tags = " and ".join(stage.tag for stage in self.stages)
            raise QueryError(
                f"{tags} have splits: what each gave is told for one of them at a time",
                field="splits",
                hint="Ask by one of them, or directly (splits=direct).",
            )
        return self.stages[0]

    def column(self, dimension: Dimension) -> str:
        """The column of branches that has a dimension."""
        return f"d{self.asked.by.index(dimension)}"

    def create_shares(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Put the shares into temporary tables of the connection."""
        for stage in self.stages:
            connection.register("outlay_shares", stage.shares.table)
            try:
                connection.execute(
                    f"CREATE TEMP TABLE {stage.table} AS SELECT pool AS _pool, day AS _day, "
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
        parts = shared_columns(sums, self.wide(converted))
        summed = ", ".join(f"sum({name}) AS {name}" for name in own)
        nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in parts.items())
        kept = ", ".join([*keys, *carried, *day])
        steps = [
            f"_rows AS MATERIALIZED (SELECT {kept}, {summed}, {nothing} FROM ({rows}) GROUP BY ALL)"
        ]
        relation = "_rows"
        for number, stage in enumerate(self.stages):
            products = _products(
                sums, converted=converted, halves=halves, again=number > 0,
                wide=self.wide(converted),
            )  # fmt: skip
            steps.append(f"_stage{number} AS ({self._stage(stage, relation, own, keys, products)})")
            relation = f"_stage{number}"
        result = [*keys, *carried[: self.width], *own, *parts]
        where = "" if self.after is None else f" WHERE {self.kept_sql(relation)}"
        return f"WITH {', '.join(steps)} SELECT {', '.join(result)} FROM {relation}{where}"

    def wide(self, converted: bool) -> bool:
        """Whether shared parts have more than 30 decimals: a third factor has been applied."""
        return converted or len(self.stages) > 1

    def _stage(
        self,
        stage: Stage,
        relation: str,
        own: Sequence[str],
        keys: Sequence[str],
        products: Sequence[str],
    ) -> str:
        """Every row, and those that one tag's splits move."""
        value = self.column(stage.dimension)
        moved = [
            f"coalesce(s._target, r.{value}) AS {value}" if f"d{i}" == value else f"r.d{i}"
            for i in range(len(self.asked.by))
        ]
        day = [f"r.{SHARE_DAY}"] if self.asked.share_day else []
        selected = [*(f"r.{key}" for key in keys), *moved, *day]
        selected += [*(f"NULL AS {name}" for name in own), *products]
        return (
            f"SELECT * FROM {relation} UNION ALL SELECT {', '.join(selected)} FROM "
            f"(SELECT * FROM {relation} WHERE {self.column(stage.pools)} <> {literal(NO_POOL)}) "
            f"AS r JOIN {stage.table} AS s ON {self.joined_sql(stage, 'r')}"
        )

    def joined_sql(self, stage: Stage, relation: str) -> str:
        """The condition that finds a row's shares, as ``s``."""
        day, billing = self.key_sql(stage, relation)
        same = [f"s._pool = {relation}.{self.column(stage.pools)}"]
        if stage.shares.day:
            same.append(f"s._day IS NOT DISTINCT FROM {day}")
        if stage.shares.billing:
            same.append(f"s._billing IS NOT DISTINCT FROM {billing}")
        return " AND ".join(same)

    def key_sql(self, stage: Stage, relation: str) -> tuple[str, str]:
        """The SQL of the day and the billing period under which a row's shares stand; null where
        its pool does not go by them."""
        kinds = stage.shares.kinds
        by_day = sorted(pool for pool, found in kinds.items() if "day" in found)
        by_month = sorted(set(kinds) - set(by_day) - _billed_alone(stage.shares))
        billed = sorted(pool for pool, found in kinds.items() if "billing-period" in found)
        day, billing = "CAST(NULL AS DATE)", "CAST(NULL AS DATE)"
        if stage.shares.day:
            column = f"{relation}.{SHARE_DAY}"
            month = f"CAST(date_trunc('month', {column}) AS DATE)"
            day = self._case(stage, relation, [(by_day, column), (by_month, month)])
        if stage.shares.billing:
            column = f"{relation}.{self.column(BILLING)}"
            billing = self._case(stage, relation, [(billed, column)])
        return day, billing

    def _case(self, stage: Stage, relation: str, cases: Sequence[tuple[Sequence[str], str]]) -> str:
        told = [(pools, value) for pools, value in cases if pools]
        if len(told) == 1 and len(told[0][0]) == len(stage.shares.kinds):
            return told[0][1]
        whens = " ".join(
            f"WHEN {relation}.{self.column(stage.pools)} IN ({', '.join(map(literal, pools))}) "
            f"THEN {value}"
            for pools, value in told
        )
        return f"CASE {whens} END" if whens else "CAST(NULL AS DATE)"

    def kept_sql(self, relation: str, stage: Stage | None = None) -> str:
        """The condition that a row passes what is asked after the split; with a stage, the
        target of the joined ``s`` stands for the row's own value of its tag."""

        def resolve(dimension: Dimension) -> exp.Expr:
            column = exp.column(self.column(dimension), table=relation)
            if stage is not None and dimension == stage.dimension:
                return exp.func("coalesce", exp.column("_target", table="s"), column)
            return column

        if self.after is None:
            return "true"
        return compile_condition(self.after, resolve).sql(dialect="duckdb")


def _billed_alone(shares: TagShares) -> set[str]:
    return {pool for pool, found in shares.kinds.items() if found == {"billing-period"}}


def expand(asked: Asked, shares: Mapping[str, TagShares]) -> Expansion:
    """How a question is asked and shared out by the splits of the tags that it looks at."""
    stages = tuple(
        Stage(tag, found, f"_shares{number}")
        for number, (tag, found) in enumerate(sorted(shares.items()))
    )
    split = {stage.dimension for stage in stages}
    items = _items(asked.condition)
    after = [item for item in items if split & referenced(item)]
    before = [item for item in items if not split & referenced(item)]
    for stage in stages:
        own = [item for item in after if referenced(item) == {stage.dimension}]
        before += [_reached(item, stage) for item in own]
    carried = sorted({d for item in after for d in referenced(item)})
    by = [*asked.by, *(d for stage in stages for d in (stage.dimension, stage.pools)), *carried]
    if any(stage.shares.billing for stage in stages):
        by.append(BILLING)
    days = {stage.shares.day for stage in stages}
    changed = replace(
        asked,
        by=tuple(dict.fromkeys(by)),
        condition=_all(before),
        share_day=next((day for day in ("day", "month") if day in days), ""),
    )
    return Expansion(stages, changed, len(asked.by), _all(after))


def _items(condition: Condition | None) -> tuple[Condition, ...]:
    if condition is None:
        return ()
    return condition.items if isinstance(condition, All) else (condition,)


def _all(items: Sequence[Condition]) -> Condition | None:
    if not items:
        return None
    return items[0] if len(items) == 1 else All(tuple(items))


def _reached(item: Condition, stage: Stage) -> Condition:
    """What a condition on the tag leaves before expansion: the charges of the values that it
    keeps, and those of every pool that gives to one of them."""
    shares = stage.shares.shares
    targets = sorted({target for given in shares.values() for target in given})
    kept = set(values_where(condition_text(item), stage.tag, targets))
    giving = sorted({key.pool for key, given in shares.items() if kept & set(given)})
    if not giving:
        return item
    return AnyOf((item, Membership(Ref(stage.pools), tuple(Text(pool) for pool in giving))))


# --- exact products -------------------------------------------------------------------------


def shared_columns(sums: Sequence[Sum], wide: bool) -> dict[str, str]:
    """Column → SQL type of the shared parts of the sums of money."""
    kinds = {"a": "DECIMAL(38,18)", "b": "DECIMAL(38,30)"}
    if wide:
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


def _products(
    sums: Sequence[Sum], *, converted: bool, halves: bool, again: bool, wide: bool
) -> list[str]:
    """The parts of each sum times the share; `again` where shared parts are shared once more."""
    kinds = shared_columns(sums, wide)
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
        if again:
            # A row has either an amount of its own or shared parts; the other is null.
            once = {
                "a": f"{_first(f'x{i}a')} + {_first(f'x{i}b')}",
                "b": f"{_rest(f'x{i}a', 18)} * s._share",
                **_last(f"x{i}b"),
            }
            own = f"r.s{i} IS NOT NULL"
            parts = {
                p: f"CASE WHEN {own} THEN {parts.get(p, '0')} ELSE {sql} END"
                for p, sql in once.items()
            }
        elif wide:
            parts = {"c": "0", "u": "0", **parts}
        found += [
            f"CAST({parts[name[len(f'x{i}') :]]} AS {kinds[name]}) AS {name}"
            for name in kinds
            if name[:-1] == f"x{i}"
        ]
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
