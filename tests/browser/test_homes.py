"""Each persona's first five minutes: choose, read, follow a card to its question and on to the line
of the bill, and come back. And a word's meaning by pointer, keyboard and touch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from outlay.app.home import PERSONAS
from tests.browser.conftest import Served, Visit, opened
from tests.home.firm import NOW, firm

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PERIOD = "period=2026-10"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = firm(tmp_path_factory.mktemp("homes"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("outlay.app.runs.utc_now", lambda: NOW)
        yield made
    made.close()


@pytest.fixture(scope="module")
def base(workspace: Workspace) -> Iterator[str]:
    with Served(workspace) as served:
        yield served.base


@pytest.fixture
def visit(browser: Browser, base: str) -> Iterator[Visit]:
    yield from opened(browser, base)


@pytest.fixture
def phone(browser: Browser, base: str) -> Iterator[Visit]:
    yield from opened(
        browser, base, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )


def settled(page: Page) -> Page:
    """The page once every card is there."""
    page.wait_for_selector("article[aria-busy=true]", state="detached")
    return page


def sentence(page: Page, card: str) -> str:
    return page.locator(f"#card-{card} [data-sentence]").inner_text()


def to_the_line(page: Page, first: str) -> None:
    """From a card's link over the explorer and its charges to one charge with file and line."""
    page.locator(first).first.click()
    page.wait_for_url("**/explore**")
    expect(page.locator("[data-total]").first).to_be_visible()
    page.goto(page.url.replace("/explore", "/charges"))
    page.locator("#charges tbody a").first.click()
    page.wait_for_url("**/charges/aws/**")
    expect(page.locator("main")).to_contain_text("aws.csv")


def test_the_executive(visit: Visit) -> None:
    page = visit.go("/")
    page.locator("form.choice", has_text="Executive").locator("button").click()
    expect(page.locator("h1")).to_have_text("Executive home")
    settled(page)
    assert sentence(page, "spend").startswith("Spend is 54 % above September 2026")
    assert "Cost per order is 1.083 USD, 1.5 % below" in sentence(page, "units")
    before = page.url
    page.locator("#card-spend [data-open]").click()
    page.wait_for_url("**/explore**")
    expect(page.locator("[data-total]").first).to_have_text("192.35")
    page.go_back()
    page.wait_for_url(before)
    expect(page.locator("#card-spend")).to_be_visible()
    page.locator("#card-owners a.why").first.click()
    page.wait_for_url("**/drivers**")
    expect(page.locator("main")).to_contain_text("20.00")
    page.goto(visit.base + "/")
    expect(page.locator("h1")).to_have_text("Executive home")


def test_the_engineer_chooses_a_team_and_finds_the_line(visit: Visit) -> None:
    page = settled(visit.go(f"/home/engineer?{PERIOD}"))
    page.locator("#pick-of").select_option("checkout")
    page.wait_for_url("**of=checkout**")
    settled(page)
    expect(page.locator("#card-spend [data-figure]")).to_have_text("130.00")
    page.locator("#card-resources tbody th a").first.click()
    page.wait_for_url("**/charges**")
    page.locator("#charges tbody a").first.click()
    page.wait_for_url("**/charges/aws/**")
    expect(page.locator("main")).to_contain_text("aws.csv")
    page.go_back()
    page.go_back()
    page.wait_for_url("**/home/engineer**")
    page.reload()
    settled(page)
    expect(page.locator("#pick-of")).to_have_value("checkout")


@pytest.mark.parametrize(
    ("persona", "card", "words"),
    [
        ("practitioner", "allocated", "22.35 USD has none"),
        ("finance", "accounts", "Billed cost of 1 vendor is 192.35 USD"),
        ("procurement", "commitments", "75.0 % of what was committed to"),
        ("product-owner", "spend", "above September 2026"),
    ],
)
def test_from_a_card_to_the_line_and_back(
    visit: Visit, persona: str, card: str, words: str
) -> None:
    page = settled(visit.go(f"/home/{persona}?{PERIOD}"))
    assert words in sentence(page, card)
    home = page.url
    if persona == "practitioner":
        page.locator("#card-allocated tbody th a").first.click()
        page.wait_for_url("**/charges**")
        page.locator("#charges tbody a").first.click()
        page.wait_for_url("**/charges/aws/**")
    else:
        to_the_line(page, f"#card-{card} [data-open]")
    page.goto(home)
    settled(page)
    assert words in sentence(page, card)


def test_what_to_do_next_leads_to_where_it_is_done(visit: Visit) -> None:
    page = settled(visit.go(f"/home/practitioner?{PERIOD}"))
    step = page.locator("#next li a", has_text="has no team")
    step.click()
    page.wait_for_url("**/coverage**")
    expect(page.locator("[data-unallocated=USD]")).to_contain_text("22.35")


def test_every_home_fits_a_phone_in_both_themes(browser: Browser, base: str) -> None:
    for scheme in ("light", "dark"):
        for found in opened(
            browser, base, viewport={"width": 390, "height": 844}, color_scheme=scheme
        ):
            for persona in PERSONAS:
                page = settled(found.go(f"/home/{persona}?{PERIOD}"))
                wide = page.locator("html").evaluate("e => e.scrollWidth - e.clientWidth")
                assert wide <= 0, (persona, scheme)


def test_a_meaning_opens_on_hover_and_goes(visit: Visit) -> None:
    page = settled(visit.go(f"/home/executive?{PERIOD}"))
    word = page.locator("#card-spend button.term").first
    tip = page.locator("#term-effective-cost")
    expect(tip).to_be_hidden()
    word.hover()
    expect(tip).to_be_visible()
    at, shown = word.bounding_box(), tip.bounding_box()
    assert at is not None and shown is not None
    assert abs(shown["y"] - (at["y"] + at["height"])) < 40, "it stands by its word"
    page.locator("h1").hover()
    expect(tip).to_be_hidden()


def test_a_meaning_opens_by_keyboard(visit: Visit) -> None:
    page = settled(visit.go(f"/home/executive?{PERIOD}"))
    word = page.locator("#card-spend button.term").first
    tip = page.locator("#term-effective-cost")
    assert word.get_attribute("aria-describedby") == "term-effective-cost"
    page.locator("#card-spend [data-open]").focus()
    page.keyboard.press("Tab")
    expect(word).to_be_focused()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_meaning_opens_on_a_tap(phone: Visit) -> None:
    page = settled(phone.go(f"/home/executive?{PERIOD}"))
    page.locator("#card-spend button.term").first.tap()
    tip = page.locator("#term-effective-cost")
    expect(tip).to_be_visible()
    tip.get_by_role("link").tap()
    page.wait_for_url("**/glossary#effective-cost")


def test_homes_work_without_scripts(browser: Browser, base: str) -> None:
    for found in opened(browser, base, java_script_enabled=False):
        page = found.go(f"/home/executive?{PERIOD}&wait=all")
        assert page.locator("article[aria-busy=true]").count() == 0
        word = page.locator("#card-spend button.term").first
        word.click()
        expect(page.locator("#term-effective-cost")).to_be_visible()
        page.locator("#card-spend [data-open]").click()
        page.wait_for_url("**/explore**")


def test_homes_have_no_barrier_that_axe_finds(visit: Visit) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for path in (f"/home/finance?{PERIOD}", f"/home/engineer?{PERIOD}", "/glossary", "/"):
        page = settled(visit.go(path))
        found = Axe().run(page).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == [], path
