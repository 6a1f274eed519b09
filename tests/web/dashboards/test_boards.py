"""Pages of dashboards: every state of a panel, the controls, and each way of changing one."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.dashboards import keeping
from outlay.query import CostQuery
from outlay.resources import parse_resources
from tests.web.company import AUGUST_TOTAL, SEPTEMBER_TOTAL
from tests.web.page import Node, parse

Page = Callable[..., Node]
SEPTEMBER = "from=2026-09-01&to=2026-10-01"


def state(tile: Node) -> str:
    return tile.one("div", cls="tile-content").attrs["data-tile"]


def test_without_a_dashboard_the_list_says_how_to_begin(page: Page) -> None:
    listed = page("/dashboards")
    assert listed.one("div", data_state="empty").one("h2").text == "No dashboard of your own yet"
    ready = [card.one("h3").text for card in listed.all("li", cls="board-card")]
    assert "Executive" in ready and "Amazon Web Services" in ready
    assert "Snowflake" not in ready, "its charges are not there"


def test_without_charges_no_ready_made_one_is_offered(empty: TestClient) -> None:
    listed = parse(empty.get("/dashboards").text)
    assert listed.all("li", cls="board-card") == []
    assert "add a bill" in listed.text


def test_the_list_is_narrowed_by_person_provider_and_words(page: Page, board: str) -> None:
    def titles(query: str) -> list[str]:
        cards = page(f"/dashboards?{query}").all("li", cls="board-card")
        return [card.one("h3").text for card in cards]

    assert titles("q=compute") == ["Compute"]
    assert titles("persona=finance") == ["Finance"]
    assert titles("provider=aws") == ["Amazon Web Services"]
    assert titles("provider=oci") == []


def test_panels_are_fetched_one_by_one_and_all_at_once_without_scripts(
    page: Page, board: str
) -> None:
    shown = page(f"/dashboards/{board}?{SEPTEMBER}")
    tiles = shown.all("section", cls="tile")
    assert [tile.attrs["data-id"] for tile in tiles] == ["spend", "by-service", "by-team"]
    for tile in tiles:
        body = tile.one("div", cls="tile-body")
        assert body.one("div", data_tile="loading")
        address = body.attrs["hx-get"]
        assert "from=2026-09-01&to=2026-10-01" in address
        assert state(page(address)) == "answered"
    refresh = shown.one("noscript").one("meta").attrs["content"]
    whole = page(refresh.partition("url=")[2])
    assert [state(tile) for tile in whole.all("section", cls="tile")] == ["answered"] * 3
    assert whole.all("noscript") == []


def test_the_figures_are_those_of_the_bills(page: Page, board: str) -> None:
    whole = page(f"/dashboards/{board}?lazy=no&{SEPTEMBER}")
    figure, chart, table = whole.all("section", cls="tile")
    assert figure.one("span", data_total="*").text == "135.48"
    assert figure.one("dd").attrs["title"] == f"{SEPTEMBER_TOTAL} USD"
    assert table.one("td", data_sum="*").attrs["title"] == SEPTEMBER_TOTAL
    spec = json.loads(chart.one("div", data_chart="*").attrs["data-chart"])
    assert spec["kind"] == "bars"
    assert chart.rows("tbody")[-1][0] == "Wed 30 Sep 2026"
    august = page(f"/dashboards/{board}?lazy=no&from=2026-08-01&to=2026-09-01")
    figure = august.all("section", cls="tile")[0]
    assert figure.one("dd").attrs["title"] == f"{AUGUST_TOTAL} USD"


def test_the_states_of_a_panel(workspace: Workspace, browser: TestClient, page: Page) -> None:
    spec = {
        "panels": [
            {"title": "Odd", "kind": "figure", "query": {"by": ["no-such-tag"], "where": ""}},
            {"title": "None", "kind": "table", "query": {"where": "ServiceName = 'none'"}},
            {"title": "Gone", "kind": "area", "query": {"where": "\"gone-tag\" = 'x'"}},
            {"kind": "text", "text": "**Bold** <script>alert(1)</script> [x](javascript:alert(1))"},
        ]
    }
    workspace.resources.guard = None  # rules that are gone since: a dashboard outlives them
    workspace.put_resource("Dashboard", "states", spec, author="test")
    from outlay.app.checks import guard

    workspace.resources.guard = guard
    whole = page("/dashboards/states?lazy=no")
    tiles = {tile.attrs["data-id"]: tile for tile in whole.all("section", cls="tile")}
    assert state(tiles["none"]) == "empty"
    assert "not the same as zero" in tiles["none"].text
    assert state(tiles["gone"]) == "failed"
    assert "gone-tag" in tiles["gone"].one("div", role="alert").text
    assert tiles["gone"].one("a", cls="button").text == "Try again"
    text = tiles["text"].one("div", cls="prose")
    assert text.one("strong").text == "Bold"
    assert text.all("script") == [] and text.all("a") == []


def test_an_empty_ledger_is_said_in_each_panel(empty: TestClient) -> None:
    whole = parse(empty.get("/dashboards/executive?lazy=no").text)
    found = {state(tile) for tile in whole.all("section", cls="tile")}
    assert found == {"no-data"}


def test_a_filter_that_cannot_be_read_shows_no_panel(page: Page, board: str) -> None:
    shown = page(f"/dashboards/{board}?where=ServiceNam = 'x'", 400)
    assert shown.all("section", cls="tile") == []
    assert "ServiceNam" in shown.one("p", id="board-problem").text
    assert shown.one("input", id="board-where").attrs["value"] == "ServiceNam = 'x'"


def test_the_controls_hold_what_the_address_says(page: Page, board: str) -> None:
    shown = page(
        f"/dashboards/{board}?range=last-month&compare=previous&currency=EUR"
        "&where=SubAccountName = 'Shop'"
    )
    form = shown.one("form", id="board-controls")
    chosen = [option.attrs["value"] for option in form.all("option", selected="*")]
    assert chosen == ["last-month", "previous", "EUR"]
    assert form.one("input", id="board-where").attrs["value"] == "SubAccountName = 'Shop'"


def test_a_panel_has_its_ways_on(page: Page, browser: TestClient, board: str) -> None:
    shown = page(f"/dashboards/{board}?where=SubAccountName = 'Shop'")
    (_, chart, _) = shown.all("section", cls="tile")
    links = {a.text: a.attrs["href"] for a in chart.one("details", cls="menu").all("a")}
    assert links["Open in Explore"].startswith("/explore?by=ServiceName&grain=day&where=")
    assert links["What drove it"].startswith("/drivers?")
    csv = browser.get(links["Rows, CSV"])
    assert csv.status_code == 200
    assert csv.text.splitlines()[0].split(",")[:2] == ["period", "ServiceName"]
    alone = page(links["Full screen"])
    assert alone.one("div", data_full="*")
    assert alone.one("h1").text == "By service"


def test_exports_are_in_the_log(workspace: Workspace, browser: TestClient, board: str) -> None:
    from outlay.app import events

    assert browser.get(f"/dashboards/{board}/panels/by-team/rows.csv").status_code == 200
    newest = events.listed(workspace)[0]
    assert (newest.action, newest.target) == ("export", f"dashboard {board}")


def test_a_wall_screen_asks_again(page: Page, board: str) -> None:
    shown = page(f"/dashboards/{board}?screen=full&every=5")
    body = shown.all("div", cls="tile-body")[0]
    assert body.attrs["hx-trigger"] == "load, every 30s", "never more often than each half minute"
    assert (
        "hx-trigger" in page(f"/dashboards/{board}?every=60").all("div", cls="tile-body")[0].attrs
    )


def test_a_dashboard_is_a_file(browser: TestClient, workspace: Workspace, board: str) -> None:
    text = browser.get(f"/dashboards/{board}/file.yaml").text
    (document,) = parse_resources(text)
    assert document.spec == keeping.find(workspace, board).spec


def test_a_ready_made_one_is_copied_before_it_is_changed(
    page: Page, browser: TestClient, workspace: Workspace
) -> None:
    shown = page("/dashboards/executive?edit=1")
    assert "ready-made" in shown.one("h1").text
    assert shown.all("button", data_move="*") == []
    refused = browser.post("/dashboards/executive/layout", data={"layout": "{}"})
    assert refused.status_code == 400 and "Copy it" in refused.text
    copied = browser.post("/dashboards/executive/copy").headers["location"]
    assert page(copied + "?edit=1").all("button", data_move="*")
    name = copied.rpartition("/")[2]
    assert (
        keeping.find(workspace, name).spec.panels
        == keeping.find(workspace, "executive").spec.panels
    )


def test_a_layout_is_kept_as_a_version(
    browser: TestClient, page: Page, workspace: Workspace, board: str
) -> None:
    places = {"spend": {"x": 6, "y": 4, "w": 6, "h": 3}}
    form = {"seen": "1", "layout": json.dumps(places), "back": f"/dashboards/{board}?edit=1"}
    done = browser.post(f"/dashboards/{board}/layout", data=form)
    assert (done.status_code, done.headers["location"]) == (303, f"/dashboards/{board}?edit=1")
    moved = keeping.find(workspace, board)
    assert moved.version == 2
    assert [getattr(moved.spec.panel("spend"), key) for key in "xywh"] == [6, 4, 6, 3]
    again = browser.post(f"/dashboards/{board}/layout", data=form)
    assert again.status_code == 409
    told = parse(again.text).one("div", id="conflict").text
    assert "is at version 2, not 1" in told
    assert keeping.find(workspace, board).version == 2


@pytest.mark.parametrize(
    ("layout", "told"),
    [
        ("not json", "the layout is not readable"),
        ('{"nobody": {"x": 0, "y": 0, "w": 1, "h": 1}}', "there is no panel 'nobody'"),
        ('{"spend": {"x": 0}}', "needs x, y, w and h"),
        ('{"spend": {"x": 4, "y": 0, "w": 6, "h": 3}}', "stand on one another"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(
    browser: TestClient, workspace: Workspace, board: str, layout: str, told: str
) -> None:
    done = browser.post(f"/dashboards/{board}/layout", data={"layout": layout})
    assert done.status_code in (400, 404)
    assert told in parse(done.text).text
    assert keeping.find(workspace, board).version == 1


def test_back_leads_nowhere_else(browser: TestClient, board: str) -> None:
    for odd in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        done = browser.post(f"/dashboards/{board}/layout", data={"layout": "{}", "back": odd})
        assert done.headers["location"] == f"/dashboards/{board}?edit=1"


FORM = {
    "kind": "area", "title": "Services", "m": "BilledCost", "by1": "ServiceName",
    "grain": "month", "range": "all", "where": "SubAccountName = 'Shop'", "limit": "3",
    "note": "Of the shop", "shown": "1", "legend": "1",
}  # fmt: skip


def test_a_panel_is_added_changed_duplicated_and_removed(
    browser: TestClient, page: Page, workspace: Workspace, board: str
) -> None:
    assert page(f"/dashboards/{board}/panels/_new").one("form", id="panel-form")
    done = browser.post(f"/dashboards/{board}/panels", data=FORM | {"seen": "1"})
    assert done.status_code == 303, done.text
    panel = keeping.find(workspace, board).spec.panel("services")
    assert panel is not None and panel.query is not None
    assert panel.query.to_json() == {
        "measures": ["BilledCost"], "by": ["ServiceName"], "grain": "month",
        "where": "SubAccountName = 'Shop'",
    }  # fmt: skip
    assert (panel.options.limit, panel.options.stack, panel.options.legend) == (3, False, True)

    edit = page(f"/dashboards/{board}/panels/services/edit").one("form", id="panel-form")
    fields = {i.attrs["name"]: i.attrs.get("value", "") for i in edit.all("input", type="hidden")}
    assert fields["seen"] == "2"
    changed = FORM | fields | {"title": "Services of the shop", "w": "12", "h": "5"}
    assert browser.post(f"/dashboards/{board}/panels/services", data=changed).status_code == 303
    panel = keeping.find(workspace, board).spec.panel("services")
    assert panel is not None and (panel.title, panel.w, panel.h) == ("Services of the shop", 12, 5)

    done = browser.post(f"/dashboards/{board}/panels/services/duplicate", data={"seen": "3"})
    assert done.status_code == 303
    ids = [panel.id for panel in keeping.find(workspace, board).spec.panels]
    assert ids[-1] == "services-of-the-shop-copy"
    done = browser.post(f"/dashboards/{board}/panels/services/delete", data={"seen": "4"})
    assert done.status_code == 303
    assert keeping.find(workspace, board).spec.panel("services") is None


def test_a_panel_that_was_changed_meanwhile_keeps_what_was_typed(
    browser: TestClient, board: str
) -> None:
    assert browser.post(f"/dashboards/{board}/panels", data=FORM | {"seen": "1"}).status_code == 303
    late = browser.post(f"/dashboards/{board}/panels", data=FORM | {"seen": "1", "title": "Mine"})
    assert late.status_code == 409
    form = parse(late.text)
    assert "at version 2, not 1" in form.one("div", id="problem").text
    assert form.one("input", id="f-title").attrs["value"] == "Mine"


def test_a_wrong_panel_is_refused_with_the_form_as_it_was(
    browser: TestClient, workspace: Workspace, board: str
) -> None:
    wrong = browser.post(f"/dashboards/{board}/panels", data=FORM | {"where": "Nonsens = 1"})
    assert wrong.status_code == 400
    form = parse(wrong.text)
    assert "Nonsens" in form.one("div", id="problem").text
    assert form.one("input", id="f-where").attrs["value"] == "Nonsens = 1"
    assert keeping.find(workspace, board).version == 1


def test_the_preview_is_the_panel_as_it_would_be(browser: TestClient, board: str) -> None:
    shown = browser.post(f"/dashboards/{board}/preview", data=FORM | {"kind": "figure"})
    tile = parse(shown.text).one("div", cls="tile-content")
    assert tile.attrs["data-tile"] == "answered"
    refused = browser.post(f"/dashboards/{board}/preview", data={"kind": "text", "text": ""})
    assert (
        parse(refused.text)
        .one("div", data_tile="refused")
        .one("p")
        .text.startswith("the Dashboard is not valid")
    )


def test_settings_history_restore_pin_and_removal(
    browser: TestClient, page: Page, workspace: Workspace, board: str
) -> None:
    form = {
        "seen": "1", "title": "Machines", "description": "What they cost", "personas": "engineer",
        "range": "last-month", "where": "SubAccountName='Shop'", "compare": "", "currency": "",
    }  # fmt: skip
    assert browser.post(f"/dashboards/{board}/settings", data=form).status_code == 303
    found = keeping.find(workspace, board)
    assert (found.title, found.spec.range, found.spec.personas) == (
        "Machines", "last-month", ("engineer",),
    )  # fmt: skip
    assert found.spec.where == "SubAccountName = 'Shop'"
    assert len(found.spec.panels) == 3
    late = browser.post(f"/dashboards/{board}/settings", data=form)
    assert late.status_code == 400 and "at version 2, not 1" in late.text
    browser.post(f"/dashboards/{board}/pin", data={"pinned": "1"})
    assert keeping.find(workspace, board).spec.pinned
    assert len(page(f"/dashboards/{board}/history").rows()) == 3
    browser.post(f"/dashboards/{board}/restore", data={"version": "1"})
    assert keeping.find(workspace, board).title == "Compute"
    assert browser.post(f"/dashboards/{board}/delete", data={"seen": "3"}).status_code == 409
    assert browser.post(f"/dashboards/{board}/delete", data={"seen": "4"}).status_code == 303
    assert browser.get(f"/dashboards/{board}").status_code == 404
    browser.post(f"/dashboards/{board}/restore", data={"version": "1"})
    assert keeping.find(workspace, board).title == "Compute"


def test_a_new_dashboard_begins_empty(browser: TestClient, page: Page) -> None:
    made = browser.post("/dashboards", data={"title": "My first"})
    assert made.headers["location"] == "/dashboards/my-first?edit=1"
    assert page("/dashboards/my-first").one("div", data_state="empty")
    assert browser.post("/dashboards", data={"title": " "}).status_code == 400


def test_a_question_and_a_view_are_put_on_a_dashboard(
    browser: TestClient, page: Page, workspace: Workspace, board: str
) -> None:
    workspace.save_view("teams", CostQuery(by=("tags.team",)), title="Teams")
    assert page("/dashboards/_put?view=teams").one("select", id="put-board")
    done = browser.post(
        "/dashboards/_put",
        data={"view": "teams", "board": board, "kind": "table", "title": "Teams"},
    )
    assert done.headers["location"] == f"/dashboards/{board}"
    panel = keeping.find(workspace, board).spec.panels[-1]
    assert (panel.view, panel.title, panel.query) == ("teams", "", None)
    state = "by=ServiceName&range=last-month"
    done = browser.post(
        "/dashboards/_put",
        data={"state": state, "board": "", "new": "Fresh", "kind": "bar", "title": "Services"},
    )
    assert done.headers["location"] == "/dashboards/fresh"
    made = keeping.find(workspace, "fresh").spec.panels[0]
    assert made.query is not None and made.query.by == ("ServiceName",)
    nameless = browser.post("/dashboards/_put", data={"state": state, "board": "", "new": ""})
    assert nameless.status_code == 400
