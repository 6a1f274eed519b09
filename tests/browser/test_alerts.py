"""Alerts in a real browser: acknowledge one, and see the next digest without it; make a route."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from outlay.app import Workspace
from outlay.app.alerts.raising import raise_signal
from tests.alerts_app.conftest import made, put_channel, put_route, signal
from tests.browser.conftest import Served, Visit, opened

pytestmark = [pytest.mark.slow, pytest.mark.browser]
EC2 = "Amazon EC2 costs more than expected"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Two open alerts and a route with a digest to a folder."""
    for found in made(tmp_path / "workspace"):
        put_channel(found, "ops", type="file", folder="outbox", title="Operations")
        put_route(found, "all", title="Everything", to={"channels": ["ops"]}, at_once="never",
                  digest="daily at 08:00")  # fmt: skip
        raise_signal(found, signal())
        raise_signal(found, signal(subject="9", title="Checkout will exceed its budget",
                                   kind="budget", severity="critical"))  # fmt: skip
        yield found


@pytest.fixture(params=["light", "dark"])
def visit(
    request: pytest.FixtureRequest, workspace: Workspace, browser: Browser
) -> Iterator[Visit]:
    """A page of it, in both themes."""
    with Served(workspace) as served:
        yield from opened(browser, served.base, color_scheme=request.param)


def test_an_acknowledged_alert_leaves_the_next_digest(visit: Visit) -> None:
    page = visit.go("/alerts/digest")
    expect(page.get_by_role("heading", name="2 open alerts")).to_be_visible()
    expect(page.locator("main")).to_contain_text(EC2)
    page = visit.go("/alerts?kind=anomaly")
    page.get_by_role("button", name=f"Acknowledge {EC2}").click()
    expect(page.locator("main")).to_contain_text("Nothing matches")
    assert page.url.endswith("/alerts?kind=anomaly")
    page.get_by_role("link", name="Digests").click()
    expect(page.get_by_role("heading", name="1 open alert")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Checkout will exceed its budget")
    expect(page.locator("main")).not_to_contain_text(EC2)
    page.go_back()
    page.get_by_role("link", name="Acknowledged 1").click()
    page.get_by_role("link", name=EC2, exact=True).click()
    expect(page.locator("#alert-log")).to_contain_text("acknowledged")
    page.get_by_role("button", name="Open again").click()
    expect(page.locator("#alert-log")).to_contain_text("opened again")


def test_a_snooze_is_chosen_from_the_menu_of_the_list(visit: Visit) -> None:
    page = visit.go("/alerts")
    page.locator("summary", has_text="Snooze").first.click()
    page.get_by_role("button", name="for 3 days").first.click()
    expect(page.get_by_role("link", name="Snoozed 1")).to_be_visible()
    expect(page.locator("#alerts tbody tr")).to_have_count(1)


def test_a_route_is_looked_at_before_it_is_kept(visit: Visit) -> None:
    page = visit.go("/alerts/routes")
    page.get_by_role("link", name="New route").click()
    page.get_by_label("Title").fill("Critical ones")
    page.get_by_label("At least").select_option("critical")
    page.get_by_label("Operations").first.check()
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("Checkout will exceed its budget")
    expect(page.locator("#preview")).not_to_contain_text(EC2)
    page.get_by_role("button", name="Keep the route").click()
    expect(page.get_by_role("heading", name="Critical ones")).to_be_visible()
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("A test is on its way")
