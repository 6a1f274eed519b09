"""Annotations: the page, the form, and the charts on which they are marked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.annotations import marks
from tests.web.page import Node, parse

Page = Callable[..., Node]
LAUNCH = {"from": "2026-09-03", "text": "Checkout v2", "category": "deploy"}


@pytest.fixture
def launch(workspace: Workspace) -> str:
    return marks.add(workspace, LAUNCH).name


@pytest.fixture(autouse=True)
def forgotten(workspace: Workspace) -> Iterator[None]:
    yield
    for name in workspace.resources.names("Annotation"):
        workspace.delete_resource("Annotation", name, author="test")


def spec_of(page: Node) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.one("div", data_chart="*").attrs["data-chart"])
    return found


def test_without_any_the_page_says_how_to_make_one(page: Page) -> None:
    assert page("/annotations").one("div", data_state="empty").one("h2").text == (
        "No annotations yet"
    )


def test_one_is_written_changed_and_removed(
    browser: TestClient, page: Page, workspace: Workspace
) -> None:
    form = {**LAUNCH, "last": "2026-09-04", "link": "https://example.com/x", "back": "/explore"}
    done = browser.post("/annotations", data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/explore")
    (one,) = marks.listed(workspace)
    assert (str(one.spec.from_), str(one.spec.until)) == ("2026-09-03", "2026-09-05")
    (row,) = page("/annotations").one("table", id="annotations").rows()
    assert row[:3] == ["3–4 Sep 2026", "Checkout v2 more", "Deploy"]
    known = page(f"/annotations/{one.name}").one("form", id="annotation-form")
    fields = {i.attrs["name"]: i.attrs.get("value", "") for i in known.all("input")}
    assert fields["last"] == "2026-09-04"
    changed = {**fields, "category": "incident", "text": "Checkout v2 failed"}
    assert browser.post(f"/annotations/{one.name}", data=changed).status_code == 303
    assert marks.find(workspace, one.name).spec.category == "incident"
    late = browser.post(f"/annotations/{one.name}", data=changed | {"text": "Late"})
    assert late.status_code == 409
    assert browser.post(f"/annotations/{one.name}/delete").status_code == 303
    assert marks.listed(workspace) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"from": ""}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"last": "2026-09-01"}, "is not after from"),
        ({"text": ""}, "text"),
        ({"link": "javascript:alert(1)"}, "is no link"),
        ({"link": "//evil.example"}, "is no link"),
        ({"where": "Nonsens = 1"}, "Nonsens"),
        ({"category": "party"}, "category"),
        ({"dashboard": "nobody"}, "needs the dashboard 'nobody'"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_the_form(
    browser: TestClient, workspace: Workspace, wrong: dict[str, str], told: str
) -> None:
    refused = browser.post("/annotations", data={**LAUNCH, **wrong})
    assert refused.status_code == 400
    page = parse(refused.text)
    assert told in page.one("div", role="alert", cls="banner").text
    assert page.one("input", id="n-text").attrs["value"] == wrong.get("text", "Checkout v2")
    assert marks.listed(workspace) == []


def test_the_list_is_narrowed(browser: TestClient, page: Page, workspace: Workspace) -> None:
    marks.add(workspace, LAUNCH)
    marks.add(workspace, {"from": "2026-08-01", "text": "Prices up", "category": "price-change"})

    def texts(query: str) -> list[str]:
        tables = page(f"/annotations?{query}").all("table", id="annotations")
        return [row[1] for table in tables for row in table.rows()]

    assert texts("") == ["Checkout v2", "Prices up"]
    assert texts("category=price-change") == ["Prices up"]
    assert texts("q=checkout") == ["Checkout v2"]
    assert texts("from=2026-08-01&until=2026-08-31") == ["Prices up"]
    assert texts("q=none") == []
    assert page("/annotations?q=none").one("div", data_state="nothing")
    assert "before the first day" in page("/annotations?from=2026-09-02&until=2026-09-01", 400).text


def test_a_chart_is_marked_where_its_days_are(page: Page, launch: str) -> None:
    shown = page("/explore?by=ServiceName&from=2026-09-01&to=2026-10-01&grain=day")
    spec = spec_of(shown)
    (mark,) = spec["marks"]
    assert spec["days"][mark["from"]] == "2026-09-03" == spec["days"][mark["to"]]
    assert (mark["text"], mark["category"]) == ("Checkout v2", "deploy")
    assert mark["href"] == f"/annotations/{launch}"
    assert shown.one("ol", cls="marks").one("a").attrs["href"] == f"/annotations/{launch}"
    by_month = spec_of(page("/explore?by=ServiceName&grain=month"))
    assert [by_month["days"][m["from"]] for m in by_month["marks"]] == ["2026-09-01"]
    august = spec_of(page("/explore?by=ServiceName&from=2026-08-01&to=2026-09-01&grain=day"))
    assert august["marks"] == []


def test_several_days_are_a_band(page: Page, workspace: Workspace) -> None:
    marks.add(workspace, {**LAUNCH, "until": "2026-09-06"})
    spec = spec_of(page("/explore?by=ServiceName&from=2026-09-01&to=2026-10-01&grain=day"))
    (mark,) = spec["marks"]
    assert [spec["days"][mark[end]] for end in ("from", "to")] == ["2026-09-03", "2026-09-05"]


@pytest.mark.parametrize(
    ("where", "asked", "marked"),
    [
        ("SubAccountName = 'Shop'", "", True),
        ("SubAccountName = 'Shop'", "SubAccountName = 'Shop'", True),
        ("SubAccountName = 'Shop'", "SubAccountName = 'Data'", False),
        ("SubAccountName = 'Shop'", "SubAccountName IN ('Shop', 'Data')", True),
        ("SubAccountName = 'Shop'", "tags.team = 'storefront'", True),
        ("SubAccountName = 'Shop'", "tags.team = 'data'", False),
        ("tags.team IS NULL", "ServiceName = 'Amazon Elastic Compute Cloud'", True),
        ("tags.team IS NULL", "tags.team = 'data'", False),
        ("\"gone\" = 'x'", "SubAccountName = 'Shop'", False),
    ],
)
def test_an_annotation_of_some_charges_is_marked_where_they_are(
    page: Page, workspace: Workspace, where: str, asked: str, marked: bool
) -> None:
    guard, workspace.resources.guard = workspace.resources.guard, None
    marks.add(workspace, {**LAUNCH, "where": where})
    workspace.resources.guard = guard
    spec = spec_of(page(f"/explore?by=ServiceName&grain=month&where={asked}"))
    assert bool(spec["marks"]) is marked


def test_one_of_a_dashboard_is_marked_there_alone(
    page: Page, workspace: Workspace, board: str
) -> None:
    marks.add(workspace, {**LAUNCH, "dashboard": board})
    assert spec_of(page("/explore?by=ServiceName&grain=month"))["marks"] == []
    assert len(spec_of(page(f"/dashboards/{board}/panels/by-service"))["marks"]) == 1


def test_a_chart_can_be_annotated_by_a_click(page: Page, board: str) -> None:
    shown = page("/explore?by=ServiceName&grain=day&from=2026-09-01&to=2026-10-01")
    link = shown.one("a", data_annotate="*")
    assert link.attrs["href"].startswith("/annotations/_new?back=/explore")
    form = page("/annotations/_new?from=2026-09-03&back=/explore").one("form", id="annotation-form")
    assert form.one("input", id="n-from").attrs["value"] == "2026-09-03"
    assert form.one("input", name="back").attrs["value"] == "/explore"


def test_what_the_product_did_is_shown_when_asked(page: Page, workspace: Workspace) -> None:
    spec = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
    workspace.put_resource("VirtualTag", "squad", spec, author="ada")
    try:
        assert "squad" not in page("/annotations").one("main").text
        shown = page("/annotations?events=1").one("table", id="annotations").text
        assert "Virtual tag squad added by ada" in shown
        assert "2026-09 of acme was delivered anew: +8.03 USD" in shown
    finally:
        workspace.delete_resource("VirtualTag", "squad", author="ada")
