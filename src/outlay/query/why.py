"""Why a charge is somebody's: the rule that says so, and what it saw.

A virtual tag's value comes from its first rule that matches. For the charges under a question this
tells which rules gave the value, of which version, with the values that each of them looked at;
what splits gave beside is in `outlay.query.explain`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from outlay.allocation.conditions import rule_condition
from outlay.allocation.model import Capture, Lookup, SplitAt, TagRule, Taken
from outlay.allocation.rules import Ruleset
from outlay.allocation.sql import column_of
from outlay.expression import referenced, text_literal
from outlay.expression.dimensions import VIRTUAL, Dimension, parse_dimension
from outlay.focus.sql import quoted
from outlay.query.allocating.labelled import LABELLED, Asking, Side, labelled
from outlay.query.allocating.shapes import NOTHING, Caught, Scope, largest
from outlay.query.allocating.sums import caught_by
from outlay.query.planner import CHARGE_DAY
from outlay.query.run import PinnableLake

MOST_SEEN = 5
"""How many combinations of what a rule looked at are told, the largest first."""


@dataclass(frozen=True)
class Seen:
    """One combination of what a rule looked at: column, tag or virtual tag → its value (None: the
    charges have none), with the charges that have it, and a condition that finds them."""

    values: Mapping[str, str | None]
    given: str
    caught: Caught
    condition: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "saw": dict(self.values),
            "gave": self.given,
            "condition": self.condition,
        } | self.caught.to_json()


@dataclass(frozen=True)
class RuleWhy:
    """A rule that gave values to the charges: its number in the tag (from 1; 0: no rule matched,
    the default holds), its words, and what it saw. `others` counts further combinations.

    `resources` are the versions of what it was worked out by: the tag, the dictionaries that the
    rule looks things up in, and the virtual tags that it builds on.
    """

    number: int
    name: str
    when: str
    value: str
    from_: date | None
    until: date | None
    caught: Caught
    seen: tuple[Seen, ...]
    others: int
    resources: Mapping[tuple[str, str], int]
    builds_on: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "number": self.number,
            "name": self.name,
            "when": self.when,
            "value": self.value,
            "from": None if self.from_ is None else str(self.from_),
            "until": None if self.until is None else str(self.until),
            "resources": [
                {"kind": kind, "name": name, "version": version}
                for (kind, name), version in sorted(self.resources.items())
            ],
            "builds_on": list(self.builds_on),
            "seen": [one.to_json() for one in self.seen],
            "other_combinations": self.others,
        } | self.caught.to_json()


@dataclass(frozen=True)
class Why:
    """The rules behind the charges of one value of a tag (None: of all values), the one with most
    money first."""

    tag: str
    value: str | None
    version: int | None
    count: int
    scope: Scope
    rules: tuple[RuleWhy, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "tag": self.tag,
            "value": self.value,
            "version": self.version,
            "rules_of_the_tag": self.count,
            "scope": self.scope.to_json(),
            "rules": [rule.to_json() for rule in self.rules],
        }


def why(lake: PinnableLake, rules: Ruleset, tag: str, value: str | None, asking: Asking) -> Why:
    """The rules that gave a value of a tag to the charges within the question.

    Money is the first measure of the question, before splits. Raises QueryError for a tag that
    there is not, and like a question.
    """
    spec = rules.tag(tag, "tag")
    narrowed = asking.within
    if value is not None:
        narrowed = narrowed.narrowed(f"{tag} = {text_literal(value)}")
    others = rules.builds_on(tag)
    side = Side("now", rules, (tag, *others))
    asked = Asking(narrowed, asking.pin, asking.now, asking.rates, asking.stated)
    with labelled(lake, [side], asked, matches=("now", tag)) as at:
        given = side.column(tag)
        by_rule = caught_by(at.connection, f"SELECT gid, Rule FROM {LABELLED}", ("Rule",))
        found = []
        for number in sorted(key[0] for key in by_rule):
            rule = spec.rules[number - 1] if number else None
            looked = _looked_at(rule)
            keys = ("given", *(f"s{at}" for at in range(len(looked))))
            columns = [given, *(_column(dimension, side) for dimension in looked)]
            named = ", ".join(f"{c} AS {k}" for c, k in zip(columns, keys, strict=True))
            relation = (
                f"SELECT gid, {named} FROM {LABELLED} JOIN groups USING (gid) WHERE Rule = {number}"
            )
            every = caught_by(at.connection, relation, keys)
            ranked = largest(sorted(every.items(), key=_name), lambda pair: pair[1].money)
            seen = [_seen(tag, looked, key, caught) for key, caught in ranked[:MOST_SEEN]]
            caught = by_rule.get((number,), NOTHING)
            found.append(_rule(rules, tag, number, rule, caught, seen, len(every) - len(seen)))
    return Why(
        tag,
        value,
        rules.versions.get(("VirtualTag", tag)),
        len(spec.rules),
        at.scope,
        tuple(largest(found, lambda one: one.caught.money)),
    )


def _name(pair: tuple[tuple[Any, ...], Caught]) -> tuple[str, ...]:
    return tuple(str(part) for part in pair[0])


def _looked_at(rule: TagRule | None) -> tuple[Dimension, ...]:
    """What a rule looks at, but the day."""
    if rule is None:
        return ()
    condition = rule_condition(rule)
    found = set(referenced(condition)) if condition else set()
    if isinstance(rule.value, Taken):
        found.add(parse_dimension(rule.value.from_))
    return tuple(sorted(found - {CHARGE_DAY}))


def _column(dimension: Dimension, side: Side) -> str:
    if dimension.kind == VIRTUAL:
        return side.column(dimension.name)
    return f"CAST({quoted(column_of(dimension))} AS VARCHAR)"


def _seen(tag: str, looked: Sequence[Dimension], key: tuple[Any, ...], caught: Caught) -> Seen:
    given, *values = key
    saw = {str(d): None if v is None else str(v) for d, v in zip(looked, values, strict=True)}
    parts = [f"{tag} = {text_literal(given)}"]
    parts += [
        f"{name} IS NULL" if value is None else f"{name} = {text_literal(value)}"
        for name, value in saw.items()
    ]
    return Seen(saw, given, caught, " AND ".join(parts))


def _rule(
    rules: Ruleset,
    tag: str,
    number: int,
    rule: TagRule | None,
    caught: Caught,
    seen: Sequence[Seen],
    others: int,
) -> RuleWhy:
    resources = [("VirtualTag", tag)]
    if rule is None:
        default = rules.tags[tag].default
        known = _versions(rules, resources)
        return RuleWhy(0, "", "", default, None, None, caught, tuple(seen), others, known)
    built = tuple(d.name for d in _looked_at(rule) if d.kind == VIRTUAL)
    resources += [("VirtualTag", name) for name in built]
    if isinstance(rule.value, Taken):
        resources += [
            ("Dictionary", step.lookup) for step in rule.value.transform if isinstance(step, Lookup)
        ]
    return RuleWhy(
        number,
        rule.name,
        rule.when + (", whatever its case" if rule.ignore_case and rule.when else ""),
        value_text(rule.value),
        rule.from_,
        rule.until,
        caught,
        tuple(seen),
        others,
        _versions(rules, resources),
        built,
    )


def _versions(rules: Ruleset, resources: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {key: rules.versions[key] for key in resources if key in rules.versions}


def value_text(value: str | Taken) -> str:
    """A rule's value in words: the constant, or what it is taken from, step by step."""
    if isinstance(value, str):
        return value
    steps = []
    for step in value.transform:
        match step:
            case SplitAt(split=separator, at=at):
                steps.append(f"part {at} between {separator!r}")
            case Capture(capture=pattern, group=group):
                steps.append(f"group {group} of {pattern}")
            case Lookup(lookup=name):
                steps.append(f"looked up in {name}")
            case _:
                steps.append(str(step))
    return ", ".join([f"from {value.from_}", *steps])
