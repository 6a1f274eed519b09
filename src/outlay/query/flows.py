"""Where the money of splits goes: what each takes, gives and keeps, by period, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.access import whole_only
from outlay.allocation.rules import Ruleset
from outlay.allocation.splits import NO_POOL, SHARE_SCALE, Hop, ShareKey, SplitPart
from outlay.focus.sql import literal
from outlay.lake.engine.shared import question_connection
from outlay.lake.types import Pin
from outlay.money import MONEY_CONTEXT, total
from outlay.query.compiler import branch_sql
from outlay.query.expansion import BILLING
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery
from outlay.query.planner import plan
from outlay.query.run import PinnableLake, Prepared, prepare, with_splits
from outlay.query.shape import SHARE_DAY
from outlay.query.splitting import TagShares


@dataclass(frozen=True)
class PoolPeriod:
    """The pool of a split under one key of its shares, in one currency.

    `charges` is what was taken by the charge's own value, `shares` what each target gets of it in
    billionths (none: it stays, and `reason` says why), `ways` how it gets there.
    """

    split: str
    day: date | None
    billing_period: date | None
    currency: str
    charges: Mapping[str, Decimal]
    shares: Mapping[str, int]
    part: SplitPart
    ways: tuple[Hop, ...]

    @property
    def taken(self) -> Decimal:
        """The pool."""
        return total(self.charges.values())

    @property
    def reason(self) -> str:
        """Why it stays; '' where it is given."""
        return "" if self.shares else self.part.reason

    @property
    def given(self) -> dict[str, Decimal]:
        """Target → its amount: exact products that add up to what was taken."""
        return {
            target: MONEY_CONTEXT.multiply(self.taken, Decimal(units).scaleb(-SHARE_SCALE))
            for target, units in self.shares.items()
        }


@dataclass(frozen=True)
class Flows:
    """The pools of a tag's splits over the asked days, and the shares that they go by. `feeds`
    says which splits a split feeds, in the order in which money flows."""

    tag: str
    query: CostQuery
    shares: TagShares | None
    feeds: Mapping[str, tuple[str, ...]]
    pools: tuple[PoolPeriod, ...]

    def of(self, split: str) -> tuple[PoolPeriod, ...]:
        """The pools of one split, by period."""
        return tuple(pool for pool in self.pools if pool.split == split)

    def kept_parts(self, split: str) -> tuple[SplitPart, ...]:
        """The periods within the asked days in which the split gave nothing, in order."""
        found = {pool.part.period: pool.part for pool in self.of(split) if not pool.shares}
        return tuple(part for _, part in sorted(found.items()))


def flows(
    lake: PinnableLake,
    tag: str,
    within: CostQuery | None = None,
    *,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> Flows:
    """What the splits of a tag take, give and keep.

    Money is the first measure of `within`, over its range and `where` (default: effective cost of
    everything), in the charges' own currencies. Raises QueryError for a tag that there is not,
    for splits that feed each other in a circle, and like a question.
    """
    whole_only("what splits take and give")
    base = within or CostQuery()
    query = CostQuery(
        measures=base.measures[:1],
        by=(tag,),
        range=base.range,
        where=base.where,
        as_of=base.as_of,
        rules_as_of=base.rules_as_of,
    )
    prepared = with_splits(lake, prepare(lake, query, now=now, pin=pin, rules=rules))
    if prepared.expansion is None:
        return Flows(tag, query, None, {}, ())
    shares = prepared.expansion.sole.shares
    values = {v for part in shares.parts.values() for v in part.weights}
    feeds = shares.graph.feeding({*values, *shares.graph.named_values})
    return Flows(tag, query, shares, feeds, tuple(_pools(lake, prepared)))


def _pools(lake: PinnableLake, prepared: Prepared) -> list[PoolPeriod]:
    assert prepared.expansion is not None
    shares = prepared.expansion.sole.shares
    sums: dict[tuple[ShareKey, str], dict[str, Decimal]] = {}
    for currency, value, pool, day, billing, amount in _rows(lake, prepared):
        key = shares.key(pool, day, billing)
        by_value = sums.setdefault((key, currency), {})
        by_value[value] = total((by_value.get(value, Decimal(0)), Decimal(amount)))
    order = sorted(sums, key=lambda at: (at[0].pool, str(at[0].day), str(at[0].billing), at[1]))
    return [
        PoolPeriod(
            key.pool,
            key.day,
            key.billing,
            currency,
            dict(sorted(sums[key, currency].items())),
            shares.shares.get(key, {}),
            shares.part(key.pool, key),
            tuple(shares.ways(key)),
        )
        for key, currency in order
    ]


def _rows(lake: PinnableLake, prepared: Prepared) -> list[tuple[Any, ...]]:
    """Currency, value, pool, day and billing period of shares (None where they have no part) and
    the sum of the measure, over charges that a split takes."""
    expansion = prepared.expansion
    assert expansion is not None
    asked = replace(expansion.asked, condition=prepared.asked.condition)
    branches = [
        branch
        for span in prepared.spans
        for branch in plan(lake, prepared.facts, asked, span, None, labels=prepared.labels)
    ]
    if not branches:
        return []
    rows = " UNION ALL BY NAME ".join(f"({branch_sql(branch)})" for branch in branches)
    pool = expansion.column(expansion.sole.pools)
    day = SHARE_DAY if asked.share_day else "CAST(NULL AS DATE)"
    billing = expansion.column(BILLING) if expansion.sole.shares.billing else "CAST(NULL AS DATE)"
    parts = MEASURES[prepared.query.measures[0]].parts
    # The sums stand in the order of the measure's parts.
    amount = " + ".join(
        f"coalesce(sum({'-' if part.sign < 0 else ''}s{i}), 0)" for i, part in enumerate(parts)
    )
    own = expansion.column(expansion.sole.dimension)
    with question_connection(lake) as connection:
        return connection.execute(
            f"SELECT _currency, {own}, {pool}, {day}, {billing}, {amount} FROM ({rows}) "
            f"WHERE {pool} <> {literal(NO_POOL)} GROUP BY ALL"
        ).fetchall()
