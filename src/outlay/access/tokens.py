"""API tokens: keys for programs. Shown once when they are made; only a hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from outlay.access import roles
from outlay.access.errors import AccessDeniedError, AccessError, NotFoundError
from outlay.access.events import record_within, utc_now
from outlay.access.keys import digest, is_token, new_token
from outlay.access.people import Person, person_of
from outlay.access.principal import EVERYTHING, Level, Principal, who
from outlay.expression import canonical
from outlay.resources import ResourceStore
from outlay.resources.database import writing
from outlay.resources.tables import api_tokens, users

LONGEST_LIFE = timedelta(days=3660)
_TOUCH_AFTER = timedelta(minutes=1)
_PREFIX = 12


@dataclass(frozen=True)
class Token:
    """A token without the token. `owner` is empty for one of the workspace itself; moments are
    UTC. `prefix` is how it begins, to tell it from others in a program's settings."""

    id: int
    name: str
    owner: str
    prefix: str
    level: Level
    scope: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """``active``, ``expired`` or ``revoked``."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


class Tokens:
    """The tokens of one workspace."""

    def __init__(self, store: ResourceStore) -> None:
        self.store = store
        self.engine: Engine = store.engine

    def create(
        self,
        name: str,
        *,
        owner: Person | None,
        level: Level,
        scope: str = EVERYTHING,
        expires_at: datetime | None = None,
    ) -> tuple[str, Token]:
        """Make a token; gives it, for the one time that it can be seen.

        `scope` narrows what the owner sees; it never widens it. AccessDeniedError when the level
        is above the owner's; QueryError when the scope is no condition.
        """
        name = name.strip()
        if not name or len(name) > 200:
            raise AccessError("A token needs a name of 1 to 200 characters: say what uses it.")
        if level is Level.NOBODY:
            raise AccessError("A token needs a level: viewer, editor, approver or admin.")
        if expires_at is not None and not utc_now() < expires_at <= utc_now() + LONGEST_LIFE:
            raise AccessError("A token ends in the future, within ten years.")
        if owner is not None:
            role = roles.find(self.store, owner.role)
            if role is None or level > role.level:
                held = role.level.word if role else "nobody"
                raise AccessDeniedError(
                    f"{owner.title} is {held}; a token of theirs cannot be {level.word}."
                )
        secret = new_token()
        values = {
            "name": name,
            "user_id": None if owner is None else owner.id,
            "token_hash": digest(secret),
            "prefix": secret[:_PREFIX],
            "level": level.word,
            "scope": canonical(scope, "scope") if scope.strip() else EVERYTHING,
            "created_at": utc_now(),
            "created_by": who()[:200],
            "expires_at": expires_at,
        }
        with writing(self.engine) as connection:
            key = connection.execute(insert(api_tokens).values(**values)).inserted_primary_key
            assert key is not None
            detail = {
                "level": level.word,
                "scope": values["scope"],
                "owner": owner.name if owner else "",
                "expires": expires_at and expires_at.isoformat(),
            }
            record_within(connection, "create token", name, detail)
        return secret, self.get(int(key[0]))

    def all(self, owner: Person | None = None) -> list[Token]:
        """Every token, or those of a person, the newest first; also those that are over."""
        query = _joined().order_by(api_tokens.c.id.desc())
        if owner is not None:
            query = query.where(api_tokens.c.user_id == owner.id)
        with self.engine.connect() as connection:
            return [_token(row) for row in connection.execute(query)]

    def get(self, id: int, owner: Person | None = None) -> Token:
        """A token; NotFoundError when it is none (of the owner)."""
        for token in self.all(owner):
            if token.id == id:
                return token
        raise NotFoundError(f"There is no token {id}. The Access page and `outlay tokens list` "
                            "list those there are.")  # fmt: skip

    def revoke(self, id: int, owner: Person | None = None) -> Token:
        """Let a token in no more, at once and for good."""
        token = self.get(id, owner)
        if token.revoked_at is None:
            with writing(self.engine) as connection:
                connection.execute(
                    update(api_tokens).where(api_tokens.c.id == id).values(revoked_at=utc_now())
                )
                record_within(connection, "revoke token", token.name, {"owner": token.owner})
        return self.get(id)

    def principal(self, secret: str, address: str = "") -> Principal | None:
        """Who asks with a token; None when it is none, over, or its owner may not log in.

        The level is the lower of the token's and its owner's, the scope both at once, as they are
        now: what is taken from the owner is taken from the token.
        """
        if not is_token(secret):
            return None
        query = select(api_tokens).where(api_tokens.c.token_hash == digest(secret))
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            owner = None
            if row.user_id is not None:
                whose = select(users).where(users.c.id == row.user_id)
                owner = connection.execute(whose).one_or_none()
        now = utc_now()
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            return None
        found = self._principal(row, None if owner is None else person_of(owner), address)
        if found is not None and (
            row.last_used_at is None or row.last_used_at + _TOUCH_AFTER <= now
        ):
            with writing(self.engine) as connection:
                connection.execute(
                    update(api_tokens).where(api_tokens.c.id == row.id).values(last_used_at=now)
                )
        return found

    def _principal(self, row: Row[Any], owner: Person | None, address: str) -> Principal | None:
        level = Level.of(row.level)
        if row.user_id is None:
            name = f"token {row.name}"[:200]
            return Principal(name, level, "", row.scope, "token", "", address)
        if owner is None or owner.disabled:
            return None
        role = roles.find(self.store, owner.role)
        if role is None:
            return None
        scope = roles.narrowed(role.scope, row.scope)
        return Principal(
            owner.name, min(level, role.level), role.name, scope, "token", owner.display, address
        )


def _joined() -> Any:
    return select(api_tokens, users.c.name.label("owner")).outerjoin(
        users, users.c.id == api_tokens.c.user_id
    )


def _token(row: Row[Any]) -> Token:
    return Token(
        row.id,
        row.name,
        row.owner or "",
        row.prefix,
        Level.of(row.level),
        row.scope,
        row.created_at,
        row.created_by,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )
