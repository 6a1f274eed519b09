"""Journeys through the pages in a real browser."""

import csv
import io
import re
from decimal import Decimal

from playwright.sync_api import Page, Route, expect

from outlay.money import total
from tests.browser.conftest import Visit
from tests.web.company import SEPTEMBER_SHOWN, SEPTEMBER_TOTAL

BY_SERVICE = "/explore?by=ServiceName&from=2026-09-01&to=2026-10-01"


def rows_are(page: Page, names: list[str]) -> None:
    """The table has these rows, or comes to have them: an answer may be on its way."""
    expect(page.locator("#table tbody th")).to_have_text(names)


def row_names(page: Page) -> list[str]:
    return page.locator("#table tbody th").all_inner_texts()


def chart_is_drawn(page: Page) -> bool:
    """Whether the canvas holds more than one colour."""
    return bool(
        page.evaluate(
            """() => {
              const canvas = document.querySelector('.chart canvas');
              if (!canvas) return false;
              const data = canvas.getContext('2d')
                .getImageData(0, 0, canvas.width, canvas.height).data;
              const seen = new Set();
              for (let i = 0; i < data.length; i += 4 * 31) seen.add(data.slice(i, i + 4).join());
              return seen.size > 4;
            }"""
        )
    )


def test_drill_down_back_and_reload(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    assert row_names(page)[0] == "Amazon Elastic Compute Cloud"
    page.get_by_role("link", name="Amazon Simple Storage Service").first.click()
    expect(page.locator("h1")).to_have_text("Effective cost by account")
    assert "where=ServiceName" in page.url
    rows_are(page, ["Data"])
    page.reload()
    rows_are(page, ["Data"])
    page.go_back()
    expect(page.locator("h1")).to_have_text("Effective cost by service")
    expect(page.locator("#table tbody tr")).to_have_count(3)
    assert page.url.endswith(BY_SERVICE)


def test_down_to_the_vendors_own_record(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    page.get_by_role("link", name="Amazon Simple Storage Service").first.click()
    page.locator("#table").get_by_role("link", name="Data").click()
    page.locator("#table").get_by_role("link", name="bucket").click()
    expect(page.locator("h1")).to_have_text("Charges")
    page.locator("#charges tbody a").first.click()
    expect(page.locator("#origin")).to_contain_text("acme.csv")
    expect(page.locator("#raw")).to_contain_text("30.333333333333333333333")


def test_the_downloaded_csv_sums_to_the_shown_total(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    expect(page.locator("[data-sum]")).to_have_text(SEPTEMBER_SHOWN)
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as waiting:
        page.locator("[data-csv]").click()
    with open(waiting.value.path(), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))
    assert total(Decimal(row["EffectiveCost"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)


def test_the_chart_is_drawn_again_after_each_step_and_theme(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    page.wait_for_selector(".chart canvas")
    assert chart_is_drawn(page)
    page.locator("[data-theme-toggle]").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert chart_is_drawn(page)
    page.get_by_role("link", name="Week", exact=True).click()
    page.wait_for_url("**grain=week**")
    page.wait_for_timeout(300)
    assert chart_is_drawn(page)
    assert page.locator(".chart canvas").count() == 1
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_both_themes_are_readable(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    seen = {}
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        seen[theme] = page.evaluate(
            """() => [...document.querySelectorAll('#main *, .rail *')]
              .filter(e => e.getClientRects().length
                && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
              .map(e => {
                const channel = c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
                const lum = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number);
                  return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b); };
                let ground = e;
                while (ground && /rgba\\(0, 0, 0, 0\\)|transparent/
                  .test(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
                const a = lum(getComputedStyle(e).color);
                const b = lum(getComputedStyle(ground || document.body).backgroundColor);
                return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.textContent.trim()];
              }).filter(([ratio]) => ratio < 4.5)"""
        )
    assert seen == {"light": [], "dark": []}


def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "where"
    page.keyboard.type("ServiceName = 'Amazon Simple Storage Service'x?")
    for _ in "x?":
        page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_text("Service is Amazon Simple Storage Service×")
    page.locator("h1").click()
    page.keyboard.press("x")
    page.wait_for_url("**compare=previous**")
    page.keyboard.press("Escape")
    expect(page.locator(".chip")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.locator("h1")).to_have_text("Sources")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.locator("#table")).to_be_visible()


def test_a_filter_is_picked_by_its_money(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    page.keyboard.press("f")
    expect(page.locator("#panel")).to_be_visible()
    page.locator("#find-dimension").fill("team")
    page.locator("#dimension-list li:visible a").first.click()
    page.locator("#value-list label", has_text="data").click()
    page.locator("#panel").get_by_role("button", name="Add filter").click()
    expect(page.locator(".chip")).to_contain_text("team is data")
    expect(page.locator("#panel")).to_be_hidden()
    rows_are(page, ["Amazon Simple Storage Service"])
    # The page can be used again: nothing of the panel is left over it.
    page.get_by_role("link", name="Amazon Simple Storage Service").first.click()
    expect(page.locator("h1")).to_have_text("Effective cost by account")


def test_pickers_act_at_once_and_keep_the_rest(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    page.locator("#pick-by-1").select_option("SubAccountName")
    expect(page.locator("h1")).to_have_text("Effective cost by account")
    assert "from=2026-09-01" in page.url
    page.locator("#pick-measure").select_option("BilledCost")
    expect(page.locator("h1")).to_have_text("Billed cost by account")


def test_a_view_is_saved_opened_and_deleted(visit: Visit) -> None:
    page = visit.go(f"{BY_SERVICE}&compare=previous")
    page.locator("summary", has_text="Save view").click()
    page.locator("#view-title").fill("September by service")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("h1")).to_have_text("Views")
    page.get_by_role("link", name="September by service").click()
    expect(page.locator("[data-sum]")).to_have_text(SEPTEMBER_SHOWN)
    assert "compare=previous" in page.url
    page = visit.go("/views")
    page.get_by_label("More about September by service").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-state=empty]")).to_be_visible()


def test_a_phone_shows_every_page_without_sideways_scrolling(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    paths = (
        "/",
        BY_SERVICE,
        f"{BY_SERVICE}&compare=previous",
        "/charges",
        "/sources",
        "/sources/acme",
        "/sources/acme/2026-09",
        "/restatements?by=ServiceName",
        "/views",
        "/help",
        "/charges/acme/2026-09/0/5",
    )
    for path in paths:
        page = visit.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_without_scripts_links_and_forms_do_everything(visit: Visit) -> None:
    context = visit.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto(visit.base + BY_SERVICE)
    page.locator("#table").get_by_role("link", name="Amazon Simple Storage Service").click()
    rows_are(page, ["Data"])
    page.locator("#where").fill(
        "ServiceName = 'Amazon Simple Storage Service' AND tags.team = 'data'"
    )
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".chip")).to_have_count(2)
    page.locator("#pick-by-1").select_option("ResourceId")
    page.locator(".pickers noscript button, .pickers button").first.click()
    rows_are(page, ["bucket"])
    context.close()


def test_an_error_in_place_of_a_panel_is_said_and_what_was_there_stays(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    panel, wrong = page.locator("#panel"), "There is no such page: "

    def fails(route: Route) -> None:
        route.continue_(url=visit.base + "/plans/nobody")

    page.route("**/explore/filter?*", fails)
    page.get_by_role("link", name="Add filter").click()
    expect(page.locator("#failure")).to_contain_text(wrong)
    expect(page.locator("#failure")).to_contain_text("'nobody'")
    expect(page.locator("#failure a")).to_have_attribute("href", re.compile("/explore/filter"))
    expect(panel).to_be_hidden()
    page.unroute("**/explore/filter?*")
    page.get_by_role("link", name="Add filter").click()
    expect(panel).to_be_visible()
    page.route("**/explore/filter?*", fails)
    panel.locator("li a").first.click()
    expect(panel.get_by_role("alert")).to_contain_text(wrong)
    expect(panel.locator("li a").first).to_be_visible()
    expect(page.locator("[data-sum]")).to_have_text(SEPTEMBER_SHOWN)
    visit.console.clear()


def test_a_server_that_stops_answering_is_said_and_the_numbers_stay(visit: Visit) -> None:
    page = visit.go(BY_SERVICE)
    page.route("**/explore?*", lambda route: route.abort())
    page.get_by_role("link", name="Month", exact=True).click()
    expect(page.locator("#failure")).to_contain_text("did not answer")
    expect(page.locator("#failure a")).to_have_text("Try again")
    expect(page.locator("[data-sum]")).to_have_text(SEPTEMBER_SHOWN)
    visit.console.clear()
