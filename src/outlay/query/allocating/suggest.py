"""Rules that the data suggests, each with the money that it would allocate; none is applied."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from outlay.access import whole_only
from outlay.allocation.model import TagRule, Taken, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.focus.sql import literal
from outlay.query.allocating.clues import Clue, clues, plain
from outlay.query.allocating.coverage import LOOKED_AT
from outlay.query.allocating.labelled import LABELLED, Asking, Labelled, Side, labelled
from outlay.query.allocating.shapes import (
    NOTHING,
    Caught,
    Suggestion,
    add_money,
    largest,
)
from outlay.query.allocating.sums import caught_by
from outlay.query.run import PinnableLake

SUGGESTED = 40
"""How many suggestions are told."""


def suggest(lake: PinnableLake, rules: Ruleset, tag: str, asking: Asking) -> tuple[Suggestion, ...]:
    """Rules for a tag, the one that would allocate most first.

    Raises QueryError for a tag that there is not, and like a question.
    """
    whole_only("suggesting rules")
    spec = rules.tag(tag, "tag")
    side = Side("now", rules, (tag,))
    matches = ("now", tag)
    with labelled(lake, [side], asking, matches=matches, also=LOOKED_AT, with_tags=True) as at:
        value = side.column(tag)
        found = clues(at, tag, spec, value)
        merging = list(_merging(at, spec, value))
    found += _caseless(spec)
    weighed = _weighed(lake, rules, tag, asking, found)
    return tuple(largest([*weighed, *merging], lambda one: one.allocates.money)[:SUGGESTED])


def document(rule: TagRule) -> dict[str, Any]:
    """A rule as it stands in a resource file."""
    return rule.model_dump(mode="json", exclude_defaults=True, by_alias=True)


# --- how much each would allocate -----------------------------------------------------------


def _weighed(
    lake: PinnableLake, rules: Ruleset, tag: str, asking: Asking, found: Sequence[Clue]
) -> Iterator[Suggestion]:
    """The clues with what each would allocate: all of them are evaluated, as rules of a tag that
    is nowhere kept, over what has no value now."""
    if not found:
        return
    spec = rules.tags[tag]
    typed = [TagRule.model_validate(clue.rule) for clue in found]
    trial = f"{tag}-suggested"
    while trial in rules.tags:
        trial += "-"
    tried = replace(rules, tags={**rules.tags, trial: VirtualTagSpec(rules=tuple(typed))})
    sides = [Side("now", rules, (tag,)), Side("then", tried, (trial,))]
    matches = ("then", trial)
    with labelled(lake, sides, asking, matches=matches, also=LOOKED_AT, with_tags=True) as at:
        missing = f"{sides[0].column(tag)} = {literal(spec.default)}"
        relation = f"SELECT gid, unnest(Matches) AS Number FROM {LABELLED} WHERE {missing}"
        caught = caught_by(at.connection, relation, ("Number",))
    for number, (clue, rule) in enumerate(zip(found, typed, strict=True), 1):
        allocates = caught.get((number,), NOTHING)
        if allocates.lines:
            yield Suggestion(
                clue.kind,
                clue.title,
                document(rule),
                clue.replaces or _place(spec),
                clue.reason or _caseless_reason(clue, allocates),
                allocates,
                clue.support,
                clue.confidence,
                clue.replaces or None,
            )


def _place(spec: VirtualTagSpec) -> int:
    """Where a new rule goes: last, but before one that always holds."""
    last = spec.rules[-1] if spec.rules else None
    always = last is not None and not last.when and isinstance(last.value, str)
    return len(spec.rules) + (0 if always else 1)


# --- case -----------------------------------------------------------------------------------


def _caseless(spec: VirtualTagSpec) -> Iterator[Clue]:
    """Each rule whose condition regards case, without regard to it."""
    for number, rule in enumerate(spec.rules, 1):
        if rule.when and not rule.ignore_case:
            yield Clue(
                "case",
                f"Rule {number} without regard to case",
                document(rule.model_copy(update={"ignore_case": True})),
                "",
                replaces=number,
            )


def _caseless_reason(clue: Clue, allocates: Caught) -> str:
    return (
        f"{allocates.lines:,} charges without a value differ from what rule {clue.replaces} "
        "looks for by upper and lower case alone."
    )


def _merging(at: Labelled, spec: VirtualTagSpec, value: str) -> Iterator[Suggestion]:
    """Rules that give values which differ by case and outer spaces alone."""
    relation = f"SELECT gid, Rule, {value} AS Given FROM {LABELLED} WHERE Rule > 0"
    by_rule = caught_by(at.connection, relation, ("Rule", "Given"))
    variants: dict[str, dict[str, list[tuple[int, Caught]]]] = {}
    for (number, given), caught in by_rule.items():
        variants.setdefault(plain(given), {}).setdefault(given, []).append((number, caught))
    several = {k: v for k, v in variants.items() if len(v) > 1}
    for number, rule in enumerate(spec.rules, 1):
        if not isinstance(rule.value, Taken) or "lower" in rule.value.transform:
            continue
        merged = [
            (given, caught)
            for folded, spellings in sorted(several.items())
            for given, entries in sorted(spellings.items())
            for at_rule, caught in entries
            if at_rule == number and given != _usual(spellings)
        ]
        if merged:
            yield _merge(number, rule, merged)


def _usual(spellings: dict[str, list[tuple[int, Caught]]]) -> str:
    """The spelling of most charges."""
    return max(sorted(spellings), key=lambda given: sum(c.lines for _, c in spellings[given]))


def _merge(number: int, rule: TagRule, merged: list[tuple[str, Caught]]) -> Suggestion:
    assert isinstance(rule.value, Taken)
    steps = (*rule.value.transform, "trim", "lower")
    value = rule.value.model_copy(update={"transform": steps})
    lines = sum(caught.lines for _, caught in merged)
    shown = ", ".join(repr(given) for given, _ in merged[:5])
    more = f" and {len(merged) - 5} more" if len(merged) > 5 else ""
    return Suggestion(
        "case",
        f"Rule {number}: one spelling of a value",
        document(rule.model_copy(update={"value": value})),
        number,
        f"{lines:,} charges have {shown}{more}, which other charges spell otherwise by case or "
        "spaces alone: lower and trim make them one.",
        Caught(
            add_money(*(caught.money for _, caught in merged)),
            sum(caught.resources for _, caught in merged),
            lines,
        ),
        lines,
        None,
        number,
    )
