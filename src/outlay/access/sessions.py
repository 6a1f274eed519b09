"""Sessions of browsers. Only a hash of the key in the cookie is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from outlay.access.errors import NotFoundError
from outlay.access.events import record_within, utc_now
from outlay.access.keys import digest, new_key
from outlay.access.people import Person, person_of
from outlay.resources.database import writing
from outlay.resources.tables import sessions, users

_TOUCH_AFTER = timedelta(minutes=1)
_SHOWN = 16

# Browsers also name those that they descend from: the first that fits is meant.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Limits:
    """How long a session lives: without use, and in all."""

    idle: timedelta = timedelta(hours=8)
    absolute: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class Session:
    """A browser that is logged in. `id` names it without letting anybody in; moments are UTC."""

    id: str
    person: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    by_sign_on: bool
    id_token: str = ""

    @property
    def device(self) -> str:
        """The browser and the system in words, as far as they say."""
        browser = next((name for sign, name in _BROWSERS if sign in self.agent), "")
        system = next((name for sign, name in _SYSTEMS if sign in self.agent), "")
        return " on ".join(filter(None, (browser, system))) or self.agent[:60] or "A program"


class Sessions:
    """The sessions of one workspace."""

    def __init__(self, engine: Engine, limits: Limits = Limits()) -> None:  # noqa: B008
        self.engine = engine
        self.limits = limits

    def start(
        self,
        person: Person,
        *,
        address: str,
        agent: str,
        id_token: str = "",
        connection: Connection | None = None,
    ) -> str:
        """Begin a session; gives the key for the cookie, which is kept nowhere."""
        key, now = new_key(), utc_now()
        values = {
            "token_hash": digest(key),
            "user_id": person.id,
            "created_at": now,
            "seen_at": now,
            "expires_at": now + self.limits.absolute,
            "address": address[:64],
            "agent": agent[:400],
            "id_token": id_token,
        }
        if connection is not None:
            connection.execute(insert(sessions).values(**values))
            return key
        with writing(self.engine) as own:
            own.execute(delete(sessions).where(sessions.c.expires_at <= now))
            own.execute(insert(sessions).values(**values))
        return key

    def find(self, key: str) -> tuple[Session, Person] | None:
        """Whose session a key opens; None when it is unknown, over, or the person is disabled."""
        now, token = utc_now(), digest(key)
        query = (
            select(users, sessions)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(sessions.c.token_hash == token)
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).mappings().one_or_none()
        if row is None or row[users.c.disabled]:
            return None
        if row[sessions.c.expires_at] <= now or row[sessions.c.seen_at] + self.limits.idle <= now:
            return None
        if row[sessions.c.seen_at] + _TOUCH_AFTER <= now:
            with writing(self.engine) as connection:
                connection.execute(
                    update(sessions).where(sessions.c.token_hash == token).values(seen_at=now)
                )
        person = _person(row)
        return _session(row, person.name), person

    def all(self, person: Person | None = None) -> list[Session]:
        """The sessions that are still open, the one used last first; of one person, or of all."""
        now = utc_now()
        query = (
            select(users, sessions)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(sessions.c.expires_at > now, sessions.c.seen_at > now - self.limits.idle)
            .order_by(sessions.c.seen_at.desc(), sessions.c.token_hash)
        )
        if person is not None:
            query = query.where(users.c.id == person.id)
        with self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [_session(row, row[users.c.name]) for row in rows]

    def end(self, key: str) -> None:
        """End the session that a key opens, if it is one."""
        with writing(self.engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == digest(key)))

    def end_one(self, id: str, person: Person | None = None) -> None:
        """End a session by its id; NotFoundError when it is none (of the person)."""
        known = {session.id: session for session in self.all(person)}
        if id not in known:
            raise NotFoundError(f"There is no session {id!r} any more.")
        with writing(self.engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash.startswith(id)))
            record_within(connection, "end session", known[id].person, {"session": id})

    def end_all(self, person: Person, but: str = "") -> None:
        """End every session of a person, but for the one of a key."""
        kept = digest(but) if but else ""
        with writing(self.engine) as connection:
            connection.execute(
                delete(sessions).where(
                    sessions.c.user_id == person.id, sessions.c.token_hash != kept
                )
            )


def session_id(key: str) -> str:
    """The id of the session that a key opens."""
    return digest(key)[:_SHOWN]


def _session(row: Any, name: str) -> Session:
    return Session(
        id=row[sessions.c.token_hash][:_SHOWN],
        person=name,
        created_at=row[sessions.c.created_at],
        seen_at=row[sessions.c.seen_at],
        expires_at=row[sessions.c.expires_at],
        address=row[sessions.c.address],
        agent=row[sessions.c.agent],
        by_sign_on=bool(row[sessions.c.id_token]),
        id_token=row[sessions.c.id_token],
    )


def _person(row: Any) -> Person:
    return person_of(_Columns(row))  # type: ignore[arg-type]


class _Columns:
    """The columns of `users` in a row that has those of another table as well."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return self._row[users.c[name]]
