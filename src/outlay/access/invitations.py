"""Invitations: links that work once, for some days, to set the password of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from outlay.access.errors import AccessError
from outlay.access.events import record_within, utc_now
from outlay.access.keys import digest, new_key
from outlay.access.people import People, Person, person_of
from outlay.access.principal import Level, Principal, who
from outlay.resources.database import writing
from outlay.resources.tables import invitations, users

VALID = timedelta(days=3)


@dataclass(frozen=True)
class Invitation:
    """An invitation that waits; `expires_at` is UTC."""

    person: str
    created_by: str
    expires_at: datetime


class InvitationOverError(AccessError):
    """The link was used, is too old, or never was one. It is not told which."""

    def __init__(self) -> None:
        super().__init__(
            "This link is not valid any more: each works once, for three days. Ask an "
            "administrator for a new one."
        )


class Invitations:
    """The invitations of one workspace."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.engine: Engine = people.engine

    def invite(self, person: Person) -> tuple[str, datetime]:
        """Invite an account to set its password; gives the key for the link, for the one time that
        it can be seen, and when it ends. An earlier invitation ends with it."""
        if person.disabled:
            raise AccessError(f"{person.title} is disabled; enable the account first.")
        key, now = new_key(), utc_now()
        with writing(self.engine) as connection:
            connection.execute(
                delete(invitations).where(
                    (invitations.c.user_id == person.id) | (invitations.c.expires_at <= now)
                )
            )
            connection.execute(
                insert(invitations).values(
                    token_hash=digest(key),
                    user_id=person.id,
                    created_at=now,
                    created_by=who()[:200],
                    expires_at=now + VALID,
                )
            )
            record_within(connection, "invite person", person.name, {})
        return key, now + VALID

    def waiting(self) -> dict[str, Invitation]:
        """The invitations that can still be taken up, by person."""
        query = (
            select(invitations, users.c.name)
            .join(users, users.c.id == invitations.c.user_id)
            .where(invitations.c.expires_at > utc_now())
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return {row.name: Invitation(row.name, row.created_by, row.expires_at) for row in rows}

    def whose(self, key: str) -> Person:
        """Who is invited by a link; InvitationOverError when nobody is (any more)."""
        query = (
            select(users)
            .join(invitations, invitations.c.user_id == users.c.id)
            .where(invitations.c.token_hash == digest(key), invitations.c.expires_at > utc_now())
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.disabled:
            raise InvitationOverError
        return person_of(row)

    def take_up(self, key: str, password: str, address: str) -> Person:
        """Set the password of who is invited. The link is used up, if the password will do."""
        from outlay.access import passwords

        person = self.whose(key)
        passwords.check_policy(password, person.name)
        with writing(self.engine) as connection:
            gone = connection.execute(
                delete(invitations).where(invitations.c.token_hash == digest(key))
            )
            if gone.rowcount != 1:
                raise InvitationOverError
        by = Principal(
            person.name, Level.NOBODY, via="session", display=person.display, address=address
        )
        return self.people.set_password(person.name, password, by=by)
