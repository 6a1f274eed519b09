"""What follows from the bill: savings are verified, sustained, or have regressed; and what was done
without anybody saying so is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import acting as acting_as
from outlay.access.principal import system
from outlay.alerts.signal import Owner, Signal
from outlay.app.alerts.raising import raise_signal, settle
from outlay.app.realised.baselines import freeze
from outlay.app.realised.keeping import store
from outlay.app.realised.measuring import measured, newest, since
from outlay.app.realised.reading import Bill, bill
from outlay.app.realised.spans import Span, spans
from outlay.app.runs import utc_now
from outlay.app.savings import acting
from outlay.app.savings.errors import SavingError
from outlay.app.savings.store import SavingStore
from outlay.app.unchanged import remember, seen, stands_on
from outlay.app.utilization.after import regressed as performance
from outlay.app.watching import AUTHOR
from outlay.lake import LakeError
from outlay.savings.realised.judging import RULES, Verdict, days_between, fell, judge
from outlay.savings.realised.model import Entry
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_LOOKED = timedelta(days=62)
_LATELY = timedelta(days=45)
_LAG = timedelta(days=2)
"""A bill tells of a day up to so much later: a change just before a finding came after it."""

NOT_FOUND = "No tool finds it any more"
"""How the reason begins of what expired since it is not found (`outlay.app.savings.renewing`)."""


@dataclass(frozen=True)
class Followed:
    """What a look did: entries that are new, and the numbers of the recommendations that moved."""

    at: datetime
    entries: tuple[Entry, ...] = ()
    seen: tuple[int, ...] = ()
    verified: tuple[int, ...] = ()
    sustained: tuple[int, ...] = ()
    regressed: tuple[int, ...] = ()


def follow(workspace: Workspace, now: datetime | None = None) -> Followed:
    """Look at the bill as of `now` (UTC), over the whole ledger, whoever asks. Repeated, it does
    nothing more."""
    moment = now or utc_now()
    waiting = _waiting(workspace, moment)
    known = spans(workspace)
    days = [moment.date() - _LOOKED] if waiting else []
    days += [day for day in (since(known),) if day is not None]
    if not days:
        return Followed(moment)
    conditions = [one.where for one in waiting]
    conditions += [text for one in known for text in (one.baseline.where, one.successor)]
    with acting_as(system(AUTHOR)):
        basis = (stands_on(workspace, moment), tuple(waiting), tuple(known))
        found: tuple[int, ...] = ()
        entries: tuple[Entry, ...] = ()
        # A bill that was read for all of them and showed nothing new would show nothing again.
        if not seen(workspace, "realised", basis):
            try:
                with bill(workspace, min(days), conditions, many=True) as read:
                    found = _found(workspace, read, waiting, known, moment)
                    entries = measured(workspace, moment, read).entries
            except LakeError:  # nothing was ever loaded
                return Followed(moment)
            remember(workspace, "realised", basis, not found and not entries)
        moved = _judged(workspace, moment)
        _settle(workspace, moment)
    return Followed(moment, entries, found, moved["verify"], moved["sustain"],
                    moved["regress"])  # fmt: skip


# --- what the days prove ------------------------------------------------------------------------


def _judged(workspace: Workspace, now: datetime) -> dict[str, tuple[int, ...]]:
    moved: dict[str, list[int]] = {"verify": [], "sustain": [], "regress": []}
    last = {span.one.id: span for span in spans(workspace)}
    entries: dict[int, list[Entry]] = {}
    for (number, _), entry in sorted(newest(store(workspace).entries()).items()):
        entries.setdefault(number, []).append(entry)
    steps = SavingStore(workspace.resources.engine).steps(None, ("regress",))
    regressed = {step.recommendation: step.at for step in steps}
    for number, span in last.items():
        one = span.one
        begun = _begun_again(one, span, regressed.get(number))
        days = [
            day
            for entry in entries.get(number, ())
            for day in entry.days
            if begun is None or day.day > begun
        ]
        for _ in range(3):
            if one.state not in ("implemented", "verified", "sustained"):
                break
            verdict = judge(one.state, span.baseline, days)
            if verdict.turn != "regress":
                slower = performance(workspace, one, now)
                verdict = Verdict("regress", slower) if slower else verdict
            if not verdict.turn:
                break
            try:
                one = _turn(workspace, one, verdict, now)
            except SavingError:  # somebody moved it meanwhile
                break
            moved[verdict.turn].append(number)
    return {turn: tuple(numbers) for turn, numbers in moved.items()}


def _begun_again(one: Recommendation, span: Span, regressed: datetime | None) -> date | None:
    """The day on which it was said to be done once more, after it had regressed from the same
    baseline: what the bill showed until then says nothing of it. None: it was not."""
    done = one.implemented_at
    if regressed is None or done is None or not span.baseline.frozen_at <= regressed <= done:
        return None
    return done.date()


def _turn(
    workspace: Workspace, one: Recommendation, verdict: Verdict, now: datetime
) -> Recommendation:
    sentence = f"{verdict.sentence[:1].upper()}{verdict.sentence[1:]}"
    if verdict.turn == "verify":
        return acting.verify(workspace, one.id, sentence, now)
    if verdict.turn == "sustain":
        return acting.sustain(workspace, one.id, sentence, now)
    done = acting.regress(workspace, one.id, sentence, now)
    finding = done.finding
    raise_signal(
        workspace,
        Signal(
            kind="saving",
            subject=_subject(one),
            occurrence=f"regressed-{now.date()}",
            title=f"A saving is gone again: {finding.title}",
            severity="warning",
            lines=(sentence,),
            link=f"/savings/{one.id}",
            amount=finding.monthly_saving,
            currency=one.currency,
            owner=Owner(one.owner, one.owner_tag) if one.owner else None,
            where=one.where,
        ),
        now,
    )
    return done


def _settle(workspace: Workspace, now: datetime) -> None:
    """What was told of a regression is over once somebody decided on it."""
    saved = SavingStore(workspace.resources.engine)
    numbers = {step.recommendation for step in saved.steps(None, ("regress",))}
    for one in saved.listed() if numbers else ():
        if one.id in numbers and one.state != "regressed":
            settle(workspace, "saving", _subject(one), f"It is {one.state}.", now)


def _subject(one: Recommendation) -> str:
    """By which name alerts know a regression."""
    return f"saving-{one.id}"


# --- what nobody told of ------------------------------------------------------------------------


def _waiting(workspace: Workspace, now: datetime) -> list[Recommendation]:
    """Those that nobody said to be implemented, and that can be seen on the bill: also those that
    expired lately since no tool finds them any more, as what is done is not found."""
    saved = SavingStore(workspace.resources.engine)
    return [
        one
        for one in saved.listed(("identified", "assigned", "accepted", "expired"))
        if one.resource
        and one.where
        and one.nature == "saving"
        and (one.state != "expired" or _left_lately(one, now))
    ]


def _left_lately(one: Recommendation, now: datetime) -> bool:
    recent = one.updated_at is not None and one.updated_at > now - _LATELY
    return recent and one.reason.startswith(NOT_FOUND)


def _found(
    workspace: Workspace,
    read: Bill,
    waiting: Sequence[Recommendation],
    known: Sequence[Span],
    now: datetime,
) -> tuple[int, ...]:
    """Recommendations that nobody said to be implemented and whose charges fell by what they
    promise: they are implemented, with a baseline as of the day before."""
    changes = _changes(read, waiting, known, now.date()) if waiting else []
    found = []
    for one, day in changes:
        try:
            note = f"Seen on the bill: its charges fell on {day:%-d %B %Y}."
            if one.state == "expired":
                acting.reopen(workspace, one.id, note, now)
            freeze(workspace, one, now, until=day)
            if one.state != "accepted":
                acting.accept(workspace, one.id, note, now)
            acting.implement(workspace, one.id, note, now)
        except SavingError:  # somebody moved it meanwhile
            continue
        found.append(one.id)
    return tuple(found)


def _changes(
    read: Bill, waiting: Sequence[Recommendation], known: Sequence[Span], today: date
) -> list[tuple[Recommendation, date]]:
    """Those whose charges fell, and since when; of one resource the one that says it best. A fall
    that is another's of the resource already (`known`) is nobody else's."""
    costs = read.by_resource(sorted({one.resource for one in waiting}))
    best: dict[tuple[str, str, str], tuple[bool, Decimal, Recommendation, date]] = {}
    for one in waiting:
        charged = costs.get((*one.place[1:], one.currency))
        if not charged:
            continue
        sources, by_day = charged
        whole = read.left_out(sources, today)
        days = [day for day in days_between(min(by_day), today) if not whole(day)]
        series = [(day, by_day.get(day, Decimal(0))) for day in days]
        change = fell(series, one.finding.monthly_saving)
        if change is None or (one.first_seen and change.since < one.first_seen.date() - _LAG):
            continue
        if one.state == "expired" and one.updated_at and change.since > one.updated_at.date():
            continue  # it was no longer recommended when it was done
        if _is_anothers(one, change.since, known):
            continue
        gone = not any(cost for day, cost in series if day >= change.since)
        # What is deleted was not made smaller: the action must be the one that the bill shows.
        if gone != (one.group == "existence"):
            continue
        accepted = one.state == "accepted"
        rank = (accepted, one.finding.monthly_saving, one, change.since)
        if one.place not in best or rank[:2] > best[one.place][:2]:
            best[one.place] = rank
    return [(one, day) for _, _, one, day in best.values()]


def _is_anothers(one: Recommendation, day: date, known: Sequence[Span]) -> bool:
    """Whether a fall on a day is of what else was done with the resource: it was said shortly
    before (the bill may take some days to show it), or after it."""
    since = day - timedelta(days=RULES.patience_days)
    return any(
        span.one.id != one.id
        and span.one.place == one.place
        and span.since >= since
        and span.last > day
        for span in known
    )
