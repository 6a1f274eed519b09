"""Answers of the API: people."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.configured import ChangeDiff
from outlay.client.shapes.values import Moment, Number


class Me(TypedDict):
    """The answer of `get_me`, `change_me`."""

    name: str
    display: str
    level: str
    role: str
    scope: str
    via: str
    email: str
    persona: str


class Session(TypedDict):
    """The answer of `list_sessions`."""

    id: str
    person: str
    created_at: Moment
    seen_at: Moment
    expires_at: Moment
    address: str
    agent: str
    by: str


class Token(TypedDict):
    """The answer of `list_tokens`, `revoke_token`."""

    id: int
    name: str
    owner: str | None
    prefix: str
    level: str
    scope: str
    state: str
    created_at: Moment
    created_by: str
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class NewToken(Token):
    """The answer of `create_token`."""

    token: str


class User(TypedDict):
    """The answer of `list_users`, `add_user`, `get_user`, `change_user`."""

    name: str
    display: str
    email: str
    role: str
    level: str | None
    scope: str | None
    disabled: bool
    password: bool
    single_sign_on: bool
    invited_until: Moment | None
    sessions: int
    created_at: Moment
    last_login_at: Moment | None


class Invitation(TypedDict):
    """The answer of `invite_user`."""

    link: str
    expires_at: Moment


class RoleLastMonth(TypedDict):
    """A part of `Role`."""

    currency: str
    seen: Number
    whole: Number


class Role(TypedDict):
    """The answer of `list_roles`."""

    name: str
    level: str
    scope: str
    description: str
    built_in: bool
    people: list[str]
    last_month: list[RoleLastMonth]
    problem: str | None


class AuditPageEntry(TypedDict):
    """A part of `AuditPage`."""

    at: Moment
    author: str
    via: str
    address: str
    action: str
    kind: str
    target: str
    version: int | None
    note: str
    changes: list[ChangeDiff]
    detail: dict[str, Any]


class AuditPage(TypedDict):
    """The answer of `list_audit`."""

    entries: list[AuditPageEntry]
    more: str | None
