"""Commitments in a real browser: figures, one opened, a plan tried and kept; without a barrier."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from outlay.app.commitments import planning
from tests.browser.conftest import Served, Visit, opened
from tests.commitments.conftest import made, own, today  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.browser]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def visit(own: Workspace, browser: Browser) -> Iterator[Visit]:  # noqa: F811
    with Served(own) as served:
        yield from opened(browser, served.base)


def _without_barrier(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES})
    assert [v["id"] for v in found.response["violations"]] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_from_figures_to_a_plan_that_is_kept(visit: Visit, own: Workspace) -> None:  # noqa: F811
    page = visit.go("/commitments")
    expect(page.locator(".figure", has_text="Effective savings rate")).to_contain_text("14.0%")
    page.locator("#held summary").first.click()
    expect(page.locator("#held details[open]")).to_contain_text("Not possible.")
    _without_barrier(page)
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(f"{visit.base}/commitments?days=7")
    page.get_by_role("link", name="Plan purchases").click()
    page.get_by_label("Days looked at").fill("28")
    page.get_by_label("3 years").check()
    page.get_by_role("button", name="Plan", exact=True).click()
    portfolio = page.locator("#plan-1")
    expect(portfolio).to_contain_text("EC2 Instance Savings Plan m6i")
    expect(portfolio).to_contain_text("3 years, no upfront")
    assert "lookback=28" in page.url
    _without_barrier(page)
    page.get_by_label("Title").fill("Machines")
    page.get_by_role("button", name="Keep as purchase plan").click()
    expect(page).to_have_url(f"{visit.base}/commitments/planner?plan=machines")
    assert planning.kept_plan(own, "machines").years == (1, 3)
    page.get_by_label("Days looked at").fill("3")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator("#problem")).to_contain_text("lookback")
    visit.console.clear()  # the browser tells of the refused address
    _without_barrier(page)


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_it_fits_and_has_no_barrier(
    own: Workspace,  # noqa: F811
    browser: Browser,
    theme: Literal["light", "dark"],
    width: int,
) -> None:
    with Served(own) as served:
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
        page = context.new_page()
        for path in ("/commitments", "/commitments/planner?lookback=28&years=1&years=3&tranche=50"):
            page.goto(served.base + path)
            page.wait_for_load_state("networkidle")
            _without_barrier(page)
        context.close()
