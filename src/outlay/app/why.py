"""Why is this mine? The rules behind an amount, what splits gave, and the charges themselves."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.access import current, whole_ledger
from outlay.allocation.model import TagValue
from outlay.app.served import served
from outlay.app.shipped import with_shipped
from outlay.expression import text_literal
from outlay.money import money_text, total
from outlay.query import ChargePage, CostQuery, Explanation, ValueInfo
from outlay.query.allocating import Asking, Caught
from outlay.query.explain import ExplainedGroup
from outlay.query.why import Why
from outlay.query.why import why as ask

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_CHARGES = 3


@dataclass(frozen=True)
class Saved:
    """Who saved the version of a resource, and when (UTC)."""

    version: int
    author: str
    at: datetime


@dataclass(frozen=True)
class Answer:
    """An answer. `explanation` goes from the value's amount, what splits gave included, down to
    file and line; `charges` are the largest charges of each rule by its number, with all their
    columns; `saved` says who saved what the rules are of; `about` is what the tag says of the
    value, and `owners` who answers: of the value, and of each split that gave to it."""

    why: Why
    explanation: Explanation
    charges: Mapping[int, ChargePage]
    saved: Mapping[tuple[str, str], Saved]
    about: TagValue | None
    owners: Mapping[str, str]

    @property
    def groups(self) -> tuple[ExplainedGroup, ...]:
        """The amounts, one a currency."""
        return self.explanation.groups

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money as text with all its digits."""
        return self.why.to_json() | {
            "saved": [
                {
                    "kind": kind,
                    "name": name,
                    "version": one.version,
                    "author": one.author,
                    "at": one.at.isoformat() + "Z",
                }
                for (kind, name), one in sorted(self.saved.items())
            ],
            "owners": dict(self.owners),
            "charges": {str(number): page.to_json() for number, page in self.charges.items()},
            "amounts": self.explanation.to_json()["groups"],
        }

    def to_csv(self) -> str:
        """What the amount is made of, a row a part: what each rule saw and gave (``rule``), what
        each split gave and took (``shared``, ``given``), and the files of the direct charges
        (``file``). Rules, and files, add up to the direct amount by currency; amounts in full.
        """
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows([*_rule_rows(self), *_split_rows(self), *_file_rows(self)])
        return buffer.getvalue()


_HEADER = ("part", "name", "version", "detail", "currency", "amount", "lines")


def _rule_rows(answer: Answer) -> Iterator[tuple[object, ...]]:
    for rule in answer.why.rules:
        told = dict.fromkeys(rule.caught.money, Decimal(0))
        name = f"rule {rule.number}" if rule.number else "no rule"
        for seen in rule.seen:
            saw = "; ".join(f"{k} = {'' if v is None else v}" for k, v in seen.values.items())
            for currency, amount in seen.caught.money.items():
                told[currency] = total((told[currency], amount))
                yield _row("rule", name, answer.why.version, saw, currency, amount, seen.caught)
        for currency, amount in rule.caught.money.items():
            left = total((amount, told[currency].copy_negate()))
            if rule.others and left:
                more = f"{rule.others} more combinations"
                yield "rule", name, answer.why.version or "", more, currency, money_text(left), ""


def _row(
    part: str, name: str, version: int | None, detail: str, currency: str, amount: Decimal,
    caught: Caught,
) -> tuple[object, ...]:  # fmt: skip
    return part, name, version or "", detail, currency, money_text(amount), caught.lines


def _split_rows(answer: Answer) -> Iterator[tuple[object, ...]]:
    for group in answer.groups:
        for got in group.shared:
            saved = answer.saved.get(("Split", got.split))
            pool = "its pool" if got.pool is None else money_text(got.pool)
            detail = f"{pool} × {got.share:f}"
            version = saved.version if saved else ""
            yield "shared", got.split, version, detail, group.currency, money_text(got.amount), ""
        for gave in group.given:
            detail = ", ".join(f"{name} {share:f}" for name, share in gave.shares.items())
            yield "given", gave.split, "", detail, group.currency, money_text(gave.amount), ""


def _file_rows(answer: Answer) -> Iterator[tuple[object, ...]]:
    for group in answer.groups:
        for part in group.slices:
            name = f"{part.slice.source} {part.slice.billing_period}"
            for file in part.files:
                amount = money_text(file.amount)
                yield "file", name, "", file.path, group.currency, amount, file.lines


@served("GET /why")
def why(
    workspace: Workspace,
    tag: str,
    value: str,
    within: CostQuery | None = None,
    *,
    lines: int = 3,
    now: datetime | None = None,
) -> Answer:
    """Why charges within a question have a value of a virtual tag.

    Rules are those of now, or of `within.rules_as_of`. Amounts stay in their own currency. Raises
    QueryError for a tag that there is not, and like a question.
    """
    asked = (within or CostQuery()).but(by=(), grain="none", compare=None, limit=None, sort="",
                                       currency=None)  # fmt: skip
    rules = with_shipped(workspace.rules_of(asked), [tag])
    spec = rules.tag(tag, "tag")
    found = ask(workspace.lake, rules, tag, value, Asking(asked, now=now))
    mine = asked.narrowed(f"{tag} = {text_literal(value)}")
    explanation = workspace.explain(mine.but(by=(tag,)), lines=lines, now=now)
    charges = {}
    for rule in found.rules[:_CHARGES]:
        if rule.seen and rule.seen[0].exact:
            one = asked.narrowed(rule.seen[0].condition).but(splits="direct")
            charges[rule.number] = workspace.charges(one, limit=1, now=now)
    kept = {key for rule in found.rules for key in rule.resources}
    # What is said of a value is told to whoever sees something of it.
    there = current().whole or found.rules or explanation.groups
    about = spec.values.get(value) if there else None
    owners = {f"{tag} = {value}": about.owner} if about is not None and about.owner else {}
    for group in explanation.groups:
        for part in group.shared:
            kept.add(("Split", part.split))
            split = rules.splits.get(part.split)
            if split is not None and split.owner:
                owners[part.split] = split.owner
    saved = {key: _saved(workspace, *key, rules.versions.get(key)) for key in sorted(kept)}
    return Answer(found, explanation, charges, {k: s for k, s in saved.items() if s}, about, owners)


@served("GET /why")
def values(
    workspace: Workspace, tag: str, within: CostQuery | None = None, *, now: datetime | None = None
) -> tuple[ValueInfo, ...]:
    """The values of a tag within a question, the one with most money first."""
    return workspace.values(tag, limit=200, within=within, now=now)


def _saved(workspace: Workspace, kind: str, name: str, version: int | None) -> Saved | None:
    with whole_ledger():  # who saved the rule behind one's own charges is theirs to know
        changes = workspace.history(kind, name)
    for change in changes:
        if change.version == version:
            return Saved(change.version, change.author, change.at)
    return None
