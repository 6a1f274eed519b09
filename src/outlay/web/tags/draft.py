"""A virtual tag while it is edited: texts as they stand in the form, whole or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from outlay.allocation.model import (
    UNALLOCATED,
    Capture,
    Lookup,
    SplitAt,
    TagRule,
    TagValue,
    Taken,
    Transform,
    VirtualTagSpec,
)
from outlay.expression import parse
from outlay.expression.errors import QueryError
from outlay.resources.kinds import problem_text
from outlay.web.tags.conditions import (
    Group,
    RowError,
    group_data,
    group_of,
    read_group,
    text_of,
)

STEPS = {
    "lower": "lower case",
    "upper": "upper case",
    "trim": "without spaces around",
    "split": "part of a text",
    "capture": "captured by a regular expression",
    "lookup": "looked up in a dictionary",
    "parent": "its parent",
}
"""Transforms of a value that is taken → their words."""

MOST_RULES = 500


@dataclass(frozen=True)
class Step:
    """A transform: `a` is the separator, pattern or dictionary, `b` the place or group."""

    kind: str = "lower"
    a: str = ""
    b: str = ""


@dataclass(frozen=True)
class RuleDraft:
    """A rule as it stands in the form. `mode` tells which of `when` (text) and `rows` counts."""

    name: str = ""
    mode: str = "rows"
    when: str = ""
    rows: Group = field(default_factory=Group)
    kind: str = "constant"
    value: str = ""
    taken: str = ""
    steps: tuple[Step, ...] = ()
    since: str = ""
    until: str = ""
    ignore_case: bool = False
    open: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class ValueDraft:
    """What is known of a value, as it stands in the form."""

    value: str = ""
    title: str = ""
    owner: str = ""
    parent: str = ""
    since: str = ""
    until: str = ""
    description: str = ""


@dataclass(frozen=True)
class Draft:
    """A virtual tag as it stands in the form."""

    title: str = ""
    description: str = ""
    default: str = UNALLOCATED
    rules: tuple[RuleDraft, ...] = ()
    values: tuple[ValueDraft, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What cannot be read: of rule `rule` or value `value` (from 0; None: the tag as a whole),
    in the row at `row` of its condition. `caret` shows the character."""

    message: str
    rule: int | None = None
    value: int | None = None
    row: tuple[int, ...] | None = None
    caret: str = ""


# --- from and to what is kept -------------------------------------------------------------


def draft_of(spec: VirtualTagSpec) -> Draft:
    """The draft of a tag as it is kept."""
    return Draft(
        title=spec.title,
        description=spec.description,
        default=spec.default,
        rules=tuple(rule_draft(rule) for rule in spec.rules),
        values=tuple(
            ValueDraft(
                name,
                value.title,
                value.owner,
                value.parent or "",
                _day(value.from_),
                _day(value.until),
                value.description,
            )
            for name, value in spec.values.items()
        ),
    )


def rule_draft(rule: TagRule, *, shown: bool = False) -> RuleDraft:
    """The draft of a rule; rows where rows can say its condition."""
    rows = group_of(rule.when)
    taken = rule.value if isinstance(rule.value, Taken) else None
    return RuleDraft(
        name=rule.name,
        mode="text" if rows is None else "rows",
        when=rule.when,
        rows=rows or Group(),
        kind="taken" if taken else "constant",
        value="" if isinstance(rule.value, Taken) else rule.value,
        taken=taken.from_ if taken else "",
        steps=tuple(_step(step) for step in taken.transform) if taken else (),
        since=_day(rule.from_),
        until=_day(rule.until),
        ignore_case=rule.ignore_case,
        open=shown,
    )


def _day(value: object) -> str:
    return "" if value is None else str(value)


def _step(step: Transform) -> Step:
    match step:
        case SplitAt(split=separator, at=at):
            return Step("split", separator, str(at))
        case Capture(capture=pattern, group=group):
            return Step("capture", pattern, str(group))
        case Lookup(lookup=name):
            return Step("lookup", name)
        case _:
            return Step(str(step))


def spec_of(draft: Draft) -> tuple[VirtualTagSpec | None, tuple[Problem, ...]]:
    """The tag that a draft says; None with what is wrong where it says none."""
    problems: list[Problem] = []
    rules, values = [], {}
    for number, rule in enumerate(draft.rules):
        rules.append(_read_rule(rule, number, problems))
    for number, value in enumerate(draft.values):
        name = value.value.strip()
        if not name and value == ValueDraft():
            continue
        if not name or name in values:
            what = "stands twice" if name else "has no name"
            problems.append(Problem(f"value {number + 1} {what}", value=number))
        values[name] = _read_value(value, number, problems)
    if not draft.default.strip():
        problems.append(Problem("the default value is empty: write what the rest is called"))
    if problems:
        return None, tuple(problems)
    try:
        spec = VirtualTagSpec(
            title=draft.title.strip(),
            description=draft.description.strip(),
            default=draft.default.strip(),
            rules=tuple(rule for rule in rules if rule),
            values={name: value for name, value in values.items() if value},
        )
    except ValidationError as error:
        return None, tuple(Problem(problem_text(one)) for one in error.errors())
    return spec, ()


def _read_rule(rule: RuleDraft, number: int, problems: list[Problem]) -> TagRule | None:
    when = condition_of(rule, number, problems)
    value: Any = rule.value.strip()
    if rule.kind == "taken":
        value = {"from": rule.taken.strip(), "transform": [_transform(s) for s in rule.steps]}
        if not rule.taken.strip():
            problems.append(Problem("choose what the value is taken from", rule=number))
            return None
    elif not value:
        problems.append(Problem("write the value that the rule gives", rule=number))
        return None
    if when is None:
        return None
    given = {
        "name": rule.name.strip(),
        "when": when,
        "value": value,
        "from": rule.since or None,
        "until": rule.until or None,
        "ignore_case": rule.ignore_case,
    }
    try:
        return TagRule.model_validate(given)
    except ValidationError as error:
        problems.extend(Problem(_plain(one), rule=number) for one in error.errors()[:1])
        return None


def _plain(error: Any) -> str:
    """What is wrong, without the names of the unions that pydantic tried."""
    places = [
        str(p) for p in error["loc"] if not str(p)[:1].isupper() and str(p) != "constrained-str"
    ]
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{'.'.join(places)}: {message[:1].lower()}{message[1:]}" if places else message


def condition_of(rule: RuleDraft, number: int, problems: list[Problem]) -> str | None:
    """The text of a rule's condition; None where it cannot be read."""
    if rule.mode == "rows":
        try:
            return text_of(rule.rows)
        except RowError as error:
            problems.append(Problem(str(error), rule=number, row=error.path))
        except QueryError as error:
            problems.append(Problem(error.what, rule=number))
        return None
    if not rule.when.strip():
        return ""
    try:
        parse(rule.when, "when")
    except QueryError as error:
        problems.append(_pointed(error, number))
        return None
    return rule.when


def _pointed(error: QueryError, number: int) -> Problem:
    parts = [
        error.what + (f" (at character {error.position + 1})" if error.position is not None else "")
    ]
    if error.near:
        parts.append(f"Did you mean {', '.join(error.near)}?")
    elif error.allowed and len(error.allowed) <= 12:
        parts.append(f"Allowed: {', '.join(error.allowed)}.")
    if error.hint:
        parts.append(error.hint)
    message = ". ".join(part.rstrip(".") for part in parts)
    return Problem(message, rule=number, caret=error.caret)


def _transform(step: Step) -> Any:
    match step.kind:
        case "split":
            return {"split": step.a, "at": step.b.strip() or "1"}
        case "capture":
            return {"capture": step.a, "group": step.b.strip() or "1"}
        case "lookup":
            return {"lookup": step.a}
        case kind:
            return kind


def _read_value(value: ValueDraft, number: int, problems: list[Problem]) -> TagValue | None:
    given = {
        "title": value.title.strip(),
        "owner": value.owner.strip(),
        "parent": value.parent.strip() or None,
        "from": value.since or None,
        "until": value.until or None,
        "description": value.description.strip(),
    }
    try:
        return TagValue.model_validate(given)
    except ValidationError as error:
        problems.extend(Problem(_plain(one), value=number) for one in error.errors()[:1])
        return None


# --- from a form, and as data -------------------------------------------------------------


def read_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a form as nested data: `rules.0.name` is in a list under `rules`."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        at, parts = root, key.split(".")
        if len(parts) > 40:
            continue
        for part in parts[:-1]:
            inner = at.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            at = inner
        else:
            at[parts[-1]] = value
    found = _lists(root)
    assert isinstance(found, dict)
    return found


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(item) for key, item in value.items()}
    if inner and all(key.isdecimal() and len(key) < 6 for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def read_draft(data: Mapping[str, Any]) -> Draft:
    """A draft from nested data, of a form or of `draft_data`; what makes no sense is left out."""
    return Draft(
        title=_text(data, "title"),
        description=_text(data, "description"),
        default=_text(data, "default", UNALLOCATED),
        rules=tuple(_rule(item) for item in _items(data, "rules")[:MOST_RULES]),
        values=tuple(
            ValueDraft(*(_text(item, name) for name in ValueDraft.__dataclass_fields__))
            for item in _items(data, "values")
        ),
    )


def _rule(data: Mapping[str, Any]) -> RuleDraft:
    return RuleDraft(
        name=_text(data, "name"),
        mode="text" if data.get("mode") == "text" else "rows",
        when=_text(data, "when").replace("\r\n", "\n"),
        rows=read_group(data.get("rows")),
        kind="taken" if data.get("kind") == "taken" else "constant",
        value=_text(data, "value"),
        taken=_text(data, "taken"),
        steps=tuple(
            Step(_text(item, "kind"), _text(item, "a"), _text(item, "b"))
            for item in _items(data, "steps")
            if item.get("kind") in STEPS
        ),
        since=_text(data, "since"),
        until=_text(data, "until"),
        ignore_case=bool(data.get("ignore_case")),
        open=bool(data.get("open")),
    )


def _text(data: Mapping[str, Any], name: str, default: str = "") -> str:
    value = data.get(name, default)
    return value if isinstance(value, str) else default


def _items(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def draft_data(draft: Draft) -> dict[str, Any]:
    """A draft as plain data, which `read_draft` reads again."""
    return {
        "title": draft.title,
        "description": draft.description,
        "default": draft.default,
        "rules": [
            {
                **{
                    name: getattr(rule, name)
                    for name in ("name", "mode", "when", "kind", "value", "taken", "since", "until")
                },
                "rows": group_data(rule.rows),
                "steps": [{"kind": s.kind, "a": s.a, "b": s.b} for s in rule.steps],
                "ignore_case": "1" if rule.ignore_case else "",
                "open": "1" if rule.open else "",
            }
            for rule in draft.rules
        ],
        "values": [
            {name: getattr(value, name) for name in ValueDraft.__dataclass_fields__}
            for value in draft.values
        ],
    }


def with_rule(draft: Draft, number: int, rule: RuleDraft) -> Draft:
    """The draft with one of its rules replaced."""
    rules = list(draft.rules)
    rules[number] = rule
    return replace(draft, rules=tuple(rules))
