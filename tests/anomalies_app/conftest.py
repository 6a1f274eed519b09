"""Companies with a generated bill, loaded once and copied where a test changes them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.anomalies import detecting
from outlay.app.anomalies.detecting import Looked
from outlay.app.anomalies.events import Event
from outlay.app.runs import utc_now
from tests.anomalies_app import bill

TEAM = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
Fresh = Callable[[], Workspace]


def look(workspace: Workspace, *, force: bool = False) -> Looked:
    """A look for anomalies."""
    return detecting.look(workspace, utc_now(), force=force)


def events(workspace: Workspace) -> list[Event]:
    """All events, the oldest number first."""
    return sorted(detecting.store(workspace).events(), key=lambda one: one.id)


def make(folder: Path, path: Path) -> Workspace:
    """A workspace with a bill and the virtual tag `team`."""
    workspace = Workspace.init(folder, name="Acme", currency="USD")
    load(workspace, path)
    workspace.put_resource("VirtualTag", "team", TEAM, author="test")
    return workspace


def load(workspace: Workspace, path: Path, source: str = "acme") -> None:
    """Load a bill, or the next delivery of it."""
    for done in workspace.load([str(path)], source=source):
        assert not done.failed, done.message


def copier(made: Path, tmp_path: Path) -> Iterator[Fresh]:
    """A maker of copies that can be changed."""
    opened: list[Workspace] = []

    def fresh() -> Workspace:
        folder = tmp_path / f"copy-{len(opened)}"
        shutil.copytree(made, folder)
        opened.append(Workspace.open(folder))
        return opened[-1]

    yield fresh
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def quiet_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing happened, looked at once."""
    folder = tmp_path_factory.mktemp("usual")
    workspace = make(folder / "ws", bill.write(folder / "bill.csv", bill.lines()))
    look(workspace)
    workspace.close()
    return folder / "ws"


@pytest.fixture(scope="session")
def spiked_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the spike, looked at once."""
    folder = tmp_path_factory.mktemp("spiked")
    path = bill.write(folder / "bill.csv", bill.lines(), bill.spike())
    workspace = make(folder / "ws", path)
    look(workspace)
    workspace.close()
    return folder / "ws"


@pytest.fixture
def usual(quiet_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A company in which nothing happened."""
    made = copier(quiet_made, tmp_path)
    yield next(made)()
    next(made, None)


@pytest.fixture
def spiked(spiked_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A company with the spike."""
    made = copier(spiked_made, tmp_path)
    yield next(made)()
    next(made, None)
