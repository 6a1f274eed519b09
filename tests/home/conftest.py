"""The firm behind the tests of homes, loaded once, at a moment that stands still."""

from collections.abc import Callable, Iterator

import pytest

from outlay.app import Workspace
from outlay.app.home import Card, Home, homes
from tests.home.firm import NOW, firm

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
