"""What splits did to the groups of a question, read from the charges under it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from outlay.allocation.splits import NO_POOL, SHARE_SCALE, Hop, ShareKey, taken_condition
from outlay.allocation.weights import described
from outlay.expression import condition_text, parse, referenced, text_literal
from outlay.expression.tree import All
from outlay.focus.sql import literal
from outlay.money import MONEY_CONTEXT, total
from outlay.query import ranges
from outlay.query.expansion import BILLING, Expansion
from outlay.query.explain import ExplainedSlice, Key, explained_slices, read_lines
from outlay.query.explainshared import (
    GivenAmount,
    KeptAmount,
    SharedAmount,
    SharedStep,
    SharedWay,
)
from outlay.query.model import CostQuery
from outlay.query.narrow import equals
from outlay.query.run import Prepared
from outlay.query.scoping import scope
from outlay.query.splitting import TagShares

_Parts = tuple[Sequence[SharedAmount], Sequence[GivenAmount], Sequence[KeptAmount]]


@dataclass
class _Raw:
    """Rows of a group as they were read."""

    shared: list[tuple[Any, ...]] = field(default_factory=list)
    given: list[tuple[Any, ...]] = field(default_factory=list)
    kept: list[tuple[Any, ...]] = field(default_factory=list)
    net: list[Decimal] = field(default_factory=list)


class SplitParts:
    """What splits gave to and took from each group, by (currency, *values of `by`).

    Reads the temporary table ``line`` of a connection (see `explain`) at once; what is shown of a
    group is put together when it is asked for.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, prepared: Prepared, lines: int
    ) -> None:
        assert prepared.expansion is not None
        self.prepared = prepared
        self.expansion: Expansion = prepared.expansion
        self.stage = self.expansion.sole
        self.shares = self.stage.shares
        self.width = len(prepared.query.by)
        self.groups: dict[Key, _Raw] = {}
        self.scoped = bool(scope())
        self.pools_told = not self.scoped or self.stage.dimension not in referenced(parse(scope()))
        self.expansion.create_shares(connection)
        connection.execute(f"CREATE TEMP TABLE pooled AS {self._pooled_sql()}")
        self._read_given(connection)
        self._read_kept(connection)
        keys = [*(f"d{i}" for i in self._others), "_source_pool", "_key_day", "_key_billing"]
        files, tops = read_lines(connection, "pooled", keys, "true", lines)
        self.slices = explained_slices(prepared, files, tops, len(keys))

    @property
    def _others(self) -> list[int]:
        """The places of the result's dimensions but the split tag."""
        by = self.expansion.asked.by[: self.width]
        return [i for i, dimension in enumerate(by) if dimension != self.stage.dimension]

    def _pooled_sql(self) -> str:
        """The lines that some split takes, each with its pool and the key of its shares."""
        pool = self.expansion.column(self.stage.pools)
        day = "CAST(_moment AS DATE)"
        if self.shares.day == "month":
            day = f"CAST(date_trunc('month', {day}) AS DATE)"
        lines = f"SELECT *, {day} AS _share_day FROM line WHERE {pool} <> {literal(NO_POOL)}"
        day_key, billing_key = self.expansion.key_sql(self.stage, "r")
        return (
            f"SELECT *, {pool} AS _source_pool, {day_key} AS _key_day, "
            f"{billing_key} AS _key_billing FROM ({lines}) AS r"
        )

    def _read_given(self, connection: duckdb.DuckDBPyConnection) -> None:
        """What was taken and given, by group, pool and key: one row a target, and one (without a
        target) for the value that gave it."""
        own = self.expansion.column(self.stage.dimension)
        value = f"coalesce(s._target, r.{own})"
        selected = [
            value if dimension == self.stage.dimension else f"r.d{i}"
            for i, dimension in enumerate(self.expansion.asked.by[: self.width])
        ]
        columns = ", ".join(
            ["r._currency", *selected, "r._source_pool", "r._key_day", "r._key_billing"]
        )
        rows = connection.execute(
            f"SELECT {columns}, {value}, s._target IS NULL, s._share, coalesce(sum(r.amount), 0) "
            f"FROM pooled AS r JOIN {self.stage.table} AS s "
            f"ON {self.expansion.joined_sql(self.stage, 'r')} "
            f"WHERE {self.expansion.kept_sql('r', self.stage)} GROUP BY ALL"
        ).fetchall()
        for row in rows:
            key, (pool, day, billing, value, gave, share, amount) = self._cut(row)
            raw = self.groups.setdefault(key, _Raw())
            moved = MONEY_CONTEXT.multiply(Decimal(amount), Decimal(share))
            raw.net.append(moved)
            at = ShareKey(pool, day, billing)
            if gave:
                raw.given.append((at, value, moved))
            else:
                raw.shared.append((at, value, Decimal(share), Decimal(amount), moved))

    def _read_kept(self, connection: duckdb.DuckDBPyConnection) -> None:
        own = f"r.{self.expansion.column(self.stage.dimension)}"
        selected = [f"r.d{i}" for i in range(self.width)]
        columns = ", ".join(
            ["r._currency", *selected, "r._source_pool", "r._key_day", "r._key_billing"]
        )
        rows = connection.execute(
            f"SELECT {columns}, {own}, coalesce(sum(r.amount), 0) FROM pooled AS r "
            f"WHERE NOT EXISTS (SELECT 1 FROM {self.stage.table} AS s WHERE "
            f"{self.expansion.joined_sql(self.stage, 'r')}) "
            f"AND {self.expansion.kept_sql('r')} GROUP BY ALL"
        ).fetchall()
        for row in rows:
            key, (pool, day, billing, value, amount) = self._cut(row)
            raw = self.groups.setdefault(key, _Raw())
            raw.kept.append((ShareKey(pool, day, billing), value, Decimal(amount)))

    def _cut(self, row: tuple[Any, ...]) -> tuple[Key, tuple[Any, ...]]:
        return row[: self.width + 1], row[self.width + 1 :]

    # --- groups ---------------------------------------------------------------------------

    def net(self, key: Key) -> Decimal:
        """What splits gave to a group less what they took from it."""
        raw = self.groups.get(key)
        return total(raw.net) if raw else Decimal(0)

    def of(self, key: Key) -> Callable[[], _Parts]:
        """The parts of a group, put together when called; largest first."""

        def made() -> _Parts:
            raw = self.groups.get(key, _Raw())
            shared = [self._shared(key, *row) for row in raw.shared]
            given = [self._given(*row) for row in raw.given]
            kept = [self._kept(*row) for row in raw.kept]
            return _largest(shared), _largest(given), _largest(kept)

        return made

    def _shared(
        self, group: Key, key: ShareKey, target: str, share: Decimal, pool: Decimal, moved: Decimal
    ) -> SharedAmount:
        values = {i: group[i + 1] for i in self._others}
        place = (group[0], *values.values(), key.pool, key.day, key.billing)
        ways = tuple(self._way(hop) for hop in self.shares.ways(key) if hop.through[-1] == target)
        if not self.pools_told:
            # The pool is others' too: its split, the share and the amount are the reader's own.
            return SharedAmount(
                key.pool, target, key.day, key.billing, None, share, moved, ways, (), None
            )  # fmt: skip
        slices: tuple[ExplainedSlice, ...] = self.slices.get(place, ())
        return SharedAmount(
            key.pool, target, key.day, key.billing, pool, share, moved, ways, slices,
            self._charges(key, values, str(group[0])),
        )  # fmt: skip

    def _way(self, hop: Hop) -> SharedWay:
        steps = []
        for part, target in zip(hop.parts, hop.through, strict=True):
            split = self.shares.graph.splits[part.split]
            steps.append(
                SharedStep(
                    split=part.split,
                    version=self.prepared.labels.rules.versions.get(("Split", part.split)),
                    title=split.title,
                    owner=split.owner,
                    tag=split.tag,
                    method=split.method,
                    weighs=described(split),
                    period_kind=split.period,
                    period=part.period,
                    target=target,
                    weight=None if self.scoped else part.weights[target],
                    weights={} if self.scoped else part.weights,
                    share=part.shares[target],
                    notes=() if self.scoped else part.notes,
                )
            )
        taker = self.shares.graph.taker(hop.through[-1])
        stayed = ""
        if taker:
            # The next split would have passed it on, had it anything to go by.
            stayed = f"{taker} takes {hop.through[-1]}, but could not give it in this period"
        return SharedWay(tuple(steps), hop.share, stayed)

    def _given(self, key: ShareKey, value: str, amount: Decimal) -> GivenAmount:
        shares = {
            target: Decimal(units).scaleb(-SHARE_SCALE)
            for target, units in self.shares.shares[key].items()
            if not self.scoped
        }
        return GivenAmount(key.pool, value, key.day, key.billing, amount, shares)

    def _kept(self, key: ShareKey, value: str, amount: Decimal) -> KeptAmount:
        reason = self.shares.part(key.pool, key).reason
        return KeptAmount(key.pool, value, key.day, key.billing, amount, reason)

    # --- the question that lists a pool's charges -----------------------------------------

    def _charges(self, key: ShareKey, values: Mapping[int, Any], currency: str) -> CostQuery:
        query = self.prepared.query
        where = [pool_where(self.shares, key.pool)]
        where += [f"({text})" for text in _untouched(self.prepared, self.expansion)]
        where += [equals(query.by[i], value) for i, value in values.items()]
        where.append(f"BillingCurrency = {text_literal(currency)}")
        if key.billing is not None:
            where.append(f"{BILLING} = {text_literal(key.billing.isoformat())}")
        changes: dict[str, Any] = {"by": (), "limit": None, "splits": "direct"}
        if key.day is not None:
            by_day = "day" in self.shares.kinds[key.pool]
            changes["range"] = _within(self.prepared, key.day, by_day)
        return query.but(**changes, where=" AND ".join(where))


def pool_where(shares: TagShares, pool: str) -> str:
    """The condition on charges that are in a pool: its split takes them, and none before it."""
    graph = shares.graph
    found = [f"({taken_condition(graph.tag, graph.splits[pool])})"]
    for name, split in graph.splits.items():
        if name == pool:
            break
        taken = taken_condition(graph.tag, split)
        if isinstance(split.take, str) and isinstance(graph.splits[pool].take, str):
            continue
        found.append(f"NOT ({taken})")
    return " AND ".join(found)


def _untouched(prepared: Prepared, expansion: Expansion) -> list[str]:
    """The parts of the question's condition that do not look at the split tag."""
    if not prepared.query.where:
        return []
    condition = parse(prepared.query.where)
    items = condition.items if isinstance(condition, All) else (condition,)
    tag = expansion.sole.dimension
    return [condition_text(item) for item in items if tag not in referenced(item)]


def _within(prepared: Prepared, start: date, by_day: bool) -> str:
    """A share's period within the asked days, as a range."""
    end = start + timedelta(days=1) if by_day else ranges.step(start, "month", 1)
    days = prepared.days
    first = max(start, days.start) if days.start else start
    last = min(end, days.end) if days.end else end
    return ranges.between(first, last)


def _largest(rows: list[Any]) -> list[Any]:
    def order(row: Any) -> tuple[Decimal, str, str]:
        return row.amount.copy_abs().copy_negate(), str(row.day), row.split

    return sorted(rows, key=order)
