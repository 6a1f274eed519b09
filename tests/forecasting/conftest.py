"""The bill of `tests.forecasting.bills`, loaded once, and as a served company."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.forecasting.bills import bill, workspace_of
from tests.web.conftest import Get, serving
from tests.web.page import Node, parse


@pytest.fixture(scope="session")
def daily(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The workspace; nothing is configured in it."""
    found = workspace_of(tmp_path_factory.mktemp("daily"), bill())
    yield found
    found.close()


@pytest.fixture
def planned(daily: Workspace) -> Iterator[Workspace]:
    """The same, from which planned changes are taken out afterwards."""
    yield daily
    for one in daily.resources.list("PlannedChange"):
        daily.resources.delete("PlannedChange", one.name, author="test")


@pytest.fixture(scope="session")
def forecasts(daily: Workspace) -> TestClient:
    """The server of the workspace."""
    return serving(daily)


@pytest.fixture
def page(forecasts: TestClient) -> Get:
    """A page, parsed; fails unless it is a whole answer."""

    def get(path: str) -> Node:
        response = forecasts.get(path)
        assert response.status_code == 200, response.text
        return parse(response.text)

    return get
