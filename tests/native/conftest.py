"""A workspace, and a server on loopback that answers as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.tickets.servers import Reply, Request, Server, running


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace without bills."""
    workspace = Workspace.init(tmp_path / "ws", name="Acme", currency="USD")
    yield workspace
    workspace.close()


class Scripted(Server):
    """A server whose answers a test gives as a function of what is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.script: Callable[[Request], Reply] = lambda _: Reply(404, {})

    def reply(self, request: Request) -> Reply:
        return self.script(request)


@pytest.fixture
def vendor() -> Iterator[Scripted]:
    """A vendor's API."""
    with running(made := Scripted()):
        yield made


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits between attempts are noted, not waited."""
    waited: list[float] = []
    monkeypatch.setattr("outlay.app.native.apis.rest.SLEEP", waited.append)
    return waited
