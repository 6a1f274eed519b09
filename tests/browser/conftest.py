"""A served company and a real browser. Skipped, with the reason, where there is no Chromium."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Request, sync_playwright

from outlay.api import create_router
from outlay.app import Workspace
from outlay.web.app import create_app
from tests.web.company import company

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Visit:
    """An open page with what a reader would not see: console messages, requests elsewhere."""

    page: Page
    base: str
    console: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a path and wait until the page is settled."""
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("load")
        return self.page


class Served:
    """A server in a thread on a free port of this machine."""

    def __init__(self, workspace: Workspace) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        app = create_app(workspace, api=create_router(workspace))
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)

    def __enter__(self) -> Served:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the served company."""
    found = company(tmp_path_factory.mktemp("browser"))
    with Served(found.workspace) as served:
        yield served.base
    found.workspace.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


def opened(browser: Browser, base: str, **options: Any) -> Iterator[Visit]:
    """A fresh page; fails afterwards on any console error or request to another host.

    `options` are those of a browser context, such as `has_touch`."""
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
    found = Visit(context.new_page(), base)
    found.page.set_default_timeout(20_000)
    found.page.on(
        "console",
        lambda message: (
            found.console.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    found.page.on("pageerror", lambda error: found.console.append(str(error)))
    found.page.on("request", lambda request: _note(found, request))
    yield found
    context.close()
    assert found.elsewhere == []
    assert found.console == []


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """A fresh page of the served company."""
    yield from opened(browser, site)


def _note(visit: Visit, request: Request) -> None:
    if not request.url.startswith((visit.base, "data:", "blob:")):
        visit.elsewhere.append(request.url)
