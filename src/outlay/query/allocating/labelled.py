"""The values that one or two sets of rules give to the combinations of what was spent."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from outlay.allocation.conditions import check_days, conditions_days
from outlay.allocation.rules import Ruleset, tag_dimensions
from outlay.allocation.sql import Evaluation, column_of, resolve
from outlay.expression import Condition, compile_condition, referenced
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.focus.sql import literal, quoted
from outlay.lake.engine.shared import question_connection
from outlay.lake.types import Pin
from outlay.money.rates import Rates
from outlay.query.allocating.convert import Conversion
from outlay.query.allocating.shapes import Scope
from outlay.query.allocating.spending import (
    TAGS,
    Spending,
    Wanted,
    check_by_context,
    read_spending,
    unseen,
)
from outlay.query.model import CostQuery
from outlay.query.planner import CHARGE_DAY
from outlay.query.run import PinnableLake, Prepared, prepare, question_rates

LABELLED = "labelled"
_OF_RULES = ("Rule", "Matches")


@dataclass(frozen=True)
class Asking:
    """How to count: the question whose measure, range, condition, currency and moment narrow
    what is looked at, with the caller's rates and clock."""

    within: CostQuery
    pin: Pin | None = None
    now: datetime | None = None
    rates: Rates | None = None
    stated: bool | None = None


@dataclass(frozen=True)
class Side:
    """One set of rules, the tags to label by it, and the name of its columns."""

    name: str
    rules: Ruleset
    tags: tuple[str, ...]

    def column(self, tag: str) -> str:
        """The column of a tag's values in the table `LABELLED`, quoted."""
        return quoted(f"{self.name} {tag}")


@dataclass(frozen=True)
class Labelled:
    """A connection with the tables of `Spending` and `LABELLED`; `days` stand for all that were
    looked at: between two of them no rule changes."""

    connection: duckdb.DuckDBPyConnection
    scope: Scope
    days: tuple[date, ...]


@contextmanager
def labelled(
    lake: PinnableLake,
    sides: Sequence[Side],
    asking: Asking,
    *,
    matches: tuple[str, str] | None = None,
    also: Iterable[Dimension] = (),
    with_tags: bool = False,
) -> Iterator[Labelled]:
    """A connection with the tables of `Spending` and the table `LABELLED`: ``gid`` and a column
    of values for each side and tag, of the combinations within the question.

    `matches` is a side's name and a tag: ``Rule`` and ``Matches`` are then those of its rules.
    The question's condition goes by the rules of the first side. `also` are dimensions that
    combinations are told apart by besides, `with_tags` adds all their tags.
    """
    first = sides[0].rules
    query = _narrowing(asking.within)
    prepared = prepare(lake, query, now=asking.now, pin=asking.pin, rules=first)
    condition = prepared.asked.condition
    looked = set(also) | (set(referenced(condition)) if condition else set())
    check_by_context(looked, "where", query.where)
    check_days(condition, "where", query.where)
    filtering = tuple(sorted(d.name for d in looked if d.kind == VIRTUAL))
    every = [*sides, Side("", first, filtering)]
    boundaries = conditions_days(condition)
    for side in every:
        for name in side.rules.closure(side.tags):
            looked |= tag_dimensions(side.rules.tags[name])
        boundaries |= {day for tag in side.tags for day in side.rules.boundaries(tag)}
    read, keys = looked, frozenset[Dimension]()
    if with_tags:
        # Read for all tags of the rules at once: the next question is about another of them.
        read = looked.union(*(tag_dimensions(first.tags[name]) for name in first.order))
        boundaries |= {day for name in first.order for day in first.boundaries(name)}
        keys = frozenset(d for d in looked if d.kind == "tag")
        read = {d for d in read if d.kind != "tag"}
    wanted = Wanted(
        frozenset(d for d in read if d.kind != VIRTUAL and d != CHARGE_DAY),
        prepared.days,
        query.measures[0],
        tuple(sorted(boundaries)),
        with_tags,
    )
    spending = read_spending(lake, prepared.facts, wanted, _conversion(prepared, asking))
    scope = _scope(prepared, unseen(prepared.facts, looked))
    with question_connection(lake) as connection:
        spending.register(connection)
        parts = [
            _era_sql(connection, _Era(spending, era, keys), sides, condition, filtering, matches)
            for era in sorted(spending.days)
        ] or [_empty_sql(sides, matches)]
        connection.execute(f"CREATE TEMP TABLE {LABELLED} AS {' UNION ALL '.join(parts)}")
        yield Labelled(connection, scope, tuple(sorted(spending.days.values())))


def _narrowing(within: CostQuery) -> CostQuery:
    """The parts of a question that say what is looked at."""
    return CostQuery(
        measures=within.measures[:1],
        range=within.range,
        where=within.where,
        currency=within.currency,
        as_of=within.as_of,
    )


def _conversion(prepared: Prepared, asking: Asking) -> Conversion | None:
    own = asking.rates is None if asking.stated is None else asking.stated
    found = question_rates(prepared, asking.rates, stated=own)
    if found is None:
        return None
    assert prepared.query.currency is not None
    return Conversion(prepared.query.currency, found, own)


def _scope(prepared: Prepared, warnings: tuple[str, ...]) -> Scope:
    query, pin = prepared.query, prepared.pin
    snapshot = None if pin.snapshot_id is None else str(pin.snapshot_id)
    measure = query.measures[0]
    return Scope(measure, prepared.range, query.where, query.currency, snapshot, warnings)


# --- SQL ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Era:
    """The combinations of an era; `keys` are the tags that are looked up in all tags of them."""

    spending: Spending
    number: int
    keys: frozenset[Dimension]

    @property
    def day(self) -> date:
        """A day that stands for all of the era."""
        return self.spending.days[self.number]

    @property
    def columns(self) -> list[str]:
        """What rules can look at."""
        held = [c for c in self.spending.groups.column_names if c not in ("gid", "era")]
        return [*held, *map(column_of, sorted(self.keys)), column_of(CHARGE_DAY)]

    @property
    def sql(self) -> str:
        """The combinations as a relation."""
        added = [
            f"map_extract_value({quoted(TAGS)}, {literal(d.name)}) AS {quoted(column_of(d))}"
            for d in sorted(self.keys)
        ]
        added.append(f"DATE '{self.day}' AS {quoted(column_of(CHARGE_DAY))}")
        return f"(SELECT *, {', '.join(added)} FROM groups WHERE era = {self.number})"


def _era_sql(
    connection: duckdb.DuckDBPyConnection,
    era: _Era,
    sides: Sequence[Side],
    condition: Condition | None,
    filtering: tuple[str, ...],
    matches: tuple[str, str] | None,
) -> str:
    """SELECT of the labelled combinations of an era."""
    day, base, columns = era.day, era.sql, era.columns
    selected, joined = ["base.gid"], [f"(SELECT gid FROM {base}) AS base"]
    for number, side in enumerate(sides):
        asked = matches[1] if matches and matches[0] == side.name else None
        relation = _chain(connection, side, day, base, columns, asked)
        joined.append(f"JOIN {relation} AS s{number} USING (gid)")
        for tag in side.tags:
            value = quoted(column_of(Dimension(VIRTUAL, tag)))
            selected.append(f"s{number}.{value} AS {side.column(tag)}")
        if asked is not None:
            selected += [f"s{number}.{quoted(f'asked {c}')} AS {c}" for c in _OF_RULES]
    if condition is not None:
        kept = _chain(connection, Side("", sides[0].rules, filtering), day, base, columns, None)
        when = compile_condition(condition, resolve).sql("duckdb")
        joined.append(f"JOIN (SELECT gid FROM {kept} WHERE {when}) AS kept USING (gid)")
    return f"SELECT {', '.join(selected)} FROM {' '.join(joined)}"


def _chain(
    connection: duckdb.DuckDBPyConnection,
    side: Side,
    day: date,
    base: str,
    columns: Sequence[str],
    asked: str | None,
) -> str:
    """The combinations with a column for the value of each tag, in the order in which tags build
    on each other; ``Rule`` and ``Matches`` are those of the tag `asked`."""
    relation, keys = base, ["gid", *map(quoted, columns)]
    for name in side.rules.closure(side.tags):
        evaluation = Evaluation(connection, side.rules, side.rules.tags[name], day, ", ".join(keys))
        labels = evaluation.sql(relation, every=name == asked)
        own = quoted(column_of(Dimension(VIRTUAL, name)))
        # Under names of their own: the tags that build on this one have rules too.
        more = {c: quoted(f"asked {c}") for c in _OF_RULES} if name == asked else {}
        renamed = [f"{column} AS {kept}" for column, kept in more.items()]
        relation = f"(SELECT {', '.join([*keys, *renamed, f'Value AS {own}'])} FROM ({labels}))"
        keys += [*more.values(), own]
    return relation


def _empty_sql(sides: Sequence[Side], matches: tuple[str, str] | None) -> str:
    values = [f"'' AS {side.column(tag)}" for side in sides for tag in side.tags]
    if matches:
        values += ["0 AS Rule", "CAST([] AS SMALLINT[]) AS Matches"]
    return f"SELECT {', '.join(['0 AS gid', *values])} WHERE false"
