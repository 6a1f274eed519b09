"""A month in a real browser: an invoice from a row to matched, the bridge added up, the close."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from outlay.app import Workspace
from outlay.money import total
from tests.browser.conftest import Served, Visit
from tests.statements.invoiced import line, load

pytestmark = pytest.mark.slow

PLAN = "arn:aws:savingsplans::111111111111:savingsplan/abc-growth"


@pytest.fixture
def books(tmp_path: Path, visit: Visit) -> Iterator[Visit]:
    """August and September 2025: 100.40 a month, and a plan bought in August for 120.00 of which
    10.00 is used up each month; every charge has a team."""
    workspace = Workspace.init(tmp_path / "ws", name="Acme")
    bill = []
    for month in ("2025-08", "2025-09"):
        number = f"INV-{month}"
        bill.append(line("100.40", f"{month}-03", number=number))
        bill.append(
            line("0", f"{month}-04", number=number, effective="10", CommitmentDiscountId=PLAN,
                 CommitmentDiscountStatus="Used", CommitmentDiscountCategory="Spend")
        )  # fmt: skip
    bill.append(
        line("120", "2025-08-01", number="INV-2025-08", category="Purchase", EffectiveCost="0",
             CommitmentDiscountId=PLAN, CommitmentDiscountCategory="Spend",
             ChargeFrequency="One-Time")
    )  # fmt: skip
    load(workspace, tmp_path / "bills", bill, "aws")
    team = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
    workspace.resources.put("VirtualTag", "team", team, author="test")
    with Served(workspace) as served:
        visit.base = served.base
        yield visit
    workspace.close()


def cells(page: Page, table: str) -> list[list[str]]:
    """The texts of a table's rows."""
    rows = page.locator(f"#{table} tbody tr")
    return [rows.nth(at).locator("th, td").all_inner_texts() for at in range(rows.count())]


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def test_an_invoice_is_entered_and_the_month_is_closed(books: Visit) -> None:
    page = books.go("/")
    page.get_by_role("link", name="Invoices").click()
    expect(page.locator("h1")).to_have_text("Invoices")
    page.get_by_label("Billing period").first.select_option("2025-09")
    expect(page.locator("#invoices tbody tr")).to_have_count(1)
    page.get_by_role("link", name="enter", exact=True).click()
    expect(page.get_by_label("Invoice id")).to_have_value("INV-2025-09")
    page.get_by_label("Amount, tax included").fill("107.40")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".lede .badge")).to_have_text("differs")
    facts = {row[0]: row[1] for row in cells(page, "comparison")}
    assert amount(facts["Invoice"]) - amount(facts["Charges"]) == amount(facts["Unexplained"])

    page.get_by_role("link", name="Month close").click()
    # The page before has a link to the month as well.
    expect(page.locator("h1")).to_have_text("Month close")
    page.get_by_role("link", name="2025-09").click()
    expect(page.locator(".lede .badge")).to_have_text("not ready")
    page.get_by_role("link", name="Put it right").click()
    page.locator("#correct summary").click()
    page.get_by_label("Amount, tax included").fill("100.40")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".lede .badge")).to_have_text("matched")

    books.go("/close/2025-09")
    expect(page.locator(".lede .badge")).to_have_text("ready")
    (equation,) = cells(page, "equation")
    effective, moved, billed = (amount(text) for text in equation[1:4])
    assert total((effective, moved)) == billed == Decimal("100.40")
    (balance,) = cells(page, "balances")
    opening, used, closing = (amount(text) for text in balance[2:5])
    assert total((opening, used)) == closing
    assert total((closing, opening.copy_negate())) == moved
    page.get_by_role("button", name="Close 2025-09").click()
    expect(page.locator(".lede .badge")).to_have_text("closed")
    page.reload()
    expect(page.locator(".lede .badge")).to_have_text("closed")


def test_a_file_is_imported(books: Visit, tmp_path: Path) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(
        "issuer,invoice_id,billing_period,currency,amount\n"
        '"Amazon Web Services, Inc.",INV-2025-08,2025-08,USD,220.40\n'
    )
    page = books.go("/invoices?period=2025-08")
    page.locator("#import summary").click()
    page.get_by_label("File").set_input_files(str(file))
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".banner.good")).to_contain_text("1 added")
    expect(page.locator("#invoices .badge", has_text="matched")).to_have_count(1)
