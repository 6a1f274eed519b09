"""What a change of rules does, in money: by value, what moves from where to where, coverage."""

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from outlay.access import whole_only
from outlay.allocation.rules import Ruleset
from outlay.query.allocating.labelled import LABELLED, Asking, Side, labelled
from outlay.query.allocating.shapes import (
    NOTHING,
    Caught,
    Covered,
    Move,
    Scope,
    TagEffect,
    ValueChange,
    add_money,
    largest,
    weight,
)
from outlay.query.allocating.sums import caught_by
from outlay.query.model import CostQuery
from outlay.query.run import PinnableLake


def changed_tags(before: Ruleset, after: Ruleset) -> tuple[str, ...]:
    """The tags whose labels may differ between two sets of rules, those that are new or gone
    included, each behind all that it builds on."""
    names = dict.fromkeys((*after.order, *before.order))
    return tuple(name for name in names if _digest(before, name) != _digest(after, name))


def _digest(rules: Ruleset, tag: str) -> str | None:
    return rules.digest(tag) if tag in rules.tags else None


def effects(
    lake: PinnableLake,
    before: Ruleset,
    after: Ruleset,
    tags: Iterable[str] | None = None,
    *,
    within: CostQuery | None = None,
    asking: Asking | None = None,
) -> tuple[TagEffect, ...]:
    """What the change from one set of rules to another does to the tags (default: all whose
    labels may differ).

    Money is the first measure of `within`, over its range and condition, which goes by the rules
    before. Raises QueryError like a question, and for rules that are refused.
    """
    whole_only("the effect of rules")
    asked = asking or Asking(within or CostQuery())
    names = changed_tags(before, after) if tags is None else tuple(tags)
    if not names:
        return ()
    sides = two_sides(before.check(), after.check(), names)
    with labelled(lake, sides, asked) as found:
        return tuple(effect_of(found.connection, sides, name) for name in names)


def two_sides(before: Ruleset, after: Ruleset, tags: Sequence[str]) -> tuple[Side, Side]:
    """The rules before and after, each with those of the tags that it has."""
    return (
        Side("before", before, tuple(name for name in tags if name in before.tags)),
        Side("after", after, tuple(name for name in tags if name in after.tags)),
    )


def effect_of(
    connection: duckdb.DuckDBPyConnection, sides: tuple[Side, Side], tag: str
) -> TagEffect:
    """The effect on one tag, from the labelled combinations."""
    columns = [side.column(tag) if tag in side.tags else "CAST(NULL AS VARCHAR)" for side in sides]
    relation = f"SELECT gid, {columns[0]} AS was, {columns[1]} AS becomes FROM {LABELLED}"
    both = caught_by(connection, relation, ("was", "becomes"))
    before = _by_value(connection, sides[0], tag)
    after = _by_value(connection, sides[1], tag)
    moves = [Move(was, becomes, c) for (was, becomes), c in both.items() if was != becomes]
    moved = caught_by(
        connection, f"SELECT gid FROM ({relation}) WHERE was IS DISTINCT FROM becomes", ()
    )
    whole = add_money(*(caught.money for caught in both.values()))
    return TagEffect(
        tag,
        _value_changes(before, after),
        tuple(largest(sorted(moves, key=_move_name), lambda move: move.caught.money)),
        moved.get((), NOTHING),
        _coverage(sides[0], tag, before, whole),
        _coverage(sides[1], tag, after, whole),
    )


def _move_name(move: Move) -> tuple[str, str]:
    return move.before or "", move.after or ""


def _by_value(
    connection: duckdb.DuckDBPyConnection, side: Side, tag: str
) -> dict[str, Caught] | None:
    if tag not in side.tags:
        return None
    column = side.column(tag)
    found = caught_by(connection, f"SELECT gid, {column} FROM {LABELLED}", (column,))
    return {key[0]: caught for key, caught in found.items()}


def _value_changes(
    before: Mapping[str, Caught] | None, after: Mapping[str, Caught] | None
) -> tuple[ValueChange, ...]:
    values = sorted({*(before or {}), *(after or {})})
    changes = [
        ValueChange(
            value,
            None if before is None else before.get(value, NOTHING),
            None if after is None else after.get(value, NOTHING),
        )
        for value in values
    ]

    def size(change: ValueChange) -> object:
        sides = (change.before or NOTHING, change.after or NOTHING)
        return -max(weight(side.money) for side in sides)

    return tuple(sorted(changes, key=size))  # type: ignore[arg-type]


def _coverage(
    side: Side, tag: str, values: Mapping[str, Caught] | None, whole: Mapping[str, object]
) -> Covered | None:
    if values is None:
        return None
    default = side.rules.tags[tag].default
    allocated = add_money(*(c.money for value, c in values.items() if value != default))
    everything = add_money(*(c.money for c in values.values()))
    return Covered({c: allocated.get(c, type(a)(0)) for c, a in everything.items()}, everything)


__all__ = ["Scope", "changed_tags", "effect_of", "effects", "two_sides"]
