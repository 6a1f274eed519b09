"""Every page of the rail, and those below it that have no parameter, judged by axe in both themes
and at the width of a telephone; and the keyboard alone."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.web.render import NAVIGATION
from tests.browser.conftest import Visit

pytestmark = pytest.mark.slow

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PAGES = (*(href for _, href, _, _ in NAVIGATION), "/design", "/help")
MODES: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280),
    ("dark", 1280),
    ("light", 390),
)


@pytest.mark.parametrize(("theme", "width"), MODES, ids=lambda value: str(value))
def test_no_page_breaks_a_rule_or_is_wider_than_the_window(
    browser: Browser, site: str, theme: Literal["light", "dark"], width: int
) -> None:
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    found = []
    for href in PAGES:
        page.goto(site + href)
        page.wait_for_load_state("networkidle")
        found += [f"{href}: {problem}" for problem in _problems(page)]
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wider > 0:
            found.append(f"{href}: {wider} pixels wider than the window")
    context.close()
    assert not found, "\n".join(found)


def _problems(page: Page) -> list[str]:
    answer: Any = Axe().run(page, options={"runOnly": list(RULES)})
    return [
        f"{rule['id']} at {node['target']}: {node['html'][:120]}"
        for rule in answer.response["violations"]
        for node in rule["nodes"]
    ]


def test_axe_would_see_a_fault(visit: Visit) -> None:
    """The judge is not blind: a button without a name is told."""
    page = visit.go("/help")
    assert _problems(page) == []
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert [problem.split(" ")[0] for problem in _problems(page)] == ["button-name"]


def test_the_first_tab_leads_to_the_numbers_and_focus_follows_the_reading_order(
    visit: Visit,
) -> None:
    page = visit.go("/design")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the numbers")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    places = []
    for _ in range(12):
        page.keyboard.press("Tab")
        box = page.evaluate(
            "(() => { const r = document.activeElement.getBoundingClientRect();"
            " const s = getComputedStyle(document.activeElement);"
            " return [r.top + scrollY, r.left, s.outlineStyle] })()"
        )
        places.append(box)
    assert all(outline != "none" for _, _, outline in places)
    rows = [round(top / 24) for top, _, _ in places]
    assert rows == sorted(rows)


def test_keys_lead_to_pages_change_theme_and_density_and_open_help(visit: Visit) -> None:
    page = visit.go("/help")
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text("Sources")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("c")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("c")
    expect(page.locator("html")).to_have_attribute("data-density", "comfortable")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_a_narrow_window_opens_the_list_of_pages(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(site + "/help")
    expect(page.locator("#pages")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.locator("#pages").get_by_role("link", name="Sources", exact=True).click()
    expect(page.locator("h1")).to_have_text("Sources")
    expect(page.locator("#pages")).to_be_hidden()
    context.close()


def test_from_the_rail_to_a_vendors_record_and_back_by_keyboard_alone(visit: Visit) -> None:
    page = visit.go("/help")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.locator("h1")).to_have_text("Effective cost by service")
    page.keyboard.press("/")
    expect(page.locator("#where")).to_be_focused()
    page.keyboard.type("ServiceName = 'Amazon Elastic Compute Cloud'")
    page.keyboard.press("Enter")
    expect(page.locator("#table tbody tr")).to_have_count(1)
    _tab_to(page, "#table tbody a")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Effective cost by account")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator("h1")).to_contain_text("harges")
    _tab_to(page, "#charges tbody a")
    page.keyboard.press("Enter")
    expect(page.locator(".chain")).to_be_visible()
    # A browser without a window has no keys of its own, such as Alt and the arrow.
    page.go_back()
    expect(page.locator("#charges")).to_be_visible()


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on the first such element, as a person would."""
    page.locator("#main").focus()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
