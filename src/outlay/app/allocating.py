"""Virtual tags before they are saved, what they cover, and what the data suggests.

Nothing here changes anything: `Workspace.resources` saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.allocation.model import DictionarySpec, SplitSpec, VirtualTagSpec
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

Changes = Mapping[tuple[str, str], "BaseModel | Mapping[str, Any] | None"]
"""(kind, name) → its spec after the change; None where it is removed."""


def preview_tag(
    workspace: Workspace,
    name: str,
    spec: VirtualTagSpec | Mapping[str, Any] | None,
    within: CostQuery | None = None,
    *,
    now: datetime | None = None,
) -> Preview:
    """What saving a spec under the name of a virtual tag (None: removing it) would do.

    Money is the first measure of `within`, over its range and condition, in its currency (None:
    each in its own). Raises ResourceError for a spec that cannot be read, QueryError for rules
    that are refused and like a question.
    """
    before = workspace.rules()
    after = with_changes(workspace, before, {("VirtualTag", name): spec})
    return tag_preview(workspace.lake, before, after, name, _asking(workspace, within, now))


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


def replay(
    workspace: Workspace,
    name: str,
    then: datetime | None,
    within: CostQuery | None = None,
    *,
    rules_now: datetime | None = None,
    now: datetime | None = None,
) -> TagEffect:
    """What a tag's rules of one moment would say of a period, against those of another: money
    moved by value. `then` and `rules_now` are UTC moments (naive); None is today's rules."""
    one, other = workspace.rules(then), workspace.rules(rules_now)
    if name not in one.tags:
        other.tag(name, "tag")
    (found,) = allocating_effects(
        workspace.lake, one, other, [name], asking=_asking(workspace, within, now)
    )
    return found


def with_changes(workspace: Workspace, rules: Ruleset, changes: Changes) -> Ruleset:
    """Rules with some of their resources changed; other kinds are passed over. ResourceError for
    a spec that cannot be read. The result is not checked."""
    tags, dictionaries = dict(rules.tags), dict(rules.dictionaries)
    splits = dict(rules.splits)
    for (kind, name), spec in changes.items():
        parsed = None if spec is None else workspace.resources.registry.get(kind).parse(spec)
        if kind == "VirtualTag":
            _put(tags, name, parsed, VirtualTagSpec)
        elif kind == "Dictionary":
            _put(dictionaries, name, parsed, DictionarySpec)
        elif kind == "Split":
            _put(splits, name, parsed, SplitSpec)
    return replace(rules, tags=tags, dictionaries=dictionaries, splits=splits)


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
    rules = workspace.rules_of(within)
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
