"""Bring what is known up to date with what a look found: new, found again, gone, or back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from outlay.app.savings.footprints import Bill, Footprint
from outlay.app.savings.model import SavingsPolicySpec
from outlay.app.savings.store import Books
from outlay.money.quotients import quotient, scaled
from outlay.savings.life import BY_PEOPLE, LifeError, Times, may, moved, waits
from outlay.savings.merging import OWN, preference
from outlay.savings.model import Finding, Insufficient, State
from outlay.savings.recommendation import Recommendation, key_of, name_of

_FROZEN: tuple[State, ...] = ("accepted", "implemented", "verified", "sustained")
"""States in which the estimate that was accepted stays as it was. What regressed is open again: it
would save what tools say of it now."""

NATIVE = "native tools"
"""By which name a look says that what native tools say could not be read."""

MONTH = "the last 30 whole days"

AUTHOR = "outlay"
"""As whom the history knows what a look did, whoever asked for it."""

UNTOUCHED = "Nobody touched it for"
"""How the reason begins of what expired although it is still found."""


@dataclass(frozen=True)
class Found:
    """What a look found: findings by the key of their recommendation (the first cycle's), their
    charges, what could not be judged, and which tools failed. `apart` are the names (`name_of`)
    that resources of several accounts have: each has recommendations of its own."""

    findings: Mapping[str, tuple[Finding, ...]]
    bill: Bill
    insufficient: tuple[Insufficient, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[tuple[str, str]] = frozenset()

    def parts(self, one: Finding | Recommendation) -> bool:
        """Whether its account belongs to its key."""
        return bool(one.resource) and name_of(one.provider, one.resource) in self.apart


@dataclass(frozen=True)
class Renewed:
    """What a look changed; see `outlay.app.savings.looking.Look`. `keys` are the recommendations'
    own keys by those of what was found: a later cycle has another."""

    new: tuple[Recommendation, ...]
    back: tuple[Recommendation, ...]
    gone: tuple[Recommendation, ...]
    keys: Mapping[str, str] = field(default_factory=dict)


def renewed(
    books: Books,
    found: Found,
    spec: SavingsPolicySpec,
    tag: str,
    nobody: frozenset[str],
    limits: Times,
    now: datetime,
) -> Renewed:
    """Bring the recommendations up to date, in one transaction. `tag` is the owners' virtual tag,
    `nobody` its values that own nothing."""
    work = _Work(books, found, spec, tag, nobody, limits, now)
    known = _known(books, found)
    met: set[int] = set()
    keys: dict[str, str] = {}
    for key, findings in found.findings.items():
        cycles = _cycles(known, key, findings, apart=found.parts(findings[0]))
        one = None if not cycles or _is_another(cycles[-1], findings[0]) else cycles[-1]
        footprint = found.bill.footprints.get(key, Footprint())
        if one is None:
            one = work.add(key, findings, footprint, len(cycles) + 1)
        else:
            met.add(one.id)
            work.meet(one, findings, footprint)
        keys[key] = one.key
    for one in known.values():
        if one.id not in met:
            work.miss(one)
    return Renewed(tuple(work.new), tuple(work.back), tuple(work.gone), keys)


@dataclass
class _Work:
    books: Books
    found: Found
    spec: SavingsPolicySpec
    tag: str
    nobody: frozenset[str]
    limits: Times
    now: datetime
    new: list[Recommendation] = field(default_factory=list)
    back: list[Recommendation] = field(default_factory=list)
    gone: list[Recommendation] = field(default_factory=list)

    def add(
        self, key: str, findings: tuple[Finding, ...], footprint: Footprint, cycle: int
    ) -> Recommendation:
        """Keep what was not known; gives it."""
        first = findings[0]
        apart = self.found.parts(first)
        own = key if cycle == 1 else key_of(first, cycle, apart=apart)
        due = self.now.date() + timedelta(days=self.limits.decide)
        one = Recommendation(
            id=0,
            key=own,
            state="identified",
            reason="",
            provider=first.provider,
            account=first.account,
            region=first.region,
            service=first.service,
            resource=first.resource,
            resource_name=first.resource_name,
            scope=first.scope,
            where=first.where,
            group=first.group,
            action=first.action,
            nature=first.nature,
            currency=first.currency,
            findings=findings,
            first_seen=self.now,
            last_seen=self.now,
            updated_at=self.now,
            due_on=due,
            cycle=cycle,
            apart=apart,
        )
        one = self.books.add(self._owned(one, footprint))
        tools = sorted({each.tool for each in findings})
        self._step(one, "identify", f"Found by {', '.join(tools)}.")
        self.new.append(one)
        return one

    def meet(
        self, before: Recommendation, findings: tuple[Finding, ...], footprint: Footprint
    ) -> None:
        """Bring up to date what is found again."""
        findings = self._with_failed(before, findings)
        one = replace(before, findings=_beside(before, findings), last_seen=self.now, gone="")
        if before.state not in _FROZEN:
            first = one.findings[0]
            one = replace(
                one,
                where=first.where,
                account=first.account or one.account,
                region=first.region or one.region,
                service=first.service or one.service,
                resource_name=first.resource_name or one.resource_name,
                nature=first.nature,
                currency=first.currency,
                chosen=None,
            )
        if before.state not in ("implemented", "verified", "sustained"):
            one = self._owned(one, footprint)
        one = self._returned(one, met=True)
        if self._untouched(one):
            reason = f"{UNTOUCHED} {self.spec.expire_days} days."
            one = self._expired(one, reason)
        self.books.put(one)

    def _with_failed(
        self, before: Recommendation, findings: tuple[Finding, ...]
    ) -> tuple[Finding, ...]:
        """What is found, with what tools said that failed this time: that stays as it was."""
        kept = [each for each in before.findings if self._failed(each)]
        names = {(each.tool, each.detector, each.native_id) for each in findings}
        kept = [one for one in kept if (one.tool, one.detector, one.native_id) not in names]
        return tuple(sorted((*findings, *kept), key=preference)) if kept else findings

    def _failed(self, one: Finding) -> bool:
        return (NATIVE if one.tool != OWN else one.detector) in self.found.failed

    def miss(self, one: Recommendation) -> None:
        """Note that it is not found any more, if its tools could have found it."""
        why = self._why_gone(one)
        after = one
        if not why:
            after = self._returned(one, met=False)
        elif may(one, "expire"):
            after = self._expired(one, why)
        elif one.state in ("accepted", "regressed") and not one.gone:
            after = replace(one, gone=f"{why} It may have been done already.")
            self._step(after, "gone", after.gone)
        if after != one:
            self.books.put(after)

    def _why_gone(self, one: Recommendation) -> str:
        """Why nothing finds it, '' where that is no answer: a tool failed or could not judge."""
        lacking = {
            (each.detector, each.resource)
            for each in self.found.insufficient
            if not one.apart or each.account in ("", one.account)
        }
        off = []
        for each in one.findings:
            if each.tool != OWN:
                if NATIVE in self.found.failed:
                    return ""
                continue
            if each.detector in self.found.failed or (each.detector, one.resource) in lacking:
                return ""
            if not self.spec.rule(each.detector).enabled:
                off.append(each.detector)
        if off:
            return f"It is not looked for any more: {', '.join(sorted(off))} is off."
        return f"No tool finds it any more, since {self.now.date()}."

    def _returned(self, one: Recommendation, *, met: bool) -> Recommendation:
        """What was snoozed, dismissed or expired comes back when its time is over, or when what had
        gone is found again."""
        today = self.now.date()
        asleep = one.state in ("snoozed", "dismissed") and one.snoozed_until is not None
        again = one.state == "expired" and met and not one.reason.startswith(UNTOUCHED)
        if not again and not (asleep and not waits(one, today)):
            return one
        after = moved(one, "reopen", self.now, self.limits)
        note = "Found again." if again else f"Its time was over on {one.snoozed_until}."
        self._step(after, "return", note, {"from": one.state, "state": after.state})
        self.back.append(after)
        return after

    def _untouched(self, one: Recommendation) -> bool:
        if not self.spec.expire_days or one.state != "identified" or one.first_seen is None:
            return False
        limit = timedelta(days=self.spec.expire_days)
        if self.now - one.first_seen < limit:
            return False
        said = [step for step in self.books.steps(one.id) if step.action in _TOUCHING]
        return not said or self.now - said[-1].at >= limit

    def _expired(self, one: Recommendation, reason: str) -> Recommendation:
        try:
            after = replace(moved(one, "expire", self.now, self.limits), reason=reason)
        except LifeError:
            return one
        self._step(after, "expire", reason, {"from": one.state, "state": after.state})
        self.gone.append(after)
        return after

    def _owned(self, one: Recommendation, footprint: Footprint) -> Recommendation:
        """With the owner by its charges: the value of the tag that most of their cost is of."""
        owners = [pair for pair in footprint.owners if pair[0] not in self.nobody]
        found = replace(footprint, owners=tuple(owners)).owner
        owner, why = "", "There is no virtual tag of owners."
        if self.tag and footprint.cost is None:
            why = "None of its charges is on the bill: nothing tells its owner."
        elif self.tag and found is None:
            why = f"Its charges have no value of {self.tag}."
        elif found is not None and footprint.cost is not None:
            owner, cost = found
            share = quotient(cost * 100, footprint.cost, 0)
            part = f", {share} %" if share is not None else ""
            why = (
                f"{self.tag} = {owner} has {_short(cost)} of the {_short(footprint.cost)} "
                f"{one.currency} that its charges cost in {MONTH}{part}."
            )
        return replace(
            one, owner_tag=self.tag, owner=owner, owner_why=why, cost=footprint.cost,
            discount=footprint.discount,
        )  # fmt: skip

    def _step(
        self, one: Recommendation, action: str, note: str, detail: Mapping[str, str] | None = None
    ) -> None:
        self.books.step(one.id, self.now, AUTHOR, action, note=note, detail=detail)


def _short(amount: Decimal) -> str:
    return f"{scaled(amount, 2):,f}"


_TOUCHING = (*BY_PEOPLE, "comment", "return")


def _known(books: Books, found: Found) -> dict[str, Recommendation]:
    """What is kept, by key. Where another account turned out to have a resource of the same name,
    the account that a recommendation is of belongs to its key from now on: it stays the same."""
    kept = {one.key: one for one in books.listed()}
    for one in [*kept.values()]:
        if one.apart or not one.account or not found.parts(one):
            continue
        key = key_of(one, one.cycle, apart=True)
        if key in kept:
            continue
        del kept[one.key]
        kept[key] = books.put(replace(one, key=key, apart=True))
    return kept


def _cycles(
    known: Mapping[str, Recommendation], key: str, findings: tuple[Finding, ...], *, apart: bool
) -> list[Recommendation]:
    """What is kept of the same, the newest cycle last."""
    found: list[Recommendation] = []
    while True:
        cycle = len(found) + 1
        one = known.get(key if cycle == 1 else key_of(findings[0], cycle, apart=apart))
        if one is None:
            return found
        found.append(one)


def _is_another(one: Recommendation, finding: Finding) -> bool:
    """Whether what was done has lasted, and this is a further change: from what it is now."""
    then = one.finding.current
    return one.state == "sustained" and bool(finding.current) and finding.current != then


def _beside(one: Recommendation, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings now; the estimate that was accepted stays first, as it was."""
    if one.state not in _FROZEN or one.chosen is None:
        return findings
    kept = one.finding
    same = (kept.tool, kept.detector, kept.native_id)
    rest = [each for each in findings if (each.tool, each.detector, each.native_id) != same]
    return (kept, *rest)
