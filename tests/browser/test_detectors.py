"""Detectors in a real browser: narrowed, opened, changed, asked why; without a barrier."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from outlay.app.detectors.listing import standing
from tests.browser.conftest import Served, Visit, opened
from tests.detectors.conftest import _now, made, own  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.browser]
ALWAYS = "databricks-always-on"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def visit(own: Workspace, browser: Browser) -> Iterator[Visit]:  # noqa: F811
    with Served(own) as served:
        yield from opened(browser, served.base)


def _without_barrier(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES})
    assert [v["id"] for v in found.response["violations"]] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_detector_is_found_changed_and_asked_why(visit: Visit, own: Workspace) -> None:  # noqa: F811
    page = visit.go("/detectors")
    page.get_by_role("navigation", name="Areas").get_by_role("link", name="Data platforms").click()
    expect(page).to_have_url(f"{visit.base}/detectors?area=platforms")
    states = page.get_by_role("navigation", name="States")
    states.get_by_role("link", name="Found something").click()
    expect(page).to_have_url(f"{visit.base}/detectors?area=platforms&state=found")
    _without_barrier(page)
    page.get_by_text(ALWAYS, exact=True).click()
    expect(page.locator("tr", has_text=ALWAYS)).to_contain_text("Proven by")
    page.get_by_role("link", name="Clusters for people that never terminate").click()
    page.get_by_label("Hours a week that people need it").fill("400")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#problem")).to_contain_text("lies between 0 and 168")
    assert all("400 (Bad Request)" in told for told in visit.console)
    visit.console.clear()
    _without_barrier(page)
    page.get_by_label("Hours a week that people need it").fill("40")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".banner.good")).to_contain_text("Kept.")
    assert standing(own, ALWAYS).values["hours_a_week"] == 40
    page.get_by_label("Why not this resource?").fill("0907-shared")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#why")).to_contain_text("It is not found.")
    _without_barrier(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_telephone(made: Path, browser: Browser, theme: str) -> None:  # noqa: F811
    workspace = Workspace.open(made)
    with Served(workspace) as served:
        context = browser.new_context(
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": 390, "height": 900},
        )
        page = context.new_page()
        for path in ("/detectors", f"/detectors/{ALWAYS}"):
            page.goto(served.base + path)
            page.wait_for_load_state("networkidle")
            _without_barrier(page)
        context.close()
    workspace.close()
