"""Tickets as use cases: open one for a recommendation, see those that there are, sync them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from outlay.access import Level, require, who
from outlay.app.reaching import reach_of
from outlay.app.reports.compose import link_to
from outlay.app.runs import utc_now
from outlay.app.savings.acting import store as savings
from outlay.app.savings.errors import not_found
from outlay.app.savings.seeing import may_see, seen
from outlay.app.served import served
from outlay.app.tickets.errors import (
    BusyError,
    DeniedError,
    GoneError,
    RefusedError,
    TicketError,
)
from outlay.app.tickets.model import TICKET_SYSTEM, TicketSystemSpec
from outlay.app.tickets.store import GONE, PENDING, Link, TicketStore, ordinal
from outlay.app.tickets.systems import connect
from outlay.app.tickets.systems.contract import External, TicketApi
from outlay.app.tickets.words import MEANING, draft_of, marker_of
from outlay.resources import ResourceNotFoundError
from outlay.savings.recommendation import Recommendation
from outlay.sources.contract import SourceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

KIND = TICKET_SYSTEM.name


@dataclass(frozen=True)
class Ticket:
    """A ticket of a recommendation. `external` is the system's own key (``FIN-12``, ``acme/ops#7``,
    ``INC0010023``; '' while it is still to be opened), `url` where people see it, `state` the
    system's word for where it stands (``pending``: to be opened, ``gone``: deleted there),
    `meaning` what that says of the recommendation, `problem` why it could not be brought up to date
    ('' when it could), `next_try` when that is tried again. Moments are UTC."""

    id: int
    recommendation: int
    system: str
    external: str
    url: str
    state: str
    opened_at: datetime
    opened_by: str
    synced_at: datetime | None
    problem: str = ""
    gone: bool = False
    meaning: str = ""
    next_try: datetime | None = None
    title: str = ""
    of_state: str = ""


@dataclass(frozen=True)
class System:
    """A ticket system as it is configured, and how its tickets stand."""

    name: str
    spec: TicketSystemSpec
    tickets: int
    problems: int

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name


@served("POST /savings/{number}/tickets")
def open_ticket(
    workspace: Workspace, number: int, system: str, now: datetime | None = None
) -> Ticket:
    """Open a ticket for a recommendation in a system; the one that there is already, where it has
    one that is still open there.

    A system that is away or asks to wait gives a ticket that is `pending`, with its `problem`: it
    is opened later. TicketError where it refuses; ResourceNotFoundError for a system that is none.
    """
    require(Level.EDITOR, "opening a ticket")
    moment = now or utc_now()
    one = savings(workspace).one(number)
    if not may_see(workspace, one):
        raise not_found(number)
    spec = spec_of(workspace, system)
    if not spec.enabled:
        raise TicketError(f"the ticket system {system} is paused; turn it on, or choose another")
    kept = store(workspace).of(number)
    there = _standing(kept, system)
    if there is not None and there.opened:
        return shown(there, one)
    fresh = there is None
    if there is None:
        marker = marker_of(str(workspace.path), one, ordinal(kept, system))
        there = store(workspace).begin(_pending(one, system, marker, moment))
    claimed = store(workspace).claim(there.id, moment) if there is not None else None
    if claimed is None:
        raise TicketError(f"a ticket for recommendation {number} is being opened in {system}")
    if claimed.opened:
        # Another process opened it between our look and our claim.
        return shown(store(workspace).put(claimed), one)
    try:
        return shown(opened(workspace, one, claimed, spec, moment, fresh=fresh), one)
    except (DeniedError, SourceError) as error:
        store(workspace).put(failed(claimed, str(error), moment, None))
        raise TicketError(
            f"{system} does not open a ticket: {error}. It is tried again, and stays in the list."
        ) from None


def _standing(kept: list[Link], system: str) -> Link | None:
    """The ticket that stands for a recommendation in a system: the newest that is not over."""
    for one in reversed(kept):
        if one.system == system and not one.gone and one.meaning not in ("done", "dismissed"):
            return one
    return None


def _pending(one: Recommendation, system: str, marker: str, now: datetime) -> Link:
    return Link(
        id=0,
        recommendation=one.id,
        system=system,
        external=marker,
        url="",
        state=PENDING,
        opened_at=now,
        opened_by=who(),
        synced_at=None,
        marker=marker,
    )


def opened(
    workspace: Workspace,
    one: Recommendation,
    link: Link,
    spec: TicketSystemSpec,
    now: datetime,
    *,
    fresh: bool,
) -> Link:
    """Open a ticket that was noted, or take the one that an earlier attempt opened. TicketError
    where the system refuses: then nothing is kept of it. One that waits since an earlier attempt
    (not `fresh`) goes on waiting where nobody is let in, or a secret is not there: DeniedError and
    SourceError say so."""
    keeping = store(workspace)
    try:
        api = api_of(workspace, link.system, spec)
        found = api.find(link.marker)
        if found is None:
            page = link_to(workspace, f"/savings/{one.id}")
            found = api.create(draft_of(one, link.marker, page))
    except BusyError as error:
        return keeping.put(failed(link, str(error), now, error.wait))
    except (RefusedError, GoneError, SourceError) as error:
        if not fresh and isinstance(error, DeniedError | SourceError):
            raise
        keeping.drop(link.id)
        raise TicketError(f"{link.system} does not open a ticket: {error}") from None
    except BaseException:
        keeping.put(link)
        raise
    steps = savings(workspace).steps(one.id)
    return keeping.put(
        replace(
            link,
            external=found.key,
            handle=found.handle,
            url=found.url,
            state="open",
            meaning="open",
            # What is not open by now is told at the next sync.
            pushed=one.state if MEANING[one.state] == "open" else "identified",
            step=max((step.id for step in steps), default=0),
            synced_at=now,
            problem="",
            failures=0,
            next_try=None,
        )
    )


@served("GET /savings/{number}/tickets")
def tickets_of(workspace: Workspace, number: int) -> tuple[Ticket, ...]:
    """The tickets of a recommendation, oldest first; SavingNotFoundError where who asks may not
    see it."""
    one = savings(workspace).one(number)
    if not may_see(workspace, one):
        raise not_found(number)
    return tuple(shown(link, one) for link in store(workspace).of(number))


@served("GET /tickets")
def tickets(workspace: Workspace) -> tuple[Ticket, ...]:
    """The tickets of every recommendation that who asks may see, the newest first."""
    links = store(workspace).all()
    wanted = {link.recommendation for link in links}
    known = [one for one in savings(workspace).listed() if one.id in wanted]
    visible = {one.id: one for one in seen(workspace, known)}
    return tuple(
        shown(link, visible[link.recommendation])
        for link in reversed(links)
        if link.recommendation in visible
    )


@served("GET /tickets/systems")
def systems(workspace: Workspace) -> tuple[System, ...]:
    """The ticket systems by name, and how many tickets each has that who asks may see."""
    links = tickets(workspace)
    found = []
    for resource in workspace.resources.list(KIND):
        assert isinstance(resource.spec, TicketSystemSpec)
        own = [one for one in links if one.system == resource.name]
        problems = sum(1 for one in own if one.problem)
        found.append(System(resource.name, resource.spec, len(own), problems))
    return tuple(found)


def store(workspace: Workspace) -> TicketStore:
    """The tickets of a workspace."""
    return TicketStore(workspace.resources.engine)


def spec_of(workspace: Workspace, system: str) -> TicketSystemSpec:
    """A system's spec; ResourceNotFoundError lists those that there are."""
    found = workspace.resources.find(KIND, system)
    if found is None:
        there = ", ".join(workspace.resources.names(KIND)) or "none yet; an administrator adds one"
        raise ResourceNotFoundError(f"there is no ticket system {system!r}. There are: {there}.")
    assert isinstance(found.spec, TicketSystemSpec)
    return found.spec


def api_of(workspace: Workspace, system: str, spec: TicketSystemSpec) -> TicketApi:
    """A system's API, signed in."""
    return connect(
        spec,
        reach=reach_of(workspace),
        shown=f"the ticket system {system}",
    )


_FIRST, _MOST = 60, 6 * 3600


def failed(link: Link, why: str, now: datetime, wait: int | None) -> Link:
    """A ticket that could not be brought up to date: tried again after what the system asked for,
    else after 1, 2, 4 … minutes, at most six hours."""
    from datetime import timedelta

    seconds = wait or min(_FIRST * 2 ** min(link.failures, 10), _MOST)
    return replace(
        link, problem=why, failures=link.failures + 1, next_try=now + timedelta(seconds=seconds)
    )


def external_of(link: Link) -> External:
    """A ticket as its system's API knows it."""
    return External(link.external, link.handle, link.url)


def shown(link: Link, one: Recommendation) -> Ticket:
    """A ticket as people see it."""
    return Ticket(
        id=link.id,
        recommendation=link.recommendation,
        system=link.system,
        external=link.external if link.opened else "",
        url=link.url,
        state=link.state,
        opened_at=link.opened_at,
        opened_by=link.opened_by,
        synced_at=link.synced_at,
        problem=link.problem,
        gone=link.state == GONE,
        meaning=link.meaning,
        next_try=link.next_try,
        title=one.finding.title,
        of_state=one.state,
    )
