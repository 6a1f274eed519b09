"""A report in a real browser: from a view to the schedule, the preview, the file on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from outlay.app import Workspace
from tests.browser.conftest import Served
from tests.reports.conftest import SERVICES, put_channel, put_report
from tests.reports.servers import http_server
from tests.web.company import SEPTEMBER_TOTAL, company


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = company(tmp_path_factory.mktemp("reports"))
    found.workspace.resources.put("View", "services", SERVICES, author="ana")
    found.workspace.close()
    return found.workspace.path


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(made, tmp_path / "ws")
    settings = tmp_path / "ws" / "outlay.yaml"
    settings.write_text(settings.read_text() + "delivery: {private_addresses: true}\n")
    found = Workspace.open(tmp_path / "ws")
    put_channel(found, "outbox", type="file", folder="outbox")
    yield found
    found.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, workspace: Workspace, browser: Browser) -> Iterator[Page]:
    with Served(workspace) as served:
        context = browser.new_context(base_url=served.base, color_scheme=request.param)
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        yield opened
        context.close()


def assert_accessible(page: Page) -> None:
    """No violation of WCAG A or AA that axe can see; mails in the frame are not pages of ours."""
    options = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
        "iframes": False,
    }
    found = Axe().run(page, options=options)
    assert [v["id"] for v in found.response["violations"]] == [], found.generate_report()


@pytest.mark.slow
@pytest.mark.browser
def test_from_a_view_to_a_file(page: Page, workspace: Workspace) -> None:
    page.goto("/views")
    page.get_by_label("More about Services").click()
    page.get_by_role("link", name="Schedule as a report").click()
    expect(page.locator("h1")).to_have_text("New report")
    assert_accessible(page)
    page.get_by_label("Title").fill("Services, monthly")
    page.get_by_label("Schedule").fill("monthly on day 3 at 07:00")
    page.get_by_label("CSV").check()
    page.get_by_role("button", name="Keep the report").click()
    expect(page.locator("h1")).to_have_text("Services, monthly")
    frame = page.frame_locator("iframe.report-preview")
    expect(frame.locator("body")).to_contain_text(SEPTEMBER_TOTAL)
    assert_accessible(page)
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("On its way.")).to_be_visible()
    # The page looks again by itself until what is under way has come to an end.
    expect(page.locator("table.deliveries .badge").first).to_have_text("sent", timeout=30_000)
    names = {path.suffix for path in (workspace.path / "outbox").rglob("*.*") if path.is_file()}
    assert names == {".html", ".pdf", ".csv", ".json"}
    page.goto("/reports")
    expect(page.locator("#reports tbody tr")).to_have_count(1)
    assert_accessible(page)


@pytest.mark.slow
@pytest.mark.browser
def test_a_failure_is_seen_and_retried_on_a_narrow_screen(page: Page, workspace: Workspace) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    with http_server() as http:
        put_channel(workspace, "hook", type="webhook", url=http.url)
        put_report(workspace, channels=["hook"])
        http.answers = [(410, {})]
        page.goto("/reports/services")
        page.get_by_role("button", name="Send now").click()
        expect(page.locator("#log .badge.bad")).to_be_visible(timeout=30_000)
        page.goto("/reports")
        banner = page.locator(".delivery-failed")
        expect(banner).to_contain_text("answers 410")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        assert_accessible(page)
        banner.get_by_role("button", name="Retry").click()
        expect(page.locator("#log .badge.good")).to_be_visible(timeout=30_000)
        page.goto("/reports")
        expect(page.locator(".delivery-failed")).to_have_count(0)
        assert len(http.requests) == 2
    page.goto("/channels")
    assert_accessible(page)
