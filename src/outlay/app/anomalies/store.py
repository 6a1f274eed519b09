"""The tables of anomalies: events, what was done about them, and each look that was taken.

Safe between threads, processes and hosts: an event's key is unique, and every change is made in
one transaction that has read what it changes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, func, insert, or_, select, update

from outlay.app.anomalies.errors import not_found
from outlay.app.anomalies.events import Event, Run, Step
from outlay.money import money_text
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import anomaly_events as e
from outlay.resources.tables import anomaly_runs as r
from outlay.resources.tables import anomaly_steps as s

_VALUE = 512
_COLUMNS = ("state", "reason", "severity", "owner", "assignee", "feedback", "updated_at")
"""What a row says of an event rather than its document."""


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Event)


class AnomalyStore:
    """The anomalies of a workspace's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def changing(self) -> Iterator[Books]:
        """A transaction in which events are read and changed, and no other changes them."""
        with writing(self._engine) as connection:
            one_writer(connection)
            yield Books(connection)

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """A transaction that reads."""
        with self._engine.connect() as connection:
            yield Books(connection)

    def events(
        self,
        *,
        since: datetime | None = None,
        monitor: str = "",
        limit: int | None = None,
    ) -> list[Event]:
        """The events that are not over before `since` (UTC), newest first."""
        with self.reading() as books:
            return books.events(since=since, monitor=monitor, limit=limit)

    def event(self, number: int) -> Event:
        """One event; AnomalyNotFoundError when there is none of the number."""
        with self.reading() as books:
            return books.event(number)

    def steps(self, number: int | None = None, actions: Sequence[str] = ()) -> list[Step]:
        """What was done with an event (None: with all), oldest first."""
        query = select(s).order_by(s.c.id)
        if number is not None:
            query = query.where(s.c.event == number)
        if actions:
            query = query.where(s.c.action.in_(actions))
        with self._engine.connect() as connection:
            return [_step(row) for row in connection.execute(query)]

    def said(self) -> int:
        """The newest step of a person's word: what tells whether feedback changed."""
        query = select(func.max(s.c.id)).where(s.c.action.in_(("feedback", "withdraw")))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def record(self, run: Run) -> Run:
        """Keep a look; gives it with its id."""
        values = {
            "at": run.at,
            "snapshot": run.snapshot,
            "series": run.series,
            "events": run.events,
            "duration_ms": run.duration_ms,
            "outcome": run.outcome,
            "message": run.message,
            "detail": dict(run.detail),
        }
        with writing(self._engine) as connection:
            key = connection.execute(insert(r).values(**values)).inserted_primary_key
        assert key is not None
        return replace(run, id=int(key[0]))

    def runs(self, limit: int = 20, outcomes: Sequence[str] = ()) -> list[Run]:
        """The newest looks, newest first."""
        query = select(r).order_by(r.c.id.desc()).limit(limit)
        if outcomes:
            query = query.where(r.c.outcome.in_(outcomes))
        with self._engine.connect() as connection:
            return [Run(**row._mapping) for row in connection.execute(query)]


class Books:
    """The events within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def events(
        self,
        *,
        since: datetime | None = None,
        monitor: str = "",
        limit: int | None = None,
    ) -> list[Event]:
        """As `AnomalyStore.events`."""
        query = select(e).order_by(e.c.start_at.desc(), e.c.id.desc())
        if since is not None:
            query = query.where(or_(e.c.end_at.is_(None), e.c.end_at > since))
        if monitor:
            query = query.where(e.c.monitor == monitor)
        if limit is not None:
            query = query.limit(limit)
        return [_event(row) for row in self._connection.execute(query)]

    def event(self, number: int) -> Event:
        """As `AnomalyStore.event`."""
        row = self._connection.execute(select(e).where(e.c.id == number)).first()
        if row is None:
            raise not_found(number)
        return _event(row)

    def by_key(self, key: str) -> Event | None:
        """The event of a key."""
        row = self._connection.execute(select(e).where(e.c.key == key)).first()
        return None if row is None else _event(row)

    def add(self, event: Event) -> Event:
        """Keep a new event; gives it with its id."""
        found = self._connection.execute(insert(e).values(**_columns(event)))
        assert found.inserted_primary_key is not None
        return replace(event, id=int(found.inserted_primary_key[0]))

    def put(self, event: Event) -> Event:
        """Bring an event up to date."""
        self._connection.execute(update(e).where(e.c.id == event.id).values(**_columns(event)))
        return event

    def step(
        self,
        event: int,
        at: datetime,
        author: str,
        action: str,
        *,
        verdict: str = "",
        note: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what was done."""
        values = {"event": event, "at": at, "author": author, "action": action}
        values |= {"verdict": verdict, "note": note}
        self._connection.execute(insert(s).values(**values, detail=dict(detail or {})))


def _columns(event: Event) -> dict[str, Any]:
    document = _adapter().dump_python(event, mode="json")
    document.pop("id")
    return {
        "key": event.key,
        "monitor": event.monitor,
        "state": event.state,
        "reason": event.reason,
        "severity": event.severity,
        "grouping": event.grouping,
        "value": event.value[:_VALUE],
        "measure": event.measure,
        "currency": event.currency,
        "direction": event.direction,
        "start_at": event.start,
        "end_at": None if event.ongoing else event.end,
        "impact": money_text(event.impact),
        "owner": event.owner,
        "assignee": event.assignee,
        "feedback": event.feedback,
        "detected_at": event.detected_at,
        "updated_at": event.updated_at,
        "document": document,
    }


def _event(row: Row[Any]) -> Event:
    kept = row._mapping
    document = {**kept["document"], "id": kept["id"], **{name: kept[name] for name in _COLUMNS}}
    return _adapter().validate_python(document)


def _step(row: Row[Any]) -> Step:
    return Step(**row._mapping)
