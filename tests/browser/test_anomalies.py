"""An anomaly in a browser: seen in the digest, acknowledged on its page, gone from the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from outlay.app.reports import delivering
from outlay.app.runs import utc_now
from outlay.app.watching import watch
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import events, look, make
from tests.browser.conftest import Served

ROUTE = {"to": {"channels": ["outbox"]}, "at_once": "never", "digest": "daily at 08:00"}
pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A company with a spike, a channel and a route that sends a digest each morning."""
    folder = tmp_path_factory.mktemp("anomalies")
    path = bill.write(folder / "bill.csv", bill.lines(), bill.spike())
    made = make(folder / "ws", path)
    made.put_resource("Channel", "outbox", {"type": "file", "folder": "outbox"}, author="ana")
    made.put_resource("AlertRoute", "mornings", ROUTE, author="ana")
    look(made)
    yield made
    made.close()


@pytest.fixture
def page(workspace: Workspace, browser: Browser) -> Iterator[Page]:
    """Its pages."""
    with Served(workspace) as served:
        context = browser.new_context(base_url=served.base)
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        yield opened
        context.close()


def accessible(page: Page) -> None:
    """No violation of WCAG A or AA that axe can see."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert [v["id"] for v in found.response["violations"]] == [], found.generate_report()


def morning(workspace: Workspace, days: int) -> str:
    """What the digest of a coming morning says; '' where none is sent."""
    at = utc_now() + timedelta(days=days)
    watch(workspace, at, ["alerts"])
    done = delivering.run(workspace, due=False, now=at)
    assert [one.state for one in done] == ["sent"] * len(done)
    folder = Path(workspace.path) / "outbox"
    newest = sorted(folder.rglob("*.html"), key=lambda one: one.stat().st_mtime_ns)
    return newest[-1].read_text() if done else ""


def test_acknowledge_an_anomaly_and_see_the_next_digest_without_it(
    page: Page, workspace: Workspace
) -> None:
    (event,) = events(workspace)
    page.goto("/alerts/digest")
    expect(page.locator("main")).to_contain_text("Compute")
    digest = morning(workspace, 1)
    assert "Compute" in digest and f"{event.impact:,.2f}" in digest

    page.goto("/anomalies?days=36500")
    accessible(page)
    page.get_by_role("link", name="Compute", exact=True).click()
    expect(page).to_have_url(f"{page.url.split('/anomalies')[0]}/anomalies/{event.id}")
    expect(page.locator("#impact")).to_contain_text(f"{event.impact:,.2f}")
    expect(page.locator(".chart canvas")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator("h1 .badge")).to_have_text("acknowledged")
    expect(page.locator(".anomaly-log")).to_contain_text("acknowledged it")

    assert "Compute" not in morning(workspace, 2)
    page.goto("/alerts/digest")
    expect(page.locator("main")).not_to_contain_text("Compute")

    page.goto(f"/anomalies/{event.id}")
    page.get_by_label("It is expected").check()
    page.get_by_label("Why").fill("the load test")
    page.get_by_role("button", name="Say so").click()
    expect(page.locator("#feedback")).to_contain_text("It was said to be expected")
    page.goto("/anomalies/monitors")
    expect(page.locator("#default")).to_contain_text("the load test")
    accessible(page)
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#default")).not_to_contain_text("the load test")
