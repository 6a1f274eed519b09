"""The bill against the baselines: a month of each recommendation is an entry of the ledger.

A look measures the months that changed: the present one, and those whose deliveries, baselines or
partners are others than when they were measured last. An entry whose content is the same as before
is not written again; nothing is ever changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from outlay.app.realised.keeping import store
from outlay.app.realised.reading import NOT_YET, Bill
from outlay.app.realised.spans import Span, spans
from outlay.expression import parse, referenced
from outlay.expression.dimensions import VIRTUAL
from outlay.savings.model import PURCHASES
from outlay.savings.realised.exact import added
from outlay.savings.realised.judging import days_between
from outlay.savings.realised.measuring import Member, Use, measure, promised
from outlay.savings.realised.model import Effects, Entry, KeyDay, Line, Measured, PriceKey

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_BEFORE_PURCHASE = timedelta(days=62)
"""A commitment that was charged in so many days before is none that was bought now."""


@dataclass(frozen=True)
class Outcome:
    """What a look measured: `entries` that are new, of how many recommendations."""

    at: datetime
    snapshot: str
    entries: tuple[Entry, ...]
    recommendations: int


def measured(workspace: Workspace, now: datetime, read: Bill) -> Outcome:
    """Measure what changed since the last look, from a bill that reaches back to `since`, and keep
    it."""
    tags = frozenset(workspace.rules().tags)
    found = [one for one in spans(workspace) if _can_be_asked(one, tags)]
    if not found:
        return Outcome(now, "", (), 0)
    new = _Measuring(workspace, read, found, now).entries()
    kept = store(workspace).add(new) if new else []
    return Outcome(now, read.snapshot, tuple(kept), len({one.one.id for one in found}))


def _can_be_asked(one: Span, tags: Collection[str]) -> bool:
    """Whether the virtual tags that its conditions name are there. Without one, nothing would be
    selected, which must not look as if nothing were charged: what was measured before stands."""
    return all(
        dimension.kind != VIRTUAL or dimension.name in tags
        for text in (one.baseline.where, one.successor)
        if text
        for dimension in referenced(parse(text))
    )


def newest(entries: Iterable[Entry]) -> dict[tuple[int, date], Entry]:
    """By recommendation and month, the entry that counts: the newest."""
    return {(one.recommendation, one.month): one for one in entries}


def since(found: Sequence[Span]) -> date | None:
    """From which day on the bill is needed to measure spans; None for none of them."""
    days = [
        one.since - _BEFORE_PURCHASE if one.baseline.action in PURCHASES else one.since
        for one in found
    ]
    return min(days).replace(day=1) if days else None


class _Measuring:
    """One look over one snapshot."""

    def __init__(
        self, workspace: Workspace, read: Bill, found: Sequence[Span], now: datetime
    ) -> None:
        self.read = read
        self.now = now
        self.spans = found
        self.known = newest(store(workspace).entries())
        self.today = now.date()
        self.came: dict[int, tuple[PriceKey, ...]] = {}
        self.reasons = {
            one.baseline.id: read.left_out(one.baseline.sources, self.today) for one in found
        }

    def entries(self) -> list[Entry]:
        """The entries that differ from the newest ones."""
        found: list[Entry] = []
        for month, end in self._months():
            there = [one for one in self.spans if one.covers(month, end)]
            reads = {one.one.id: self._reads(one, month, there) for one in there}
            if any(self._is_stale(number, month, text) for number, text in reads.items()):
                found += self._month(month, end, there, reads)
        return [one for one in found if self._is_news(one)]

    def _months(self) -> list[tuple[date, date]]:
        month = min(one.since for one in self.spans).replace(day=1)
        found = []
        while month <= self.today:
            end = (month + timedelta(days=32)).replace(day=1)
            found.append((month, end))
            month = end
        return found

    def _reads(self, one: Span, month: date, there: Sequence[Span]) -> str:
        """What a month's entry is made of: deliveries, and the spans that may share charges."""
        sources = one.baseline.sources
        if one.baseline.action in PURCHASES:
            sources = tuple({each.source for each in self.read.pin.slices})
        parts = [self.read.reads(sources, month), str(self._until(one, month))]
        parts += sorted(each.text for each in there)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _until(self, one: Span, month: date) -> date:
        """The last day of the month that counts."""
        reason = self.reasons[one.baseline.id]
        end = (month + timedelta(days=32)).replace(day=1)
        counted = [day for day in days_between(month, end) if not reason(day)]
        return counted[-1] if counted else month

    def _is_stale(self, number: int, month: date, reads: str) -> bool:
        known = self.known.get((number, month))
        return known is None or known.reads != reads

    def _is_news(self, one: Entry) -> bool:
        known = self.known.get((one.recommendation, one.month))
        if known is None:
            return bool(one.days) or any(reason != NOT_YET for _, reason in one.left_out)
        # A look as of an earlier moment changes nothing of what was known later.
        return known.digest != one.digest and known.at <= self.now

    def _month(
        self, month: date, end: date, there: Sequence[Span], reads: Mapping[int, str]
    ) -> list[Entry]:
        lines = {one.baseline.id: self._lines(one, month, end) for one in there}
        bought = {one.baseline.id: self._bought(one, end) for one in there}
        held = {c.id for one in there for c in one.baseline.commitments}
        wanted = sorted({*held, *(name for names in bought.values() for name in names)})
        uses = self.read.uses(wanted, month, end)
        days: dict[int, list[Measured]] = {one.one.id: [] for one in there}
        left: dict[int, list[tuple[date, str]]] = {one.one.id: [] for one in there}
        for day in days_between(month, min(end, self.today)):
            members = []
            for one in there:
                if not one.since <= day < one.last:
                    continue
                reason = self.reasons[one.baseline.id](day)
                if reason:
                    left[one.one.id].append((day, reason))
                    continue
                own = tuple(lines[one.baseline.id].get(day, ()))
                members.append(
                    Member(
                        one.baseline, one.since, own, bought[one.baseline.id],
                        self._came(one),
                    )
                )  # fmt: skip
            for number, found in measure(day, members, uses.get(day, _NO_USE)).items():
                days[number].append(found)
        newest_span = {one.one.id: one for one in there}
        return [
            self._entry(span, month, there, days[number], left[number], reads[number])
            for number, span in newest_span.items()
        ]

    def _lines(self, one: Span, month: date, end: date) -> dict[date, list[Line]]:
        baseline = one.baseline
        found: dict[date, list[Line]] = {}
        for line in self.read.lines(
            baseline.where,
            max(month, one.since),
            min(end, one.last),
            currency=baseline.currency,
            resources=() if not baseline.resource else baseline.resources,
            successor=one.successor,
            fleet=not baseline.resource,
            discounted=baseline.discounted,
            account=baseline.account,
        ):
            found.setdefault(line.day, []).append(line)
        return found

    def _came(self, one: Span) -> tuple[PriceKey, ...]:
        """The prices of what came in its place under another resource, since it was implemented."""
        if not one.successor:
            return ()
        if one.baseline.id not in self.came:
            lines = self.read.lines(
                "", one.since, one.last, currency=one.baseline.currency, successor=one.successor,
                discounted=one.baseline.discounted, account=one.baseline.account,
            )  # fmt: skip
            self.came[one.baseline.id] = tuple(sorted({line.key for line in lines}))
        return self.came[one.baseline.id]

    def _bought(self, one: Span, end: date) -> tuple[str, ...]:
        if one.baseline.action not in PURCHASES:
            return ()
        return tuple(self.read.bought(one.baseline.where, one.since, min(end, one.last)))

    def _entry(
        self,
        span: Span,
        month: date,
        there: Sequence[Span],
        days: Sequence[Measured],
        left: Sequence[tuple[date, str]],
        reads: str,
    ) -> Entry:
        one, effects = span.one, Effects()
        for day in days:
            effects = effects.plus(day.effects)
        counts: dict[int, int] = {}
        for day in days:
            counts[day.baseline] = counts.get(day.baseline, 0) + 1
        frozen = {each.baseline.id: each.baseline for each in there}
        made = Entry(
            id=0,
            recommendation=one.id,
            month=month,
            at=self.now,
            snapshot=self.read.snapshot,
            currency=one.currency,
            nature=one.nature,
            promised=added(promised(frozen[key], count) for key, count in counts.items()),
            effects=effects,
            counterfactual=added(day.counterfactual for day in days),
            actual=added(day.actual for day in days),
            list_before=added(day.list_before for day in days),
            list_actual=added(day.list_actual for day in days),
            one_off=added(day.one_off for day in days),
            avoided=added(day.avoided for day in days),
            days=tuple(replace(day, keys=()) for day in days),
            keys=_by_key(days),
            left_out=tuple(left),
            title=one.finding.title,
            owner_tag=one.owner_tag,
            owner=one.owner,
            provider=one.provider,
            action=one.action,
            where=one.where,
            reads=reads,
        )
        return replace(made, digest=_digest(made))


_NO_USE: Mapping[str, Use] = {}


def _by_key(days: Sequence[Measured]) -> tuple[KeyDay, ...]:
    """The keys of the days, each summed; apart by baseline where there are two in a month."""
    found: dict[tuple[int, object], KeyDay] = {}
    for day in days:
        for row in day.keys:
            place = (day.baseline, row.key)
            found[place] = found[place].plus(row) if place in found else row
    return tuple(found[place] for place in sorted(found, key=repr))


def _digest(entry: Entry) -> str:
    """What an entry's content is told apart by, whenever and from which snapshot it was made."""
    plain = replace(entry, id=0, at=datetime.min, snapshot="", reads="", digest="", left_out=())
    return hashlib.sha256(TypeAdapter(Entry).dump_json(plain)).hexdigest()
