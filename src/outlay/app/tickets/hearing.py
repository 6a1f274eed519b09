"""What is said in a ticket becomes ours: every comment once, however many there are.

Comments are taken page by page, oldest first, and kept with the place that was reached before the
next page is asked for: what breaks off goes on there, and no more than a page is held at once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outlay.access import acting
from outlay.access.principal import system
from outlay.app.runs import utc_now
from outlay.app.savings import acting as steps
from outlay.app.tickets.store import Link
from outlay.app.tickets.systems.contract import STAMP, TicketApi, TicketComment
from outlay.app.tickets.use import external_of, store

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

AUTHOR = "outlay"
NOTE = 1800
_OVERLAP = timedelta(days=2)
"""So far back comments are asked for again: clocks, time zones of a system's users and pages that
were replicated late let some come after others. What is known by its id is not taken twice."""
_SEEN, _STAMPS = 1000, 20
_OURS = re.compile(rf"{re.escape(STAMP)} recommendation (\d+), step (\d+)")


def named(link: Link) -> str:
    """A ticket for people."""
    return link.external if link.opened else f"a ticket in {link.system}"


def say(workspace: Workspace, number: int, note: str, now: datetime) -> None:
    """A comment of ours at a recommendation."""
    with acting(system(AUTHOR)):
        steps.comment(workspace, number, note[:NOTE], now)


def hear(
    workspace: Workspace, link: Link, api: TicketApi, now: datetime
) -> tuple[Link, tuple[str, ...]]:
    """Take what was said since it was last asked; the ticket as it is kept then, and what was
    taken, in words. Errors as of `TicketApi`: what was taken before one stays taken."""
    began = utc_now()
    until = _moment(link, "heard")
    since = None if until is None else until - _OVERLAP
    told: list[str] = []
    known: set[str] | None = None
    last: list[str] = []
    for page in api.comments(external_of(link), since):
        ids = [one.id for one in page]
        if ids == last:
            break  # a system that does not go on would never end
        last = ids
        fresh = [one for one in page if one.id not in link.seen and not _before(one, since)]
        if fresh and known is None:
            known = _said_here(workspace, link)
        for one in fresh:
            link = _noted(link, one)
            note = _quoted(link, one)
            # An attempt that did not get so far as to keep the page may have taken it.
            if STAMP in one.text or not one.text.strip() or note.strip() in (known or ()):
                continue
            say(workspace, link.recommendation, note, now)
            told.append(f"{one.author} said something in {named(link)}")
        link = _reached(link, page, now)
        if fresh:
            link = store(workspace).hold(link, now + (utc_now() - began))
    return link, tuple(told)


def last_words(link: Link) -> str:
    """What somebody said last in the ticket: a reason where the system has no field for one."""
    return str(link.detail.get("last", ""))


def was_said(link: Link, step: int) -> bool:
    """Whether a step of ours was told in the ticket."""
    return link.detail.get("said") == step or step in link.detail.get("stamps", ())


def _before(one: TicketComment, since: datetime | None) -> bool:
    """Whether it was said so long ago that it is known: it comes again when it is edited."""
    return since is not None and one.at is not None and one.at < since


def _noted(link: Link, one: TicketComment) -> Link:
    """A comment as known, with what it says of us."""
    detail = dict(link.detail)
    found = _OURS.search(one.text)
    if found and int(found[1]) == link.recommendation:
        detail["stamps"] = [*detail.get("stamps", ()), int(found[2])][-_STAMPS:]
    elif STAMP not in one.text and one.text.strip():
        detail["last"] = one.text[:NOTE]
    return replace(link, seen=(*link.seen, one.id)[-_SEEN:], detail=detail)


def _reached(link: Link, page: Sequence[TicketComment], now: datetime) -> Link:
    """The place after a page: a clock that is ahead there hides nothing that comes."""
    moments = [one.at for one in page if one.at is not None]
    before = _moment(link, "heard")
    if not moments:
        return link
    reached = min(max(moments), now) if before is None else max(before, min(max(moments), now))
    return replace(link, detail={**link.detail, "heard": reached.isoformat()})


def _said_here(workspace: Workspace, link: Link) -> set[str]:
    found = steps.store(workspace).steps(link.recommendation, ("comment",))
    return {step.note for step in found}


def _quoted(link: Link, one: TicketComment) -> str:
    return f"{one.author} in {named(link)} ({one.id}): {one.text}"[:NOTE]


def _moment(link: Link, name: str) -> datetime | None:
    found = link.detail.get(name)
    return datetime.fromisoformat(found) if isinstance(found, str) else None
