"""Logging in, in a real browser: from the first start with a login to the last look back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from outlay.app import Workspace
from tests.browser.test_accessibility import MODES
from tests.browser.test_accessibility import _problems as problems_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]

FIRST, SECOND = "seven yellow bicycles", "nine purple umbrellas"


def outlay(folder: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """A command line in a workspace."""
    return subprocess.run(
        [sys.executable, "-m", "outlay", "-w", str(folder), *words],
        input=given, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONUNBUFFERED": "1"}, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`outlay serve --login` as a process; before that, what it says without an administrator."""
    folder = tmp_path_factory.mktemp("login") / "ws"
    Workspace.init(folder, name="Acme").close()
    refused = outlay(folder, "serve", "--login", "--port", "0")
    assert refused.returncode == 2
    assert "outlay users add NAME --role admin" in refused.stderr
    added = outlay(
        folder, "users", "add", "root@acme.example", "--role", "admin", "--password-stdin",
        given=FIRST + "\n",
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    server = subprocess.Popen(
        [sys.executable, "-m", "outlay", "-w", str(folder), "serve", "--login", "--port", "0"],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert "login required" in line, line
        yield re.findall(r"http://\S+", line)[0].rstrip("/")
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    yield context
    context.close()


def log_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name or e-mail address").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_from_the_first_login_to_the_last_look_back(
    browser: Browser, window: BrowserContext, served: str
) -> None:
    page = window.new_page()
    page.goto(f"{served}/sources")
    expect(page).to_have_url(f"{served}/login?next=/sources")
    log_in(page, "root@acme.example", "not the password")
    expect(page.get_by_role("alert")).to_have_text("Name or password is not right.")
    expect(page.get_by_label("Password")).to_be_focused()
    log_in(page, "root@acme.example", FIRST)
    expect(page).to_have_url(f"{served}/sources")

    page.get_by_role("link", name="Access").click()
    page.get_by_label("Name or e-mail address").fill("vera@acme.example")
    page.get_by_label("Shown as").first.fill("Vera")
    page.get_by_role("button", name="Add person").click()
    link = page.locator("#shown-once").inner_text()
    assert link.startswith(f"{served}/invite/")

    theirs = browser.new_context()
    other = theirs.new_page()
    other.goto(link)
    expect(other.get_by_role("heading")).to_have_text("Welcome, Vera")
    other.get_by_label("New password").fill(SECOND)
    other.get_by_label("The same again").fill(SECOND)
    other.get_by_role("button", name="Set password and log in").click()
    expect(other.locator("details.account summary")).to_contain_text("Vera")
    expect(other.get_by_role("link", name="Access", exact=True)).to_have_count(0)
    other.goto(f"{served}/audit")
    expect(other.locator(".state h2")).to_have_text("This is not open to you")
    other.goto(link)
    expect(other.get_by_role("heading")).to_have_text("This link is over")
    theirs.close()

    page.get_by_role("link", name="Audit log").first.click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    expect(page.locator("table.audit")).to_contain_text("refuse")
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading")).to_have_text("You are logged out")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/login"))
    expect(page.locator("table.audit")).to_have_count(0)
    page.goto(f"{served}/access")
    expect(page).to_have_url(f"{served}/login?next=/access")


def test_a_session_that_ends_while_a_page_is_open_leads_to_the_login(
    window: BrowserContext, served: str
) -> None:
    """A script of the page asks, is told to log in, and takes the whole page there."""
    page = window.new_page()
    page.goto(f"{served}/views")
    log_in(page, "root@acme.example", FIRST)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Views")
    window.clear_cookies()
    page.get_by_role("link", name="Use cases", exact=True).click()
    expect(page).to_have_url(f"{served}/login?next=/usecases")
    log_in(page, "root@acme.example", FIRST)
    expect(page).to_have_url(f"{served}/usecases")


@pytest.mark.parametrize(("theme", "width"), MODES, ids=lambda value: str(value))
def test_pages_of_people_break_no_rule_and_fit_the_window(
    browser: Browser, served: str, theme: Literal["light", "dark"], width: int
) -> None:
    """Judged by axe, as all pages are; those that the other test does not reach without a login."""
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    found = []

    def judge(what: str) -> None:
        page.wait_for_load_state("networkidle")
        found.extend(f"{what}: {problem}" for problem in problems_of(page))
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wider > 0:
            found.append(f"{what}: {wider} pixels wider than the window")

    page.goto(f"{served}/login")
    judge("login")
    log_in(page, "root@acme.example", "not the password")
    expect(page.get_by_role("alert")).to_be_visible()
    judge("login that failed")
    page.goto(f"{served}/invite/none")
    judge("invitation that is over")
    page.goto(f"{served}/account")
    log_in(page, "root@acme.example", FIRST)
    expect(page).to_have_url(f"{served}/account")
    judge("account")
    page.locator("details.account summary").click()
    judge("account menu")
    page.goto(f"{served}/access")
    judge("access")
    page.goto(f"{served}/access/people/root@acme.example")
    judge("a person")
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#shown-once")).to_be_visible()
    judge("what is shown once")
    link = page.locator("#shown-once").inner_text()
    page.goto(link)
    judge("invitation")
    context.close()
    assert not found, "\n".join(found)


def test_logging_in_works_without_scripts(browser: Browser, served: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served}/account")
    log_in(page, "root@acme.example", FIRST)
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading")).to_have_text("You are logged out")
    context.close()
