"""Rule replay: what the charges of a period have by one set of rules, and by another."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access import whole_only
from outlay.allocation.model import VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.app.allocating import with_changes
from outlay.app.served import served
from outlay.expression.errors import QueryError, near_names
from outlay.money import DateRange, money_text
from outlay.query import CostQuery, ranges
from outlay.query.allocating import Asking, TagEffect, allocating_effects
from outlay.query.model import moment_text

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

NOW, NONE, DRAFT = "now", "none", "draft"
ALLOWED = (NOW, "vN (a version of the tag)", "YYYY-MM-DD", "YYYY-MM-DDTHH:MM:SSZ", DRAFT, NONE)


@dataclass(frozen=True)
class Moment:
    """One side of a replay: its text in the address, in words, and the rules by which it was
    worked out (not sent to another machine)."""

    text: str
    title: str
    rules: Ruleset | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Replay:
    """What moves where in money when the rules of `after` stand in place of those of `before`.

    `within` says which charges, in which measure and currency; its condition goes by the rules
    before. `range` are the days asked (None: open).
    """

    tag: str
    before: Moment
    after: Moment
    within: CostQuery
    range: DateRange | None
    effect: TagEffect

    @property
    def changes(self) -> bool:
        """Whether any charge gets another value."""
        return self.effect.changes

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money as text with all its digits."""
        return {
            "tag": self.tag,
            "before": {"rules": self.before.text, "title": self.before.title},
            "after": {"rules": self.after.text, "title": self.after.title},
            "query": self.within.to_json(),
            "range": None
            if self.range is None
            else {"from": str(self.range.start), "to": str(self.range.end)},
            **self.effect.to_json(),
        }

    def to_csv(self) -> str:
        """Every move as CSV: from, to, currency, amount in full, lines, resources."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(["from", "to", "currency", "amount", "lines", "resources"])
        for move in self.effect.moves:
            for currency, amount in move.caught.money.items():
                writer.writerow(
                    [move.before or "", move.after or "", currency, money_text(amount),
                     move.caught.lines, move.caught.resources]
                )  # fmt: skip
        return buffer.getvalue()


@served("GET /replay")
def replay(
    workspace: Workspace,
    tag: str,
    before: str,
    after: str = NOW,
    within: CostQuery | None = None,
    *,
    draft: str | Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Replay:
    """Replay a tag's rules over a period.

    `before` and `after` are ``now``, a moment (a day means its end, UTC), ``vN`` (today's rules
    with version N of the tag), ``none`` (the tag is not there) or ``draft`` (today's rules with
    the spec `draft`, JSON or its value). Raises QueryError for what is none of these, for rules
    that are refused and like a question, ResourceError for a draft that cannot be read.
    """
    whole_only("a replay of rules")
    asked = (within or CostQuery()).but(by=(), grain="none", compare=None, limit=None, sort="")
    one = _moment(workspace, tag, before, "before", draft)
    other = _moment(workspace, tag, after, "after", draft)
    assert one.rules is not None and other.rules is not None
    if tag not in one.rules.tags and tag not in other.rules.tags:
        workspace.rules().tag(tag, "tag")
        raise QueryError(
            f"the tag {tag!r} is on neither side",
            field="before",
            text=before,
            hint=f"It has {len(workspace.history('VirtualTag', tag))} versions: v1, v2, …",
        )
    (effect,) = allocating_effects(
        workspace.lake, one.rules, other.rules, [tag], asking=_asking(workspace, asked, now)
    )
    days = ranges.resolve(asked.range, now.date() if now else workspace.today())
    range_ = DateRange(days.start, days.end) if days.start and days.end else None
    return Replay(tag, one, other, asked, range_, effect)


def _asking(workspace: Workspace, asked: CostQuery, now: datetime | None) -> Asking:
    from outlay.app.rates import rates_of

    if asked.currency is None:
        return Asking(asked, now=now)
    rates, stated = rates_of(workspace, asked.rates)
    return Asking(asked, now=now, rates=rates, stated=stated)


def _moment(
    workspace: Workspace,
    tag: str,
    text: str,
    field: str,
    draft: str | Mapping[str, Any] | None,
) -> Moment:
    text = text.strip() or NOW
    if text == NOW:
        return Moment(NOW, "the rules of now", workspace.rules())
    if text == NONE:
        rules = workspace.rules()
        # What builds on the tag cannot be without it; splits play no part here.
        kept = {n: spec for n, spec in rules.tags.items() if tag not in rules.closure([n])}
        return Moment(NONE, f"without {tag}", replace(rules, tags=kept, splits={}))
    if text == DRAFT:
        rules = with_changes(workspace, workspace.rules(), {("VirtualTag", tag): _draft(draft)})
        return Moment(DRAFT, "the draft", rules.check())
    if text[0] == "v" and text[1:].isdigit():
        return _version(workspace, tag, int(text[1:]), field)
    try:
        moment = moment_text(text, field)
    except QueryError as error:
        raise QueryError(
            f"{text!r} names no rules",
            field=field,
            text=text,
            near=near_names(text, (NOW, NONE, DRAFT)),
            allowed=ALLOWED,
        ) from error
    at = CostQuery(rules_as_of=moment).rules_moment()
    return Moment(moment, f"the rules of {moment}", workspace.rules(at))


def _version(workspace: Workspace, tag: str, version: int, field: str) -> Moment:
    known = saved_versions(workspace, tag)
    if version not in known:
        raise QueryError(
            f"the tag {tag!r} has no version {version}",
            field=field,
            text=f"v{version}",
            allowed=[f"v{number}" for number in known],
            hint="" if known else f"There is no virtual tag {tag!r}.",
        )
    resource = workspace.resources.version("VirtualTag", tag, version)
    assert isinstance(resource.spec, VirtualTagSpec)
    rules = with_changes(workspace, workspace.rules(), {("VirtualTag", tag): resource.spec})
    return Moment(f"v{version}", f"version {version} of {tag}", rules.check())


def saved_versions(workspace: Workspace, tag: str) -> list[int]:
    """The versions of a tag that have a spec, oldest first: one that removed it has none."""
    history = workspace.history("VirtualTag", tag)
    return [change.version for change in history if change.action != "delete"]


def _draft(draft: str | Mapping[str, Any] | None) -> Mapping[str, Any]:
    if isinstance(draft, Mapping):
        return draft
    try:
        found = json.loads(draft or "")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise QueryError(
            "the draft is no JSON of a virtual tag's spec",
            field="draft",
            text=(draft or "")[:80],
            hint='For example {"rules": [{"when": "tags.team IS NOT NULL", "value": "x"}]}.',
        )
    return found
