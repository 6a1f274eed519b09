"""The page of views: search, uses, names, history, pins, and what keeps one from going."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.dashboards import keeping
from outlay.app.dashboards.views import moved_to, pinned, used_by
from outlay.query import CostQuery
from outlay.resources import ResourceConflictError, ResourceInUseError
from tests.web.page import Node, parse

Page = Callable[..., Node]
_numbers = count(1)
TEAMS = CostQuery(by=("tags.team",), range="last-month")


@pytest.fixture
def view(workspace: Workspace) -> str:
    """A view under a name that never was."""
    name = f"teams-{next(_numbers)}"
    return workspace.save_view(name, TEAMS, title="Teams", description="Who spends").name


@pytest.fixture
def shown_on(workspace: Workspace, view: str) -> str:
    """A dashboard that shows the view."""
    spec = {"title": "Monday", "panels": [{"kind": "table", "view": view}]}
    name = f"monday-{next(_numbers)}"
    return workspace.put_resource("Dashboard", name, spec, author="test").name


def test_a_view_tells_what_it_is_and_who_shows_it(page: Page, view: str, shown_on: str) -> None:
    (row,) = page("/views").one("table", id="views").rows()
    assert row[0] == f"Teams {view} Who spends"
    assert row[1:3] == ["Effective cost by team", "Last month"]
    assert row[4] == "Monday"
    about = page(f"/views/{view}/about")
    assert about.one("ul", cls="view-uses").text == "Monday dashboard"
    assert "outlay query --by=tags.team --range=last-month" in about.text


def test_views_are_searched(page: Page, workspace: Workspace, view: str) -> None:
    workspace.save_view("services", CostQuery(by=("ServiceName",)), title="Services")
    for words, found in (("SPENDS", [view]), ("by service", ["services"]), ("", 2)):
        rows = page(f"/views?{urlencode({'q': words})}").one("table", id="views").rows()
        assert len(rows) == (found if isinstance(found, int) else len(found))
    assert page("/views?q=nothing-like-it").one("div", data_state="nothing")


def test_the_address_of_a_view_holds_its_name_alone(browser: TestClient, view: str) -> None:
    opened = browser.get(f"/views/{view}")
    assert opened.headers["location"] == "/explore?by=tags.team&range=last-month"


def test_another_question_under_a_name_is_not_written_over_unasked(
    browser: TestClient, workspace: Workspace
) -> None:
    first = {"title": "Cost", "state": "by=tags.team"}
    assert browser.post("/views", data=first).status_code == 303
    assert browser.post("/views", data=first).status_code == 303, "the same again"
    other = browser.post("/views", data={"title": "Cost", "state": "by=ServiceName"})
    assert other.status_code == 409
    assert "There is a view of that name" in parse(other.text).one("h1").text
    assert workspace.view_query("cost").by == ("tags.team",)
    chosen = {"title": "Cost 2", "state": "by=ServiceName", "replace": "cost"}
    assert browser.post("/views", data=chosen).status_code == 303
    assert workspace.view_query("cost").by == ("ServiceName",)
    assert workspace.view("cost").version > 1


def test_title_description_and_owner_are_changed_and_the_question_stays(
    browser: TestClient, workspace: Workspace, view: str
) -> None:
    form = {"seen": "1", "title": "Squads", "description": "New words", "owner": "Ada"}
    assert browser.post(f"/views/{view}/about", data=form).status_code == 303
    spec = workspace.view(view).spec.model_dump()
    assert (spec["title"], spec["description"], spec["owner"]) == ("Squads", "New words", "Ada")
    assert workspace.view_query(view) == TEAMS
    late = browser.post(f"/views/{view}/about", data=form | {"title": "Late"})
    assert late.status_code == 409
    assert "at version 2, not 1" in parse(late.text).one("div", id="problem").text
    workspace.save_view(view, CostQuery(by=("ServiceName",)), title="Squads")
    assert workspace.view(view).spec.model_dump()["owner"] == "Ada", "a new question, same owner"


def test_who_saves_a_view_owns_it(workspace: Workspace) -> None:
    name = f"mine-{next(_numbers)}"
    with acting(Principal("ada", Level.EDITOR)):
        workspace.save_view(name, TEAMS)
    assert workspace.view(name).spec.model_dump()["owner"] == "ada"


def test_a_new_name_is_followed_by_dashboards_and_old_addresses(
    browser: TestClient, workspace: Workspace, view: str, shown_on: str
) -> None:
    done = browser.post(f"/views/{view}/rename", data={"to": f"{view} Squads"})
    assert done.headers["location"] == f"/views/{view}-squads/about"
    assert keeping.find(workspace, shown_on).spec.panels[0].view == f"{view}-squads"
    old = browser.get(f"/views/{view}")
    assert old.headers["location"] == "/explore?by=tags.team&range=last-month"
    assert moved_to(workspace, view) == f"{view}-squads"
    assert browser.get(f"/views/{view}/about").headers["location"] == f"/views/{view}-squads/about"


def test_a_name_that_is_taken_is_refused(
    browser: TestClient, workspace: Workspace, view: str, shown_on: str
) -> None:
    workspace.save_view("taken", CostQuery(by=("ServiceName",)))
    refused = browser.post(f"/views/{view}/rename", data={"to": "taken"})
    assert refused.status_code == 409
    assert "'taken'" in parse(refused.text).one("div", id="problem").text
    assert keeping.find(workspace, shown_on).spec.panels[0].view == view


def test_a_view_in_use_says_by_whom_and_stays(
    browser: TestClient, workspace: Workspace, view: str, shown_on: str
) -> None:
    refused = browser.post(f"/views/{view}/delete")
    assert refused.status_code == 409
    told = parse(refused.text).one("div", id="problem").text
    assert f"the dashboard '{shown_on}' needs it" in told
    assert [use.name for use in used_by(workspace, view)] == [shown_on]
    workspace.delete_resource("Dashboard", shown_on, author="test")
    assert browser.post(f"/views/{view}/delete").headers["location"] == "/views"
    assert browser.get(f"/views/{view}").status_code == 404


def test_a_dashboard_needs_the_views_that_it_shows(workspace: Workspace) -> None:
    from outlay.resources import ResourceError

    spec = {"panels": [{"kind": "table", "view": "nobody"}, {"kind": "unit", "unit": "none"}]}
    with pytest.raises(ResourceError, match=r"needs the unit cost 'none', which is not there"):
        workspace.put_resource("Dashboard", "odd", spec, author="test")
    with pytest.raises(ResourceError, match=r"needs the view 'nobody', which is not there"):
        workspace.put_resource("Dashboard", "odd", {"panels": spec["panels"][:1]}, author="test")


def test_an_annotation_of_a_view_keeps_it_too(workspace: Workspace, view: str) -> None:
    spec = {"from": "2026-09-01", "text": "x", "view": view}
    workspace.put_resource("Annotation", f"a-{view}", spec, author="test")
    with pytest.raises(ResourceInUseError, match="the annotation"):
        workspace.delete_view(view)


def test_history_restore_and_pins(
    browser: TestClient, page: Page, workspace: Workspace, view: str
) -> None:
    workspace.save_view(view, CostQuery(by=("ServiceName",)), title="Other")
    browser.post(f"/views/{view}/restore", data={"version": "1"})
    assert workspace.view_query(view) == TEAMS
    assert browser.post(f"/views/{view}/pin", data={"pinned": "1"}).status_code == 303
    assert (view, "Teams") in [(use.name, use.title) for use in pinned(workspace)]
    assert "on home" in page("/views").one("table", id="views").text
    browser.post(f"/views/{view}/pin", data={"pinned": ""})
    assert view not in [use.name for use in pinned(workspace)]
    assert [change.action for change in workspace.history("View", view)] == [
        "create", "update", "restore", "update", "update",
    ]  # fmt: skip


def test_a_reader_is_offered_nothing_that_the_server_would_refuse(
    browser: TestClient, workspace: Workspace, view: str
) -> None:
    with acting(Principal("vera", Level.VIEWER)), pytest.raises(Exception, match="needs an editor"):
        workspace.save_view(view, CostQuery())


def test_views_are_saved_from_charges_too(page: Page) -> None:
    form = page("/charges?where=SubAccountName = 'Shop'").one("form", action="/views")
    assert form.one("input", name="state").attrs["value"].startswith("where=")


def test_a_taken_name_is_told_to_callers(workspace: Workspace, view: str) -> None:
    from outlay.app.dashboards.views import keep

    with pytest.raises(ResourceConflictError, match="with another question"):
        keep(workspace, view, "Teams", CostQuery())
