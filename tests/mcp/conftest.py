"""A company for the assistants' tests: bills, virtual tags, a view; loaded once."""

from collections.abc import Iterator
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.mcp.registry import Context, Options
from outlay.mcp.server import call
from tests.web.company import Company, company

TEAM = {
    "title": "Team",
    "default": "Nobody",
    "rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}],
}
VIEW = {
    "title": "Services of September",
    "query": {"by": ["ServiceName"], "from": "2026-09-01", "to": "2026-10-01"},
}


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    found = company(tmp_path_factory.mktemp("acme"))
    found.workspace.put_resource("VirtualTag", "team", TEAM, author="ana")
    found.workspace.put_resource("View", "september", VIEW, author="ana")
    yield found
    found.workspace.close()


@pytest.fixture
def workspace(acme: Company) -> Workspace:
    return acme.workspace


@pytest.fixture
def context(workspace: Workspace) -> Context:
    return Context(workspace)


@pytest.fixture
def everything(workspace: Workspace) -> Context:
    """Where writes and SQL are allowed."""
    return Context(workspace, Options(writes=True, sql=True))


def data_of(context: Context, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers; fails when it is an error."""
    done = call(context, tool, arguments)
    assert isinstance(done, tuple), done
    content, data = done
    assert content[0].text
    found: dict[str, Any] = data
    return found


def error_of(context: Context, tool: str, **arguments: Any) -> str:
    """The text of a tool's failure; fails when it answers."""
    done = call(context, tool, arguments)
    assert not isinstance(done, tuple)
    assert done.isError
    text: str = done.content[0].text
    return text
