"""Journeys over the pages that prove allocation, from a choice to an address, down to the line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.app.ruled import SEPTEMBER, ruled
from tests.browser.conftest import Served, Visit
from tests.sources.snowflake import exports

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("allocated")
    workspace = ruled(folder)
    _warehouse(workspace.load, folder / "snow")
    with Served(workspace) as served:
        yield served.base
    workspace.close()


def _warehouse(load: object, folder: Path) -> None:
    """4 credits for 10.00: Ana 1.5, Bo 0.5, 2 used by nobody."""
    views = {
        "usage_in_currency_daily": [exports.bill("10.00", "4")],
        "warehouse_metering_history": [exports.hour("4", "2")],
        "query_attribution_history": [
            exports.query(1, "1.5", "ANA"),
            exports.query(2, "0.5", "BO"),
        ],
    }
    (done,) = load([str(exports.write(folder, views))], source="snow")  # type: ignore[operator]
    assert done.outcome == "loaded"


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(15_000)
    found = Visit(page, address)
    page.on(
        "console",
        lambda message: (
            found.console.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: found.console.append(str(error)))
    yield found
    page.close()
    assert found.console == []


def test_idle_is_shared_by_a_choice_and_back_keeps_it(visit: Visit) -> None:
    page = visit.go("/platforms?platform=snowflake")
    expect(page.locator("[data-allocated]")).to_have_text("10.00")
    expect(page.locator("#consumers [data-amount]").first).to_have_text("3.75")
    page.locator("#pick-idle").select_option("share")
    expect(page.locator("#consumers [data-amount]").first).to_have_text("7.50")
    assert page.url.endswith("/platforms?platform=snowflake&by=x_User&idle=share")
    page.go_back()
    expect(page.locator("#consumers [data-amount]").first).to_have_text("3.75")


def test_from_coverage_to_why_to_the_line_of_the_bill(visit: Visit) -> None:
    page = visit.go(f"/coverage?tag=team&{SEPTEMBER}")
    page.locator("#values").get_by_role("link", name="storefront").click()
    expect(page.locator("[data-total=USD]")).to_have_text("135.48")
    expect(page.locator("[data-rule='1']")).to_contain_text("tags.team IS NOT NULL")
    page.locator("[data-rule='1']").get_by_role("link", name="acme.csv, line 3").click()
    expect(page.locator("h1")).to_have_text("Amazon Elastic Compute Cloud usage")
    expect(page.locator("main")).to_contain_text("110.10")


def test_a_replay_is_a_link(visit: Visit) -> None:
    page = visit.go(f"/replay?tag=team&{SEPTEMBER}")
    page.locator("#pick-before").select_option("v1")
    expect(page.locator("#moves tbody tr")).to_have_count(1)
    expect(page.locator("[data-moved=USD]")).to_have_text("-4.96")
    link = page.url
    other = visit.page.context.browser
    assert other is not None
    fresh = other.new_page()
    fresh.goto(link)
    expect(fresh.locator("#moves tbody tr")).to_contain_text("Unallocated")
    fresh.close()


def test_a_dispute_begins_with_the_line_it_is_about(visit: Visit) -> None:
    page = visit.go(f"/why?tag=team&value=storefront&{SEPTEMBER}")
    page.locator("[data-split=share-data]").get_by_role("link", name="Dispute").click()
    expect(page.locator("#d-line")).to_have_value("shared/share-data")


@pytest.mark.parametrize("path", ["/platforms", "/coverage", "/why", "/replay"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_runs_over_the_edge_of_a_narrow_page(
    address: str, browser: Browser, path: str, scheme: str
) -> None:
    page = browser.new_page(
        viewport={"width": 420, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.goto(f"{address}{path}?range=all")
    over = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    page.close()
    assert over == 0
