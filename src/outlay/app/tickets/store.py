"""The table of tickets: links between recommendations and what stands for them elsewhere.

A row is there before a ticket is opened, so that a crash between the two is found and mended: the
marker that it holds is searched for first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from outlay.resources.database import one_writer, writing
from outlay.resources.tables import tickets as t

PENDING = "pending"
"""State of a ticket that is still to be opened."""
GONE = "gone"
_CLAIM = timedelta(minutes=5)
_KEY = 256
_MOMENTS = ("next_try", "claimed_until", "changed_at")


@dataclass(frozen=True)
class Link:
    """A ticket of a recommendation, as it is kept.

    `external` is the system's key for people (the marker, while it is `PENDING`), `handle` what its
    API calls it. `meaning` is what its state meant when it was last read, `pushed` the state of
    ours that the system knows, `step` the last step of ours that was told there. `seen` are the ids
    of comments that are known, `problem` why it could not be brought up to date, `next_try` when
    that is tried again. Moments are UTC.
    """

    id: int
    recommendation: int
    system: str
    external: str
    url: str
    state: str
    opened_at: datetime
    opened_by: str
    synced_at: datetime | None
    marker: str = ""
    handle: str = ""
    meaning: str = ""
    pushed: str = ""
    step: int = 0
    seen: tuple[str, ...] = ()
    problem: str = ""
    failures: int = 0
    next_try: datetime | None = None
    claimed_until: datetime | None = None
    changed_at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    shared: bool = False
    """Whether another recommendation has the same ticket: a receiver may make one of several."""

    @property
    def opened(self) -> bool:
        """Whether it is there in the system."""
        return self.state != PENDING

    @property
    def gone(self) -> bool:
        """Whether it was deleted there."""
        return self.state == GONE


_IN_ROW = ("id", "recommendation", "system", "external", "url", "state", "opened_at", "opened_by",
           "synced_at")  # fmt: skip


class TicketStore:
    """The tickets of a workspace's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, recommendation: int) -> list[Link]:
        """The tickets of a recommendation, oldest first."""
        query = select(t).where(t.c.recommendation == recommendation).order_by(t.c.id)
        return self._asked(query)

    def all(self) -> list[Link]:
        """Every ticket, oldest first."""
        return self._asked(select(t).order_by(t.c.id))

    def one(self, number: int) -> Link | None:
        """One ticket; None when there is none of the number."""
        found = self._asked(select(t).where(t.c.id == number))
        return found[0] if found else None

    def begin(self, link: Link) -> Link | None:
        """Note that a ticket is to be opened; None where another process has noted it."""
        values = _values(link)
        values.pop("id")
        try:
            with writing(self._engine) as connection:
                one_writer(connection)
                key = connection.execute(insert(t).values(**values)).inserted_primary_key
        except IntegrityError:
            return None
        assert key is not None
        return replace(link, id=int(key[0]))

    def claim(self, number: int, now: datetime) -> Link | None:
        """Take a ticket for a few minutes, so that no other process does the same; None where one
        has it, or where it is none any more."""
        with self._changing() as connection:
            row = connection.execute(select(t).where(t.c.id == number)).first()
            found = None if row is None else _link(row)
            if found is None or (found.claimed_until is not None and found.claimed_until > now):
                return None
            taken = replace(found, claimed_until=now + _CLAIM)
            _put(connection, taken)
            return taken

    def put(self, link: Link) -> Link:
        """Keep a ticket as it is now, and let it go."""
        kept = replace(link, claimed_until=None)
        try:
            with self._changing() as connection:
                _put(connection, kept)
        except IntegrityError:
            if kept.shared:
                raise
            kept = replace(kept, shared=True)
            with self._changing() as connection:
                _put(connection, kept)
        return kept

    def hold(self, link: Link, now: datetime) -> Link:
        """Keep a ticket as it is now, and hold it for as long again."""
        held = replace(link, claimed_until=now + _CLAIM)
        with self._changing() as connection:
            _put(connection, held)
        return held

    def drop(self, number: int) -> None:
        """Forget a ticket that was never opened."""
        with self._changing() as connection:
            connection.execute(delete(t).where(t.c.id == number))

    def _asked(self, query: Any) -> list[Link]:
        with self._engine.connect() as connection:
            return [_link(row) for row in connection.execute(query)]

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with writing(self._engine) as connection:
            one_writer(connection)
            yield connection


def _put(connection: Connection, link: Link) -> None:
    values = _values(link)
    connection.execute(update(t).where(t.c.id == values.pop("id")).values(**values))


def _values(link: Link) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(link, name) for name in _IN_ROW}
    document: dict[str, Any] = {
        "marker": link.marker,
        "handle": link.handle,
        "meaning": link.meaning,
        "pushed": link.pushed,
        "step": link.step,
        "seen": list(link.seen),
        "problem": link.problem,
        "failures": link.failures,
        "detail": dict(link.detail),
    }
    external = link.external[:_KEY]
    if link.shared:
        # The column is unique in a system; the marker is of this recommendation alone.
        document["shared"] = external
        external = link.marker
    for name in _MOMENTS:
        at: datetime | None = getattr(link, name)
        document[name] = None if at is None else at.isoformat()
    return {**found, "state": link.state[:64], "url": link.url[:1024],
            "external": external, "document": document}  # fmt: skip


def _link(row: Row[Any]) -> Link:
    values = dict(row._mapping)
    document = dict(values.pop("document"))
    moments: dict[str, Any] = {
        name: datetime.fromisoformat(document[name]) if document.get(name) else None
        for name in _MOMENTS
    }
    rest = {key: value for key, value in document.items() if key not in (*_MOMENTS, "seen")}
    shared = rest.pop("shared", "")
    values["external"] = shared or values["external"]
    return Link(
        **values, **rest, **moments, seen=tuple(document.get("seen", ())), shared=bool(shared)
    )


def ordinal(found: Sequence[Link], system: str) -> int:
    """How many tickets a recommendation had in a system: the next one's number, from 0."""
    return sum(1 for one in found if one.system == system)
