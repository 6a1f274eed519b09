"""Accounts: who there is, with one role each. The last administrator stays one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from outlay.access import passwords, roles
from outlay.access.errors import AccessError, NotFoundError
from outlay.access.events import record_within, utc_now
from outlay.access.principal import Principal
from outlay.resources import ResourceStore
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import api_tokens, invitations, resources, sessions, users

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,198}[a-z0-9])?")


@dataclass(frozen=True)
class Person:
    """An account. `issuer` and `subject` are set once it has logged in by single sign-on."""

    id: int
    name: str
    display: str
    email: str
    role: str
    persona: str
    disabled: bool
    created_at: datetime
    last_login_at: datetime | None
    issuer: str = ""
    subject: str = ""
    has_password: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name for people."""
        return self.display or self.name


def account_name(text: str) -> str:
    """A name as accounts have it (lower case); AccessError when it cannot be one."""
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not _NAME.fullmatch(name):
        raise AccessError(
            f"{text!r} can be no account's name. Allowed: lower-case letters, digits and . _ - + @ "
            "between them, 200 at most; an address such as ana@example.com is fine."
        )
    return name


class People:
    """The accounts of one workspace. Every change of one is an event in the same transaction."""

    def __init__(self, store: ResourceStore) -> None:
        self.store = store
        self.engine: Engine = store.engine

    # --- reading ---

    def all(self) -> list[Person]:
        """Every account, by name."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(users).order_by(users.c.name))
            return [person_of(row) for row in rows]

    def find(self, name: str) -> Person | None:
        """The account with a name in any case, or None."""
        return self._one(users.c.name == name.strip().lower())

    def get(self, name: str) -> Person:
        """The account; NotFoundError lists those there are."""
        found = self.find(name)
        if found is not None:
            return found
        raise self._missing(name)

    def of_subject(self, issuer: str, subject: str) -> Person | None:
        """The account that a provider of single sign-on knows under a subject."""
        return self._one((users.c.issuer == issuer) & (users.c.subject == subject))

    def of_email(self, email: str) -> Person | None:
        """The one account with an address; None when there is none or more than one."""
        if not email:
            return None
        with self.engine.connect() as connection:
            rows = connection.execute(select(users).where(users.c.email == email.lower())).all()
        return person_of(rows[0]) if len(rows) == 1 else None

    def password_hash(self, name: str) -> tuple[Person | None, str]:
        """The account and what is kept of its password; (None, '') where there is none."""
        with self.engine.connect() as connection:
            row = connection.execute(
                select(users).where(users.c.name == name.strip().lower())
            ).one_or_none()
        return (None, "") if row is None else (person_of(row), str(row.password_hash))

    def administrators(self) -> list[str]:
        """The names of those who may do everything and are not disabled."""
        with self.engine.connect() as connection:
            return _administrators(connection)

    # --- changing ---

    def add(
        self,
        name: str,
        role: str,
        *,
        display: str = "",
        email: str = "",
        password: str | None = None,
        issuer: str = "",
        subject: str = "",
        by: Principal | None = None,
    ) -> Person:
        """Make an account. Without a password it is waiting for an invitation to be taken up or
        for single sign-on. AccessError for a name that is taken, a role that is none."""
        name = account_name(name)
        self._check_role(role)
        kept = passwords.hashed(passwords.check_policy(password, name)) if password else ""
        email = (email or (name if "@" in name else "")).strip().lower()
        values = {
            "name": name,
            "display": display.strip()[:200],
            "email": email[:320],
            "password_hash": kept,
            "issuer": issuer,
            "subject": subject,
            "role": role,
            "persona": "",
            "settings": {},
            "disabled": False,
            "created_at": utc_now(),
        }
        try:
            with writing(self.engine) as connection:
                connection.execute(insert(users).values(**values))
                record_within(connection, "add person", name, {"role": role}, by=by)
        except IntegrityError:
            raise AccessError(
                f"There is an account {name!r} already. Choose another name."
            ) from None
        return self.get(name)

    def give_role(self, name: str, role: str, *, by: Principal | None = None) -> Person:
        """Give another role; AccessError when the last administrator would be none."""
        self._check_role(role)
        person = self.get(name)
        if person.role == role:
            return person
        detail = {"role": role, "before": person.role}
        self._change(person, {"role": role}, "give role", detail, by=by)
        return self.get(name)

    def disable(self, name: str) -> Person:
        """Let nobody in as this person any more; sessions end at once and tokens stop working."""
        person = self.get(name)
        if not person.disabled:
            self._change(person, {"disabled": True}, "disable person", {}, end_sessions=True)
        return self.get(name)

    def enable(self, name: str) -> Person:
        """Let a disabled person in again."""
        person = self.get(name)
        if person.disabled:
            self._change(person, {"disabled": False}, "enable person", {})
        return self.get(name)

    def remove(self, name: str) -> None:
        """Remove an account with its sessions, tokens and invitations; what it did stays in the
        audit log."""
        person = self.get(name)
        with writing(self.engine) as connection:
            one_writer(connection)
            before = _administrators(connection)
            for table in (sessions, api_tokens, invitations):
                connection.execute(delete(table).where(table.c.user_id == person.id))
            connection.execute(delete(users).where(users.c.id == person.id))
            _keep_one(before, _administrators(connection), person)
            record_within(connection, "remove person", name, {"role": person.role})

    def describe(
        self,
        name: str,
        *,
        display: str | None = None,
        email: str | None = None,
        persona: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Person:
        """Change what is said of a person, which gives no rights; None leaves a field as it is."""
        person = self.get(name)
        given = {
            "display": display and display.strip()[:200],
            "email": email and email.strip().lower()[:320],
            "persona": persona and persona[:32],
            "settings": None if settings is None else dict(settings),
        }
        values = {key: value for key, value in given.items() if value is not None}
        with writing(self.engine) as connection:
            connection.execute(update(users).where(users.c.id == person.id).values(**values))
        return self.get(name)

    def set_password(self, name: str, password: str, *, by: Principal | None = None) -> Person:
        """Set a password; every session of the person and every invitation ends."""
        person = self.get(name)
        kept = passwords.hashed(passwords.check_policy(password, person.name))
        with writing(self.engine) as connection:
            connection.execute(
                update(users).where(users.c.id == person.id).values(password_hash=kept)
            )
            for table in (sessions, invitations):
                connection.execute(delete(table).where(table.c.user_id == person.id))
            record_within(connection, "set password", person.name, {}, by=by)
        return self.get(name)

    def rehash(self, person: Person, password: str) -> None:
        """Keep a password that was right under today's parameters."""
        kept = passwords.hashed(password)
        with writing(self.engine) as connection:
            connection.execute(
                update(users).where(users.c.id == person.id).values(password_hash=kept)
            )

    def tie(self, person: Person, issuer: str, subject: str) -> Person:
        """Tie an account to the subject of a provider of single sign-on."""
        values = {"issuer": issuer, "subject": subject}
        self._change(person, values, "tie to sign-on", {"issuer": issuer}, by=_as(person))
        return self.get(person.name)

    # --- within ---

    def _one(self, condition: Any) -> Person | None:
        with self.engine.connect() as connection:
            row = connection.execute(select(users).where(condition)).one_or_none()
        return None if row is None else person_of(row)

    def _missing(self, name: str) -> NotFoundError:
        names = ", ".join(person.name for person in self.all()) or "none yet"
        return NotFoundError(f"There is no account {name!r}. There are: {names}.")

    def _check_role(self, role: str) -> None:
        if roles.find(self.store, role) is None:
            known = ", ".join(one.name for one in roles.listed(self.store))
            raise AccessError(f"There is no role {role!r}. There are: {known}.")

    def _change(
        self,
        person: Person,
        values: Mapping[str, Any],
        action: str,
        detail: Mapping[str, Any],
        *,
        end_sessions: bool = False,
        by: Principal | None = None,
    ) -> None:
        with writing(self.engine) as connection:
            one_writer(connection)
            before = _administrators(connection)
            connection.execute(update(users).where(users.c.id == person.id).values(**values))
            if end_sessions:
                connection.execute(delete(sessions).where(sessions.c.user_id == person.id))
            _keep_one(before, _administrators(connection), person)
            record_within(connection, action, person.name, detail, by=by)


class LastAdministratorError(AccessError):
    """Nobody would be left who may do everything."""


def person_of(row: Row[Any]) -> Person:
    """The account of a row of the table."""
    return Person(
        id=row.id,
        name=row.name,
        display=row.display,
        email=row.email,
        role=row.role,
        persona=row.persona,
        disabled=bool(row.disabled),
        created_at=row.created_at,
        last_login_at=row.last_login_at,
        issuer=row.issuer,
        subject=row.subject,
        has_password=bool(row.password_hash),
        settings=dict(row.settings or {}),
    )


def check_roles_left(connection: Connection, after: Mapping[str, Any], gone: Iterable[str]) -> None:
    """Whether a change of roles may be: nobody has one of those that go, and somebody still may do
    everything if somebody did. `after` holds the spec of every role of the workspace afterwards.

    Raises AccessError. Asked within the transaction of the change, which was written already.
    """
    for role in sorted(set(gone) - after.keys()):
        having = (
            connection.execute(select(users.c.name).where(users.c.role == role)).scalars().all()
        )
        if having:
            raise AccessError(
                f"The role {role!r} cannot be removed: {', '.join(sorted(having))} "
                f"{'has' if len(having) == 1 else 'have'} it. Give another role first."
            )
    known = [roles.of_spec(name, spec) for name, spec in after.items()]
    names = {role.name for role in (*roles.BUILT_IN.values(), *known) if role.administers}
    everyone = select(users.c.name).where(users.c.disabled.is_(False))
    if connection.execute(everyone).first() is None:
        return
    if connection.execute(everyone.where(users.c.role.in_(names))).first() is None:
        raise LastAdministratorError(
            "Nobody would be left who may do everything. Give somebody else the role admin first."
        )


def _administrators(connection: Connection) -> list[str]:
    own = connection.execute(select(resources).where(resources.c.kind == roles.ROLE.name))
    known = [roles.of_spec(row.name, roles.ROLE.parse(row.spec)) for row in own]
    names = [role.name for role in (*roles.BUILT_IN.values(), *known) if role.administers]
    wanted = users.c.role.in_(names) & users.c.disabled.is_(False)
    query = select(users.c.name).where(wanted).order_by(users.c.name)
    return [str(name) for name in connection.execute(query).scalars()]


def _keep_one(before: list[str], after: list[str], person: Person) -> None:
    if before and not after:
        raise LastAdministratorError(
            f"{person.title} is the last administrator and must stay one. Give somebody else the "
            "role admin first."
        )


def _as(person: Person) -> Principal:
    from outlay.access.principal import Level

    return Principal(person.name, Level.NOBODY, via="session", display=person.display)
