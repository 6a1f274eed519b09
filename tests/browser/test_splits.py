"""A shared platform is split three ways in a real browser, and its amounts add up everywhere."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from tests.browser.conftest import Served, Visit
from tests.web.company import csv_text, line

TEAM = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
BILL = [
    line("90", "2026-08-03", team="platform"),
    line("60", "2026-08-03", team="shop"),
    line("20", "2026-08-04", team="data", account="Data"),
    line("40", "2026-08-05", team="app"),
]


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace.init(tmp_path / "workspace", name="Acme")
    bill = tmp_path / "bill.csv"
    bill.write_text(csv_text(BILL), encoding="utf-8")
    (done,) = workspace.load([str(bill)], source="acme")
    assert done.outcome == "loaded"
    workspace.resources.put("VirtualTag", "team", TEAM, author="test")
    yield workspace
    workspace.close()


@pytest.fixture
def visit(acme: Workspace, browser: Browser) -> Iterator[Visit]:
    with Served(acme) as served:
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        found = Visit(page, served.base)
        page.on("pageerror", lambda error: found.console.append(str(error)))
        yield found
        page.close()
    assert found.console == []


def amounts(page: Page) -> dict[str, tuple[str, str, str]]:
    """Team → total, direct, shared of Explore's table."""
    found = {}
    for row in page.locator("#table tbody tr").all():
        found[row.locator("th").inner_text().strip()] = (
            row.locator("[data-amount]").inner_text(),
            row.locator("[data-direct]").inner_text(),
            row.locator("[data-shared]").inner_text(),
        )
    return found


def test_a_platform_is_split_three_ways(visit: Visit) -> None:
    page = visit.go("/splits")
    expect(page.locator("[data-state=empty]")).to_contain_text("No split yet")
    page.locator("#split-name").fill("share-platform")
    page.get_by_role("button", name="New split").click()
    expect(page.locator("h1")).to_have_text("share-platform")

    # Only the fields of the chosen method are there.
    expect(page.locator("[name=measure]")).to_be_visible()
    expect(page.locator("[name=share_target]").first).to_be_hidden()
    page.locator("[name=take]").fill("platform")
    page.locator("[name=method][value=fixed]").check()
    expect(page.locator("[name=measure]")).to_be_hidden()
    expect(page.locator("[name=targets_kind]").first).to_be_hidden()
    for place, (team, share) in enumerate((("shop", "50"), ("data", "30"), ("app", "10"))):
        page.locator("[name=share_target]").nth(place).fill(team)
        page.locator("[name=share_percent]").nth(place).fill(share)
    page.locator("[name=range]").select_option("all")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("p.banner.bad")).to_contain_text("the shares add up to 90 %, not to 100 %")
    page.locator("[name=share_percent]").nth(2).fill("20")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#targets tbody tr")).to_have_text(
        ["shop45.00 USD", "data27.00 USD", "app18.00 USD"]
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved as version 1")

    page = visit.go("/explore?by=team&range=all")
    expect(page.locator("#table [data-shared]")).to_have_count(4)
    found = amounts(page)
    assert found == {
        "shop": ("105.00", "60.00", "45.00"),
        "app": ("58.00", "40.00", "18.00"),
        "data": ("47.00", "20.00", "27.00"),
        "platform": ("0.00", "90.00", "-90.00"),
    }
    for column, whole in ((0, "210.00"), (1, "210.00"), (2, "0.00")):
        assert sum(Decimal(row[column]) for row in found.values()) == Decimal(whole)
    page.get_by_role("link", name="direct alone").click()
    expect(page.locator("#table [data-shared]")).to_have_count(0)
    expect(page.locator("#table tbody tr").first).to_contain_text("90.00")
    page.go_back()
    expect(page.locator("#table [data-shared]")).to_have_count(4)

    page = visit.go("/splits?range=all")
    expect(page.locator("svg.flow .ribbon")).to_have_count(4)
    page.set_viewport_size({"width": 420, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
