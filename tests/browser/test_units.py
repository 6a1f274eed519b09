"""Journeys on the pages Metrics and Unit costs in a real browser."""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from outlay.app import Workspace
from tests.app.test_units import NOW, made  # noqa: F401
from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address(made: Path) -> Iterator[str]:  # noqa: F811
    patch = pytest.MonkeyPatch()
    patch.setattr("outlay.app.units.utc_now", lambda: NOW)
    workspace = Workspace.open(made / "shop")
    with Served(workspace) as served:
        yield served.base
    workspace.close()
    patch.undo()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    found = Visit(page, address)
    page.on("console", lambda message: found.console.append(message.text))
    yield found
    page.close()
    assert found.console == []


def test_from_the_list_to_what_drove_a_change_and_its_csv(visit: Visit) -> None:
    page = visit.go("/units")
    page.get_by_role("link", name="per-order").click()
    expect(page.locator("h1")).to_have_text("per-order")
    page.wait_for_selector(".chart canvas")
    page.get_by_role("link", name="In total").click()
    expect(page).to_have_url(f"{visit.base}/units/per-order?by=none")
    expect(page.locator("#drivers tfoot")).to_contain_text("+197.50")
    page.get_by_role("link", name="By channel").click()
    expect(page.locator("#drivers tbody tr")).to_have_count(3)
    page.go_back()
    expect(page).to_have_url(f"{visit.base}/units/per-order?by=none")
    # The address goes back before the page does; a menu that is open then closes with the old one.
    own = "/api/v1/units/per-order?by=none&format=csv"
    expect(page.locator("[data-csv]")).to_have_attribute("href", own)
    page.locator("details.menu summary", has_text="Download").click()
    with page.expect_download() as waiting:
        page.locator("[data-csv]").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert sum(Decimal(row["units"]) for row in rows) == 2200


def test_a_file_with_a_wrong_line_and_then_the_right_one(visit: Visit, tmp_path: Path) -> None:
    page = visit.go("/metrics/orders")
    file = tmp_path / "late.csv"
    for text, said in (
        ("date,channel,value\n2026-12-01,web,many\n", "nothing was taken"),
        ("date,channel,value\n2026-12-01,web,7\n", "The values were taken"),
        ("date,channel,value\n2026-12-01,web,7\n", "known already"),
    ):
        file.write_text(text)
        page.locator("#metric-file").set_input_files(file)
        # The browser says of a refusal that its status was 422; that is no error of the page.
        page.get_by_role("button", name="Take the values").click()
        expect(page.locator(".banner").first).to_contain_text(said)
        visit.console[:] = [text for text in visit.console if "422" not in text]
    page.get_by_role("link", name="then").last.click()
    expect(page.locator(".banner")).to_contain_text("As it was known at")
