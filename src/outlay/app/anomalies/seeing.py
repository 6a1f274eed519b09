"""Who sees an event: those whose part of the ledger holds all of its charges.

An event is shown whole or not at all. Its charges lie within a reader's scope when each condition
of the scope is one of its own (`team = 'checkout'` and an event of the team checkout), or when the
question of its series has the same answer under the scope as over the whole ledger, day by day,
over the event and the weeks that it was reckoned from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from outlay.access import current, whole_ledger
from outlay.app.annotations.marks import conditions
from outlay.app.anomalies.events import Event, Member
from outlay.expression.errors import QueryError
from outlay.money import DateRange
from outlay.query import CostQuery
from outlay.query.ranges import between

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_BEFORE = timedelta(days=56)


def seen(workspace: Workspace, events: Iterable[Event]) -> list[Event]:
    """The events that who asks may see, each with those of its series that they may see."""
    if current().whole:
        return list(events)
    return [shown for one in events if (shown := as_seen(workspace, one)) is not None]


def as_seen(workspace: Workspace, event: Event) -> Event | None:
    """An event as who asks may see it; None for one of others."""
    if current().whole:
        return event
    if not _within(workspace, event, event.lead):
        return None
    others = tuple(one for one in event.members[1:] if _within(workspace, event, one))
    return replace(event, members=(event.lead, *others), quiet=None)


def _within(workspace: Workspace, event: Event, member: Member) -> bool:
    scope = conditions(current().scope)
    if scope <= conditions(member.where):
        return True
    days = DateRange(event.range.start - _BEFORE, event.range.end)
    snapshot = str(workspace.pin().snapshot_id)
    rules = workspace.rules()
    digests = tuple((name, rules.digest(name)) for name in sorted(rules.tags))
    asked = _Asked(workspace)
    return _same(asked, current().scope, snapshot, digests, event.measure, member.where, days)


class _Asked:
    """A workspace as a part of a cache's key: by its folder."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path = workspace.path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)


@lru_cache(maxsize=4096)
def _same(
    asked: _Asked,
    scope: str,
    snapshot: str,
    digests: tuple[tuple[str, str], ...],
    measure: str,
    where: str,
    days: DateRange,
) -> bool:
    """Whether a series has the same days under the scope of who asks as over the whole ledger."""
    query = CostQuery(
        measures=(measure,),
        where=where,
        range=between(days.start, days.end),
        grain="day",
        splits="direct",
    )
    try:
        mine = asked.workspace.query(query)
        with whole_ledger():
            all_ = asked.workspace.query(query)
    except QueryError:  # a column or tag that the reader's part does not have
        return False
    return list(mine.rows()) == list(all_.rows()) and bool(mine.totals)
