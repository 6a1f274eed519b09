"""The log of what people and programs did that changed no resource: logins, exports, deliveries,
refusals. Changes of resources are in the store's own audit.

Nothing secret goes in: `detail` holds names and counts, never a password, token or link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, insert, select

from outlay.access.principal import Principal, current
from outlay.resources.database import writing
from outlay.resources.tables import events

_MAX_TARGET = 400
_PAGE = 500

_noted: ContextVar[list[str] | None] = ContextVar("outlay_noted", default=None)


@contextmanager
def noting() -> Iterator[list[str]]:
    """Within, the actions that are recorded stand in the list too, whichever thread does it."""
    noted: list[str] = []
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


@dataclass(frozen=True)
class Event:
    """One thing done. `at` is UTC, naive; `address` is empty where nobody asked over a network."""

    id: int
    at: datetime
    author: str
    via: str
    address: str
    action: str
    target: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """Which events: by author, actions and a period (`since` inclusive, `until` exclusive, UTC)."""

    author: str = ""
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def utc_now() -> datetime:
    """Now, UTC, naive, as the database keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def record(engine: Engine, action: str, target: str, detail: Mapping[str, Any]) -> None:
    """Keep one event; author, via and address are those of the principal of now."""
    with writing(engine) as connection:
        record_within(connection, action, target, detail)


def record_within(
    connection: Connection,
    action: str,
    target: str,
    detail: Mapping[str, Any],
    *,
    by: Principal | None = None,
) -> None:
    """Keep one event in the transaction of what it tells of. `by` is who did it, where that is not
    the principal of now (someone who just logged in)."""
    person = by or current()
    noted = _noted.get()
    if noted is not None:
        noted.append(action)
    connection.execute(
        insert(events).values(
            at=utc_now(),
            author=person.name[:200],
            via=person.via,
            address=(person.address or current().address)[:64],
            action=action[:32],
            target=target[:_MAX_TARGET],
            detail={key: _plain(value) for key, value in detail.items()},
        )
    )


def listed(engine: Engine, wanted: Wanted = Wanted(), limit: int = 100) -> list[Event]:  # noqa: B008
    """The newest events that are wanted, newest first."""
    query = _select(wanted).order_by(events.c.at.desc(), events.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [_event(row) for row in connection.execute(query)]


def actions(engine: Engine) -> list[str]:
    """Every action that was ever recorded, by name."""
    query = select(events.c.action).distinct().order_by(events.c.action)
    with engine.connect() as connection:
        return [str(action) for action in connection.execute(query).scalars()]


def walk(engine: Engine, wanted: Wanted) -> Iterator[Event]:
    """All of the events that are wanted, newest first, a page at a time."""
    query = _select(wanted).order_by(events.c.at.desc(), events.c.id.desc())
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=_PAGE).execute(query):
            yield _event(row)


def _select(wanted: Wanted) -> Select[Any]:
    query = select(events)
    if wanted.author:
        query = query.where(events.c.author == wanted.author)
    if wanted.actions:
        query = query.where(events.c.action.in_(wanted.actions))
    if wanted.since is not None:
        query = query.where(events.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(events.c.at < wanted.until)
    return query


def _event(row: Row[Any]) -> Event:
    return Event(
        row.id, row.at, row.author, row.via, row.address, row.action, row.target, dict(row.detail)
    )


def _plain(value: Any) -> Any:
    """A value as JSON has it: numbers other than whole ones, and dates, as their text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value]
    return str(value)
