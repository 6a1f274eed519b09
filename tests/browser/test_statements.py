"""A statement in a real browser: opened, added up, closed, disputed."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from outlay.money import total
from tests.browser.conftest import Served, Visit
from tests.statements.desk import S3, SEPTEMBER_BILL, SPLIT, Desk, charge

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk.make(tmp_path)
    made.put("Split", "share-platform", SPLIT)
    made.bill(SEPTEMBER_BILL)
    yield made
    made.workspace.close()


@pytest.fixture
def page(desk: Desk, browser: Browser) -> Iterator[Page]:
    with Served(desk.workspace) as served:
        context = browser.new_context(base_url=served.base)
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        yield opened
        context.close()


def amounts(page: Page, rows: str) -> list[Decimal]:
    """The amounts of the last column of numbers, as they are shown."""
    texts = page.locator(f"{rows} td.num:nth-last-child(1 of .num)").all_inner_texts()
    return [Decimal(text.replace(",", "")) for text in texts]


def test_open_a_statement_and_add_it_up(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Statements", exact=True).click()
    expect(page.locator("h1")).to_have_text("Cost by team")
    (whole,) = amounts(page, "#statements tfoot tr")
    listed = amounts(page, "#statements tbody tr")
    assert total(listed) == whole == Decimal("192.00")
    expect(page.locator(".adds-up")).to_contain_text("The bill of 2026-09 is 192.00 USD")
    owed = []
    for value in page.locator("#statements tbody th a").all_inner_texts():
        page.locator("#statements").get_by_role("link", name=value, exact=True).click()
        expect(page.locator("h1")).to_have_text(value)
        (shown,) = amounts(page, "#lines tfoot tr")
        assert total(amounts(page, "#lines tr.line")) == shown
        owed.append(shown)
        page.go_back()
        expect(page.locator("h1")).to_have_text("Cost by team")
    assert owed == listed


def test_the_workbook_has_what_the_page_shows(page: Page, tmp_path: Path) -> None:
    page.goto("/statements/team/2026-09/shop")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="XLSX").click()
    path = tmp_path / "shop.xlsx"
    waiting.value.save_as(path)
    rows = list(load_workbook(path, data_only=True)["Statement"].iter_rows(values_only=True))
    assert Decimal(str(rows[-1][-1])) == amounts(page, "#lines tfoot tr")[0]


def test_close_a_month_and_dispute_a_line(page: Page, desk: Desk) -> None:
    page.goto("/statements")
    page.locator("details.close-month summary").click()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Close for good").click()
    # The box is not ticked: the browser keeps the form.
    expect(page.locator(".page-head .badge")).to_have_text("draft")
    page.get_by_label("is final").check()
    page.get_by_role("button", name="Close for good").click()
    expect(page.locator(".page-head .badge")).to_have_text("closed")
    expect(page.locator(".trail")).to_contain_text("closed by Ann")
    page.locator("#statements").get_by_role("link", name="shop").click()
    page.get_by_role("link", name=f"Dispute {S3}").click()
    page.get_by_label("Amount").fill("5.00")
    page.get_by_label("Whose it is").select_option("data")
    page.locator("#dispute").get_by_label("Reason").fill("the bucket is of data")
    page.locator("#dispute").get_by_label("Your name").fill("Sam")
    page.get_by_role("button", name="Dispute").click()
    answer = page.locator("tr.answer")
    answer.get_by_label("Your name").fill("Dora")
    answer.get_by_role("button", name="Accept").click()
    expect(page.locator("#disputes table")).to_contain_text("accepted")
    desk.bill([*SEPTEMBER_BILL, charge("10", "2026-10-02", "search")])
    page.goto("/statements?tag=team&month=2026-10")
    assert amounts(page, "#statements tbody tr") == [Decimal("5.00"), Decimal(10), Decimal("-5.00")]


def test_pages_are_quiet_and_stay_at_home(visit: Visit) -> None:
    page = visit.go("/statements")
    expect(page.locator(".state")).to_contain_text("No virtual tag yet")
    assert (visit.console, visit.elsewhere) == ([], [])
