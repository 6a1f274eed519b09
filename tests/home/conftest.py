"""The firm behind the tests of homes, loaded once, at a moment that stands still."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.home import Card, Home, homes
from tests.home.firm import NOW, firm
from tests.web.conftest import serving
from tests.web.page import Node, parse

Ask = Callable[..., Home]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The firm."""
    made = firm(tmp_path_factory.mktemp("firm"))
    yield made
    made.close()


@pytest.fixture
def ask(workspace: Workspace) -> Ask:
    """A persona's home, as on the tenth of November."""

    def home(persona: str, **given: str) -> Home:
        kept = homes(workspace)
        return kept.home(kept.ask(persona, now=NOW, **given))

    return home


def cards(home: Home) -> dict[str, Card]:
    """The cards of a home by name; fails when one failed."""
    assert all(isinstance(card, Card) for card in home.cards), home.cards
    return {card.name: card for card in home.cards if isinstance(card, Card)}


@pytest.fixture(scope="session")
def served(workspace: Workspace) -> Iterator[TestClient]:
    """The server of the firm."""
    with serving(workspace) as client:
        yield client


@pytest.fixture
def client(served: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The server on the tenth of November, to somebody who has chosen nothing yet."""
    monkeypatch.setattr("outlay.app.runs.utc_now", lambda: NOW)
    yield served
    served.cookies.clear()


def page(client: TestClient, path: str, status: int = 200) -> Node:
    """A page, parsed; fails unless it answers so."""
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)
