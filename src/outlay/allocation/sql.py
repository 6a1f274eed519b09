"""The rules of a virtual tag as SQL over the contexts of a slice.

Every dimension that the rules look at is read once per context; a CASE over those values finds
the first rule that matches, and a second one its value. Dictionaries are joined, not listed.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from outlay.allocation.conditions import condition_of, rule_condition
from outlay.allocation.model import (
    Capture,
    Dated,
    DictionarySpec,
    Lookup,
    SplitAt,
    TagRule,
    Taken,
    Transform,
    VirtualTagSpec,
)
from outlay.allocation.rules import Ruleset
from outlay.expression import compile_condition
from outlay.expression.columns import column_type
from outlay.expression.compile import compile_operand
from outlay.expression.dimensions import CHARGE_DAY, VIRTUAL, Dimension, parse_dimension
from outlay.expression.tree import (
    All,
    Any,
    Comparison,
    Condition,
    Listed,
    Negation,
    Ref,
    Text,
    listed_in,
)
from outlay.focus.sql import literal, quoted
from outlay.lake.facts import SliceFacts
from outlay.lake.rollups import tags_of
from outlay.lake.schema import ALLOCATED_TAGS

_SQL_TYPES = {"text": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP"}


def alike(
    facts: Iterable[SliceFacts], dimensions: Iterable[Dimension]
) -> list[list[tuple[int, SliceFacts]]]:
    """Slices whose contexts can be read together, each with its number in the order given: they
    have the same columns, and the same source and period where those are looked at."""
    looked = {d.name for d in dimensions if d.kind == "column"}
    groups: dict[object, list[tuple[int, SliceFacts]]] = {}
    for number, one in enumerate(facts):
        source = one.slice.source if "x_SourceName" in looked else ""
        period = one.slice.billing_period if "x_BillingPeriod" in looked else None
        groups.setdefault((one.context_columns, source, period), []).append((number, one))
    return list(groups.values())


def contexts_sql(
    dimensions: frozenset[Dimension],
    facts: Sequence[SliceFacts],
    day: date,
    labels: Mapping[str, Sequence[Path]],
    tags: str = "",
) -> str:
    """SELECT of ``Slice`` (its place in `facts`, from 0), ``ContextId`` and one column per
    dimension, named as `column_of` says; with all tags of the context in the column `tags`, where
    one is named.

    The slices are `alike`. `day` is what the contexts' charge day is taken for; `labels` are the
    files of the virtual tags among the dimensions, one a slice.
    """
    values = [
        f"{_value(dimension, facts, day)} AS {quoted(column_of(dimension))}"
        for dimension in sorted(dimensions)
    ]
    if tags:
        values.append(f"{tags_of(sorted(facts[0].context_columns))} AS {quoted(tags)}")
    joins = [
        f"LEFT JOIN (SELECT file_index AS Slice, ContextId, Value AS {quoted('label ' + name)} "
        f"FROM {_files(paths)}) USING (Slice, ContextId)"
        for name, paths in sorted(labels.items())
    ]
    contexts = (
        f"(SELECT file_index AS Slice, * FROM {_files([f.paths['contexts'] for f in facts])})"
    )
    return f"SELECT {', '.join(['Slice', 'ContextId', *values])} FROM {contexts} {' '.join(joins)}"


def _files(paths: Sequence[Path]) -> str:
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def column_of(dimension: Dimension) -> str:
    """The column that holds a dimension's value while rules are evaluated.

    The engine does not tell columns apart by case, but the tags Team and team are two.
    """
    name = "".join(f"^{c.lower()}" if c == "^" or c.isupper() else c for c in dimension.name)
    return f"{dimension.kind} {name}"


def _value(dimension: Dimension, facts: Sequence[SliceFacts], day: date) -> str:
    name, first = dimension.name, facts[0]
    if dimension == CHARGE_DAY:
        return f"DATE '{day}'"
    if dimension.kind == VIRTUAL:
        return quoted("label " + name)
    if dimension.kind in ("tag", "label"):
        return _map_value(dimension, facts)
    if name == "x_SourceName":
        return literal(first.slice.source)
    if name == "x_BillingPeriod":
        return f"DATE '{first.slice.billing_period.start}'"
    if name not in first.context_columns:
        return f"CAST(NULL AS {_SQL_TYPES[column_type(name)]})"
    return quoted(name)


def _map_value(dimension: Dimension, facts: Sequence[SliceFacts]) -> str:
    """SQL of a tag's or label's value in the contexts of slices."""
    allocated = ALLOCATED_TAGS in facts[0].context_columns
    key = literal(dimension.name)
    known = any(dimension.name in one.tag_keys for one in facts)
    if not known or (dimension.kind == "label" and not allocated):
        return "CAST(NULL AS VARCHAR)"
    own = f"map_extract_value({ALLOCATED_TAGS}, {key})"
    if dimension.kind == "label":
        return own
    shared = f"map_extract_value(Tags, {key})"
    return f"coalesce({own}, {shared})" if allocated else shared


class Evaluation:
    """The rules of one tag on one day, over any relation that has a column per dimension.

    `keys` are the columns of the relation that are kept beside ``Rule`` and ``Value``, as SQL.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rules: Ruleset,
        spec: VirtualTagSpec,
        day: date,
        keys: str = "ContextId",
    ) -> None:
        self.connection = connection
        self.rules = rules
        self.spec = spec
        self.day = day
        self.keys = keys
        self._lookups: dict[str, tuple[str, str, bool]] = {}
        """Name of the looked-up column → (SQL of the key, table, ignore case)."""

    def sql(self, relation: str, *, every: bool = False) -> str:
        """SELECT of the keys, ``Rule`` (0 where none matches) and ``Value`` over a relation; with
        `every`, also ``Matches``: the numbers of all rules that match, in order."""
        held = [
            (number, rule) for number, rule in enumerate(self.spec.rules, 1)
            if rule.holds_on(self.day)
        ]  # fmt: skip
        default = literal(self.spec.default)
        none = ", CAST([] AS SMALLINT[]) AS Matches" if every else ""
        if not held:
            return (
                f"SELECT {self.keys}, CAST(0 AS SMALLINT) AS Rule, {default} AS Value{none} "
                f"FROM ({relation})"
            )
        tests = [(number, self.test(rule)) for number, rule in held]
        values = " ".join(f"WHEN {number} THEN {self.value(rule)}" for number, rule in held)
        if every:
            listed = ", ".join(f"CASE WHEN {test} THEN {number} END" for number, test in tests)
            found = f"list_filter(CAST([{listed}] AS SMALLINT[]), lambda n: n IS NOT NULL)"
            rule, matches = "coalesce(Matches[1], 0)", ", Matches"
            inner = f"SELECT *, {found} AS Matches FROM {self._joined(f'({relation})')}"
        else:
            cases = " ".join(f"WHEN {test} THEN {number}" for number, test in tests)
            rule, matches = f"CASE {cases} ELSE 0 END", ""
            inner = f"SELECT * FROM {self._joined(f'({relation})')}"
        return (
            f"SELECT {self.keys}, Rule, CASE Rule {values} ELSE {default} END AS Value{matches} "
            f"FROM (SELECT *, CAST({rule} AS SMALLINT) AS Rule FROM ({inner}))"
        )

    def test(self, rule: TagRule) -> str:
        """SQL that is true where the rule gives a value."""
        when = self.condition(rule)
        if isinstance(rule.value, Taken):
            # Nothing to take, or an empty text, is no value: the next rule is tried.
            return f"({when}) AND coalesce({self.value(rule)}, '') <> ''"
        return when

    def condition(self, rule: TagRule) -> str:
        """SQL that is true where the rule's condition holds."""
        condition = rule_condition(rule)
        if condition is None or not listed_in(condition):
            return _condition_sql(rule.when, rule.ignore_case)
        flags: dict[Dimension, exp.Expr] = {}
        plain = self._without_lists(condition, flags)

        def resolved(dimension: Dimension) -> exp.Expr:
            return flags[dimension].copy() if dimension in flags else resolve(dimension)

        return compile_condition(plain, resolved).sql("duckdb")

    def _without_lists(self, condition: Condition, flags: dict[Dimension, exp.Expr]) -> Condition:
        """The condition with its questions for labels of metrics as comparisons of a flag: yes,
        no, or null where there is nothing to look up. `flags` gets the SQL of each."""
        match condition:
            case All(items) | Any(items):
                return replace(condition, items=tuple(self._without_lists(i, flags) for i in items))
            case Negation(item):
                return Negation(self._without_lists(item, flags))
            case Listed(operand, metric, label, negated, ignore_case):
                text = compile_operand(operand, resolve)
                what = f"metric {metric} {label}"
                column = self._looked_up(text.sql("duckdb"), what, ignore_case=ignore_case)
                found = exp.column(column.strip('"'), quoted=True)
                flag = Dimension("listed", str(len(flags)))
                flags[flag] = exp.Case(
                    ifs=[
                        exp.If(this=_there(found), true=exp.Literal.string("yes")),
                        exp.If(this=_there(text.copy()), true=exp.Literal.string("no")),
                    ]
                )
                return Comparison("=", Ref(flag), Text("no" if negated else "yes"))
        return condition

    def value(self, rule: TagRule) -> str:
        """SQL of the value that the rule gives; null where there is nothing to take."""
        if isinstance(rule.value, str):
            return literal(rule.value)
        sql = quoted(column_of(parse_dimension(rule.value.from_)))
        kind = parse_dimension(rule.value.from_)
        if kind.kind == "column" and column_type(kind.name) != "text":
            sql = f"CAST({sql} AS VARCHAR)"
        for step in rule.value.transform:
            sql = self._step(sql, step, rule.value.from_)
        return sql

    def _step(self, sql: str, step: Transform, taken_from: str) -> str:
        match step:
            case "parent":
                return self._looked_up(sql, f"parent of {taken_from}", ignore_case=False)
            case "lower" | "upper" | "trim":
                return f"{step}({sql})"
            case SplitAt(split=separator, at=at):
                return f"nullif(split_part({sql}, {literal(separator)}, {at}), '')"
            case Capture(capture=pattern, group=group):
                return f"nullif(regexp_extract({sql}, {literal(pattern)}, {group}), '')"
            case Lookup(lookup=name):
                ignore_case = self.rules.dictionaries[name].ignore_case
                return self._looked_up(sql, f"dictionary {name}", ignore_case=ignore_case)

    # --- dictionaries ---------------------------------------------------------------------

    def _looked_up(self, key: str, what: str, *, ignore_case: bool) -> str:
        table = self._table(what, ignore_case=ignore_case)
        for column, known in self._lookups.items():
            if known == (key, table, ignore_case):
                return quoted(column)
        column = f"looked up {len(self._lookups)}"
        self._lookups[column] = (key, table, ignore_case)
        return quoted(column)

    def _joined(self, relation: str) -> str:
        """The relation with a column for each look-up; a later one may take an earlier one's."""
        joined = relation
        for at, (column, (key, table, ignore_case)) in enumerate(self._lookups.items()):
            wanted = f"lower({key})" if ignore_case else key
            joined = (
                f"(SELECT r{at}.*, d{at}.value AS {quoted(column)} FROM "
                f"(SELECT *, {wanted} AS {quoted(f'key {at}')} FROM {joined}) AS r{at} "
                f"LEFT JOIN {quoted(table)} AS d{at} ON d{at}.key = r{at}.{quoted(f'key {at}')})"
            )
        return joined

    def _table(self, what: str, *, ignore_case: bool) -> str:
        """The temporary table of a dictionary on the day; made at first use of the connection."""
        kind, _, name = what.partition(" ")
        if kind == "metric":
            return self._metric_table(what, ignore_case=ignore_case)
        name = name.removeprefix("of ")
        if kind == "dictionary":
            digest = self.rules.dictionary_digest(name)
            entries: Iterable[Dated] = self.rules.dictionaries[name].entries
        else:
            digest = self.rules.values_digest(name)
            entries = self.rules.tags[name].values.values()
        # One table for all days of which the dictionary says the same, and none for two rulesets
        # that know different dictionaries by one name.
        turns = sorted({d for entry in entries for d in (entry.from_, entry.until) if d})
        table = f"{what} {digest} {bisect_right(turns, self.day)}"
        if not self._is_made(table):
            known = (
                _entries(self.rules.dictionaries[name], self.day)
                if kind == "dictionary"
                else _parents(self.rules.tags[name], self.day)
            )
            self._make_table(table, known, ignore_case=ignore_case)
        return table

    def _metric_table(self, what: str, *, ignore_case: bool) -> str:
        _, metric, label = what.split(" ", 2)
        table = f"{what} {self.rules.label_digest(metric, label)} {ignore_case}"
        if not self._is_made(table):
            values = sorted(self.rules.label_values(metric, label))
            self._make_table(table, [(v, v) for v in values], ignore_case=ignore_case)
        return table

    def _is_made(self, table: str) -> bool:
        rows = self.connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE table_name = ? AND temporary", [table]
        ).fetchall()
        return bool(rows)

    def _make_table(
        self, table: str, entries: Sequence[tuple[str, str]], *, ignore_case: bool
    ) -> None:
        schema = pa.schema([("key", pa.string()), ("value", pa.string())])
        columns = [[entry[at] for entry in entries] for at in (0, 1)]
        self.connection.register("outlay_entries", pa.table(columns, schema=schema))
        key = "lower(key)" if ignore_case else "key"
        try:
            # A key is looked up by a join: were one there twice, money would be counted twice.
            self.connection.execute(
                f"CREATE TEMP TABLE {quoted(table)} AS SELECT {key} AS key, min(value) AS value "
                "FROM outlay_entries GROUP BY 1"
            ).fetchall()
        finally:
            self.connection.unregister("outlay_entries")


@lru_cache(maxsize=8192)
def _condition_sql(when: str, ignore_case: bool) -> str:
    condition = condition_of(when, ignore_case)
    return "true" if condition is None else compile_condition(condition, resolve).sql("duckdb")


def _there(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def resolve(dimension: Dimension) -> exp.Expr:
    """The column of a dimension, for `compile_condition`."""
    return exp.column(column_of(dimension), quoted=True)


def _entries(dictionary: DictionarySpec, day: date) -> list[tuple[str, str]]:
    return [(entry.key, entry.value) for entry in dictionary.entries if entry.holds_on(day)]


def _parents(tag: VirtualTagSpec, day: date) -> list[tuple[str, str]]:
    return [
        (name, value.parent)
        for name, value in tag.values.items()
        if value.parent and value.holds_on(day)
    ]
