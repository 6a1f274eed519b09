"""The small company behind the tests of dashboards and annotations, loaded once."""

from collections.abc import Iterator

import pytest

from outlay.app import Workspace
from tests.web.company import company


@pytest.fixture(scope="package")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """August and September of one source; nothing is written to it."""
    found = company(tmp_path_factory.mktemp("acme")).workspace
    yield found
    found.close()


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace without any bill."""
    found = Workspace.init(tmp_path_factory.mktemp("empty"), name="Empty")
    yield found
    found.close()
