"""Plans in a real browser: the grid's arithmetic, its keys and clipboard, and finance's year from a
forecast to an approved version that is held against what was charged."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, expect

from outlay.access import Level
from outlay.access.principal import Principal, acting
from outlay.app import Workspace
from outlay.app.planning import plans
from outlay.money import BillingPeriod
from outlay.planning.plans.edits import By, NewLine, add_line
from outlay.planning.plans.model import Document, Line
from tests.browser.conftest import Served, Visit, opened
from tests.browser.test_accessibility import MODES, RULES
from tests.web.planned import MONTHS, PLAN, edit, line_of, planned

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HERE = f"/plans/{PLAN}"
EC2 = ("shop", "Amazon Elastic Compute Cloud")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    planned(folder).close()
    return folder / "workspace"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture
def visit(own: Workspace, browser: Browser) -> Iterator[Visit]:
    """The company's pages, with a clipboard."""
    with Served(own) as served:
        yield from opened(browser, served.base, permissions=["clipboard-read", "clipboard-write"])


def opened_grid(visit: Visit, path: str = HERE) -> Page:
    page = visit.go(path)
    page.wait_for_selector(".plan-grid.ready")
    return page


def row(page: Page, name: str) -> list[str]:
    """The amounts of a row as they are shown."""
    return page.locator(f'tr[data-name="{name}"] td').all_inner_texts()


def at(page: Page, name: str, month: str) -> Any:
    """A cell of the grid."""
    return page.locator(f'tr[data-name="{name}"] td').nth(MONTHS.index(month))


def typed(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def paste(page: Page, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")


def save(page: Page, reason: str) -> None:
    page.keyboard.press("Control+s")
    page.locator("#save-reason").fill(reason)
    page.locator("#plan-save [data-save-now]").click()
    expect(page.locator("#plan-save")).to_be_hidden()
    expect(page.locator("[data-plan-unsaved]")).to_be_hidden()


# --- the grid's arithmetic ------------------------------------------------------------------------

READ = """([rows, options]) => {
  const found = outlayPlan.money.block(rows, {digits: 2, currency: "USD", ...options});
  if (found.wrong) return found.wrong.map((one) => `${one.row},${one.column} ${one.why}`);
  return found.values.map((line) => line.map((one) => (one === null ? null : String(one))));
}"""
ENTER = """([text, units]) => {
  const {money} = outlayPlan;
  const entry = money.entry(text, {digits: 2, currency: "USD"});
  return entry.wrong ?? String(money.apply(entry, BigInt(units)));
}"""


def test_blocks_of_other_spreadsheets_are_read_exactly_or_refused(visit: Visit) -> None:
    page = visit.go(HERE)

    def read(*rows: list[str], **options: object) -> Any:
        return page.evaluate(READ, [list(rows), options])

    assert read(["1,234.56", "(1,234.56)", "-5", "5-", "−7", "$1,000", "1'234.5", "12 USD"]) == [
        ["123456", "-123456", "-500", "-500", "-700", "100000", "123450", "1200"]
    ]
    assert read(["1.234,56", "1\u202f234,5", "12,34"]) == [["123456", "123450", "1234"]]
    assert read(["", "–", "12,34,567.89"]) == [[None, "0", "123456789"]]
    # What one amount leaves open, another one shows.
    assert read(["1.234", "2.500"]) == [["123400", "250000"]]
    assert read(["1.234", "2.5"]) == [["123", "250"]]
    assert read(["1.234"], decimal=".") == [["123"]]
    assert read(["99999999999999999.99"]) == ["0,0 has too many digits"]
    assert read(["0.005", "-0.005", "2.675"]) == [["1", "-1", "268"]]
    assert read(["5%"]) == ["0,0 is a percentage; amounts are in USD"]
    assert read(["EUR 5"], ["5 €"]) == [
        "0,0 is in EUR; the plan is in USD",
        "1,0 is in EUR; the plan is in USD",
    ]
    assert read(["Jan", "1.2.3"])[0] == "0,0 is no amount"
    assert "another decimal mark" in read(["1,234.56", "1.234,56"])[0]
    assert read(["1.234"], digits=3, currency="KWD") == ["0,0 can be read two ways"]


def test_what_is_typed_sets_adds_or_scales_to_the_cent(visit: Visit) -> None:
    page = visit.go(HERE)

    def enter(text: str, units: str = "100000") -> str:
        found: str = page.evaluate(ENTER, [text, units])
        return found

    assert enter("1200") == enter("=1200") == enter("1,200.00") == "120000"
    assert (enter("+1000"), enter("+-1000"), enter("-1000"), enter("(5)")) == (
        "200000", "0", "-100000", "-500",
    )  # fmt: skip
    assert (enter("+5%"), enter("-5%"), enter("+2,5%")) == ("105000", "95000", "102500")
    # Half a cent goes away from nought, on both sides of it.
    assert (enter("+5%", "1010"), enter("+5%", "-1010")) == ("1061", "-1061")
    assert "two ways" in enter("12.345")
    assert "+5% or -5%" in enter("5%")
    assert "no amount" in enter("a lot")
    big = "123456789012345678901234567890"
    assert enter("+1", big) == str(int(big) + 100)


def test_a_sum_is_handed_down_to_its_parts_and_adds_up(visit: Visit) -> None:
    page = visit.go(HERE)
    spread = "([parts, sum]) => outlayPlan.money.spread(parts.map(BigInt), BigInt(sum)).map(String)"
    for parts, total, told in (
        (["100", "200", "300"], "601", ["100", "200", "301"]),
        (["0", "0", "0"], "100", ["34", "33", "33"]),
        (["-100", "200"], "50", ["-117", "167"]),
        (["1", "1", "1"], "0", ["0", "0", "0"]),
        (["7"], "-3", ["-3"]),
    ):
        found = page.evaluate(spread, [parts, total])
        assert found == told
        assert sum(map(int, found)) == int(total)


# --- keys, mouse and clipboard --------------------------------------------------------------------


def test_typing_changes_sums_at_once_and_undo_takes_it_back(visit: Visit) -> None:
    page = opened_grid(visit, f"{HERE}?quarters=1")
    page.locator('tr[data-name="AWS Support"] td').first.click()
    typed(page, "100.10")
    assert row(page, "AWS Support")[0] == "100.10"
    assert (row(page, "shop")[0], row(page, "shop")[3]) == ("400.10", "1,210.10")
    assert (row(page, "Total")[0], row(page, "Total")[-1]) == ("550.10", "6,520.10")
    expect(page.locator("[data-plan-unsaved]")).to_have_text("1 unsaved, +10.10 USD")
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    expect(undo).to_be_enabled()
    expect(redo).to_be_disabled()
    page.keyboard.press("Control+z")
    expect(undo).to_be_disabled()
    expect(redo).to_be_enabled()
    assert row(page, "Total")[-1] == "6,510.00"
    expect(page.locator("[data-plan-unsaved]")).to_be_hidden()
    page.keyboard.press("Control+y")
    assert row(page, "Total")[-1] == "6,520.10"
    # A sum: the year of a line is spread over its months, to the cent.
    page.locator('tr[data-name="AWS Support"] td').last.click()
    typed(page, "1000")
    told = [Decimal(text.replace(",", "")) for text in row(page, "AWS Support")]
    months = [amount for place, amount in enumerate(told[:-1]) if (place + 1) % 4]
    assert sum(months) == told[-1] == 1000
    # Clicking elsewhere keeps what was typed, in the cell it was typed into.
    at(page, EC2[1], "2026-07").click()
    page.keyboard.type("305")
    page.locator('tr[data-name="Amazon Redshift"] td').first.click()
    assert row(page, EC2[1])[0] == "305.00"
    assert row(page, "Amazon Redshift")[0] == "150.00"
    page.keyboard.press("Control+z")
    # A mistake keeps the box open, with the reason; Escape leaves the amount as it was.
    page.locator('tr[data-name="AWS Support"] td').first.click()
    before = row(page, "AWS Support")[0]
    typed(page, "5%")
    expect(page.locator("[data-plan-problem]")).to_contain_text("+5% or -5%")
    page.keyboard.press("Escape")
    assert row(page, "AWS Support")[0] == before


def test_a_range_is_filled_changed_cleared_and_brought_back_to_the_baseline(visit: Visit) -> None:
    page = opened_grid(visit)
    at(page, EC2[1], "2026-11").click()
    typed(page, "400")
    at(page, EC2[1], "2026-11").click()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-plan-where]")).to_have_text("4 amounts, together 1,300.00 USD")
    assert page.locator("[aria-selected=true]").count() == 4
    page.keyboard.press("Control+r")
    assert row(page, EC2[1])[4:8] == ["400.00"] * 4
    typed(page, "+5%")
    assert row(page, EC2[1])[4:8] == ["420.00"] * 4
    typed(page, "=430")
    assert row(page, EC2[1])[4:8] == ["430.00"] * 4
    typed(page, "440")
    assert row(page, EC2[1])[4:8] == ["430.00"] * 3 + ["440.00"]
    at(page, EC2[1], "2026-11").click()
    at(page, EC2[1], "2027-02").click(modifiers=["Shift"])
    page.keyboard.press("Delete")
    assert row(page, EC2[1])[4:8] == ["0.00"] * 4
    page.keyboard.press("Shift+Delete")
    assert row(page, EC2[1])[4:9] == ["300.00"] * 5
    at(page, EC2[1], "2026-11").click()
    at(page, "AWS Support", "2026-12").click(modifiers=["Shift"])
    typed(page, "+10")
    assert (row(page, EC2[1])[4:6], row(page, "AWS Support")[4:6]) == (
        ["310.00"] * 2,
        ["100.00"] * 2,
    )
    page.keyboard.press("Control+d")
    assert row(page, "AWS Support")[4:6] == ["310.00"] * 2


def test_a_block_is_pasted_undone_copied_and_refused_with_the_cell(visit: Visit) -> None:
    page = opened_grid(visit)
    at(page, EC2[1], "2026-11").click()
    paste(page, "1.234,56\t(200,00)\n300,5\t4")
    assert row(page, EC2[1])[4:6] == ["1,234.56", "-200.00"]
    assert row(page, "AWS Support")[4:6] == ["300.50", "4.00"]
    assert row(page, "Total")[4] == "1,685.06"
    page.keyboard.press("Control+c")
    expect(page.locator("[data-plan-status]")).to_have_text("4 cells copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "1234.56\t-200.00\n300.50\t4.00"
    page.keyboard.press("Control+z")
    assert row(page, "Total")[4] == "540.00"
    paste(page, "1\t2\t5%\n3\t4\t5")
    expect(page.locator("[data-plan-problem]")).to_contain_text("“5%” in row 1, column 3")
    assert row(page, "Total")[4] == "540.00"
    # Rows of sums in a block are passed over: they follow from the others.
    at(page, "shop", "2026-11").click()
    paste(page, "999\n310\n100")
    assert (row(page, "shop")[4], row(page, "AWS Support")[4]) == ("410.00", "100.00")
    expect(page.locator("[data-plan-status]")).to_contain_text("1 sum not taken")
    page.keyboard.press("Control+z")
    # Thousands or decimals? What was guessed can be read the other way.
    at(page, EC2[1], "2026-11").click()
    paste(page, "1.234")
    assert row(page, EC2[1])[4] == "1,234.00"
    page.get_by_role("button", name="Read it the other way").click()
    assert row(page, EC2[1])[4] == "1.23"
    at(page, "AWS Support", "2027-06").click()
    paste(page, "1\t2\t3")
    expect(page.locator("[data-plan-problem]")).to_contain_text("2 columns are left")


def test_groups_fold_by_key_and_focus_stays_in_sight(visit: Visit) -> None:
    page = opened_grid(visit)
    at(page, "shop", "2026-07").click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator('tr[data-name="AWS Support"]')).to_be_hidden()
    expect(page.locator('tr[data-name="shop"]')).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(page.locator('tr[data-name="Total"] th')).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator('tr[data-name="AWS Support"]')).to_be_visible()
    page.keyboard.press("Control+End")
    expect(page.locator('tr[data-name="Total"] td').last).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('table')") is None
    at(page, "shop", "2026-07").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('td')") is None


def test_an_amount_tells_where_it_is_from_beside_the_grid(visit: Visit) -> None:
    page = opened_grid(visit)
    at(page, EC2[1], "2026-09").click()
    page.keyboard.press("Shift+F2")
    panel = page.locator("#panel")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("A launch")
    expect(panel).to_contain_text("Mean of the last three months")
    panel.get_by_role("button", name="Take back").click()
    expect(page.locator("h1")).to_contain_text("Sep 2026")
    expect(page.locator("tr.taken-back")).to_have_count(1)


def test_unsaved_amounts_are_not_left_behind_unasked(visit: Visit) -> None:
    page = opened_grid(visit)
    at(page, EC2[1], "2026-11").click()
    typed(page, "400")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.get_by_role("link", name="Outlook").first.click()
    expect(page.locator("[data-plan-unsaved]")).to_be_visible()
    assert "not saved" in asked[0]
    assert page.url.endswith(HERE)


def test_three_hundred_lines_are_changed_in_an_instant(own: Workspace, visit: Visit) -> None:
    store = plans.store_of(own)
    by = By("test", datetime(2026, 11, 1), "many")
    months = [(BillingPeriod.parse(month), Decimal("10.01")) for month in MONTHS]

    def grown(document: Document) -> Document:
        for n in range(300):
            line = NewLine((f"team {n % 20:02d}", f"service {n:03d}"), "", tuple(months))
            document, _ = add_line(document, line, by)
        return document

    store.change(PLAN, grown)
    page = opened_grid(visit)
    assert page.locator("tr[data-key]").count() == 303
    at(page, "data", "2026-07").click()
    began = page.evaluate("performance.now()")
    page.keyboard.press("Control+a")
    typed(page, "+5%")
    expect(page.locator("[data-plan-unsaved]")).to_contain_text("3,636 unsaved")
    assert page.evaluate("performance.now()") - began < 5000
    # 12 × 300 amounts of 10.51, and 2 lines of 300.00 and 150.00 and one of 90.00, 5 % more.
    whole = 12 * (300 * Decimal("10.51") + Decimal("567.00")) + Decimal("31.50")
    assert row(page, "Total")[-1] == f"{whole:,}"
    page.keyboard.press("Control+z")
    assert row(page, "Total")[-1] == f"{12 * (300 * Decimal('10.01') + 540) + 30:,}"


# --- journeys -------------------------------------------------------------------------------------


def test_two_people_change_one_amount_and_the_second_chooses(own: Workspace, visit: Visit) -> None:
    page = opened_grid(visit)
    at(page, EC2[1], "2026-11").click()
    typed(page, "400")
    at(page, EC2[1], "2026-12").click()
    typed(page, "500")
    with acting(Principal("ann@acme.example", Level.EDITOR)):
        edit(own, *EC2, "2026-11", "310.00", "A new customer")
    page.keyboard.press("Control+s")
    page.locator("#save-reason").fill("Black Friday")
    page.locator("#plan-save [data-save-now]").click()
    box = page.locator("#plan-conflict")
    expect(box).to_be_visible()
    expect(box.locator("tbody tr")).to_have_count(1)
    for said in ("ann@acme.example", "A new customer", "310.00", "400.00"):
        expect(box).to_contain_text(said)
    box.get_by_label("310.00").check()
    box.get_by_role("button", name="Save what was chosen").click()
    expect(box).to_be_hidden()
    assert row(page, EC2[1])[4:6] == ["310.00", "500.00"]
    visit.console[:] = [text for text in visit.console if "409" not in text]
    document = plans.version(own, PLAN).document
    line = line_of(own, *EC2)
    told = [cell.total for cell in document.cells(line)][4:6]
    assert told == [Decimal("310.00"), Decimal("500.00")]
    assert document.adjustments[-1].reason == "Black Friday"


def test_a_year_is_planned_from_a_forecast_adjusted_approved_and_compared(
    own: Workspace, visit: Visit
) -> None:
    page = visit.go("/plans")
    page.get_by_label("Name", exact=True).fill("next")
    page.get_by_label("First month of the year").fill("2026-09")
    page.get_by_label("Lines by").select_option("team")
    page.get_by_label("then by").first.select_option("ServiceName")
    page.get_by_role("button", name="New plan").click()
    page.wait_for_selector(".plan-grid.ready", timeout=60_000)
    expect(page.locator("[role=status]").first).to_contain_text("baseline was made")
    baseline = plans.version(own, "next").document
    assert {line.origins[-1] for line in baseline.live} == {"forecast"}
    # By hand, and by a block of another spreadsheet; one of both is undone.
    support = page.locator('tr[data-name="AWS Support"] td')
    support.nth(3).click()
    typed(page, "+25%")
    support.nth(4).click()
    paste(page, "120,00\t130,00\t140,00")
    assert row(page, "AWS Support")[4:7] == ["120.00", "130.00", "140.00"]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    save(page, "The new contract")
    shown = page.locator("#plan-total").get_attribute("data-amount")
    kept = plans.version(own, "next").document
    assert Decimal(shown or "0") == kept.total
    assert {one.reason for one in kept.adjustments} == {"The new contract"}
    # Handed in and approved: by the local administrator, since nobody else is there.
    page.get_by_role("button", name="Submit for approval").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".plan-state .badge").first).to_have_text("approved")
    page.get_by_role("link", name="Variance").first.click()
    page.wait_for_selector("#plan-steps", timeout=60_000)
    steps = [
        Decimal(text or "0")
        for text in page.locator("#plan-steps td[data-exact]").evaluate_all(
            "cells => cells.map((cell) => cell.dataset.exact)"
        )
    ]
    assert sum(steps[:-1]) == steps[-1]
    page.get_by_role("link", name="Outlook").first.click()
    page.wait_for_selector(".chart canvas", timeout=60_000)


def test_a_workbook_goes_out_is_changed_and_comes_back_after_a_look(
    own: Workspace, visit: Visit, tmp_path: Path
) -> None:
    page = opened_grid(visit)
    page.locator("details.menu summary", has_text="Spreadsheet").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download XLSX").click()
    file = tmp_path / "plan.xlsx"
    waiting.value.save_as(file)
    book = openpyxl.load_workbook(file)
    line = plans.version(own, PLAN).document.line(line_of(own, *EC2))
    sheet, cell = _cell_of(book, line)
    sheet[cell].value = 777.77
    book.save(file)
    page.goto(visit.base + f"{HERE}/import")
    page.locator("#import-file").set_input_files(file)
    page.get_by_role("button", name="See what would change").click()
    expect(page.locator("#would-change")).to_have_text("1 amount")
    expect(page.locator("#table")).to_contain_text("777.77")
    page.get_by_label("Reason").fill("Finance's own sheet")
    page.get_by_role("button", name="Take these amounts").click()
    page.wait_for_selector(".plan-grid.ready")
    assert "777.77" in row(page, EC2[1])


def _cell_of(book: openpyxl.Workbook, line: Line) -> tuple[Any, str]:
    for sheet in book.worksheets:
        for cells in sheet.iter_rows():
            if any(cell.value == line.path[-1] for cell in cells):
                for cell in cells:
                    if cell.value == 300:
                        return sheet, cell.coordinate
    raise AssertionError("the line is not in the workbook")


def test_no_page_of_a_plan_breaks_a_rule_or_is_wider_than_the_window(
    own: Workspace, browser: Browser
) -> None:
    line = line_of(own, *EC2)
    paths = (
        "", "?quarters=1&beside=1", "?version=1&view=variance", "/variance", "/outlook",
        "/versions", "/compare?before=1&after=2", "/history", "/settings", "/import",
        "/lines/new", f"/lines/{line}", f"/lines/{line}/months/2026-09",
    )  # fmt: skip
    found = []
    with Served(own) as served:
        for theme, width in MODES:
            context = browser.new_context(
                color_scheme=theme, viewport={"width": width, "height": 900}
            )
            page = context.new_page()
            page.set_default_timeout(60_000)
            for path in paths:
                page.goto(served.base + HERE + path)
                page.wait_for_load_state("networkidle")
                answer: Any = Axe().run(page, options={"runOnly": list(RULES)})
                found += [
                    f"{path} {theme} {width}: {rule['id']} at {node['target']}"
                    for rule in answer.response["violations"]
                    for node in rule["nodes"]
                ]
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{path} {width}: wider than the window")
            context.close()
    assert not found, "\n".join(found)
