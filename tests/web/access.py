"""A served workspace that asks for a login, and people who are logged in to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import delete
from starlette.testclient import TestClient

from outlay.access import passwords
from outlay.access.login import Door
from outlay.api import create_router
from outlay.app import Workspace
from outlay.app.access.login import Login
from outlay.resources.database import writing
from outlay.resources.tables import (
    api_tokens,
    events,
    invitations,
    login_attempts,
    sessions,
    users,
)
from outlay.web.app import create_app

PASSWORD = "seven yellow bicycles"
OURS = {"sec-fetch-site": "same-origin"}
"""What a browser says of a form of our own pages."""


_served: dict[Path, tuple[Workspace, FastAPI]] = {}


def served(workspace: Workspace) -> FastAPI:
    """The server of a workspace that asks for a login; made once, since that takes a while."""
    known = _served.get(workspace.path)
    if known is None or known[0] is not workspace:
        _served[workspace.path] = known = workspace, fresh(workspace)
    return known[1]


def fresh(workspace: Workspace) -> FastAPI:
    """Another such server."""
    api = create_router(workspace)
    return create_app(workspace, api=api, hosts=["*"], login=Login(workspace))


def asking(app: FastAPI, base: str = "http://localhost", address: str = "10.0.0.1") -> TestClient:
    """A client of a server, as nobody."""
    return TestClient(
        app,
        base_url=base,
        raise_server_exceptions=False,
        follow_redirects=False,
        client=(address, 50000),
    )


def guarded(workspace: Workspace, base: str = "http://localhost") -> TestClient:
    """A server that asks for a login, asked as nobody."""
    return asking(served(workspace), base)


def people_again(workspace: Workspace) -> None:
    """The three people of these tests and nothing else of access, as at first."""
    for kind in ("View", "Role"):
        for name in workspace.resources.names(kind):
            with writing(workspace.resources.engine) as connection:
                connection.execute(delete(users))
            workspace.delete_resource(kind, name, author="test")
    with writing(workspace.resources.engine) as connection:
        for table in (users, sessions, api_tokens, events, login_attempts, invitations):
            connection.execute(delete(table))
    people = Door(workspace.resources).people
    people.add("root", "admin", password=PASSWORD)
    people.add("vera", "viewer", display="Vera", password=PASSWORD)
    people.add("ed", "editor", password=PASSWORD)


def cheap_hashing(patch: pytest.MonkeyPatch) -> None:
    """Hashing of passwords that costs nothing; what it really costs is asserted elsewhere."""
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    patch.setattr(passwords, "_hasher", lambda: cheap)
    passwords._nobodys.cache_clear()


def log_in(client: TestClient, name: str, password: str = PASSWORD) -> TestClient:
    """The same client, logged in."""
    answer = client.post("/login", data={"name": name, "password": password}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return client
