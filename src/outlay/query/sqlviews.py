"""Allocation in raw SQL: the views ``labels`` and ``shares``, and virtual tags as columns.

A virtual tag is a column of ``daily``, ``contexts`` and ``charges`` where a text names it
(``SELECT team, sum(EffectiveCost) FROM daily GROUP BY team``): its values are what the rules say,
without splits. ``SELECT *`` has none of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from outlay.access import whole_only
from outlay.allocation.labels import LabelKey, Labels, eras_of
from outlay.allocation.rules import Ruleset
from outlay.allocation.splits import SHARE_SCALE
from outlay.focus.sql import literal, quoted
from outlay.lake.facts import SliceFacts
from outlay.lake.types import Pin
from outlay.money.quotients import rounded
from outlay.query.model import CostQuery
from outlay.query.run import PinnableLake, prepare, shares_of

VIEWS = ("labels", "shares")
LAYER = "x_Layer"
"""A column on demand like a tag: which part of a slice a row is of, where others replace some of
its charges (a cluster's node); context ids mean something within it."""

_WEIGHT_DIGITS = 12


@dataclass(frozen=True)
class SqlTags:
    """The virtual tags of one raw query: the lake's labels, and the tags that the text names."""

    labels: Labels
    named: tuple[str, ...]
    layer: bool
    files: list[Path] = field(default_factory=list)
    """Every file of labels that the views read; the engine may open no others."""

    def slice_view(self, view: str, facts: SliceFacts, own: str) -> str:
        """The rows of a slice in ``daily``, ``contexts`` or ``charges``; a SELECT an era."""
        eras = list(eras_of(self.labels.rules, self.named, facts)) or [(None, None)]
        if view == "contexts":
            # A context has no day: its values are those of the newest rules.
            eras = eras[-1:]
        found = []
        for start, end in eras:
            joins, columns = self._joined(facts, start, "k" if view == "charges" else "c")
            bounds = []
            if view != "contexts":
                day = "d.ChargeDay" if view == "daily" else "c.ChargePeriodStart"
                kind = "DATE" if view == "daily" else "TIMESTAMP"
                bounds += [f"{day} >= {kind} '{start}'"] if start else []
                bounds += [f"{day} < {kind} '{end}'"] if end else []
            where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
            found.append(f"{self._base(view, facts, own, columns)} {joins}{where}")
        return " UNION ALL ".join(found)

    def _base(self, view: str, facts: SliceFacts, own: str, columns: str) -> str:
        contexts = f"read_parquet({literal(str(facts.paths['contexts']))})"
        if view == "contexts":
            return f"SELECT {own}, c.* EXCLUDE (x_ContextKey){columns} FROM {contexts} AS c"
        if view == "daily":
            daily = f"read_parquet({literal(str(facts.paths['daily']))})"
            return (
                f"SELECT {own}, d.*, c.* EXCLUDE (ContextId, x_ContextKey){columns} "
                f"FROM {daily} AS d JOIN {contexts} AS c ON c.ContextId = d.ContextId"
            )
        return (
            f"SELECT c.*{columns} FROM {facts.lines_sql} AS c JOIN (SELECT x_ContextKey, ContextId "
            f"FROM {contexts}) AS k ON k.x_ContextKey = c.x_ContextKey"
        )

    def _joined(self, facts: SliceFacts, start: date | None, of: str) -> tuple[str, str]:
        joins, columns = [], []
        if facts.first_day is None:
            # A slice without charges has contexts of none.
            nulls = "".join(f", CAST(NULL AS VARCHAR) AS {quoted(tag)}" for tag in self.named)
            return "", nulls + (f", {literal(facts.variant)} AS {LAYER}" if self.layer else "")
        keys = [LabelKey(tag, facts, start) for tag in self.named]
        for number, (tag, path) in enumerate(zip(self.named, self.labels.paths(keys), strict=True)):
            self.files.append(path)
            joins.append(
                f"LEFT JOIN read_parquet({literal(str(path))}) AS l{number} "
                f"ON l{number}.ContextId = {of}.ContextId"
            )
            columns.append(f", l{number}.Value AS {quoted(tag)}")
        if self.layer:
            columns.append(f", {literal(facts.variant)} AS {LAYER}")
        return " ".join(joins), "".join(columns)

    def labels_view(self, facts: Iterable[SliceFacts]) -> str:
        """One row a context, tag and era of its rules: the value, and the number of the rule (0:
        the default)."""
        rules = self.labels.rules
        keys = [
            (LabelKey(tag, one, start), start, end)
            for one in facts
            for tag in rules.tags
            for start, end in eras_of(rules, [tag], one)
        ]
        rows = []
        for (key, start, end), path in zip(
            keys, self.labels.paths([key for key, _, _ in keys]), strict=True
        ):
            self.files.append(path)
            slice_ = key.facts.slice
            rows.append(
                f"SELECT {literal(slice_.source)} AS x_SourceName, "
                f"DATE '{slice_.billing_period.start}' AS x_BillingPeriod, "
                f"{literal(key.facts.variant)} AS {LAYER}, ContextId, {literal(key.tag)} AS Tag, "
                f"Value, Rule, {_date(start)} AS FirstDay, {_date(end)} AS EndDay "
                f"FROM read_parquet({literal(str(path))})"
            )
        empty = (
            "SELECT '' AS x_SourceName, DATE '2000-01-01' AS x_BillingPeriod, '' AS x_Layer, "
            "0 AS ContextId, '' AS Tag, '' AS Value, 0 AS Rule, DATE '2000-01-01' AS FirstDay, "
            "DATE '2000-01-01' AS EndDay WHERE false"
        )
        return " UNION ALL ".join(rows) or empty


def _date(day: date | None) -> str:
    return f"DATE '{day}'" if day else "CAST(NULL AS DATE)"


def create_shares(
    connection: duckdb.DuckDBPyConnection, lake: PinnableLake, pin: Pin, rules: Ruleset
) -> None:
    """The temporary table ``shares``: a row a split, period and target, and one (without target)
    for each period in which a split gave nothing, with the reason."""
    whole_only("raw SQL")
    rows: list[tuple[Any, ...]] = []
    for tag in sorted({split.tag for split in rules.splits.values()}):
        prepared = prepare(lake, CostQuery(by=(tag,)), pin=pin, rules=rules)
        shares = shares_of(lake, prepared, tag)
        for key, given in sorted(shares.shares.items(), key=str):
            part = shares.part(key.pool, key)
            for target, units in given.items():
                weight = part.weights.get(target)
                rows.append(
                    (
                        tag, key.pool, shares.graph.splits[key.pool].method, key.day, key.billing,
                        target, Decimal(units).scaleb(-SHARE_SCALE),
                        None if weight is None else rounded(weight, _WEIGHT_DIGITS), None,
                    )
                )  # fmt: skip
        for (name, period), part in sorted(shares.parts.items()):
            if part.shares:
                continue
            split = shares.graph.splits[name]
            billed = split.period == "billing-period"
            rows.append(
                (
                    tag, name, split.method, None if billed else period,
                    period if billed else None, None, None, None, part.reason,
                )
            )  # fmt: skip
    kinds = (
        ("Tag", pa.string()), ("Split", pa.string()), ("Method", pa.string()),
        ("Day", pa.date32()), ("BillingPeriod", pa.date32()), ("Target", pa.string()),
        ("Share", pa.decimal128(10, 9)), ("Weight", pa.decimal128(38, _WEIGHT_DIGITS)),
        ("Reason", pa.string()),
    )  # fmt: skip
    table = pa.table(
        {name: pa.array([row[at] for row in rows], kind) for at, (name, kind) in enumerate(kinds)}
    )
    connection.register("outlay_made", table)
    connection.execute("CREATE TEMP TABLE shares AS SELECT * FROM outlay_made")
    connection.unregister("outlay_made")
