"""Virtual tags before they are saved, what they cover, and what the data suggests.

Nothing here changes anything: `Workspace.resources` saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.allocation.model import DictionarySpec, SplitSpec, TagValue, VirtualTagSpec
from outlay.app.errors import WorkspaceError
from outlay.app.rules import METRIC, with_metrics
from outlay.app.served import served
from outlay.app.shipped import with_shipped
from outlay.money import money_text
from outlay.query import CostQuery
from outlay.query.allocating import (
    Asking,
    Coverage,
    Preview,
    Suggestion,
    TagEffect,
    allocating_effects,
    tag_coverage,
    tag_preview,
    tag_suggestions,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace
    from outlay.resources import Document

PREVIEWED = ("VirtualTag", "Dictionary", METRIC)
"""The kinds of resources whose change may move labels."""

_MOST_VALUES = 100_000

Changes = Mapping[tuple[str, str], "BaseModel | Mapping[str, Any] | None"]
"""(kind, name) → its spec after the change; None where it is removed."""


@served("POST /tags/{name}/preview")
def preview_tag(
    workspace: Workspace,
    name: str,
    spec: VirtualTagSpec | Mapping[str, Any] | None,
    within: CostQuery | None = None,
    *,
    also: Changes | None = None,
    now: datetime | None = None,
) -> Preview:
    """What saving a spec under the name of a virtual tag (None: removing it) would do.

    `also` are changes that would be saved with it (a dictionary, a tag that it builds on). Money
    is the first measure of `within`, over its range and condition, in its currency (None: each in
    its own). Raises ResourceError for a spec that cannot be read, QueryError for rules
    that are refused and like a question.
    """
    before = workspace.rules()
    after = with_changes(workspace, before, {**(also or {}), ("VirtualTag", name): spec})
    return tag_preview(workspace.lake, before, after, name, _asking(workspace, within, now))


@served("POST /plan")
def preview_documents(
    workspace: Workspace,
    documents: Sequence[Document],
    within: CostQuery | None = None,
    *,
    now: datetime | None = None,
) -> tuple[tuple[Preview, ...], tuple[TagEffect, ...]]:
    """What saving the virtual tags and dictionaries of files would do, together: a preview of
    each virtual tag among them, and the effect on the other tags whose values change by it.

    Raises like `preview_tag`; WorkspaceError where there is neither kind among them.
    """
    changes = {(d.kind, d.name): d.spec for d in documents if d.kind in PREVIEWED}
    if not changes:
        raise WorkspaceError(
            "there is no virtual tag and no dictionary to preview. `outlay plan` shows the effect "
            "of every kind of resource.",
            wrong_use=True,
        )
    tags = [name for kind, name in changes if kind == "VirtualTag"]
    previews = tuple(
        preview_tag(workspace, name, changes["VirtualTag", name], within, also=changes, now=now)  # type: ignore[arg-type]
        for name in tags
    )
    told = {*tags, *(effect.tag for one in previews for effect in one.dependents)}
    others = effect_of(workspace, changes, within, now=now)
    return previews, tuple(effect for effect in others if effect.tag not in told)


@served("GET /tags/{name}/coverage")
def coverage(
    workspace: Workspace,
    name: str,
    within: CostQuery | None = None,
    *,
    spec: VirtualTagSpec | Mapping[str, Any] | None = None,
    gaps: int = 10,
    now: datetime | None = None,
) -> Coverage:
    """How much a tag allocates, and what would catch the rest; of the saved tag (as of
    `within.rules_as_of`), or of a `spec` that is not saved yet."""
    rules = _rules(workspace, name, spec, within)
    return tag_coverage(workspace.lake, rules, name, _asking(workspace, within, now), gaps=gaps)


@served("GET /tags/{name}/suggestions")
def suggestions(
    workspace: Workspace,
    name: str,
    within: CostQuery | None = None,
    *,
    spec: VirtualTagSpec | Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> tuple[Suggestion, ...]:
    """Rules that the data suggests for a tag, the one that would allocate most first."""
    rules = _rules(workspace, name, spec, within)
    return tag_suggestions(workspace.lake, rules, name, _asking(workspace, within, now))


def effect_of(
    workspace: Workspace,
    changes: Changes,
    within: CostQuery | None = None,
    *,
    now: datetime | None = None,
) -> tuple[TagEffect, ...]:
    """What changes of virtual tags and dictionaries would do together, for every tag whose values
    may change by them; kinds that no label depends on are passed over.

    Raises like `preview_tag`.
    """
    before = workspace.rules()
    after = with_changes(workspace, before, changes)
    return allocating_effects(workspace.lake, before, after, asking=_asking(workspace, within, now))


@dataclass(frozen=True)
class ValueOfTag:
    """A value of a virtual tag: what is known of it, and its money by currency and lines (with
    what splits give and take, unless the question says direct). `active`: today is within its
    dates; a value that is not described has none and is."""

    value: str
    about: TagValue
    active: bool
    described: bool
    money: Mapping[str, Decimal]
    lines: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "value": self.value,
            "title": self.about.title,
            "owner": self.about.owner,
            "description": self.about.description,
            "parent": self.about.parent,
            "from": str(self.about.from_) if self.about.from_ else None,
            "until": str(self.about.until) if self.about.until else None,
            "active": self.active,
            "described": self.described,
            "money": {c: money_text(amount) for c, amount in sorted(self.money.items())},
            "lines": self.lines,
        }


@served("GET /tags/{name}/values")
def tag_values(
    workspace: Workspace,
    name: str,
    within: CostQuery | None = None,
    *,
    now: datetime | None = None,
) -> tuple[ValueOfTag, ...]:
    """The values of a virtual tag, the one with most money first; those that are described, but
    have no charges, come last. Raises QueryError for a tag that there is not."""
    spec = workspace.rules_of(within).tag(name, "tag")
    today = now.date() if now else workspace.today()
    found = workspace.values(name, limit=_MOST_VALUES, within=within, now=now)
    money = {str(info.value): (info.amounts, info.lines) for info in found}
    unused = [value for value in sorted(spec.values) if value not in money]
    values = []
    for value in (*money, *unused):
        about = spec.values.get(value, TagValue())
        amounts, lines = money.get(value, ({}, 0))
        values.append(
            ValueOfTag(value, about, about.holds_on(today), value in spec.values, amounts, lines)
        )
    return tuple(values)


def with_changes(workspace: Workspace, rules: Ruleset, changes: Changes) -> Ruleset:
    """Rules with some of their resources changed; other kinds are passed over. ResourceError for
    a spec that cannot be read. The result is not checked."""
    tags, dictionaries = dict(rules.tags), dict(rules.dictionaries)
    splits, metrics = dict(rules.splits), {}
    for (kind, name), spec in changes.items():
        parsed = None if spec is None else workspace.resources.registry.get(kind).parse(spec)
        if kind == "VirtualTag":
            _put(tags, name, parsed, VirtualTagSpec)
        elif kind == "Dictionary":
            _put(dictionaries, name, parsed, DictionarySpec)
        elif kind == "Split":
            _put(splits, name, parsed, SplitSpec)
        elif kind == METRIC:
            metrics[name] = parsed
    reader = with_metrics(rules.metrics, metrics)
    return replace(rules, tags=tags, dictionaries=dictionaries, splits=splits, metrics=reader)


def _put(held: dict[str, Any], name: str, spec: BaseModel | None, kind: type) -> None:
    if spec is None:
        held.pop(name, None)
    else:
        assert isinstance(spec, kind)
        held[name] = spec


def _rules(
    workspace: Workspace,
    name: str,
    spec: VirtualTagSpec | Mapping[str, Any] | None,
    within: CostQuery | None,
) -> Ruleset:
    rules = with_shipped(workspace.rules_of(within), [name])
    if spec is None:
        return rules
    return with_changes(workspace, rules, {("VirtualTag", name): spec}).check()


def _asking(workspace: Workspace, within: CostQuery | None, now: datetime | None) -> Asking:
    from outlay.app.rates import rates_of

    asked = within or CostQuery()
    if asked.currency is None:
        return Asking(asked, now=now)
    rates, stated = rates_of(workspace, asked.rates)
    return Asking(asked, now=now, rates=rates, stated=stated)
