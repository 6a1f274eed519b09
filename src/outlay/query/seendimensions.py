"""What charges within a scope have values of: the coverage of dimensions, read within the scope.

For those who see the whole ledger the roll-ups tell it at once (`outlay.query.discover`); they know
nothing of a scope. Here the scope's contexts are found slice by slice, and what they have values of
is counted once over all of them.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import duckdb
from sqlglot import exp

from outlay.allocation.rules import Ruleset
from outlay.expression import parse, referenced
from outlay.expression.columns import SLICE_COLUMNS
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.focus.sql import quoted
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import SliceFacts
from outlay.lake.schema import ALLOCATED_TAGS
from outlay.lake.types import Pin
from outlay.query.model import CostQuery
from outlay.query.planner import CHARGE_DAY, cut, label_files, line_fields, overlaps, parts_of
from outlay.query.ranges import Days
from outlay.query.run import PinnableLake, Prepared, prepare
from outlay.query.scoping import scope
from outlay.query.sqlparts import (
    compiled_condition,
    date_literal,
    day_of,
    in_contexts,
    labelled_contexts,
    resolver,
    table_sql,
    with_files,
)

MEASURE = "EffectiveCost"
_KEPT = 64
_CURRENCY = "BillingCurrency"
_MAPS = {"tag": "_tag", "label": "_label"}
Covered = dict[Dimension, dict[str, Decimal]]
Found = tuple[Covered, dict[str, Decimal]]
"""The money with a value by dimension and currency, and all money by currency."""

_FOUND: WeakKeyDictionary[Any, dict[Any, Found]] = WeakKeyDictionary()


def seen_dimensions(
    lake: PinnableLake,
    base: CostQuery,
    no_dimension: Iterable[str],
    *,
    now: datetime | None,
    pin: Pin,
    rules: Ruleset | None,
) -> Found:
    """What the charges that who asks may see have values of, before splits; see `Found`. Kept,
    since pages ask for it at each look."""
    query = CostQuery(
        measures=(MEASURE,), range=base.range, splits="direct",
        as_of=base.as_of, rules_as_of=base.rules_as_of,
    )  # fmt: skip
    prepared = prepare(lake, query, now=now, pin=pin, rules=rules)
    known = _FOUND.setdefault(lake, {})
    key = _key(prepared)
    if key not in known:
        if len(known) >= _KEPT:
            known.clear()
        known[key] = _read(lake, prepared, frozenset(no_dimension))
    return known[key]


def _key(prepared: Prepared) -> tuple[Any, ...]:
    rules = prepared.labels.rules
    tags = sorted(d.name for d in referenced(parse(scope())) if d.kind == VIRTUAL)
    slices = tuple(one.contexts_id for one in prepared.facts)
    days = (prepared.days.start, prepared.days.end)
    return scope(), tuple(rules.digest(tag) for tag in tags), slices, days


def _read(lake: PinnableLake, prepared: Prepared, no_dimension: frozenset[str]) -> Found:
    facts = [one for one in prepared.facts if overlaps(one, prepared.days)]
    columns = sorted({name for one in facts for name in one.context_columns} - no_dimension)
    parts = [
        part
        for one in facts
        for part in parts_of(one, prepared.asked, prepared.days, prepared.labels)
    ]
    labels = label_files(parts, prepared.asked, prepared.labels)
    rows = [
        _part_sql(prepared, one, days, files, columns)
        for (one, days, _), files in zip(parts, labels, strict=True)
    ]
    if not rows:
        return {}, {}
    with question_connection(lake) as connection:
        connection.execute(f"CREATE TEMP TABLE spent AS {' UNION ALL BY NAME '.join(rows)}")
        covered, totals = _counted(connection, columns)
    for name in SLICE_COLUMNS if totals else ():
        covered[Dimension("column", name)] = totals
    return covered, totals


def _part_sql(
    prepared: Prepared,
    facts: SliceFacts,
    days: Days,
    labels: Mapping[str, Path],
    columns: Iterable[str],
) -> str:
    """The combinations of a slice's era within the scope: currency, cost, whether each column has
    a value, and the keys of each map."""
    asked = prepared.asked
    assert asked.condition is not None, "a scope is a condition"
    needed = referenced(asked.condition)
    by_context = CHARGE_DAY not in needed and all(
        d.kind != "column" or d.name in facts.context_columns or not facts.has(d) for d in needed
    )
    table = "contexts" if by_context else "charges"
    resolve = resolver(line_fields(facts, asked), day_of(table))
    condition = compiled_condition(asked.condition, resolve)
    files = {name: (path,) for name, path in labels.items()}
    files |= {"contexts": (facts.paths["contexts"],), "daily": (facts.paths["daily"],)}
    key, day = ("ContextId", "ChargeDay") if by_context else ("x_ContextKey", "ChargePeriodStart")
    bounds = [
        node(this=exp.column(day, quoted=True), expression=date_literal(bound, "TIMESTAMP"))
        for node, bound in zip((exp.GTE, exp.LT), cut(facts, days), strict=True)
        if bound
    ]
    if by_context:
        source = labelled_contexts(asked.virtual, key=key).subquery("_labelled")
        spent = exp.select(key, f"sum({MEASURE}) AS cost").from_(table_sql("daily"))
        spent = spent.where(*bounds).group_by(key)
        select = exp.select().from_(source).join(spent.subquery("_spent"), using=key)
        cost: exp.Expr = exp.column("cost")
    else:
        files["charges"] = (facts.slice.charges_path,)
        select = exp.select().from_(table_sql("charges")).where(*bounds)
        if labels:
            joined = labelled_contexts(asked.virtual, key).subquery("_labels")
            select = select.join(joined, using=key)
        elif facts.partly:
            select = select.where(in_contexts())
        cost = exp.column(MEASURE, quoted=True)
    held = facts.context_columns
    selected = [f"{quoted(name)} IS NOT NULL AS {quoted(name)}" for name in columns if name in held]
    maps = [column for column in (ALLOCATED_TAGS, "Tags") if column in held]
    # A consumer's own tag stands before that of what it shares: a tag is in either map.
    selected += [f"list_distinct(list_concat({', '.join(map(_keys, maps))}, [])) AS _tag"]
    selected += [f"{_keys(column)} AS _label" for column in maps if column == ALLOCATED_TAGS]
    text = ", ".join([f"{quoted(_CURRENCY)} AS _currency", *selected])
    sql = select.where(condition).select(exp.alias_(cost, "_cost")).sql(dialect="duckdb")
    # Printed as they stand: the tree's parser knows nothing of these functions.
    return with_files(sql.replace("SELECT ", f"SELECT {text}, ", 1), files)


def _counted(
    connection: duckdb.DuckDBPyConnection, columns: list[str]
) -> tuple[Covered, dict[str, Decimal]]:
    filters = "".join(f", sum(_cost) FILTER (WHERE {quoted(column)})" for column in columns)
    covered: Covered = {}
    totals: dict[str, Decimal] = {}
    for currency, whole, *amounts in connection.execute(
        f"SELECT _currency, sum(_cost){filters} FROM spent GROUP BY 1"
    ).fetchall():
        totals[currency] = whole
        for column, amount in zip(columns, amounts, strict=True):
            if amount is not None:
                covered.setdefault(Dimension("column", column), {})[currency] = amount
    there = {row[0] for row in connection.execute("DESCRIBE spent").fetchall()}
    for kind, column in _MAPS.items():
        if column not in there:
            continue
        for key, currency, amount in connection.execute(
            f"SELECT key, _currency, sum(_cost) FROM (SELECT unnest({quoted(column)}) AS key, "
            "_currency, _cost FROM spent) GROUP BY 1, 2"
        ).fetchall():
            covered.setdefault(Dimension(kind, key), {})[currency] = amount
    return covered, totals


def _keys(column: str) -> str:
    """The keys of a map that have a value."""
    entries = f"list_filter(map_entries({quoted(column)}), lambda e: e.value IS NOT NULL)"
    return f"list_transform({entries}, lambda e: e.key)"
