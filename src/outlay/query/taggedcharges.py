"""Charges with the values of virtual tags beside them, and the rows of a split among them.

What other tools read: one column a tag (``x_VirtualTag_team``), and, where a tag's splits are
asked for, rows that move cost: one that takes a charge's cost from its own value and one for each
target, with ``x_SplitName`` and ``x_SplitShare``. All rows add up to the bill, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from outlay.access import whole_only
from outlay.allocation.labels import Labels
from outlay.allocation.rules import Ruleset
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.focus.sql import quoted
from outlay.lake.facts import SliceFacts, slice_facts
from outlay.lake.types import Pin, Slice
from outlay.query.expansion import Expansion, expand
from outlay.query.model import CostQuery
from outlay.query.planner import Asked, label_files, parts_of
from outlay.query.ranges import Days
from outlay.query.run import PinnableLake, prepare, shares_of
from outlay.query.sqlparts import label_column, labelled_contexts, with_files

COSTS = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
_SHARED_SQL = "DECIMAL(38,30)"
"""A cost of 21 decimals times a share of nine; the engine refuses what does not fit."""
_NOT_SHARED = (
    "ConsumedQuantity", "PricingQuantity", "ListUnitPrice", "ContractedUnitPrice",
)  # fmt: skip
"""Null in the rows of splits: money is shared, not usage."""

SPLIT_NAME, SPLIT_SHARE = "x_SplitName", "x_SplitShare"


def tag_column(tag: str) -> str:
    """The column of a virtual tag in files that other tools read."""
    return f"x_VirtualTag_{tag.replace('-', '_')}"


@dataclass(frozen=True)
class Tagged:
    """Charges with virtual tags; `sql` reads them on a connection that `prepare` was given."""

    sql: str
    expansion: Expansion | None

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Put what the SQL needs beside files into temporary tables of the connection."""
        if self.expansion is not None:
            self.expansion.create_shares(connection)


def tagged_charges(
    lake: PinnableLake,
    pin: Pin,
    slice_: Slice,
    rules: Ruleset,
    tags: Sequence[str],
    split_tag: str | None = None,
    shares_pin: Pin | None = None,
) -> Tagged:
    """The charges of a slice with the columns of `tags`, and with the rows of the splits of
    `split_tag` (one of them), weighed over `shares_pin` (default: `pin`).

    Raises QueryError for a tag that there is not.
    """
    whole_only("charges as a file")
    for tag in tags:
        rules.tag(tag, "tags")
    expansion = None
    if split_tag is not None and rules.splits_of(split_tag):
        prepared = prepare(lake, CostQuery(by=(split_tag,)), pin=shares_pin or pin, rules=rules)
        shares = shares_of(lake, prepared, split_tag)
        expansion = expand(prepared.asked, {split_tag: shares})
        rules = rules.with_pools(split_tag)
    pools = (expansion.sole.shares.graph.pools_tag,) if expansion else ()
    mine = [one for one in slice_facts(lake, pin) if one.slice.delivery.id == slice_.delivery.id]
    labels = Labels(lake, rules)
    rows = " UNION ALL BY NAME ".join(
        sql for facts in mine for sql in _labelled(facts, labels, tags, pools)
    )
    if expansion is None:
        return Tagged(f"({rows})", None)
    return Tagged(f"({_with_splits(rows, expansion)})", expansion)


def _labelled(
    facts: SliceFacts, labels: Labels, tags: Sequence[str], pools: Sequence[str]
) -> list[str]:
    """The charges of a slice's facts with a column a tag; a SELECT an era of their rules."""
    names = (*tags, *pools)
    if not names:
        return [f"SELECT * FROM {facts.lines_sql}"]
    asked = Asked(tuple(Dimension(VIRTUAL, name) for name in names), None, (), "none", False)
    parts = list(parts_of(facts, asked, Days(None, None), labels))
    if not parts:
        columns = [quoted(tag_column(tag)) for tag in tags] + ["_pool_of" for _ in pools]
        nulls = ", ".join(f"CAST(NULL AS VARCHAR) AS {column}" for column in columns)
        return [f"SELECT *, {nulls} FROM {facts.lines_sql} WHERE false"]
    found = []
    for (_, days, _), paths in zip(parts, label_files(parts, asked, labels), strict=True):
        files = {name: (path,) for name, path in paths.items()}
        files["contexts"] = (facts.paths["contexts"],)
        inner = labelled_contexts(names, "x_ContextKey")
        contexts = with_files(inner.sql(dialect="duckdb"), files)
        columns = [f"l.{quoted(label_column(tag))} AS {quoted(tag_column(tag))}" for tag in tags]
        columns += [f"l.{quoted(label_column(pool))} AS _pool_of" for pool in pools]
        bounds = [
            f"c.ChargePeriodStart {sign} TIMESTAMP '{day}'"
            for sign, day in ((">=", days.start), ("<", days.end))
            if day
        ]
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        found.append(
            f"SELECT c.*, {', '.join(columns)} FROM {facts.lines_sql} AS c "
            f"JOIN ({contexts}) AS l ON l.x_ContextKey = c.x_ContextKey{where}"
        )
    return found


def _with_splits(rows: str, expansion: Expansion) -> str:
    """The charges, and beside each that a split takes the rows that move its cost."""
    own = quoted(tag_column(expansion.sole.tag))
    whole = ", ".join(f"CAST({name} AS {_SHARED_SQL}) AS {name}" for name in COSTS)
    moved = ", ".join(f"CAST({name} * s._share AS {_SHARED_SQL}) AS {name}" for name in COSTS)
    empty = ", ".join(f"NULL AS {name}" for name in _NOT_SHARED)
    day, billing = _key(expansion)
    kept = f"SELECT * EXCLUDE (_pool_of) REPLACE ({whole}), NULL AS {SPLIT_NAME}"
    return (
        f"WITH _charges AS ({rows}) {kept}, NULL AS {SPLIT_SHARE} FROM _charges "
        f"UNION ALL BY NAME SELECT r.* EXCLUDE (_pool_of) REPLACE ({moved}, {empty}, "
        f"coalesce(s._target, r.{own}) AS {own}), r._pool_of AS {SPLIT_NAME}, "
        f"CAST(s._share AS VARCHAR) AS {SPLIT_SHARE} FROM _charges AS r "
        f"JOIN {expansion.sole.table} AS s ON s._pool = r._pool_of "
        f"AND s._day IS NOT DISTINCT FROM {day} "
        f"AND s._billing IS NOT DISTINCT FROM {billing}"
    )


def _key(expansion: Expansion) -> tuple[str, str]:
    """The day and billing period under which the shares of a charge stand."""
    day = "CAST(r.ChargePeriodStart AS DATE)"
    month = f"CAST(date_trunc('month', {day}) AS DATE)"
    days, billings = [], []
    for pool, kinds in sorted(expansion.sole.shares.kinds.items()):
        name = exp.Literal.string(pool).sql(dialect="duckdb")
        if "day" in kinds or "month" in kinds:
            days.append(f"WHEN {name} THEN {day if 'day' in kinds else month}")
        if "billing-period" in kinds:
            billings.append(f"WHEN {name} THEN CAST(r.x_BillingPeriod AS DATE)")
    return tuple(  # type: ignore[return-value]
        f"CASE r._pool_of {' '.join(whens)} END" if whens else "CAST(NULL AS DATE)"
        for whens in (days, billings)
    )
