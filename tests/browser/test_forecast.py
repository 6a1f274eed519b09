"""Switching the forecast on in the explorer, reading it, going back, and what was said before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Served
from tests.forecasting.bills import COMPUTE, bill, workspace_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]

OCTOBER = "/explore?by=ServiceName&from=2026-10-01&to=2026-11-01&currency=USD"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served company with 184 days."""
    workspace = workspace_of(tmp_path_factory.mktemp("forecast-browser"), bill())
    with Served(workspace) as served:
        yield served.base
    workspace.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_forecast_is_switched_on_and_the_address_keeps_it(
    browser: Browser, address: str, theme: str
) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address + OCTOBER)
    expect(page.locator("#ahead")).to_have_count(0)
    page.locator("#pick-forecast").select_option("30")
    expect(page.locator("#ahead")).to_contain_text("tried")
    expect(page.locator("[data-outlook-total]")).to_have_count(1)
    assert "forecast=30" in page.url

    # On the last day to come the tooltip tells amount, bands and method.
    canvas = page.locator(".chart canvas").first
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 30, box["y"] + box["height"] / 2)
    expect(page.locator(".chart-tip")).to_contain_text("Forecast")
    expect(page.locator(".chart-tip")).to_contain_text("80 % of the time")

    page.reload()
    expect(page.locator("#pick-forecast")).to_have_value("30")
    expect(page.locator("#ahead")).to_contain_text("tried")
    page.locator("#ahead").get_by_role("link", name="Forecast").click()
    expect(page.locator("h1")).to_have_text("Forecast of effective cost by service")
    page.locator("[data-forecast=USD]").get_by_role("link", name=COMPUTE).click()
    expect(page.locator("h1")).not_to_have_text("Forecast of effective cost by service")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Forecast of effective cost by service")
    page.get_by_role("link", name="What was said").click()
    expect(page.locator("[data-how]")).to_have_attribute("data-how", "cut")
    expect(page.locator("#said tbody tr")).not_to_have_count(0)
    page.go_back()
    page.go_back()
    expect(page.locator("#pick-forecast")).to_have_value("30")
    page.locator("#pick-forecast").select_option("off")
    expect(page.locator("#ahead")).to_have_count(0)
    assert said == []
    context.close()


def test_a_change_is_planned_and_taken_back(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/forecast?by=ServiceName&currency=USD")
    page.get_by_role("link", name="Plan a change").click()
    page.get_by_label("Title").fill("Launch")
    page.get_by_label("First day").fill("2026-11-20")
    page.get_by_label("What happens").select_option("per_day")
    page.get_by_label("How much").fill("10")
    page.get_by_role("button", name="Plan it").click()
    expect(page.locator("#changes tbody tr")).to_contain_text("+10 USD a day")
    page.goto(f"{address}/forecast?by=ServiceName&currency=USD")
    expect(page.locator("[data-part=planned]")).to_contain_text("Planned: Launch")
    page.locator("[data-change] a").first.click()
    page.get_by_role("button", name="Remove this planned change").click()
    expect(page.locator("h1")).to_have_text("Planned changes")
    expect(page.locator("[data-state]")).to_contain_text("Nothing is planned")
    page.close()
