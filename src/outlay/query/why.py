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
from outlay.allocation.model import Capture, Lookup, SplitAt, TagRule, Taken, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.allocation.sql import column_of
from outlay.expression import referenced, text_literal
from outlay.expression.dimensions import VIRTUAL, Dimension, parse_dimension
from outlay.focus.sql import literal, quoted
from outlay.query.allocating.labelled import LABELLED, Asking, Labelled, Side, labelled
from outlay.query.allocating.shapes import NOTHING, Caught, Scope, largest
from outlay.query.allocating.sums import caught_by
from outlay.query.planner import CHARGE_DAY
from outlay.query.run import PinnableLake

MOST_SEEN = 5
"""How many combinations of what a rule looked at are told, the largest first."""

_MOST_NAMED = 20
_COMBINATIONS = f"{LABELLED} JOIN groups USING (gid)"


@dataclass(frozen=True)
class Seen:
    """One combination of what a rule looked at: column, tag or virtual tag → its value (None: the
    charges have none), with the charges that have it, and a condition that finds them.

    Where an earlier rule caught charges that look the same to this one, the condition leaves them
    out by what that rule looked at; `exact` is False where nothing simple tells the two apart.
    """

    values: Mapping[str, str | None]
    given: str
    caught: Caught
    condition: str
    exact: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "saw": dict(self.values),
            "gave": self.given,
            "condition": self.condition,
            "exact": self.exact,
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
    side = Side("now", rules, (tag, *rules.builds_on(tag)))
    asked = Asking(narrowed, asking.pin, asking.now, asking.rates, asking.stated)
    with labelled(lake, [side], asked, matches=("now", tag)) as at:
        by_rule = caught_by(at.connection, f"SELECT gid, Rule FROM {LABELLED}", ("Rule",))
        teller = _Teller(at, spec, side)
        found = []
        for number in sorted(key[0] for key in by_rule):
            rule = spec.rules[number - 1] if number else None
            seen, others = teller.seen(number)
            caught = by_rule.get((number,), NOTHING)
            found.append(_rule(rules, tag, number, rule, caught, seen, others))
    return Why(
        tag,
        value,
        rules.versions.get(("VirtualTag", tag)),
        len(spec.rules),
        at.scope,
        tuple(largest(found, lambda one: one.caught.money)),
    )


class _Teller:
    """Reads what each rule saw from the labelled combinations."""

    def __init__(self, at: Labelled, spec: VirtualTagSpec, side: Side) -> None:
        self.at, self.spec, self.side = at, spec, side
        self.tag = side.tags[0]

    def seen(self, number: int) -> tuple[list[Seen], int]:
        """The largest combinations of what a rule saw, and how many more there are."""
        looked = self._looked_at(number)
        keys = ("given", *(f"s{at}" for at in range(len(looked))))
        columns = [self.side.column(self.tag), *map(self._column, looked)]
        named = ", ".join(f"{c} AS {k}" for c, k in zip(columns, keys, strict=True))
        relation = f"SELECT gid, {named} FROM {_COMBINATIONS} WHERE Rule = {number}"
        every = caught_by(self.at.connection, relation, keys)
        ranked = largest(sorted(every.items(), key=_name), lambda pair: pair[1].money)
        found = [self._one(number, looked, key, caught) for key, caught in ranked[:MOST_SEEN]]
        return found, len(every) - len(found)

    def _one(
        self, number: int, looked: Sequence[Dimension], key: tuple[Any, ...], caught: Caught
    ) -> Seen:
        given, *values = key
        saw = {d: None if v is None else str(v) for d, v in zip(looked, values, strict=True)}
        same = [f"{self.side.column(self.tag)} = {literal(given)}"]
        same += [
            f"{self._column(d)} IS NOT DISTINCT FROM {literal(value)}" for d, value in saw.items()
        ]
        parts = [f"{self.tag} = {text_literal(given)}"]
        parts += [_is(d, value) for d, value in saw.items()]
        where, exact = " AND ".join(same), True
        for other in self._rules_of(where, number):
            told = self._told_apart(where, number, other)
            exact = exact and bool(told)
            parts += [told] if told else []
        shown = {str(d): value for d, value in saw.items()}
        return Seen(shown, given, caught, " AND ".join(parts), exact)

    def _rules_of(self, where: str, number: int) -> list[int]:
        """The other rules that caught charges which look the same."""
        rows = self.at.connection.execute(
            f"SELECT DISTINCT Rule FROM {_COMBINATIONS} WHERE {where} AND Rule <> {number} "
            "ORDER BY 1"
        ).fetchall()
        return [row[0] for row in rows]

    def _told_apart(self, where: str, number: int, other: int) -> str:
        """A condition that holds for the charges of a rule and for none of another's, by one of
        the things that the other looks at ("": none tells them apart)."""
        for dimension in dict.fromkeys((*self._looked_at(other), *self._looked_at(number))):
            column = self._column(dimension)
            sides = {
                mine: (set(values or ()), missing)
                for mine, values, missing in self.at.connection.execute(
                    f"SELECT Rule = {number}, list(DISTINCT {column}) FILTER "
                    f"({column} IS NOT NULL), bool_or({column} IS NULL) FROM {_COMBINATIONS} "
                    f"WHERE {where} AND Rule IN ({number}, {other}) GROUP BY 1"
                ).fetchall()
            }
            (mine, mine_missing), (theirs, theirs_missing) = sides[True], sides[False]
            if mine & theirs or (mine_missing and theirs_missing) or len(mine) > _MOST_NAMED:
                continue
            parts = [f"{dimension} IS NULL"] if mine_missing else []
            if mine:
                listed = ", ".join(text_literal(value) for value in sorted(mine))
                parts.append(f"{dimension} IN ({listed})")
            return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]
        return ""

    def _looked_at(self, number: int) -> tuple[Dimension, ...]:
        return _looked_at(self.spec.rules[number - 1] if number else None)

    def _column(self, dimension: Dimension) -> str:
        if dimension.kind == VIRTUAL:
            return self.side.column(dimension.name)
        return f"CAST({quoted(column_of(dimension))} AS VARCHAR)"


def _name(pair: tuple[tuple[Any, ...], Caught]) -> tuple[str, ...]:
    return tuple(str(part) for part in pair[0])


def _is(dimension: Dimension, value: str | None) -> str:
    return f"{dimension} IS NULL" if value is None else f"{dimension} = {text_literal(value)}"


def _looked_at(rule: TagRule | None) -> tuple[Dimension, ...]:
    """What a rule looks at, but the day."""
    if rule is None:
        return ()
    condition = rule_condition(rule)
    found = set(referenced(condition)) if condition else set()
    if isinstance(rule.value, Taken):
        found.add(parse_dimension(rule.value.from_))
    return tuple(sorted(found - {CHARGE_DAY}))


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
