"""Before a virtual tag is saved: what each rule catches, and what moves from where to where."""

from collections.abc import Iterable, Mapping
from datetime import date

from outlay.access import whole_only
from outlay.allocation.model import TagRule
from outlay.allocation.rules import Ruleset
from outlay.focus.sql import quoted
from outlay.query.allocating.effects import effect_of, two_sides
from outlay.query.allocating.labelled import LABELLED, Asking, Labelled, labelled
from outlay.query.allocating.shapes import (
    NOTHING,
    Caught,
    Preview,
    RuleEffect,
    State,
    largest,
)
from outlay.query.allocating.sums import Key, caught_by
from outlay.query.run import PinnableLake

_VALUES_SHOWN = 5


def preview(
    lake: PinnableLake, before: Ruleset, after: Ruleset, tag: str, asking: Asking
) -> Preview:
    """What saving the rules `after` in place of `before` does, for one tag and those that build
    on it.

    Either may lack the tag (it is new, or removed). Money is the first measure of the question
    within which is looked, over its range and condition; the condition goes by the rules before.
    Raises QueryError for rules that are refused (cycles, columns that rules may not look at) and
    like a question.
    """
    whole_only("a preview of rules")
    if tag not in before.tags and tag not in after.tags:
        before.tag(tag, "tag")
    after.check()
    side = "after" if tag in after.tags else "before"
    rules = (after if side == "after" else before).tags[tag].rules
    dependents = [
        name
        for name in dict.fromkeys((*after.order, *before.order))
        if name != tag and (_builds(after, name, tag) or _builds(before, name, tag))
    ]
    sides = two_sides(before, after, (tag, *dependents))
    with labelled(lake, sides, asking, matches=(side, tag)) as at:
        effects = [effect_of(at.connection, sides, name) for name in (tag, *dependents)]
        first = caught_by(at.connection, f"SELECT gid, Rule FROM {LABELLED}", ("Rule",))
        found = _rules(at, rules, f"{side} {tag}", first)
        unmatched = first.get((0,), NOTHING)
    return Preview(tag, at.scope, found, unmatched, effects[0], tuple(effects[1:]))


def _builds(rules: Ruleset, name: str, tag: str) -> bool:
    return name in rules.tags and tag in rules.closure([name])


def _rules(
    at: Labelled, rules: tuple[TagRule, ...], column: str, first: Mapping[Key, Caught]
) -> tuple[RuleEffect, ...]:
    value = quoted(column)
    every = f"SELECT gid, Rule, unnest(Matches) AS Caught FROM {LABELLED}"
    alone = caught_by(at.connection, every, ("Caught",))
    given = caught_by(
        at.connection, f"SELECT gid, Rule, {value} AS Given FROM {LABELLED}", ("Rule", "Given")
    )
    later = f"SELECT * FROM ({every}) WHERE Caught <> Rule"
    earlier = caught_by(at.connection, later, ("Caught", "Rule"))
    found = []
    for number, rule in enumerate(rules, 1):
        own, here = alone.get((number,), NOTHING), first.get((number,), NOTHING)
        gives = [(key[1], c) for key, c in sorted(given.items()) if key[0] == number]
        others = [(key[1], c) for key, c in sorted(earlier.items()) if key[0] == number]
        found.append(
            RuleEffect(
                number,
                rule.name,
                _state(rule, own, here, at.days),
                own,
                here,
                tuple(largest(gives, lambda pair: pair[1].money)[:_VALUES_SHOWN]),
                tuple(sorted(others, key=lambda pair: -pair[1].lines)),
            )
        )
    return tuple(found)


def _state(rule: TagRule, alone: Caught, first: Caught, days: Iterable[date]) -> State:
    if not any(rule.holds_on(day) for day in days):
        return "out-of-dates"
    if not alone.lines:
        return "dead"
    return "live" if first.lines else "shadowed"
