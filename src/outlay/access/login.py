"""Logging in and out, and who asks by a cookie or a token."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update

from outlay.access import passwords, roles
from outlay.access.errors import AccessError, LoginFailedError
from outlay.access.events import record_within, utc_now
from outlay.access.people import People, Person
from outlay.access.principal import Level, Principal
from outlay.access.sessions import Limits, Sessions
from outlay.access.throttle import Attempts
from outlay.access.tokens import Tokens
from outlay.resources import ResourceStore
from outlay.resources.database import writing
from outlay.resources.tables import users

REFUSED = "Name or password is not right."
"""What everybody hears whose login fails, whichever part was wrong."""


@dataclass(frozen=True)
class Caller:
    """Where a request to log in comes from. `key` is the session that the browser has already."""

    address: str = ""
    agent: str = ""
    key: str = ""


class Door:
    """The way in: accounts, sessions and tokens of one workspace."""

    def __init__(self, store: ResourceStore, limits: Limits = Limits()) -> None:  # noqa: B008
        self.store = store
        self.people = People(store)
        self.sessions = Sessions(store.engine, limits)
        self.tokens = Tokens(store)
        self.attempts = Attempts(store.engine)

    # --- in and out ---

    def log_in(self, name: str, password: str, caller: Caller) -> str:
        """Check name and password; gives the key of a new session.

        Raises ThrottledError after too many attempts, else LoginFailedError with one message,
        after the same time, whether the name or the password was wrong or the account disabled.
        """
        self.attempts.count(name, caller.address)
        person, kept = self.people.password_hash(name)
        right = passwords.verified(kept, password)
        if person is None or not right or person.disabled:
            self._note_failure(person, caller, "disabled" if right else "password")
            raise LoginFailedError(REFUSED)
        self.attempts.succeeded(name, caller.address)
        if passwords.outdated(kept):
            self.people.rehash(person, password)
        return self.let_in(person, caller)

    def let_in(self, person: Person, caller: Caller, id_token: str = "") -> str:
        """Begin a session for someone who proved who they are; the browser's earlier one ends, so
        that a key that was planted there is worth nothing."""
        if person.disabled:
            self._note_failure(person, caller, "disabled")
            raise LoginFailedError(REFUSED)
        if caller.key:
            self.sessions.end(caller.key)
        key = self.sessions.start(
            person, address=caller.address, agent=caller.agent, id_token=id_token
        )
        with writing(self.store.engine) as connection:
            connection.execute(
                update(users).where(users.c.id == person.id).values(last_login_at=utc_now())
            )
            way = {"by": "single sign-on" if id_token else "password"}
            record_within(connection, "log in", person.name, way, by=_of(person, caller))
        return key

    def log_out(self, key: str, caller: Caller) -> str:
        """End a session; gives the id token that single sign-on began it with, if it did."""
        found = self.sessions.find(key)
        if found is None:
            return ""
        session, person = found
        self.sessions.end(key)
        with writing(self.store.engine) as connection:
            record_within(connection, "log out", person.name, {}, by=_of(person, caller))
        return session.id_token

    def change_password(self, name: str, old: str, new: str, caller: Caller) -> str:
        """Change one's own password, by the old one; gives the key of a new session, all others
        are ended."""
        self.attempts.count(name, caller.address)
        person, kept = self.people.password_hash(name)
        if person is None or not passwords.verified(kept, old):
            raise AccessError("The password of now is not right.")
        self.attempts.succeeded(name, caller.address)
        person = self.people.set_password(person.name, new)
        return self.sessions.start(person, address=caller.address, agent=caller.agent)

    # --- who asks ---

    def by_session(self, key: str, address: str) -> Principal | None:
        """Who asks with the key of a session; None when it is over."""
        found = self.sessions.find(key)
        return None if found is None else self.principal(found[1], address)

    def by_token(self, secret: str, address: str) -> Principal | None:
        """Who asks with an API token; None when it is none or over."""
        return self.tokens.principal(secret, address)

    def principal(self, person: Person, address: str = "") -> Principal | None:
        """What a person may do now; None where the role has gone."""
        role = roles.find(self.store, person.role)
        if role is None:
            return None
        return Principal(
            person.name, role.level, role.name, role.scope, "session", person.display, address
        )

    def _note_failure(self, person: Person | None, caller: Caller, why: str) -> None:
        # A name that is none is not kept: people type passwords into the wrong field.
        nobody = Principal("", Level.NOBODY, via="nobody", address=caller.address)
        name, detail = ("an unknown name", {}) if person is None else (person.name, {"wrong": why})
        with writing(self.store.engine) as connection:
            record_within(connection, "fail to log in", name, detail, by=nobody)


def _of(person: Person, caller: Caller) -> Principal:
    return Principal(
        person.name,
        Level.NOBODY,
        role=person.role,
        via="session",
        display=person.display,
        address=caller.address,
    )
