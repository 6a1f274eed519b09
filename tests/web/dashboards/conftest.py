"""A company whose dashboards, views and annotations tests change, loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.web.company import company
from tests.web.conftest import serving
from tests.web.page import Node, parse

KINDS = ("Annotation", "Dashboard", "View")
Post = Callable[..., Any]


@pytest.fixture(scope="package")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = company(tmp_path_factory.mktemp("acme")).workspace
    yield found
    found.close()


@pytest.fixture
def workspace(loaded: Workspace) -> Iterator[Workspace]:
    """The company without any dashboard, view or annotation."""
    yield loaded
    for kind in KINDS:
        for name in loaded.resources.names(kind):
            loaded.delete_resource(kind, name, author="test")


@pytest.fixture(scope="package")
def server(loaded: Workspace) -> TestClient:
    """The server, asked by a person who follows no redirect by themselves."""
    client = serving(loaded)
    client.follow_redirects = False
    return client


@pytest.fixture
def browser(server: TestClient, workspace: Workspace) -> TestClient:
    """The server of the company as each test begins."""
    return server


@pytest.fixture
def page(browser: TestClient) -> Callable[..., Node]:
    """A page, parsed; fails unless it has the status."""

    def asked(path: str, status: int = 200) -> Node:
        response = browser.get(path)
        assert response.status_code == status, response.text
        return parse(response.text)

    return asked


_numbers = count(1)


@pytest.fixture
def board(workspace: Workspace) -> str:
    """A dashboard of a figure, a chart and a table, under a name that never was."""
    spec = {
        "title": "Compute",
        "panels": [
            {"title": "Spend", "kind": "figure", "query": {}},
            {
                "title": "By service",
                "kind": "bar",
                "query": {"by": ["ServiceName"], "grain": "day"},
            },
            {"title": "By team", "kind": "table", "query": {"by": ["tags.team"]}},
        ],
    }
    name = f"compute-{next(_numbers)}"
    return workspace.put_resource("Dashboard", name, spec, author="test").name
