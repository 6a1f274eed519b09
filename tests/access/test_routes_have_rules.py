"""Every route of the application says who may ask it, and no rule is about a route that is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from outlay.access import Level
from outlay.access.rules import rules
from outlay.access.rules.told import table
from outlay.api import create_router
from outlay.app import Workspace
from outlay.mcp.http import route as assistants
from outlay.web.app import create_app

READING = ("GET",)
# What changes nothing although it is sent: a question, a trial, a preview.
ASKING = {
    "POST /api/v1/query", "POST /api/v1/sql", "POST /api/v1/plan", "POST /api/v1/calls/{name}",
    "POST /api/v1/tags/{name}/coverage", "POST /api/v1/tags/{name}/preview",
    "POST /api/v1/tags/{name}/suggestions", "POST /api/v1/splits/{name}/preview", "POST /mcp",
    "DELETE /mcp", "POST /api/v1/commitments/plan",
}  # fmt: skip
# What everybody may change: how they themselves log in, and how the product looks to them.
OWN = ("/account", "/api/v1/me", "/api/v1/tokens", "/api/v1/sessions", "/login", "/logout",
       "/invite", "/home", "/api/v1/{path:path}")  # fmt: skip


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    workspace = Workspace.init(tmp_path_factory.mktemp("routes") / "workspace")
    yield routes_of(workspace)
    workspace.close()


def routes_of(workspace: Workspace) -> set[str]:
    """Method and path of every route, those of mounts included."""
    app = create_app(workspace, api=create_router(workspace), mcp=assistants(workspace))
    found = set()
    for context in iter_route_contexts(app.routes):
        if context.path == "/static":
            continue
        methods = set(context.methods or ()) - {"HEAD", "OPTIONS"}
        found |= {f"{method} {context.path}" for method in methods}
    return found


def test_every_route_has_a_rule(routes: set[str]) -> None:
    lacking = sorted(routes - rules().keys())
    assert not lacking, f"say in outlay.access.rules who may ask {lacking}"


def test_no_rule_is_about_nothing(routes: set[str]) -> None:
    gone = sorted(rules().keys() - routes)
    assert not gone, f"no route answers {gone}"


def test_whoever_changes_something_is_more_than_a_reader() -> None:
    for key, rule in rules().items():
        method, path = key.split(" ")
        if method in READING or key in ASKING or path.startswith(OWN):
            continue
        assert rule.level >= Level.EDITOR or "personal" in key, key


def test_nothing_but_the_way_in_is_open_to_everybody() -> None:
    open_ = {key for key, rule in rules().items() if rule.level is Level.NOBODY}
    assert {key.split(" ")[1] for key in open_} <= {
        "/login", "/login/start", "/login/callback", "/logout", "/invite/{key}", "/api/v1/health",
    }  # fmt: skip
    assert all(rules()[key].reach == "free" for key in open_)


def test_finance_is_closed_by_approvers_and_people_are_made_by_administrators() -> None:
    known = rules()
    for key in ("POST /close/{month}", "POST /api/v1/statements/{plan}/{month}/close",
                "POST /statements/disputes/{number}/answer"):  # fmt: skip
        assert known[key].level is Level.APPROVER
    for key in ("POST /access/people", "POST /api/v1/users", "POST /api/v1/sources"):
        assert known[key].level is Level.ADMIN and known[key].reach == "whole"


def test_documentation_tells_the_reach_of_every_route() -> None:
    """docs/scopes.md lists each route; what it says is what the rules say."""
    text = (Path(__file__).parents[2] / "docs" / "scopes.md").read_text(encoding="utf-8")
    assert table() in text, "regenerate: python -m outlay.access.rules.told docs/scopes.md"
