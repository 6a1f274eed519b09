"""Virtual tags evaluated the slow way: in plain Python, charge by charge, rule by rule.

Nothing here uses the product's SQL, eras or labels: it is what they are compared with. Only the
parser is shared.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from outlay.allocation.model import Capture, DictionarySpec, Lookup, SplitAt, TagRule, Taken
from outlay.allocation.rules import Ruleset
from outlay.expression import parse
from outlay.expression.dimensions import parse_dimension
from tests.query import naive

Charge = Mapping[str, Any]


def values_of(rules: Ruleset, charge: Charge) -> dict[str, str]:
    """The value of every virtual tag for a charge (with Tags, x_SourceName, ChargePeriodStart)."""
    found: dict[str, str] = {}
    for name in rules.tags:
        _evaluate(rules, name, charge, found)
    return found


def matching(rules: Ruleset, tag: str, charge: Charge) -> list[int]:
    """The numbers of all rules of a tag that would give the charge a value."""
    found: dict[str, str] = {}
    seen = _seen(rules, tag, charge, found)
    return [
        number
        for number, rule in enumerate(rules.tags[tag].rules, 1)
        if _given(rules, rule, seen, _day(charge)) is not None
    ]


def _evaluate(rules: Ruleset, name: str, charge: Charge, found: dict[str, str]) -> str:
    if name not in found:
        seen = _seen(rules, name, charge, found)
        spec = rules.tags[name]
        given = (_given(rules, rule, seen, _day(charge)) for rule in spec.rules)
        found[name] = next((value for value in given if value is not None), spec.default)
    return found[name]


def _seen(rules: Ruleset, name: str, charge: Charge, found: dict[str, str]) -> dict[str, Any]:
    """The charge with the values of the virtual tags that a tag's rules name."""
    text = rules.tags[name].model_dump_json()
    others = [o for o in rules.tags if o != name and re.search(rf"\b{o}\b", text)]
    return {**charge, **{o: _evaluate(rules, o, charge, found) for o in others}}


def _given(rules: Ruleset, rule: TagRule, seen: Charge, day: date) -> str | None:
    if (rule.from_ and day < rule.from_) or (rule.until and day >= rule.until):
        return None
    if rule.when and not _holds(rule, seen):
        return None
    if isinstance(rule.value, str):
        return rule.value
    return _taken(rules, rule.value, seen, day) or None


def _holds(rule: TagRule, seen: Charge) -> bool:
    text = rule.when
    if rule.ignore_case:
        text = re.sub(r"'(?:[^']|'')*'", lambda m: m[0].lower(), text)
        seen = {
            **{k: v.lower() if isinstance(v, str) else v for k, v in seen.items()},
            "Tags": {key: value.lower() for key, value in seen["Tags"].items()},
        }
    return naive.holds(parse(text), seen) is True


def _taken(rules: Ruleset, taken: Taken, seen: Charge, day: date) -> str | None:
    value = naive.value_of(parse_dimension(taken.from_), seen)
    value = None if value is None else str(value)
    for step in taken.transform:
        if value is None:
            return None
        match step:
            case "lower":
                value = value.lower()
            case "upper":
                value = value.upper()
            case "trim":
                value = value.strip(" ")
            case "parent":
                about = rules.tags[taken.from_].values.get(value)
                value = about.parent if about and _within(about, day) else None
            case SplitAt(split=separator, at=at):
                parts = value.split(separator)
                there = -len(parts) <= at < 0 or 0 < at <= len(parts)
                value = parts[at - 1 if at > 0 else at] if there else None
            case Capture(capture=pattern, group=group):
                caught = re.search(pattern, value)
                value = caught[group] if caught else None
            case Lookup(lookup=name):
                value = _looked_up(rules.dictionaries[name], value, day)
        value = value or None
    return value


def _looked_up(dictionary: DictionarySpec, key: str, day: date) -> str | None:
    for entry in dictionary.entries:
        same = entry.key.lower() == key.lower() if dictionary.ignore_case else entry.key == key
        if same and _within(entry, day):
            return entry.value
    return None


def _within(dated: Any, day: date) -> bool:
    return not (dated.from_ and day < dated.from_) and not (dated.until and day >= dated.until)


def _day(charge: Charge) -> date:
    day: date = charge["ChargePeriodStart"].date()
    return day
