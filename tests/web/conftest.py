"""The company behind the pages' tests, loaded once."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from outlay.api import create_router
from outlay.app import Workspace
from outlay.web.app import create_app
from tests.web.company import Company, company
from tests.web.page import Node, parse

Get = Callable[[str], Node]


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    found = company(tmp_path_factory.mktemp("acme"))
    yield found
    found.workspace.close()


@pytest.fixture(scope="session")
def client(acme: Company) -> Iterator[TestClient]:
    yield serving(acme.workspace)


@pytest.fixture
def get(client: TestClient) -> Get:
    """A page, parsed; fails unless it is a whole answer."""

    def page(path: str) -> Node:
        response = client.get(path)
        assert response.status_code == 200, response.text
        return parse(response.text)

    return page


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A workspace without any bill."""
    workspace = Workspace.init(tmp_path_factory.mktemp("empty"), name="Empty")
    yield serving(workspace)
    workspace.close()


def serving(workspace: Workspace) -> TestClient:
    """The server of a workspace, in-process, asked as localhost."""
    app = create_app(workspace, api=create_router(workspace))
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
