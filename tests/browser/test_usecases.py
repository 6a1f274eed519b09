"""Use cases and the export in a real browser."""

import csv
import io
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

from outlay.money import total
from tests.browser.conftest import Visit
from tests.web.company import SEPTEMBER_TOTAL

pytestmark = pytest.mark.slow

SEPTEMBER = "2026-09-01..2026-10-01"


def test_find_a_use_case_ask_it_and_take_the_csv(visit: Visit) -> None:
    page = visit.go("/")
    page.get_by_role("link", name="Use cases").click()
    expect(page.locator("h1")).to_have_text("Use cases")
    page.get_by_label("Search use cases").fill("region")
    shown = page.locator("#cases li:visible")
    expect(shown.first).to_contain_text("region")
    assert 1 < shown.count() < 15
    page.get_by_role("link", name="Report subaccounts by region").click()
    expect(page.locator("h1")).to_have_text("Report subaccounts by region")
    page.get_by_label("Days of the charges").fill(SEPTEMBER)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer tbody tr")).to_have_count(2)
    assert "range=2026-09-01..2026-10-01" in page.url
    page.locator("details.sql summary").click()
    expect(page.locator("details.sql pre")).to_contain_text("FROM daily")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert total(Decimal(row["EffectiveCost"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)


def test_a_wrong_range_is_corrected_in_place(visit: Visit) -> None:
    page = visit.go("/usecases/update-budgets-with-billed-costs?range=all")
    expect(page.locator("#answer tbody tr")).to_have_count(2)
    page.get_by_label("Whole billing periods").fill("last-30-days")
    page.get_by_label("Whole billing periods").press("Enter")
    expect(page.locator("#case-error")).to_contain_text("does not mean whole billing periods")
    page.get_by_label("Whole billing periods").fill("all")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#answer tbody tr")).to_have_count(2)
    # The refused question answered 400, which a browser writes to its console.
    assert len(visit.console) == 1 and "400" in visit.console.pop()


def test_an_export_is_downloaded(visit: Visit) -> None:
    page = visit.go("/sources")
    page.get_by_role("link", name="Export").click()
    page.get_by_label("Dataset").select_option("invoice-detail")
    page.get_by_label("Billing period").select_option("2026-09")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert "manifest.json" in archive.namelist()
        assert any(name.startswith("acme/invoice-detail-2026-09") for name in archive.namelist())
