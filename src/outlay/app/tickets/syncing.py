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
from outlay.app.tickets.answers import keeping, kept_read
from outlay.app.tickets.errors import (
    BusyError,
    DeniedError,
    GoneError,
    RefusedError,
    TicketError,
)
from outlay.app.tickets.hearing import AUTHOR, NOTE, hear, last_words, named, say, was_said
from outlay.app.tickets.model import Meaning, TicketSystemSpec
from outlay.app.tickets.store import GONE, Link
from outlay.app.tickets.systems.contract import Read, TicketApi
from outlay.app.tickets.use import api_of, external_of, failed, opened, spec_of, store
from outlay.app.tickets.words import MEANING, said
from outlay.resources import ResourceError, ResourceNotFoundError
from outlay.savings.recommendation import Recommendation
from outlay.sources.contract import SourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_PROVEN = ("verified", "sustained", "regressed")
_OVER = ("done", "dismissed")
_QUIET = timedelta(days=30)
"""So long after both sides are over a ticket is still read."""
MOST_AT_ONCE = 200


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
    changed: list[str] = []
    problems: list[str] = []
    waiting = _waiting(workspace, now or utc_now(), every)
    held: dict[str, _Done] = {}
    for link in waiting[:MOST_AT_ONCE]:
        moment = now or utc_now()
        if link.system in held:
            # A system that asks to wait, or lets nobody in, is not asked for the next one either.
            taken, why = store(workspace).claim(link.id, moment), held[link.system]
            if taken is not None:
                store(workspace).put(failed(taken, why.problem, moment, why.wait))
            continue
        done = _synced(workspace, link, moment)
        changed += done.told
        if done.problem:
            problems.append(f"{named(link)}: {done.problem}")
        if done.waits:
            held[link.system] = done
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
    """Whether the whole system is to be left alone, for `wait` seconds where it said how long."""
    wait: int | None = None


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
        return _Done(problem=str(error), waits=True, wait=error.wait)
    except (RefusedError, TicketError, SourceError) as error:
        there = store(workspace).one(taken.id)
        if there is not None:
            store(workspace).put(failed(there, str(error), now, None))
        # Nobody is let in: to try with every ticket may lock the account.
        shut = isinstance(error, DeniedError) and error.signed_out
        return _Done(problem=str(error), waits=shut or isinstance(error, SourceError))
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
    told = f"the ticket {named(link)} is gone"
    say(workspace, link.recommendation, f"The ticket {named(link)} is gone: {why}.", now)
    return _Done((told,), why)


def _compared(workspace: Workspace, link: Link, spec: TicketSystemSpec, now: datetime) -> _Done:
    one = steps.store(workspace).one(link.recommendation)
    if not link.opened:
        return _opened(workspace, link, spec, one, now)
    api = api_of(workspace, link.system, spec)
    if not api.two_way:
        return _pushed(workspace, link, api, None, one, now)
    before = kept_read(link)
    answer = api.read(external_of(link), before.tag if before else "")
    told: tuple[str, ...] = ()
    if answer is not None:
        link, told = hear(workspace, link, api, now)
    read = answer or before
    assert read is not None  # it is asked with a tag only where its answer is kept
    problem = _renamed(link, spec, read)
    if problem:
        read = replace(read, meaning=link.meaning)  # type: ignore[arg-type]
    ours = one.state != link.pushed
    agreed = read.meaning in (None, link.meaning, MEANING[one.state])
    if not agreed and (not ours or _theirs_counts(workspace, one, link, read, api)):
        more = _taken_over(workspace, link, read, now)
        return _Done((*told, *more))
    link = replace(link, state=read.state, changed_at=read.changed_at)
    done = _pushed(workspace, link, api, read, one, now, problem)
    return _Done((*told, *done.told), done.problem)


def _renamed(link: Link, spec: TicketSystemSpec, read: Read) -> str:
    """What to do where the state that it is in has another name now, which is not known: it stands
    where it stood, whatever the name makes one think of. '' where it is not so."""
    same = bool(read.mark) and read.mark == link.detail.get("mark") and bool(link.meaning)
    if not same or read.meaning == link.meaning or spec.meaning(read.state) is not None:
        return ""
    return (
        f"its state is called {read.state!r} now, which is not known here; it is taken for what it "
        f"was ({link.meaning}): name it in `states` of the ticket system {link.system}"
    )


def _opened(
    workspace: Workspace, link: Link, spec: TicketSystemSpec, one: Recommendation, now: datetime
) -> _Done:
    """Open what could not be opened before; a refusal is told at the recommendation, once."""
    try:
        made = opened(workspace, one, link, spec, now, fresh=False)
    except TicketError as error:
        say(workspace, one.id, str(error), now)
        return _Done(problem=str(error))
    if not made.opened:
        wait = None if made.next_try is None else int((made.next_try - now).total_seconds())
        return _Done(problem=made.problem, waits=True, wait=wait)
    return _Done((f"{named(made)} is opened for recommendation {one.id}",))


def _theirs_counts(
    workspace: Workspace, one: Recommendation, link: Link, read: Read, api: TicketApi
) -> bool:
    """Whether the ticket's change is the later one of two; ours where that cannot be told."""
    if one.state in _PROVEN:
        return False
    if MEANING[one.state] == {str(key): value for key, value in MEANING.items()}.get(link.pushed):
        return True  # ours means to a ticket what it meant before: it was assigned
    moves = [step for step in _moves(workspace, one) if step.id > link.step]
    if not moves:
        return True
    try:
        moved = api.moved_at(external_of(link), read)
    except RefusedError:  # its history is not for everybody
        moved = read.changed_at
    return moved is not None and moved > moves[-1].at


def _moves(workspace: Workspace, one: Recommendation) -> list[Step]:
    found = steps.store(workspace).steps(one.id)
    return [step for step in found if step.detail.get("state")]


def _taken_over(workspace: Workspace, link: Link, read: Read, now: datetime) -> tuple[str, ...]:
    """What the ticket says becomes ours; what does not lead on is told as a comment."""
    assert read.meaning is not None
    name = named(link)
    reason = read.reason or last_words(link)
    before = steps.store(workspace).one(link.recommendation)
    note = f"{name} is {read.state}"
    with acting(system(AUTHOR)):
        try:
            _walk(workspace, before, read.meaning, note, reason, now)
            told = f"recommendation {before.id} follows {name}: {read.state}"
        except (SavingError, ResourceError) as error:
            told = f"{name} is {read.state}, which changes nothing here: {error}"
            say(workspace, before.id, told, now)
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
            detail=keeping(link, read),
        )
    )
    return (told,)


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
        steps.dismiss(workspace, one.id, why[:NOTE], None, now)
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
    problem: str = "",
) -> _Done:
    """Our change is told to the ticket: its state, then a comment that says what happened."""
    if one.state == link.pushed:
        meaning = read.meaning if read and read.meaning else link.meaning
        link = replace(link, meaning=meaning, detail=keeping(link, read))
        return _kept(workspace, link, problem or _unknown(link, read), now)
    number, note = _reason(_moves(workspace, one))
    meaning, problem = MEANING[one.state], ""
    if meaning != (read.meaning if read else link.meaning):
        try:
            link = replace(link, state=api.move(external_of(link), meaning, note))
            read = None  # it is no more where it was
        except RefusedError as error:
            problem = str(error)
    if not was_said(link, number):
        api.comment(external_of(link), said(one, number, note))
        # Not every system lets us read what we said: what is tried again is not said again.
        link = replace(link, detail={**link.detail, "said": number})
    if problem:
        # It is tried again: what it was told last is still the state before.
        store(workspace).put(failed(replace(link, synced_at=now), problem, now, None))
        return _Done(problem=problem)
    told = f"{named(link)} is told that recommendation {one.id} is {one.state}"
    link = replace(link, pushed=one.state, meaning=meaning, step=max(link.step, number))
    link = replace(link, detail=keeping(link, read))
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
