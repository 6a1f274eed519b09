"""What the buttons of the editor do to a draft: `do` is the word and where, `rule-up 3`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from outlay.allocation.model import TagRule
from outlay.web.tags.conditions import Group, Row, RowError, added, changed, group_of, text_of
from outlay.web.tags.draft import Draft, RuleDraft, Step, ValueDraft, rule_draft, with_rule


def act(draft: Draft, do: str) -> Draft:
    """The draft after a button; one that makes no sense (a page gone stale) changes nothing."""
    word, _, rest = do.partition(" ")
    action = _ACTIONS.get(word)
    if action is None:
        return draft
    try:
        return action(draft, rest)
    except (IndexError, ValueError):
        return draft


# --- rules --------------------------------------------------------------------------------


def _add_rule(draft: Draft, _: str) -> Draft:
    new = RuleDraft(rows=Group("all", (Row(),)), open=True)
    return replace(draft, rules=(*draft.rules, new))


def _add_when(draft: Draft, when: str) -> Draft:
    """Add a rule with a condition, before a last rule that always holds."""
    rows = group_of(when)
    new = RuleDraft(mode="text" if rows is None else "rows", when=when, rows=rows or Group())
    rules = list(draft.rules)
    last = bool(rules) and _always(rules[-1])
    rules.insert(len(rules) - last, replace(new, open=True))
    return replace(draft, rules=tuple(rules))


def _always(rule: RuleDraft) -> bool:
    """Whether a rule catches all that is left: rules below it never come to anything."""
    empty = not rule.when.strip() if rule.mode == "text" else not rule.rows.items
    return empty and rule.kind == "constant"


def _use(draft: Draft, rest: str) -> Draft:
    """Add a suggested rule at its place: {"place": 3, "rule": {…}}."""
    given: Any = json.loads(rest)
    try:
        rule = rule_draft(TagRule.model_validate(given["rule"]), shown=True)
        place, replaces = int(given["place"]) - 1, bool(given.get("replaces"))
    except (ValidationError, KeyError, TypeError):
        return draft
    rules = list(draft.rules)
    rules[place : place + replaces] = [rule]
    return replace(draft, rules=tuple(rules))


def _move(by: int) -> Callable[[Draft, str], Draft]:
    def move(draft: Draft, rest: str) -> Draft:
        at = int(rest)
        to = at + by
        if not (0 <= at < len(draft.rules) and 0 <= to < len(draft.rules)):
            return draft
        rules = list(draft.rules)
        rules.insert(to, rules.pop(at))
        return replace(draft, rules=tuple(rules))

    return move


def _copy(draft: Draft, rest: str) -> Draft:
    rules = list(draft.rules)
    rules.insert(int(rest) + 1, replace(rules[int(rest)], open=True))
    return replace(draft, rules=tuple(rules))


def _drop(draft: Draft, rest: str) -> Draft:
    rules = list(draft.rules)
    del rules[int(rest)]
    return replace(draft, rules=tuple(rules))


# --- conditions ---------------------------------------------------------------------------


def _to_text(draft: Draft, rest: str) -> Draft:
    rule = draft.rules[int(rest)]
    try:
        text = text_of(rule.rows)
    except RowError:
        # What is not whole is kept as it was written last.
        text = rule.when
    return with_rule(draft, int(rest), replace(rule, mode="text", when=text, open=True))


def _to_rows(draft: Draft, rest: str) -> Draft:
    rule = draft.rules[int(rest)]
    rows = group_of(rule.when)
    if rows is None:
        return draft
    return with_rule(draft, int(rest), replace(rule, mode="rows", rows=rows, open=True))


def _place(rest: str) -> tuple[int, tuple[int, ...]]:
    """`3 0.1`: rule 3, the second item of the first group."""
    number, _, path = rest.partition(" ")
    return int(number), tuple(int(part) for part in path.split(".") if part)


def _add_item(new: Row | Group) -> Callable[[Draft, str], Draft]:
    def add(draft: Draft, rest: str) -> Draft:
        number, path = _place(rest)
        rule = draft.rules[number]
        return with_rule(draft, number, replace(rule, rows=added(rule.rows, path, new), open=True))

    return add


def _drop_item(draft: Draft, rest: str) -> Draft:
    number, path = _place(rest)
    rule = draft.rules[number]
    return with_rule(draft, number, replace(rule, rows=changed(rule.rows, path, []), open=True))


# --- values -------------------------------------------------------------------------------


def _add_step(draft: Draft, rest: str) -> Draft:
    rule = draft.rules[int(rest)]
    return with_rule(draft, int(rest), replace(rule, steps=(*rule.steps, Step()), open=True))


def _drop_step(draft: Draft, rest: str) -> Draft:
    number, (step,) = _place(rest)
    rule = draft.rules[number]
    steps = rule.steps[:step] + rule.steps[step + 1 :]
    return with_rule(draft, number, replace(rule, steps=steps, open=True))


def _add_value(draft: Draft, rest: str) -> Draft:
    """A value with what is known of it; several, where they are given as JSON."""
    names: Any = json.loads(rest) if rest else [""]
    known = {value.value for value in draft.values}
    new = [ValueDraft(str(name)) for name in names if name == "" or str(name) not in known]
    return replace(draft, values=(*draft.values, *new))


def _drop_value(draft: Draft, rest: str) -> Draft:
    values = list(draft.values)
    del values[int(rest)]
    return replace(draft, values=tuple(values))


_ACTIONS: dict[str, Callable[[Draft, str], Draft]] = {
    "add-rule": _add_rule,
    "add-when": _add_when,
    "use": _use,
    "rule-up": _move(-1),
    "rule-down": _move(1),
    "rule-copy": _copy,
    "rule-drop": _drop,
    "as-text": _to_text,
    "as-rows": _to_rows,
    "row-add": _add_item(Row()),
    "group-add": _add_item(Group("any", (Row(),))),
    "row-drop": _drop_item,
    "step-add": _add_step,
    "step-drop": _drop_step,
    "value-add": _add_value,
    "value-drop": _drop_value,
}
