"""Realised savings in a real browser: from the ledger to one recommendation, and back again."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from outlay.app import Workspace
from tests.browser.conftest import Served, Visit, opened
from tests.realised.conftest import NUMBERS, accepted, made  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


@pytest.fixture(scope="module")
def address(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: F811
    """A server of a copy of the simulated company."""
    folder = tmp_path_factory.mktemp("journey") / "company"
    shutil.copytree(made, folder)
    workspace = Workspace.open(folder / "workspace")
    with Served(workspace) as served:
        yield served.base
    workspace.close()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    yield from opened(browser, address)


def test_from_the_ledger_to_what_one_recommendation_did(visit: Visit) -> None:
    page = visit.go("/realised")
    expect(page.locator("dl.figures").first).to_contain_text("838.25")
    page.get_by_role("link", name="shop").click()
    expect(page.locator("#ledger tfoot")).to_contain_text("536.30")
    page.get_by_role("link", name="Delete vol-1").click()
    expect(page.locator("h1")).to_contain_text("Delete vol-1")
    expect(page.locator("#realised-of")).to_contain_text("310.00")
    page.get_by_text("Every day").click()
    expect(page.get_by_role("region", name="Every day").locator("tbody tr")).to_have_count(31)
    page.get_by_role("link", name="Prove the baseline").click()
    expect(page.locator("#proof")).to_contain_text("the same")
    page.go_back()
    page.go_back()
    expect(page.locator("#ledger tfoot")).to_contain_text("536.30")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_that_axe_finds(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    for path in ("/realised?by=recommendation", f"/realised/{NUMBERS['i-2 size']}?prove=1"):
        page = visit.go(path)
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=_OPTIONS).response["violations"]
        assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]


def test_the_part_comes_into_the_recommendations_page(visit: Visit) -> None:
    page = visit.go(f"/savings/{NUMBERS['i-1']}")
    expect(page.locator("#realised-of")).to_contain_text("74.40")


def test_a_successor_is_taken_off_from_the_next_look_on(visit: Visit) -> None:
    page = visit.go(f"/realised/{NUMBERS['i-8']}")
    page.get_by_label("Condition").fill("what?")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert").first).to_contain_text("This cannot be kept")
    visit.console.clear()  # the refusal, which a browser tells as a failed load
    page.get_by_label("Condition").fill("ResourceId = 'bucket'")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status").first).to_contain_text("Noted")
    page.get_by_role("link", name="Realised savings").first.click()
    page.get_by_role("button", name="Measure now").click()
    expect(page.get_by_role("status").first).to_contain_text("one month is new or other")
