"""Utilisation in a real browser: narrowed by its form, one resource opened, without a barrier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from tests.browser.conftest import Served, Visit, opened
from tests.utilization.conftest import make

pytestmark = [pytest.mark.slow, pytest.mark.browser]

OCTOBER = "from=2026-10-01&to=2026-11-01"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made: Workspace = make(tmp_path_factory.mktemp("busy"))
    with Served(made) as served:
        yield served.base
    made.close()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    yield from opened(browser, address)


def _without_barrier(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES})
    assert [v["id"] for v in found.response["violations"]] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_from_usage_to_one_resource(visit: Visit) -> None:
    page = visit.go("/usage")
    page.get_by_role("link", name="utilisation").click()
    expect(page.locator("h1")).to_have_text("Utilisation")
    page = visit.go(f"/utilization?{OCTOBER}")
    expect(page.locator("[data-share=USD]")).to_have_text("90.0%")
    _without_barrier(page)
    page.get_by_label("Metric").select_option("cpu")
    expect(page.locator("#table tbody")).to_have_count(2)
    page.get_by_role("link", name="i-1", exact=True).click()
    expect(page.locator("h1")).to_have_text("Utilisation of i-1")
    expect(page.locator("#table svg.spark")).to_have_count(1)
    _without_barrier(page)
    page.get_by_role("navigation", name="Way back").get_by_role("link", name="Utilisation").click()
    expect(page.locator("h1")).to_have_text("Utilisation")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", [OCTOBER, "metric=gpu", "metric=heat", f"resource=i-1&{OCTOBER}"])
def test_it_fits_a_telephone(address: str, browser: Browser, theme: str, query: str) -> None:
    context = browser.new_context(
        color_scheme=theme,  # type: ignore[arg-type]
        viewport={"width": 390, "height": 800},
    )
    page = context.new_page()
    page.goto(f"{address}/utilization?{query}")
    page.wait_for_load_state("networkidle")
    _without_barrier(page)
    context.close()
