"""From a change in the explorer to what drove it, down to its charges, and back."""

import csv
import io
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from outlay.money import total
from tests.browser.conftest import Visit
from tests.web.company import AUGUST_TOTAL, SEPTEMBER_TOTAL

EXPLORE = "/explore?by=ServiceName&from=2026-09-01&to=2026-10-01&compare=previous"


@pytest.mark.slow
def test_from_a_change_to_its_charges_and_back(visit: Visit) -> None:
    page = visit.go(EXPLORE)
    page.locator("[data-drivers]").first.click()
    expect(page.locator("h1")).to_have_text("What drove effective cost by service")
    expect(page.locator("[data-total]")).to_have_attribute("title", SEPTEMBER_TOTAL)
    amounts = [
        Decimal((cell.get_attribute("title") or "").replace(",", ""))
        for cell in page.locator("#bridge tbody td[data-amount]").all()
    ]
    assert (amounts[0], amounts[-1]) == (Decimal(AUGUST_TOTAL), Decimal(SEPTEMBER_TOTAL))
    assert total(amounts[1:-1]) == amounts[-1] - amounts[0]

    page.locator("#bridge").get_by_role("link", name="Price").click()
    expect(page.locator("#table tbody tr")).to_have_count(1)
    page.locator("#table [data-charges='after']").click()
    expect(page.locator("h1")).to_have_text("Charges")
    expect(page.locator("#charges [data-sum]")).to_have_attribute("title", "110.10 USD")

    page.go_back()
    expect(page.locator("#table tbody tr")).to_have_count(1)
    page.reload()
    expect(page.locator("#table tbody tr")).to_have_count(1)
    page.go_back()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Effective cost by service")
    assert page.url.endswith(EXPLORE)


@pytest.mark.slow
def test_the_file_says_what_the_page_says(visit: Visit) -> None:
    page = visit.go("/drivers?from=2026-09-01&to=2026-10-01&compare=previous")
    page.get_by_label("Group by").select_option("ServiceName")
    expect(page.locator("#groups tbody tr")).to_have_count(3)
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="By ServiceName, CSV").click()
    text = download.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    change = total(Decimal(row["change"]) for row in rows)
    assert change == Decimal(SEPTEMBER_TOTAL) - Decimal(AUGUST_TOTAL)
    assert not visit.console and not visit.elsewhere
