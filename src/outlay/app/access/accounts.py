"""Managing people, tokens and sessions: the one way in for pages, commands and the API.

Whoever is not an administrator of the whole workspace may manage themselves alone; whoever asks
with a token may read, and may manage others if the token is an administrator's, but makes no key
for themselves: a token that leaked must not outlive its revocation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.access import Level, current, require, roles, whole_ledger
from outlay.access.errors import AccessDeniedError, AccessError, LoginRequiredError, NotFoundError
from outlay.access.events import utc_now
from outlay.access.invitations import Invitation, Invitations
from outlay.access.login import Caller, Door
from outlay.access.people import Person
from outlay.access.roles import Role
from outlay.access.sessions import Limits, Session
from outlay.access.tokens import Token
from outlay.app.served import served

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

INVITE = "/invite/"
"""Where the link of an invitation leads."""


@dataclass(frozen=True)
class PersonRow:
    """An account as administrators see it; `role` None where the role has gone."""

    person: Person
    role: Role | None
    invitation: Invitation | None
    sessions: int


def door_of(workspace: Workspace) -> Door:
    """The accounts, sessions and tokens of a workspace, with its limits."""
    settings = workspace.settings.login
    limits = Limits(
        timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.session_hours)
    )
    return Door(workspace.resources, limits)


def administer(what: str) -> None:
    """Raise unless who asks may administer people."""
    require(Level.ADMIN, what, whole=True)


# --- people -----------------------------------------------------------------------------------


@served("GET /users")
def people(workspace: Workspace) -> list[PersonRow]:
    """Every account, by name."""
    administer("the list of people")
    door = door_of(workspace)
    waiting = Invitations(door.people).waiting()
    open_sessions = [session.person for session in door.sessions.all()]
    known = {role.name: role for role in roles.listed(workspace.resources)}
    return [
        PersonRow(
            person,
            known.get(person.role),
            waiting.get(person.name),
            open_sessions.count(person.name),
        )
        for person in door.people.all()
    ]


@served("GET /users/{name}")
def person(workspace: Workspace, name: str) -> PersonRow:
    """One account; NotFoundError lists those there are."""
    wanted = door_of(workspace).people.get(name)
    return next(row for row in people(workspace) if row.person.name == wanted.name)


@served("POST /users")
def add(
    workspace: Workspace,
    name: str,
    role: str,
    *,
    display: str = "",
    email: str = "",
    password: str | None = None,
) -> Person:
    """Make an account."""
    administer("adding people")
    people_ = door_of(workspace).people
    return people_.add(name, role, display=display, email=email, password=password)


@served("PATCH /users/{name}")
def change(
    workspace: Workspace,
    name: str,
    *,
    role: str | None = None,
    disabled: bool | None = None,
    display: str | None = None,
    email: str | None = None,
) -> Person:
    """Change an account; None leaves a part as it is. All parts are checked before the first is
    changed, but for what only the change itself can find."""
    administer("changing people")
    people_ = door_of(workspace).people
    found = people_.get(name)
    if role is not None:
        found = people_.give_role(name, role)
    if disabled is not None:
        found = people_.disable(name) if disabled else people_.enable(name)
    if display is not None or email is not None:
        found = people_.describe(name, display=display, email=email)
    return found


@served("DELETE /users/{name}")
def remove(workspace: Workspace, name: str) -> None:
    """Remove an account with its sessions and tokens."""
    administer("removing people")
    door_of(workspace).people.remove(name)


@served("PATCH /users/{name}")
def set_password(workspace: Workspace, name: str, password: str) -> Person:
    """Set somebody's password, as an administrator."""
    administer("setting passwords")
    return door_of(workspace).people.set_password(name, password)


@served("POST /users/{name}/invitation")
def invite(workspace: Workspace, name: str) -> tuple[str, datetime]:
    """The path of a link by which somebody sets their password, and when it ends (UTC). It is
    shown this one time."""
    administer("inviting people")
    door = door_of(workspace)
    key, ends = Invitations(door.people).invite(door.people.get(name))
    return INVITE + key, ends


# --- oneself ----------------------------------------------------------------------------------


def me(workspace: Workspace) -> Person | None:
    """The account of who asks; None for the person at this machine and for tokens of nobody."""
    reader = current()
    return door_of(workspace).people.find(reader.name) if reader.via in _ACCOUNTS else None


def myself(workspace: Workspace) -> Person:
    """The account of who asks; AccessError where there is none."""
    if current().level is Level.NOBODY:
        raise LoginRequiredError("Log in to see your account.")
    found = me(workspace)
    if found is None:
        raise NotFoundError(
            "There is no account behind this: without a login everybody is the person at this "
            "machine. `outlay serve --login` asks for one."
        )
    return found


def describe_me(workspace: Workspace, *, display: str | None, persona: str | None) -> Person:
    """Change what is said of oneself."""
    found = myself(workspace)
    return door_of(workspace).people.describe(found.name, display=display, persona=persona)


def change_my_password(workspace: Workspace, old: str, new: str, caller: Caller) -> str:
    """Change one's own password; gives the key of the session that goes on."""
    _no_token("change a password")
    found = myself(workspace)
    if not found.has_password:
        raise AccessError(
            "This account has no password: it logs in by single sign-on. An administrator can "
            "send a link to set one."
        )
    return door_of(workspace).change_password(found.name, old, new, caller)


def my_sessions(workspace: Workspace) -> list[Session]:
    """One's own sessions that are open."""
    return door_of(workspace).sessions.all(myself(workspace))


def end_my_session(workspace: Workspace, id: str) -> None:
    """End one of one's own sessions."""
    door_of(workspace).sessions.end_one(id, myself(workspace))


# --- tokens -----------------------------------------------------------------------------------


@served("GET /tokens")
def tokens(workspace: Workspace, *, everybody: bool = False) -> list[Token]:
    """One's own tokens, or all of the workspace for administrators."""
    found = door_of(workspace).tokens
    if everybody:
        administer("the tokens of everybody")
        return found.all()
    return found.all(myself(workspace))


@served("POST /tokens")
def create_token(
    workspace: Workspace,
    name: str,
    level: str,
    *,
    scope: str = "",
    expires: date | None = None,
    owner: str | None = None,
) -> tuple[str, Token]:
    """Make a token; gives it, for the one time that it can be seen.

    `owner` None: oneself. '' : nobody, a token of the workspace that outlives people, for which
    one must be an administrator. Another's name only from this machine's command line, where
    whoever has the files could write it anyway. `expires` is the day (UTC) from which it is over.
    """
    _no_token("make a token")
    door = door_of(workspace)
    whose: Person | None
    if owner is None:
        whose = myself(workspace)
    elif owner == "":
        administer("a token of the workspace")
        whose = None
    else:
        administer("a token of somebody")
        mine = me(workspace)
        if current().via != "local" and (mine is None or mine.name != owner.strip().lower()):
            raise AccessDeniedError("A token acts in its owner's name; each makes their own.")
        whose = door.people.get(owner)
    return door.tokens.create(
        name,
        owner=whose,
        level=_level(level),
        scope=scope,
        expires_at=None if expires is None else datetime(expires.year, expires.month, expires.day),
    )


@served("DELETE /tokens/{number}")
def revoke_token(workspace: Workspace, number: int, *, everybody: bool = False) -> Token:
    """Revoke one of one's own tokens, or any as an administrator."""
    found = door_of(workspace).tokens
    if everybody:
        administer("revoking tokens of others")
        return found.revoke(number)
    return found.revoke(number, myself(workspace))


# --- roles ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """How much of a month's bill a role shows, in one currency: `part` of `whole`."""

    currency: str
    part: Decimal
    whole: Decimal


@dataclass(frozen=True)
class RoleRow:
    """A role with who has it, and what it shows of last month; `problem` where that cannot be
    told."""

    role: Role
    people: Sequence[str]
    seen: Sequence[Seen]
    problem: str = ""


@served("GET /roles")
def role_rows(workspace: Workspace) -> list[RoleRow]:
    """Every role, with how much of last month's bill it shows (BilledCost, exact)."""
    administer("the list of roles")
    having: dict[str, list[str]] = {}
    for one in door_of(workspace).people.all():
        having.setdefault(one.role, []).append(one.name)
    whole: Mapping[str, Decimal] | None = None
    rows = []
    for role in roles.listed(workspace.resources):
        seen: list[Seen] = []
        problem = ""
        if role.scope:
            try:
                if whole is None:
                    whole = _billed(workspace, "")
                part = _billed(workspace, role.scope)
                zero = Decimal(0)
                seen = [Seen(code, part.get(code, zero), all_) for code, all_ in whole.items()]
            except Exception as error:  # a scope that fails must not hide the others
                problem = str(error)
        rows.append(RoleRow(role, tuple(having.get(role.name, ())), tuple(seen), problem))
    return rows


@served("GET /roles")
def role_row(workspace: Workspace, name: str) -> RoleRow:
    """One role; NotFoundError lists those there are."""
    rows = role_rows(workspace)
    for row in rows:
        if row.role.name == name:
            return row
    known = ", ".join(row.role.name for row in rows)
    raise NotFoundError(f"There is no role {name!r}. There are: {known}.")


def _billed(workspace: Workspace, where: str) -> dict[str, Decimal]:
    from outlay.query import CostQuery

    asked = CostQuery(measures=("BilledCost",), range="last-month", where=where)
    with whole_ledger():
        result = workspace.query(asked)
    found: dict[str, Decimal] = {}
    for row in result.totals:
        code, amount = row.get("BillingCurrency") or result.currency, row.get("BilledCost")
        if code is not None and isinstance(amount, Decimal):
            found[str(code)] = amount
    return found


def _level(word: str) -> Level:
    try:
        return Level.of(word)
    except ValueError as error:
        raise AccessError(str(error)) from None


def _no_token(what: str) -> None:
    if current().via == "token":
        raise AccessDeniedError(
            f"An API token cannot {what}. Log in on the page, where it can be seen and ended."
        )


_ACCOUNTS = ("session", "token")


# --- as JSON ----------------------------------------------------------------------------------


def person_json(row: PersonRow) -> dict[str, Any]:
    """An account for machines; nothing of its password."""
    person = row.person
    return {
        "name": person.name,
        "display": person.display,
        "email": person.email,
        "role": person.role,
        "level": row.role.level.word if row.role else None,
        "scope": row.role.scope if row.role else None,
        "disabled": person.disabled,
        "password": person.has_password,
        "single_sign_on": bool(person.subject),
        "invited_until": _moment(row.invitation.expires_at) if row.invitation else None,
        "sessions": row.sessions,
        "created_at": _moment(person.created_at),
        "last_login_at": _moment(person.last_login_at),
    }


def me_json(workspace: Workspace) -> dict[str, Any]:
    """Who asks, for machines."""
    reader = current()
    found = me(workspace)
    return {
        "name": reader.name,
        "display": found.title if found else reader.title,
        "level": reader.level.word,
        "role": reader.role,
        "scope": reader.scope,
        "via": reader.via,
        "email": found.email if found else "",
        "persona": found.persona if found else "",
    }


def token_json(token: Token) -> dict[str, Any]:
    """A token for machines, without the token."""
    return {
        "id": token.id,
        "name": token.name,
        "owner": token.owner or None,
        "prefix": token.prefix,
        "level": token.level.word,
        "scope": token.scope,
        "state": token.state(utc_now()),
        "created_at": _moment(token.created_at),
        "created_by": token.created_by,
        "expires_at": _moment(token.expires_at),
        "last_used_at": _moment(token.last_used_at),
        "revoked_at": _moment(token.revoked_at),
    }


def session_json(session: Session) -> dict[str, Any]:
    """A session for machines; its id lets nobody in."""
    return {
        "id": session.id,
        "person": session.person,
        "created_at": _moment(session.created_at),
        "seen_at": _moment(session.seen_at),
        "expires_at": _moment(session.expires_at),
        "address": session.address,
        "agent": session.agent,
        "by": "single sign-on" if session.by_sign_on else "password",
    }


def role_json(row: RoleRow) -> dict[str, Any]:
    """A role for machines; money as text with all its decimals."""
    from outlay.money import money_text

    return {
        "name": row.role.name,
        "level": row.role.level.word,
        "scope": row.role.scope,
        "description": row.role.description,
        "built_in": row.role.built_in,
        "people": list(row.people),
        "last_month": [
            {"currency": s.currency, "seen": money_text(s.part), "whole": money_text(s.whole)}
            for s in row.seen
        ],
        "problem": row.problem or None,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds") + "Z"
