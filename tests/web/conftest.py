"""The company behind the pages' tests, loaded once."""

from collections.abc import Callable, Iterator
from functools import cached_property

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

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
    app = Server(workspace)
    return TestClient(app, base_url="http://localhost", raise_server_exceptions=False)


class Server:
    """The whole server, made where its API is asked; its pages alone until then, which is most of
    the work saved for tests that look at a page."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._pages: FastAPI | None = None

    @cached_property
    def whole(self) -> FastAPI:
        """Pages and API."""
        return create_app(self._workspace, api=create_router(self._workspace))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "whole" not in self.__dict__ and not scope.get("path", "/api").startswith("/api"):
            self._pages = self._pages or create_app(self._workspace)
            await self._pages(scope, receive, send)
            return
        await self.whole(scope, receive, send)
