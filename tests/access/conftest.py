"""A workspace with people, and the door that they come in by. Hashing is made cheap for tests:
what it costs is asserted in one place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.access import passwords
from outlay.access.login import Door
from outlay.app import Workspace
from tests.access.twoteams import People, TwoTeams, two_teams

PASSWORD = "seven yellow bicycles"


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._nobodys.cache_clear()


@pytest.fixture
def workspace(tmp_path: Path, cheap_hashing: None) -> Iterator[Workspace]:
    found = Workspace.init(tmp_path / "ws", name="Acme")
    yield found
    found.close()


@pytest.fixture
def door(workspace: Workspace) -> Door:
    """The door, with an administrator and a viewer behind it."""
    found = Door(workspace.resources)
    found.people.add("root@acme.example", "admin", password=PASSWORD)
    found.people.add("vera", "viewer", display="Vera", password=PASSWORD)
    return found


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoTeams]:
    """A company of two teams, one of which must never be seen by the other; not to be changed."""
    made = two_teams(tmp_path_factory.mktemp("teams"))
    yield made
    made.workspace.close()


@pytest.fixture(scope="session")
def people(company: TwoTeams) -> People:
    """Whoever asks its server."""
    return People(company.workspace)
