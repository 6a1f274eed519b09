"""What people, tickets and the bill do with recommendations; each is a step with its author.

Every function takes the moment `now` (UTC; None: this one), needs an editor, and refuses with
SavingError, in words, what does not lead on from where the recommendation stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require, who
from outlay.app.runs import utc_now
from outlay.app.savings.errors import SavingError, not_found
from outlay.app.savings.policy import policy
from outlay.app.savings.seeing import may_see, seen
from outlay.app.savings.store import Books, SavingStore
from outlay.app.served import served
from outlay.savings.life import BY_PEOPLE, LifeError, Times, moved
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.savings")

MOST = 2000
"""Characters of a note."""

MOST_AT_ONCE = 500
"""Recommendations of one bulk action."""

Change = Callable[[Recommendation], Recommendation]


@served("POST /savings/{number}/assign")
def assign(
    workspace: Workspace, number: int, person: str, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Say who looks after it; '' for nobody."""
    return _done(workspace, number, "assign", now, note, person=person)


@served("POST /savings/{number}/accept")
def accept(
    workspace: Workspace,
    number: int,
    note: str = "",
    now: datetime | None = None,
    *,
    finding: int | None = None,
) -> Recommendation:
    """Say that it will be done. Its baseline on the bill is frozen, and its estimate with it;
    `finding` chooses which tool's (by its number, from 0; None: the one that counts)."""
    return _done(workspace, number, "accept", now, note, finding=finding)


@served("POST /savings/{number}/implement")
def implement(
    workspace: Workspace, number: int, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Say that it is done: from now on the bill has to show it."""
    return _done(workspace, number, "implement", now, note)


def verify(
    workspace: Workspace, number: int, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Note that the saving is seen on the bill."""
    return _done(workspace, number, "verify", now, note)


def sustain(
    workspace: Workspace, number: int, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Note that the saving has lasted."""
    return _done(workspace, number, "sustain", now, note)


def regress(
    workspace: Workspace, number: int, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Note that the saving is gone from the bill again: it is open once more."""
    return _done(workspace, number, "regress", now, note)


@served("POST /savings/{number}/snooze")
def snooze(
    workspace: Workspace, number: int, until: date, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Put it out of sight until a day to come."""
    return _done(workspace, number, "snooze", now, note, until=until)


@served("POST /savings/{number}/dismiss")
def dismiss(
    workspace: Workspace,
    number: int,
    reason: str,
    until: date | None = None,
    now: datetime | None = None,
) -> Recommendation:
    """Say that it will not be done, and why; until a day (None: for good)."""
    return _done(workspace, number, "dismiss", now, reason, until=until)


@served("POST /savings/{number}/reopen")
def reopen(
    workspace: Workspace, number: int, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Take back that it was snoozed, dismissed, expired, accepted or said to be implemented."""
    return _done(workspace, number, "reopen", now, note)


def expire(
    workspace: Workspace, number: int, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Note that it is over without having been done; the note says why."""
    return _done(workspace, number, "expire", now, note)


@served("POST /savings/{number}/comment")
def comment(
    workspace: Workspace, number: int, note: str, now: datetime | None = None
) -> Recommendation:
    """Say something that others see."""
    return _done(workspace, number, "comment", now, note)


@dataclass(frozen=True)
class Bulk:
    """What a bulk action did, or would have done: `done` the recommendations after it, or
    `refused` by number why it cannot be (then nothing was changed)."""

    done: tuple[Recommendation, ...] = ()
    refused: Mapping[int, str] | None = None


@served("POST /savings/bulk")
def bulk(
    workspace: Workspace,
    numbers: Sequence[int],
    step: str,
    note: str = "",
    now: datetime | None = None,
    *,
    person: str = "",
    until: date | None = None,
) -> Bulk:
    """One step of many, all or nothing: `refused` names each that cannot take it."""
    require(Level.EDITOR, "changing recommendations")
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        raise SavingError("no recommendation is chosen: mark at least one")
    if len(wanted) > MOST_AT_ONCE:
        raise SavingError(f"at most {MOST_AT_ONCE} at once; {len(wanted)} are marked")
    if step not in (*BY_PEOPLE, "comment"):
        allowed = ", ".join((*BY_PEOPLE, "comment"))
        raise SavingError(f"there is no step {step!r} of many. Steps: {allowed}.")
    moment = now or utc_now()
    plan = _plan(workspace, step, note, moment, person=person, until=until)
    keeping = store(workspace)
    with keeping.changing() as books:
        found, refused = _all(workspace, books, wanted, plan)
        if refused:
            return Bulk((), refused)
        for before, after in found:
            _keep(books, before, after, step, moment, note, plan.detail)
    if step == "accept":
        _freeze(workspace, found, moment)
    return Bulk(tuple(after for _, after in found), {})


def store(workspace: Workspace) -> SavingStore:
    """The recommendations of a workspace."""
    return SavingStore(workspace.resources.engine)


def times(workspace: Workspace) -> Times:
    """How soon things are to be done."""
    spec = policy(workspace)
    return Times(spec.decide_days, spec.sla_days)


@dataclass(frozen=True)
class _Plan:
    change: Change
    detail: Mapping[str, Any]


def _done(
    workspace: Workspace,
    number: int,
    step: str,
    now: datetime | None,
    note: str,
    *,
    person: str = "",
    until: date | None = None,
    finding: int | None = None,
) -> Recommendation:
    require(Level.EDITOR, "changing a recommendation")
    moment = now or utc_now()
    plan = _plan(workspace, step, note, moment, person=person, until=until, finding=finding)
    one = store(workspace).one(number)
    if not may_see(workspace, one):
        raise not_found(number)
    with store(workspace).changing() as books:
        before = books.one(number)
        try:
            after = plan.change(before)
        except LifeError as error:
            raise SavingError(str(error)) from None
        _keep(books, before, after, step, moment, note, plan.detail)
    if step == "accept":
        _freeze(workspace, [(before, after)], moment)
    return after


def _plan(
    workspace: Workspace,
    step: str,
    note: str,
    now: datetime,
    *,
    person: str = "",
    until: date | None = None,
    finding: int | None = None,
) -> _Plan:
    """How a step changes a recommendation; SavingError for what lacks a part."""
    limits = times(workspace)
    text = note.strip()
    if len(text) > MOST:
        raise SavingError(f"a note has at most {MOST} characters; this one has {len(text)}")
    if step == "comment":
        if not text:
            raise SavingError("a comment needs words")
        return _Plan(lambda one: replace(one, updated_at=now), {})
    if step == "assign":
        name = person.strip()
        if len(name) > 200:
            raise SavingError("a name has at most 200 characters")
        return _Plan(lambda one: _given(moved(one, step, now, limits), name), {"to": name})
    if step in ("snooze", "dismiss"):
        return _away(step, text, until, now, limits)
    if step == "accept":
        return _Plan(lambda one: _accepted(one, now, limits, finding), {})
    return _Plan(lambda one: _stamped(moved(one, step, now, limits), step, now, text), {})


def _away(step: str, text: str, until: date | None, now: datetime, limits: Times) -> _Plan:
    if step == "snooze" and until is None:
        raise SavingError("until when? A snooze needs a day to come, such as 2026-12-31")
    if step == "dismiss" and not text:
        raise SavingError("why not? A dismissal needs a reason, which others read")
    if until is not None and until <= now.date():
        raise SavingError(f"{until} is no day to come: it is {now.date()} today")

    def change(one: Recommendation) -> Recommendation:
        done = moved(one, step, now, limits)
        return replace(done, snoozed_until=until, reason=text)

    return _Plan(change, {"until": until.isoformat()} if until else {})


def _accepted(
    one: Recommendation, now: datetime, limits: Times, finding: int | None
) -> Recommendation:
    """Accepted: the estimate that was accepted comes first from now on, and stays as it is."""
    chosen = finding or 0
    if not 0 <= chosen < len(one.findings):
        raise LifeError(
            f"recommendation {one.id} has no estimate {finding}: there are "
            f"{len(one.findings)}, counted from 0"
        )
    others = [each for number, each in enumerate(one.findings) if number != chosen]
    first = replace(one, findings=(one.findings[chosen], *others), chosen=0)
    done = moved(first, "accept", now, limits)
    return replace(done, accepted_at=now, accepted_by=who(), implemented_at=None, verified_at=None)


def _given(one: Recommendation, person: str) -> Recommendation:
    """Given to a person; what nobody has any more is not assigned."""
    state = "identified" if one.state == "assigned" and not person else one.state
    return replace(one, assignee=person, state=state)


def _stamped(one: Recommendation, step: str, now: datetime, note: str) -> Recommendation:
    if step == "implement":
        return replace(one, implemented_at=now, verified_at=None)
    if step == "verify":
        return replace(one, verified_at=now)
    if step in ("expire", "regress"):
        return replace(one, reason=note)
    return one


def _all(
    workspace: Workspace, books: Books, numbers: Sequence[int], plan: _Plan
) -> tuple[list[tuple[Recommendation, Recommendation]], dict[int, str]]:
    """Each before and after, and by number why one cannot be changed."""
    known = {one.id: one for one in books.listed() if one.id in set(numbers)}
    visible = {one.id for one in seen(workspace, known.values())}
    found: list[tuple[Recommendation, Recommendation]] = []
    refused: dict[int, str] = {}
    for number in numbers:
        if number not in visible:
            refused[number] = str(not_found(number))
            continue
        try:
            found.append((known[number], plan.change(known[number])))
        except LifeError as error:
            refused[number] = str(error)
    return found, refused


def _keep(
    books: Books,
    before: Recommendation,
    after: Recommendation,
    step: str,
    now: datetime,
    note: str,
    detail: Mapping[str, Any],
) -> None:
    books.put(after)
    states = {} if before.state == after.state else {"from": before.state, "state": after.state}
    books.step(after.id, now, who(), step, note=note.strip(), detail={**detail, **states})


def _freeze(
    workspace: Workspace,
    accepted: Sequence[tuple[Recommendation, Recommendation]],
    now: datetime,
) -> None:
    """Freeze the baselines of what was accepted, each beside those that were accepted before it.

    Where one cannot be frozen, nothing is accepted: its saving could never be proven. SavingError.
    """
    from outlay.app.realised.baselines import freeze

    try:
        for _, after in accepted:
            freeze(workspace, after, now)
    except Exception as error:
        log.exception("a baseline could not be frozen")
        why = f"{error}" or type(error).__name__
        with store(workspace).changing() as books:
            for before, after in accepted:
                there = books.one(after.id)
                if (there.state, there.accepted_at) != ("accepted", after.accepted_at):
                    continue  # somebody moved it on meanwhile
                books.put(replace(before, assignee=there.assignee))
                books.step(after.id, now, who(), "reopen",
                           note=f"Its baseline could not be frozen: {why}",
                           detail={"from": after.state, "state": before.state})  # fmt: skip
        raise SavingError(
            f"nothing was accepted, since a baseline could not be frozen: {why}. Try again."
        ) from error
