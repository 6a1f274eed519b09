"""Journeys on the page Usage, and what charts of both pages do in a real browser."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace, usage
from tests.browser.conftest import Served, Visit
from tests.query.usage_lake import charge, pod
from tests.sources.kubernetes.usage import answer, csv_text

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Nine days of a cluster; the bill has eight of them."""
    folder = tmp_path_factory.mktemp("usage")
    workspace = Workspace.init(folder / "workspace", name="Acme")
    days = [f"2026-10-{day:02d}" for day in range(1, 10)]
    steps = [{"a": pod(day, "24", "i-1"), "b": pod(day, "6", "i-1", "db")} for day in days]
    (folder / "cluster.json").write_text(json.dumps(answer(*steps)))
    bill = [
        charge("30", f"{day}T00", f"2026-10-{int(day[8:]) + 1:02d}T00", "i-1") for day in days[:8]
    ]
    (folder / "bill.csv").write_text(csv_text(bill))
    for name, path in (("cluster", "cluster.json"), ("aws", "bill.csv")):
        (done,) = workspace.load([str(folder / path)], source=name)
        assert done.outcome == "loaded"
    usage.tie(workspace, "cluster", "aws", ["ResourceId"])
    with Served(workspace) as served:
        yield served.base
    workspace.close()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    found = Visit(page, address)
    page.on("console", lambda message: found.console.append(message.text))
    yield found
    page.close()
    assert found.console == []


def click_a_bar(page: Page) -> None:
    """Click the middle of the chart."""
    page.wait_for_selector(".chart canvas")
    box = page.locator(".chart").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75)


def test_from_the_metrics_to_one_day_and_back(visit: Visit) -> None:
    page = visit.go("/usage")
    expect(page.locator("[data-provisional]")).to_have_text("30.00")
    page.get_by_role("link", name="CPU allocated").click()
    expect(page.locator("h1")).to_have_text("CPU allocated by namespace")
    page.locator("#pick-by-1").select_option("x_Pod")
    expect(page.locator("h1")).to_have_text("CPU allocated by pod")
    assert page.locator("#table tbody tr").count() == 2
    click_a_bar(page)
    expect(page.locator("[data-total]")).to_have_text("48")
    assert "from=2026-10-05&to=2026-10-06" in page.url
    page.go_back()
    expect(page.locator("[data-total]")).to_have_text("432")
    page.get_by_role("link", name="db", exact=True).click()
    expect(page.locator("[data-total]")).to_have_text("216")
    page.keyboard.press("Escape")
    expect(page.locator("[data-total]")).to_have_text("432")


def test_a_click_on_a_bar_of_explore_narrows_to_its_day(visit: Visit) -> None:
    page = visit.go("/explore?by=ResourceId&from=2026-10-01&to=2026-10-10")
    expect(page.locator("#provisional")).to_contain_text("estimate, not in the total")
    expect(page.locator("[data-total]")).to_have_text("240.00")
    click_a_bar(page)
    expect(page.locator("[data-total]")).to_have_text("30.00")
    assert "grain=day" in page.url


def test_a_narrow_screen_cuts_nothing_off(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    for path in ("/usage", "/usage?metric=cpu_allocated&by=x_Pod"):
        page = visit.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_g_and_m_lead_to_usage(visit: Visit) -> None:
    page = visit.go("/sources")
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.locator("h1")).to_have_text("Usage")
