"""The tables of savings: recommendations, what was done about them, and each look that was taken.

Safe between threads, processes and hosts: a recommendation's key is unique, and every change is
made in one transaction that has read what it changes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, insert, select, update

from outlay.app.savings.errors import not_found
from outlay.money import money_text
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import recommendation_steps as s
from outlay.resources.tables import recommendations as r
from outlay.resources.tables import saving_looks as k
from outlay.savings.recommendation import Recommendation

TAKEN = ("done", "part")
"""Outcomes of a look that was taken to its end."""

_NUMBERS = 2**31
"""No database gives a number as high as this."""

_WIDTHS = {
    "provider": 128, "account": 256, "region": 64, "service": 256, "resource": 1024,
    "resource_name": 512, "scope": 512, "owner": 256, "detectors": 1024,
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What was done with a recommendation, by whom (UTC); `detail` are its further words, such as
    ``{"to": "ana"}`` or the states that it went between (``from``, ``state``)."""

    id: int
    recommendation: int
    at: datetime
    author: str
    action: str
    note: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LookRecord:
    """One look that was taken (UTC): how many findings there were and how many resources could not
    be judged. `outcome` is ``done``, ``part`` (a detector or a native source failed, `message`
    says which) or ``failed``."""

    id: int
    at: datetime
    snapshot: str
    found: int
    insufficient: int
    duration_ms: int
    outcome: str
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Recommendation]:
    return TypeAdapter(Recommendation)


class SavingStore:
    """The recommendations of a workspace's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def changing(self) -> Iterator[Books]:
        """A transaction in which recommendations are read and changed, and no other does."""
        with writing(self._engine) as connection:
            one_writer(connection)
            yield Books(connection)

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """A transaction that reads."""
        with self._engine.connect() as connection:
            yield Books(connection)

    def listed(self, states: Sequence[str] = ()) -> list[Recommendation]:
        """Every recommendation (of these states), oldest first."""
        with self.reading() as books:
            return books.listed(states)

    def one(self, number: int) -> Recommendation:
        """One recommendation; SavingNotFoundError when there is none of the number."""
        with self.reading() as books:
            return books.one(number)

    def by_key(self, key: str) -> Recommendation | None:
        """The recommendation of a key."""
        with self.reading() as books:
            return books.by_key(key)

    def steps(self, number: int | None = None, actions: Sequence[str] = ()) -> list[Step]:
        """What was done with a recommendation (None: with all), oldest first."""
        with self.reading() as books:
            return books.steps(number, actions)

    def record(self, look: LookRecord) -> LookRecord:
        """Keep a look; gives it with its id."""
        values = {
            "at": look.at,
            "snapshot": look.snapshot,
            "found": look.found,
            "insufficient": look.insufficient,
            "duration_ms": look.duration_ms,
            "outcome": look.outcome,
            "message": look.message,
            "detail": dict(look.detail),
        }
        with writing(self._engine) as connection:
            key = connection.execute(insert(k).values(**values)).inserted_primary_key
        assert key is not None
        return replace(look, id=int(key[0]))

    def looks(self, limit: int = 20, outcomes: Sequence[str] = ()) -> list[LookRecord]:
        """The newest looks, newest first."""
        with self.reading() as books:
            return books.looks(limit, outcomes)


class Books:
    """The recommendations within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def listed(self, states: Sequence[str] = ()) -> list[Recommendation]:
        """As `SavingStore.listed`."""
        query = select(r).order_by(r.c.id)
        if states:
            query = query.where(r.c.state.in_(states))
        return [_recommendation(row) for row in self._connection.execute(query)]

    def one(self, number: int) -> Recommendation:
        """As `SavingStore.one`."""
        if not 0 < number < _NUMBERS:
            raise not_found(number)
        row = self._connection.execute(select(r).where(r.c.id == number)).first()
        if row is None:
            raise not_found(number)
        return _recommendation(row)

    def by_key(self, key: str) -> Recommendation | None:
        """As `SavingStore.by_key`."""
        row = self._connection.execute(select(r).where(r.c.key == key)).first()
        return None if row is None else _recommendation(row)

    def steps(self, number: int | None = None, actions: Sequence[str] = ()) -> list[Step]:
        """As `SavingStore.steps`."""
        query = select(s).order_by(s.c.id)
        if number is not None:
            query = query.where(s.c.recommendation == number)
        if actions:
            query = query.where(s.c.action.in_(actions))
        return [Step(**row._mapping) for row in self._connection.execute(query)]

    def looks(self, limit: int = 20, outcomes: Sequence[str] = ()) -> list[LookRecord]:
        """As `SavingStore.looks`."""
        query = select(k).order_by(k.c.id.desc()).limit(limit)
        if outcomes:
            query = query.where(k.c.outcome.in_(outcomes))
        return [LookRecord(**row._mapping) for row in self._connection.execute(query)]

    def add(self, one: Recommendation) -> Recommendation:
        """Keep a new recommendation; gives it with its number."""
        found = self._connection.execute(insert(r).values(**_columns(one)))
        assert found.inserted_primary_key is not None
        return replace(one, id=int(found.inserted_primary_key[0]))

    def put(self, one: Recommendation) -> Recommendation:
        """Bring a recommendation up to date."""
        self._connection.execute(update(r).where(r.c.id == one.id).values(**_columns(one)))
        return one

    def step(
        self,
        number: int,
        at: datetime,
        author: str,
        action: str,
        *,
        note: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what was done."""
        values = {"recommendation": number, "at": at, "author": author, "action": action}
        self._connection.execute(insert(s).values(**values, note=note, detail=dict(detail or {})))


def _columns(one: Recommendation) -> dict[str, Any]:
    document = _adapter().dump_python(one, mode="json")
    document.pop("id")
    found = {
        name: getattr(one, name)
        for name in (
            "key", "state", "reason", "provider", "account", "region", "service", "resource",
            "resource_name", "scope", "group", "action", "nature", "currency", "owner_tag",
            "owner", "assignee", "first_seen", "last_seen", "due_on", "snoozed_until",
            "accepted_at", "implemented_at", "updated_at",
        )
    }  # fmt: skip
    found["detectors"] = " ".join(sorted({f"{f.tool}:{f.detector}" for f in one.findings}))
    found["monthly_saving"] = money_text(one.finding.monthly_saving)
    # Columns are for finding rows; the document alone is read back, in full.
    for name, most in _WIDTHS.items():
        found[name] = found[name][:most]
    return {**found, "document": document}


def _recommendation(row: Row[Any]) -> Recommendation:
    kept = row._mapping
    return _adapter().validate_python({**kept["document"], "id": kept["id"]})
