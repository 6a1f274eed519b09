"""The editor of virtual tags in a real browser: figures follow the keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from outlay.app import Workspace
from tests.browser.conftest import Served, Visit
from tests.web.company import company

pytestmark = pytest.mark.slow


@pytest.fixture
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = company(tmp_path_factory.mktemp("tags"))
    yield found.workspace
    found.workspace.close()


@pytest.fixture
def visit(acme: Workspace, browser: Browser) -> Iterator[Visit]:
    with Served(acme) as served:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(20_000)
        expect.set_options(timeout=20_000)
        found = Visit(page, served.base)
        page.on(
            "console",
            lambda m: found.console.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: found.console.append(str(error)))
        yield found
        page.close()
    assert found.console == []


def test_a_tag_from_nothing_to_explore_and_back(visit: Visit, acme: Workspace) -> None:
    page = visit.go("/tags")
    expect(page.locator("[data-state=empty]")).to_contain_text("No virtual tag yet")
    expect(page.locator("#keys tbody th")).to_have_text(["team"])
    page.locator("#tag-name").fill("team")
    page.get_by_role("button", name="New tag").click()
    expect(page.locator("h1")).to_have_text("team")
    expect(page.locator("[data-coverage]")).to_contain_text("0.0%")

    # A rule by rows: coverage rises while it is typed, and the caret stays.
    page.locator("#add-rule").click()
    page.locator("#rules-0-rows-items-0-column").fill("tags.team")
    page.locator("#rules-0-rows-items-0-value").press_sequentially("data", delay=20)
    page.locator("#rules-0-value").press_sequentially("analytics", delay=20)
    # 50.833333333333333333333 of 255.977333333333333333333
    expect(page.locator("[data-coverage]")).to_contain_text("19.9%")
    expect(page.locator("#caught-0")).to_contain_text("50.83 USD")
    expect(page.locator("#said-0")).to_have_text("tags.team = 'data'→analytics")
    expect(page.locator("#rules-0-value")).to_be_focused()
    expect(page.locator("#rules-0-value")).to_have_value("analytics")

    # The next as text; a word that is none is pointed at, the figures stay.
    page.locator("#add-rule").click()
    page.locator("#rule-1 button[value='as-text 1']").click()
    page.locator("#rules-1-when").fill("SubAccountNam = 'Shop'")
    page.locator("#rules-1-value").fill("shop")
    expect(page.locator("#problem-1 pre")).to_contain_text("^^^^^^^^^^^^^")
    expect(page.locator("#effect")).to_contain_text("these figures are those of before")
    page.locator("#rules-1-when").fill("SubAccountName = 'Shop'")
    expect(page.locator("#problem-1 pre")).to_have_count(0)
    expect(page.locator("[data-coverage]")).to_contain_text("100.0%")

    # Undo and redo by keys, outside of a field; Alt and an arrow move the rule.
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-coverage]")).not_to_contain_text("100.0%")
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("[data-coverage]")).to_contain_text("100.0%")
    page.locator("#rules-1-value").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#said-0")).to_contain_text("SubAccountName = 'Shop'")

    page.locator("#note").fill("by account")
    page.keyboard.press("Control+s")
    expect(page.locator("[role=status]")).to_contain_text("Version 1 is saved")
    assert acme.resources.get("VirtualTag", "team").note == "by account"

    page.get_by_role("link", name="Explore by team").first.click()
    expect(page.locator("#table tbody th")).to_have_text(["shop", "analytics"])

    # A second version, then the first again.
    visit.go("/tags/team")
    page.locator("#rule-1 > summary").click()
    page.locator("#rule-1 button[value='rule-drop 1']").click()
    expect(page.locator("#rules details.rule")).to_have_count(1)
    page.locator("#save").click()
    expect(page.locator("[role=status]")).to_contain_text("Version 2 is saved")
    visit.go("/explore?by=team")
    expect(page.locator("#table tbody th")).to_have_text(["shop", "Unallocated"])
    visit.go("/tags/team#history")
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.locator("[role=status]")).to_contain_text("Version 3 is saved")
    visit.go("/explore?by=team")
    expect(page.locator("#table tbody th")).to_have_text(["shop", "analytics"])


def test_suggestions_and_values_by_clicks(visit: Visit, acme: Workspace) -> None:
    page = visit.go("/tags/team?start=")
    page.locator("#suggest").click()
    row = page.locator("#suggestions tbody tr").filter(has_text="tags.team").first
    expect(row).to_contain_text("260.93 USD")
    row.get_by_role("button", name="Add this rule").click()
    expect(page.locator("#said-0")).to_contain_text("from tags.team")
    page.locator("#known summary").click()
    page.get_by_role("button", name=re.compile("the 2 values that the rules give")).click()
    page.locator("#values-0-owner").fill("maja@example.com")
    page.locator("#save").click()
    expect(page.locator("[role=status]")).to_contain_text("Version 1 is saved")
    values = acme.resources.get("VirtualTag", "team").document()["spec"]["values"]
    assert values["storefront"] == {"owner": "maja@example.com"}


def test_a_column_proposes_its_values_and_a_conflict_keeps_the_draft(
    visit: Visit, acme: Workspace
) -> None:
    rules = [{"when": "tags.team = 'data'", "value": "data"}]
    acme.put_resource("VirtualTag", "team", {"rules": rules}, author="ann")
    page = visit.go("/tags/team")
    page.locator("#rule-0 > summary").click()
    page.locator("#rules-0-rows-items-0-value").focus()
    expect(page.locator("#values option")).to_have_count(2)
    assert page.locator("#values option").first.get_attribute("value") == "storefront"
    page.locator("#rules-0-value").fill("analytics")
    expect(page.locator("#unsaved")).to_have_text("not saved")
    acme.put_resource("VirtualTag", "team", {"default": "Nobody"}, author="bob")
    page.locator("#save").click()
    expect(page.locator("#refusals [role=alert]")).to_contain_text("Someone saved version 2")
    expect(page.locator("#rules-0-value")).to_have_value("analytics")
    page.get_by_role("button", name="Save mine in place of it").click()
    expect(page.locator("[role=status]")).to_contain_text("Version 3 is saved")
