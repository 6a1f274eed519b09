"""The editor as it is shown: each rule with its words and its money, and what the draft does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app import allocating
from outlay.expression.errors import QueryError
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.query import CostQuery
from outlay.query.codec import from_params
from outlay.resources import Change, Resource, ResourceError
from outlay.web.tags.conditions import RowError, group_of, paths, text_of
from outlay.web.tags.draft import Draft, Problem, RuleDraft, spec_of
from outlay.web.tags.memory import Memory

if TYPE_CHECKING:
    from outlay.allocation.model import VirtualTagSpec
    from outlay.app import Workspace
    from outlay.query.allocating import Caught, Covered, Preview, RuleEffect, Suggestion

RANGES = {
    "all": "all time",
    "last-13-months": "the last 13 months",
    "last-month": "last month",
    "last-30-days": "the last 30 days",
}
"""What the money is counted over: the range in an address → its words."""

MARKS = {
    "dead": ("bad", "catches nothing", "No charge fits this rule."),
    "shadowed": ("warn", "shadowed", "All that it fits is caught by rules above it."),
    "out-of-dates": ("info", "out of dates", "Its dates have no charge in the range."),
}
"""State of a rule → tone, word and sentence of its mark."""

_EARLIER = 3
"""How many earlier drafts are tried for figures while the newest cannot be read."""


@dataclass(frozen=True)
class RuleLook:
    """A rule in the list: its words, what it catches, its mark and what is wrong with it."""

    number: int
    draft: RuleDraft
    when: str
    gives: str
    effect: RuleEffect | None
    bar: Decimal
    problems: tuple[Problem, ...]

    @property
    def mark(self) -> tuple[str, str, str] | None:
        """Tone, word and sentence of the rule's mark; None for a rule that gives values."""
        return MARKS.get(self.effect.state) if self.effect else None

    @property
    def row_problems_by_text(self) -> dict[str, str]:
        """What is wrong with rows of its condition, by path (`0.1`)."""
        return {_path(p.row): p.message for p in self.problems if p.row is not None}

    @property
    def row_paths(self) -> list[str]:
        """The paths of all rows of its condition."""
        return [_path(path) for path in paths(self.draft.rows)]

    @property
    def as_rows(self) -> bool:
        """Whether rows can say its condition."""
        return self.draft.mode == "rows" or group_of(self.draft.when) is not None


def _path(path: tuple[int, ...]) -> str:
    return ".".join(map(str, path))


@dataclass(frozen=True)
class Editor:
    """Everything that the editor shows of a draft."""

    name: str
    resource: Resource | None
    draft: Draft
    memory: Memory
    seen: int
    range: str
    note: str
    rules: tuple[RuleLook, ...]
    problems: tuple[Problem, ...]
    preview: Preview | None
    stale: bool
    refused: str = ""
    suggestions: tuple[Suggestion, ...] | None = None
    conflict: Conflict | None = None
    history: tuple[Change, ...] = ()
    spec: VirtualTagSpec | None = field(default=None, repr=False)

    @property
    def unsaved(self) -> bool:
        """Whether the draft says something else than what is kept."""
        if self.resource is None or self.spec is None:
            return True
        return self.spec != self.resource.spec

    @property
    def values_seen(self) -> list[str]:
        """The values that the draft gives, the largest first, without the default."""
        if self.preview is None:
            return []
        return [
            change.value
            for change in self.preview.effect.values
            if change.after and change.after.lines and change.value != self.draft.default.strip()
        ]

    def problem_of_value(self, number: int) -> str:
        """What is wrong with a value's fields."""
        return next((p.message for p in self.problems if p.value == number), "")


@dataclass(frozen=True)
class Conflict:
    """Someone saved in between: the version that is there now and what it changed."""

    current: Resource
    changes: tuple[Any, ...]


def look(
    workspace: Workspace,
    name: str,
    resource: Resource | None,
    memory: Memory,
    *,
    seen: int,
    range_: str = "all",
    note: str = "",
    suggest: bool = False,
) -> Editor:
    """The editor of a draft, with its preview where it can be read."""
    draft = memory.now
    spec, problems = spec_of(draft)
    within = within_of(range_)
    preview, refused = None, ""
    if spec is not None:
        try:
            preview = allocating.preview_tag(workspace, name, spec, within)
        except (QueryError, ResourceError) as error:
            problem = _placed(error, name, draft)
            problems = (*problems, problem)
            refused = problem.message if problem.rule is None else ""
    stale = preview is None
    if stale:
        preview = _earlier(workspace, name, memory, resource, within)
    suggestions = None
    if suggest and spec is not None and not stale:
        suggestions = allocating.suggestions(workspace, name, within, spec=spec)
    effects = () if preview is None or stale else preview.rules
    return Editor(
        name=name,
        resource=resource,
        draft=draft,
        memory=memory,
        seen=seen,
        range=range_,
        note=note,
        rules=_rules(draft, effects, problems),
        problems=problems,
        preview=preview,
        stale=stale,
        refused=refused,
        suggestions=suggestions,
        history=tuple(reversed(workspace.history("VirtualTag", name))),
        spec=spec,
    )


def within_of(range_: str) -> CostQuery | None:
    """The question that narrows the preview to a range."""
    return None if range_ not in RANGES or range_ == "all" else from_params({"range": range_})


def _earlier(
    workspace: Workspace,
    name: str,
    memory: Memory,
    resource: Resource | None,
    within: CostQuery | None,
) -> Preview | None:
    """The preview of the newest draft before this one that has one, else of what is kept."""
    found = (spec_of(draft)[0] for draft in reversed(memory.past))
    specs = [spec for spec in found if spec is not None][:_EARLIER]
    if resource is not None:
        specs.append(resource.spec)  # type: ignore[arg-type]
    for spec in specs:
        try:
            return allocating.preview_tag(workspace, name, spec, within)
        except (QueryError, ResourceError):
            continue
    return None


def _placed(error: QueryError | ResourceError, name: str, draft: Draft) -> Problem:
    """A refusal at the rule that it is about."""
    if not isinstance(error, QueryError):
        return Problem(str(error))
    message = error.what + (f". {error.hint}" if error.hint else "")
    if error.near:
        message += f". Did you mean {', '.join(error.near)}?"
    tag, _, rest = error.field.partition(".rules.")
    if tag == name and rest.isdecimal() and 0 < int(rest) <= len(draft.rules):
        number = int(rest) - 1
        return Problem(message, rule=number, caret=_caret(draft.rules[number], error.text))
    return Problem(message)


def _caret(rule: RuleDraft, text: str) -> str:
    """The condition with a line under the word that is refused."""
    when = when_of(rule)
    at = when.find(text) if text else -1
    if at < 0 or "\n" in when:
        return ""
    return f"  {when}\n  {' ' * at}{'^' * len(text)}"


def _rules(
    draft: Draft, effects: Sequence[RuleEffect], problems: Sequence[Problem]
) -> tuple[RuleLook, ...]:
    weights = [_weight(effect.first) for effect in effects]
    most = max(weights, default=Decimal(0))
    return tuple(
        RuleLook(
            number,
            rule,
            when_of(rule),
            gives_of(rule),
            effects[number] if number < len(effects) else None,
            _percent(weights[number], most) if number < len(weights) else Decimal(0),
            tuple(problem for problem in problems if problem.rule == number),
        )
        for number, rule in enumerate(draft.rules)
    )


def _weight(caught: Caught) -> Decimal:
    return total(amount.copy_abs() for amount in caught.money.values())


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    """A length for drawing, in per cent."""
    return (quotient(part, whole) or Decimal(0)) * 100


def when_of(rule: RuleDraft) -> str:
    """The condition of a rule as text, as far as it can be read."""
    if rule.mode == "text":
        return rule.when.strip()
    try:
        return text_of(rule.rows)
    except (RowError, QueryError):
        return "…"


def gives_of(rule: RuleDraft) -> str:
    """What a rule gives, in words."""
    if rule.kind == "constant":
        return rule.value.strip() or "…"
    steps = "".join(f", {step.kind}{f' {step.a}' if step.a else ''}" for step in rule.steps)
    return f"from {rule.taken.strip() or '…'}{steps}"


def said(value: Any) -> str:
    """A value of a changed field in a few words."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "value" in value and "when" in value:
        gives = value["value"] if isinstance(value["value"], str) else said(value["value"])
        return f"{value['when'] or 'always'} → {gives}"
    if isinstance(value, Mapping):
        stated = {k: v for k, v in value.items() if v not in (None, "", False, [], {})}
        return ", ".join(f"{k} {said(v)}" for k, v in stated.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(said(item) for item in value)
    return str(value)


def coverage_parts(covered: Covered | None) -> list[tuple[str, Decimal | None, Decimal, Decimal]]:
    """By currency: share from 0 to 1 (None of nothing), allocated and total."""
    if covered is None:
        return []
    shares = covered.share
    return [(c, shares[c], covered.allocated[c], covered.total[c]) for c in sorted(shares)]
