"""The company behind the API's tests, loaded once."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.web.company import Company, company
from tests.web.conftest import serving


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    found = company(tmp_path_factory.mktemp("api"))
    yield found
    found.workspace.close()


@pytest.fixture(scope="session")
def client(acme: Company) -> TestClient:
    return serving(acme.workspace)


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A workspace without any bill."""
    workspace = Workspace.init(tmp_path_factory.mktemp("empty"), name="Empty")
    yield serving(workspace)
    workspace.close()
