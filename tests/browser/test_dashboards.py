"""Journeys: a view is saved and put on a dashboard, panels are moved by keyboard and pointer, a
link is shared, a day is annotated by a click."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from outlay.app.annotations import marks
from outlay.app.dashboards import keeping
from tests.browser.conftest import Served, Visit, opened
from tests.browser.test_accessibility import _problems as problems
from tests.web.company import company

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BOARD = {
    "title": "Compute",
    "panels": [
        {"title": "Spend", "kind": "figure", "query": {}},
        {"title": "Services", "kind": "bar", "query": {"by": ["ServiceName"], "grain": "day"}},
        {"title": "Teams", "kind": "table", "query": {"by": ["tags.team"]}},
    ],
}


# Several panels are asked at once, and the machine of a test may have little to spare.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = company(tmp_path_factory.mktemp("boards")).workspace
    yield found
    found.close()


@pytest.fixture(scope="module")
def base(workspace: Workspace) -> Iterator[str]:
    with Served(workspace) as served:
        yield served.base


@pytest.fixture
def visit(browser: Browser, base: str) -> Iterator[Visit]:
    yield from opened(browser, base)


@pytest.fixture
def board(workspace: Workspace) -> str:
    return keeping.create(workspace, "Compute", BOARD).name


def settled(page: Page) -> None:
    """Wait until every panel has come."""
    expect(page.locator("[data-tile=loading]")).to_have_count(0)
    expect(page.locator(".board")).to_have_class("board placed", timeout=5000)


def place(page: Page, tile: str) -> tuple[int, int, int, int]:
    found = page.locator(f"#tile-{tile}")
    x, y, w, h = (int(found.get_attribute(f"data-{key}") or "-1") for key in "xywh")
    return x, y, w, h


def test_save_a_view_put_it_on_a_dashboard_move_it_reload_share(
    visit: Visit, browser: Browser, workspace: Workspace
) -> None:
    page = visit.go("/explore?by=tags.team&from=2026-09-01&to=2026-10-01")
    page.get_by_text("Save view").click()
    page.get_by_label("Name of the view").fill("Teams of September")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Views")).to_be_visible()

    page.get_by_label("More about Teams of September").click()
    page.get_by_role("link", name="Put on a dashboard").click()
    page.get_by_label("Title of a new one").fill("Monday")
    page.get_by_role("button", name="Put it there").click()
    expect(page.get_by_role("heading", name="Monday")).to_be_visible()
    settled(page)
    expect(page.locator("[data-sum]")).to_have_attribute("title", "135.477333333333333333333")

    page.get_by_role("link", name="Edit", exact=True).click()
    move = page.get_by_role("button", name="Move Teams of September")
    move.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator("#moved")).to_contain_text("column 3, row 2, 7 wide, 4 high")
    page.get_by_role("button", name="Save layout").click()
    expect(page.locator("#layout-form")).to_be_hidden()
    page.reload()
    settled_editing(page)
    assert place(page, "table") == (2, 1, 7, 4)
    (panel,) = keeping.find(workspace, "monday").spec.panels
    assert (panel.x, panel.y, panel.w, panel.h) == (2, 1, 7, 4)

    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    address = page.url
    for other in opened(browser, visit.base):
        shared = other.page
        shared.goto(address)
        expect(shared.get_by_role("heading", name="Monday")).to_be_visible()
        settled(shared)
        shared.locator("#tile-table h2 a").click()
        expect(shared.get_by_role("heading", name="Teams of September", level=1)).to_be_visible()
        expect(shared).to_have_url(re.compile("/dashboards/monday/panels/table"))
        shared.go_back()
        expect(shared.get_by_role("heading", name="Monday")).to_be_visible()
        settled(shared)


def settled_editing(page: Page) -> None:
    expect(page.locator("[data-tile=loading]")).to_have_count(0)
    expect(page.locator(".board.editing.placed")).to_be_visible()


def test_panels_are_dragged_and_sized_and_push_others_down(visit: Visit, board: str) -> None:
    page = visit.go(f"/dashboards/{board}?edit=1")
    settled_editing(page)
    assert (place(page, "spend"), place(page, "services")) == ((0, 0, 3, 2), (3, 0, 6, 4))
    grid = page.locator("#board").bounding_box()
    assert grid is not None
    handle = page.get_by_role("button", name="Move Spend").bounding_box()
    assert handle is not None
    start = handle["x"] + 10, handle["y"] + 8
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + grid["width"] / 12 * 4, start[1] + 4, steps=6)
    page.mouse.up()
    assert place(page, "spend") == (4, 0, 3, 2)
    assert place(page, "services") == (3, 2, 6, 4), "what it stands on moves down"
    corner = page.locator("#tile-spend [data-resize]").bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + 10, corner["y"] + 10)
    page.mouse.down()
    page.mouse.move(corner["x"] + 10 + grid["width"] / 12 * 2, corner["y"] + 10 + 64, steps=6)
    page.mouse.up()
    assert place(page, "spend") == (4, 0, 5, 3)
    page.get_by_role("link", name="Discard").click()
    expect(page.locator("#tile-spend")).to_have_attribute("data-x", "0")
    settled_editing(page)
    assert place(page, "spend") == (0, 0, 3, 2)


def test_a_layout_that_another_changed_is_not_written_over(
    visit: Visit, workspace: Workspace, board: str
) -> None:
    page = visit.go(f"/dashboards/{board}?edit=1")
    settled_editing(page)
    keeping.edit(workspace, board, lambda spec: spec.but(title="Another's"), None)
    page.get_by_role("button", name="Move Spend").focus()
    page.keyboard.press("ArrowDown")
    visit.console.clear()
    page.get_by_role("button", name="Save layout").click()
    expect(page.locator("#conflict")).to_contain_text("someone changed it since you read it")
    page.get_by_role("link", name="Show the newest version").click()
    expect(page.get_by_role("heading", name="Another's")).to_be_visible()
    visit.console.clear()  # Chromium notes the answer 409


def test_one_control_moves_all_panels_and_back_brings_them_again(visit: Visit, board: str) -> None:
    page = visit.go(f"/dashboards/{board}")
    settled(page)
    total = page.locator("#tile-spend [data-total]")
    expect(total).to_have_text("255.98")
    page.get_by_label("Filter").fill("SubAccountName = 'Data'")
    page.keyboard.press("Enter")
    expect(total).to_have_text("50.83")
    expect(page.locator("#tile-teams [data-sum]")).to_have_text("50.83")
    expect(page).to_have_url(re.compile("where="))
    page.go_back()
    expect(total).to_have_text("255.98")
    expect(page.get_by_label("Filter")).to_have_value("")


def test_full_screen_shows_the_panels_alone_and_escape_leaves(visit: Visit, board: str) -> None:
    page = visit.go(f"/dashboards/{board}")
    settled(page)
    page.get_by_role("link", name="Full screen", exact=True).first.click()
    expect(page.get_by_role("link", name="Leave full screen")).to_be_visible()
    expect(page.locator("#rail")).to_be_hidden()
    settled(page)
    page.get_by_role("link", name="Leave full screen").click()
    expect(page.locator("#rail")).to_be_visible()


def test_a_day_is_annotated_by_a_click(visit: Visit, workspace: Workspace) -> None:
    page = visit.go("/explore?by=ServiceName&grain=day&from=2026-09-01&to=2026-10-01")
    chart = page.locator("[data-chart] canvas")
    expect(chart).to_be_visible()
    page.get_by_role("button", name="Annotate").click()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 20, box["y"] + box["height"] / 2)
    form = page.locator("dialog #annotation-form")
    expect(form).to_be_visible()
    expect(form.get_by_label("Day (UTC)")).to_have_value("2026-09-30")
    form.get_by_label("What happened").fill("Checkout v2 went live")
    form.get_by_label("Kind").select_option("deploy")
    form.get_by_role("button", name="Annotate").click()
    expect(page.locator("ol.marks a")).to_have_text("Checkout v2 went live")
    expect(page.locator(".chart-mark")).to_have_text("1")
    assert page.url.endswith("grain=day&from=2026-09-01&to=2026-10-01")
    (one,) = marks.listed(workspace)
    assert str(one.spec.from_) == "2026-09-30"
    marks.remove(workspace, one.name)


def test_a_panel_is_made_with_a_preview(visit: Visit, workspace: Workspace, board: str) -> None:
    page = visit.go(f"/dashboards/{board}/panels/_new")
    expect(page.locator("#preview [data-tile=answered]")).to_be_visible()
    page.get_by_label("Shown as").select_option("figure")
    page.get_by_label("Title", exact=True).fill("Shop alone")
    page.get_by_role("group", name="What it asks").get_by_label("Filter").fill(
        "SubAccountName = 'Shop'"
    )
    page.get_by_label("Range").select_option("all")
    expect(page.locator("#preview [data-total]")).to_have_text("205.14")
    page.get_by_label("Shown as").select_option("text")
    expect(page.locator(".of-question")).to_be_hidden()
    page.get_by_label("Shown as").select_option("figure")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#tile-shop-alone [data-total]")).to_have_text("205.14")


def test_without_scripts_panels_stand_below_each_other(
    browser: Browser, base: str, board: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/dashboards/{board}")
    expect(page.locator("[data-tile=answered]")).to_have_count(3)
    boxes = [tile.bounding_box() for tile in page.locator(".tile").all()]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops) and len({box["x"] for box in boxes if box}) == 1
    context.close()


def test_a_panel_that_cannot_be_fetched_says_so_and_tries_again(visit: Visit, board: str) -> None:
    page = visit.page
    page.route("**/panels/spend/content*", lambda route: route.abort())
    page.goto(f"{visit.base}/dashboards/{board}")
    failed = page.locator("#tile-spend [data-tile=failed]")
    expect(failed).to_contain_text("could not be fetched")
    expect(page.locator("#tile-teams [data-sum]")).to_have_text("255.98")
    page.unroute("**/panels/spend/content*")
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator("#tile-spend [data-total]")).to_have_text("255.98")
    visit.console.clear()  # Chromium notes the request that was refused


def test_a_page_of_panels_weighs_less_than_the_budget(visit: Visit, board: str) -> None:
    sizes: list[int] = []
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page = visit.go(f"/dashboards/{board}")
    settled(page)
    page.wait_for_timeout(300)
    assert 100_000 < sum(sizes) < 300_000, sum(sizes)


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_break_no_rule_of_accessibility(
    browser: Browser, base: str, workspace: Workspace, board: str, width: int
) -> None:
    one = marks.add(workspace, {"from": "2026-09-03", "text": "Checkout v2", "category": "deploy"})
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    found = []
    for path in (
        f"/dashboards/{board}", f"/dashboards/{board}?edit=1", f"/dashboards/{board}/settings",
        f"/dashboards/{board}/panels/services", f"/dashboards/{board}/panels/services/edit",
        f"/dashboards/{board}/history", "/annotations", f"/annotations/{one.name}",
        "/explore?by=ServiceName&grain=month",
    ):  # fmt: skip
        page.goto(base + path)
        expect(page.locator("[data-tile=loading]")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        found += [f"{path}: {problem}" for problem in problems(page)]
        if (wider := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append(f"{path}: {wider} pixels wider than the window")
    context.close()
    marks.remove(workspace, one.name)
    assert not found, "\n".join(found)
