"""A budget in a real browser: made, previewed, passing a threshold after a look, changed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from outlay.app import Workspace
from outlay.app.watching import watch
from tests.browser.conftest import Served, Visit, opened
from tests.budgets.conftest import MOMENT, made  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def workspace(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:  # noqa: F811
    """A copy of the company; it is 21 October 2026."""
    patch = pytest.MonkeyPatch()
    for module in ("outlay.web.budgets.routes", "outlay.app.planning.budgets",
                   "outlay.app.planning.budget_drafts"):  # fmt: skip
        patch.setattr(f"{module}.utc_now", lambda: MOMENT)
    patch.setattr(Workspace, "today", lambda _: MOMENT.date())
    folder = tmp_path_factory.mktemp("journey") / "workspace"
    shutil.copytree(made, folder)
    found = Workspace.open(folder)
    yield found
    found.close()
    patch.undo()


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    with Served(workspace) as served:
        yield served.base


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    yield from opened(browser, address)


def test_a_budget_is_made_passes_a_threshold_and_is_changed(
    visit: Visit, workspace: Workspace
) -> None:
    page = visit.go("/budgets")
    page.get_by_role("link", name="New budget").click()
    page.get_by_label("Title").fill("Shop's own")
    page.get_by_label("Scope, a condition").fill("team = 'shop'")
    page.get_by_label("Amount per period").fill("350")
    page.get_by_role("button", name="Preview").click()
    preview = page.locator("#preview tbody")
    expect(preview.locator("tr").nth(1)).to_contain_text("390.00")
    expect(preview.locator("tr").nth(1)).to_contain_text("Over")
    expect(page.get_by_label("Title")).to_have_value("Shop's own")
    page.get_by_role("button", name="Keep the budget").click()
    expect(page).to_have_url(f"{visit.base}/budgets/shop-s-own")
    expect(page.locator("h1")).to_contain_text("Heading over")
    expect(page.locator("#passed")).to_contain_text("None")

    assert watch(workspace, MOMENT, only=["budgets"]).steps[0].raised > 0
    page.reload()
    expect(page.locator("#passed tbody tr").first).to_contain_text("80%")
    expect(page.locator("#passed tbody")).to_contain_text("100% by forecast")

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Amount per period").fill("1000")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{visit.base}/budgets/shop-s-own")
    expect(page.locator("h1")).to_contain_text("On track")
    expect(page.locator("#passed tbody tr").first).to_contain_text("350.00")
    page.get_by_role("link", name="Jul 2026").click()
    expect(page).to_have_url(f"{visit.base}/budgets/shop-s-own?period=2026-07")
    expect(page.locator("h1")).to_contain_text("Kept")
    page.go_back()
    expect(page.locator("h1")).to_contain_text("On track")


def test_filters_and_the_picker_of_past_months(visit: Visit) -> None:
    page = visit.go("/budgets")
    page.get_by_label("As of").select_option("2026-07")
    expect(page).to_have_url(f"{visit.base}/budgets?at=2026-07")
    page.get_by_role("navigation", name="States").get_by_role("link", name="Over").click()
    expect(page).to_have_url(f"{visit.base}/budgets?at=2026-07&state=over")
    expect(page.locator("#budgets tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator("#budgets tbody tr th")).to_contain_text("data")


def test_several_are_suggested_and_kept(visit: Visit) -> None:
    page = visit.go("/budgets/_suggest?tag=team")
    page.get_by_label("Amount of shop").fill("444")
    page.get_by_role("button", name="Keep those chosen").click()
    expect(page).to_have_url(f"{visit.base}/budgets")
    row = page.locator("#budgets tr", has=page.locator("a[href='/budgets/team-shop']"))
    expect(row).to_contain_text("444.00")


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, address: str) -> None:
    for visit in opened(browser, address, viewport={"width": 390, "height": 844}):
        for path in ("/budgets", "/budgets/all", "/budgets/_new", "/budgets/_suggest?tag=team"):
            page = visit.go(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
