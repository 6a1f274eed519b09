"""Tickets and recommendations are brought to the same state, both ways.

A change is told to the other side once. Where both sides changed since they were last compared, the
later change counts, but what the bill has proven (verified, sustained, regressed) is not undone by
a ticket. What a system cannot do, or refuses, is told at the ticket and tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, acting, require
from outlay.access.principal import system
from outlay.app.runs import utc_now
from outlay.app.savings import acting as steps
from outlay.app.savings.errors import SavingError
from outlay.app.savings.store import Step
from outlay.app.served import served
from outlay.app.tickets.errors import BusyError, GoneError, RefusedError, TicketError
from outlay.app.tickets.model import Meaning, TicketSystemSpec
from outlay.app.tickets.store import GONE, Link
from outlay.app.tickets.systems.contract import STAMP, Read, TicketApi, TicketComment
from outlay.app.tickets.use import api_of, external_of, failed, opened, spec_of, store
from outlay.app.tickets.words import MEANING, said, stamp
from outlay.resources import ResourceError, ResourceNotFoundError
from outlay.savings.recommendation import Recommendation
from outlay.sources.contract import SourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

AUTHOR = "outlay"
_PROVEN = ("verified", "sustained", "regressed")
_OVER = ("done", "dismissed")
_QUIET = timedelta(days=30)
"""So long after both sides are over a ticket is still read."""
MOST_AT_ONCE = 200
_NOTE = 1800


@dataclass(frozen=True)
class Synced:
    """What a sync did: how many tickets were looked at, and what happened, in words."""

    looked_at: int
    changed: tuple[str, ...]
    problems: tuple[str, ...]


@served("POST /tickets/sync")
def sync(workspace: Workspace, now: datetime | None = None, *, every: bool = False) -> Synced:
    """Bring tickets up to date, those first that waited longest; `every` also those that are not
    to be tried yet."""
    require(Level.EDITOR, "syncing tickets", whole=True)
    moment = now or utc_now()
    changed: list[str] = []
    problems: list[str] = []
    waiting = _waiting(workspace, moment, every)
    held: dict[str, str] = {}
    for link in waiting[:MOST_AT_ONCE]:
        if link.system in held:
            # A system that asks to wait is not asked for the next ticket either.
            taken = store(workspace).claim(link.id, moment)
            if taken is not None:
                store(workspace).put(failed(taken, held[link.system], moment, None))
            continue
        done = _synced(workspace, link, moment)
        changed += done.told
        if done.problem:
            problems.append(f"{_named(link)}: {done.problem}")
        if done.waits:
            held[link.system] = done.problem
    return Synced(min(len(waiting), MOST_AT_ONCE), tuple(changed), tuple(problems))


def _waiting(workspace: Workspace, now: datetime, every: bool) -> list[Link]:
    known = {one.id: one for one in steps.store(workspace).listed()}
    found = [
        link
        for link in store(workspace).all()
        if link.recommendation in known
        and not link.gone
        and (every or link.next_try is None or link.next_try <= now)
        and not _over(link, known[link.recommendation], now)
    ]
    return sorted(found, key=lambda link: (link.synced_at or datetime.min, link.id))


def _over(link: Link, one: Recommendation, now: datetime) -> bool:
    """Whether both sides are over for so long that nothing is expected any more."""
    over = link.meaning in _OVER and one.state in ("sustained", "dismissed", "expired")
    quiet = one.updated_at is not None and one.updated_at < now - _QUIET
    return over and quiet and link.pushed == one.state and not link.problem


@dataclass(frozen=True)
class _Done:
    told: tuple[str, ...] = ()
    problem: str = ""
    waits: bool = False


def _synced(workspace: Workspace, link: Link, now: datetime) -> _Done:
    taken = store(workspace).claim(link.id, now)
    if taken is None:
        return _Done()
    try:
        spec = spec_of(workspace, link.system)
    except ResourceNotFoundError as error:
        store(workspace).put(failed(taken, str(error), now, None))
        return _Done(problem=str(error))
    if not spec.enabled:
        store(workspace).put(taken)
        return _Done()
    try:
        try:
            return _compared(workspace, taken, spec, now)
        except GoneError as error:
            _surely_gone(workspace, taken, spec, error)
            return _gone(workspace, taken, now)
    except BusyError as error:
        # As it is kept by now: comments that were taken are not taken again.
        kept = store(workspace).one(taken.id) or taken
        store(workspace).put(failed(kept, str(error), now, error.wait))
        return _Done(problem=str(error), waits=True)
    except (RefusedError, TicketError, SourceError) as error:
        there = store(workspace).one(taken.id)
        if there is not None:
            store(workspace).put(failed(there, str(error), now, None))
        return _Done(problem=str(error))
    except BaseException:
        store(workspace).put(store(workspace).one(taken.id) or taken)
        raise


def _surely_gone(
    workspace: Workspace, link: Link, spec: TicketSystemSpec, error: GoneError
) -> None:
    """RefusedError where it may not be the ticket that is gone: systems answer the same of all that
    a token may not see any more, and a gone ticket is never looked at again."""
    api = api_of(workspace, link.system, spec)
    try:
        gone = api.two_way and api.find(link.marker) is None
    except GoneError:
        gone = False
    if not gone:
        raise RefusedError(f"{error}. Check the address, the project and what the token may see.")


def _gone(workspace: Workspace, link: Link, now: datetime) -> _Done:
    why = "it is not there any more: it was deleted, or moved where it cannot be seen"
    store(workspace).put(replace(link, state=GONE, problem=why, synced_at=now, next_try=None))
    told = f"the ticket {_named(link)} is gone"
    _say(workspace, link.recommendation, f"The ticket {_named(link)} is gone: {why}.", now)
    return _Done((told,), why)


def _compared(workspace: Workspace, link: Link, spec: TicketSystemSpec, now: datetime) -> _Done:
    one = steps.store(workspace).one(link.recommendation)
    if not link.opened:
        return _opened(workspace, link, spec, one, now)
    api = api_of(workspace, link.system, spec)
    if not api.two_way:
        return _pushed(workspace, link, api, None, one, now)
    read = api.read(external_of(link))
    link, told = _comments(workspace, link, read, now)
    ours = one.state != link.pushed
    agreed = read.meaning in (None, link.meaning, MEANING[one.state])
    if not agreed and (not ours or _theirs_counts(workspace, one, link, read)):
        more = _taken_over(workspace, link, read, now)
        return _Done((*told, *more))
    link = replace(link, state=read.state, changed_at=read.changed_at)
    done = _pushed(workspace, link, api, read, one, now)
    return _Done((*told, *done.told), done.problem)


def _opened(
    workspace: Workspace, link: Link, spec: TicketSystemSpec, one: Recommendation, now: datetime
) -> _Done:
    """Open what could not be opened before; a refusal is told at the recommendation, once."""
    try:
        made = opened(workspace, one, link, spec, now)
    except TicketError as error:
        _say(workspace, one.id, str(error), now)
        return _Done(problem=str(error))
    if not made.opened:
        return _Done(problem=made.problem, waits=True)
    return _Done((f"{_named(made)} is opened for recommendation {one.id}",))


def _comments(
    workspace: Workspace, link: Link, read: Read, now: datetime
) -> tuple[Link, tuple[str, ...]]:
    """Take comments that are new as ours; kept before anything else, so that none comes twice."""
    fresh = [one for one in read.comments if one.id not in link.seen]
    if not fresh:
        return link, ()
    told = []
    for one in fresh:
        link = replace(link, seen=(*link.seen, one.id))
        if STAMP in one.text or not one.text.strip():
            continue
        if _known(workspace, link, one):
            continue
        _say(workspace, link.recommendation, _quoted(link, one), now)
        told.append(f"{one.author} said something in {_named(link)}")
    return store(workspace).hold(link), tuple(told)


def _quoted(link: Link, one: TicketComment) -> str:
    return f"{one.author} in {_named(link)} ({one.id}): {one.text}"[:_NOTE]


def _known(workspace: Workspace, link: Link, one: TicketComment) -> bool:
    """Whether a comment was taken by an attempt that did not get so far as to note it."""
    return any(
        step.note == _quoted(link, one).strip()
        for step in steps.store(workspace).steps(link.recommendation, ("comment",))
    )


def _theirs_counts(workspace: Workspace, one: Recommendation, link: Link, read: Read) -> bool:
    """Whether the ticket's change is the later one of two; ours where that cannot be told."""
    if one.state in _PROVEN:
        return False
    if MEANING[one.state] == {str(key): value for key, value in MEANING.items()}.get(link.pushed):
        return True  # ours means to a ticket what it meant before: it was assigned
    moves = [step for step in _moves(workspace, one) if step.id > link.step]
    if not moves or read.changed_at is None:
        return not moves
    return read.changed_at > moves[-1].at


def _moves(workspace: Workspace, one: Recommendation) -> list[Step]:
    found = steps.store(workspace).steps(one.id)
    return [step for step in found if step.detail.get("state")]


def _taken_over(workspace: Workspace, link: Link, read: Read, now: datetime) -> tuple[str, ...]:
    """What the ticket says becomes ours; what does not lead on is told as a comment."""
    assert read.meaning is not None
    name = _named(link)
    reason = read.reason or _last_words(read)
    before = steps.store(workspace).one(link.recommendation)
    note = f"{name} is {read.state}"
    with acting(system(AUTHOR)):
        try:
            _walk(workspace, before, read.meaning, note, reason, now)
            told = f"recommendation {before.id} follows {name}: {read.state}"
        except (SavingError, ResourceError) as error:
            told = f"{name} is {read.state}, which changes nothing here: {error}"
            _say(workspace, before.id, told, now)
    after = steps.store(workspace).one(link.recommendation)
    last = steps.store(workspace).steps(after.id)
    store(workspace).put(
        replace(
            link,
            state=read.state,
            meaning=read.meaning,
            changed_at=read.changed_at,
            pushed=after.state,
            step=max((step.id for step in last), default=0),
            synced_at=now,
            problem="",
            failures=0,
            next_try=None,
        )
    )
    return (told,)


def _last_words(read: Read) -> str:
    """What somebody said last in the ticket: a reason where the system has no field for one."""
    words = [one.text for one in read.comments if STAMP not in one.text and one.text.strip()]
    return words[-1] if words else ""


def _walk(
    workspace: Workspace,
    one: Recommendation,
    meaning: Meaning,
    note: str,
    reason: str,
    now: datetime,
) -> None:
    """The steps that lead from where it stands to what a ticket says."""
    if MEANING[one.state] == meaning:
        return
    if meaning == "open":
        steps.reopen(workspace, one.id, note, now)
        return
    if one.state in ("snoozed", "dismissed", "expired", "implemented") and not (
        meaning == "dismissed" and one.state == "snoozed"
    ):
        one = steps.reopen(workspace, one.id, note, now)
    if meaning == "dismissed":
        why = f"{note}: {reason}" if reason else f"{note}, without a reason"
        steps.dismiss(workspace, one.id, why[:_NOTE], None, now)
        return
    if one.state in ("identified", "assigned", "regressed") and not (
        meaning == "done" and one.state == "regressed"
    ):
        one = steps.accept(workspace, one.id, note, now)
    if meaning == "done":
        steps.implement(workspace, one.id, note, now)


def _pushed(
    workspace: Workspace,
    link: Link,
    api: TicketApi,
    read: Read | None,
    one: Recommendation,
    now: datetime,
) -> _Done:
    """Our change is told to the ticket: its state, then a comment that says what happened."""
    if one.state == link.pushed:
        meaning = read.meaning if read and read.meaning else link.meaning
        return _kept(workspace, replace(link, meaning=meaning), _unknown(link, read), now)
    number, note = _reason(_moves(workspace, one))
    meaning, problem = MEANING[one.state], ""
    if meaning != (read.meaning if read else link.meaning):
        try:
            link = replace(link, state=api.move(external_of(link), meaning, note))
        except RefusedError as error:
            problem = str(error)
    if link.detail.get("said") != number and not _was_said(read, stamp(one, number)):
        api.comment(external_of(link), said(one, number, note))
        # Not every system lets us read what we said: what is tried again is not said again.
        link = replace(link, detail={**link.detail, "said": number})
    if problem:
        # It is tried again: what it was told last is still the state before.
        store(workspace).put(failed(replace(link, synced_at=now), problem, now, None))
        return _Done(problem=problem)
    told = f"{_named(link)} is told that recommendation {one.id} is {one.state}"
    link = replace(link, pushed=one.state, meaning=meaning, step=max(link.step, number))
    return _kept(workspace, link, "", now, told)


def _kept(workspace: Workspace, link: Link, problem: str, now: datetime, *told: str) -> _Done:
    store(workspace).put(replace(link, synced_at=now, problem=problem, failures=0, next_try=None))
    return _Done(told, problem)


def _unknown(link: Link, read: Read | None) -> str:
    if read is None or read.meaning is not None:
        return ""
    return (
        f"its state {read.state!r} is not known here, so that nothing follows from it: name it in "
        f"`states` of the ticket system {link.system}"
    )


def _reason(moves: Sequence[Step]) -> tuple[int, str]:
    """The step that led to where it stands, and what was said with it."""
    if not moves:
        return 0, ""
    last = moves[-1]
    note = f"{last.author}: {last.note}" if last.note else f"By {last.author}."
    return last.id, note


def _was_said(read: Read | None, line: str) -> bool:
    return read is not None and any(line in one.text for one in read.comments)


def _say(workspace: Workspace, number: int, note: str, now: datetime) -> None:
    with acting(system(AUTHOR)):
        steps.comment(workspace, number, note[:_NOTE], now)


def _named(link: Link) -> str:
    return link.external if link.opened else f"a ticket in {link.system}"
