"""Pictures of the pages for the documentation, drawn from the sample company in Chromium.

Usage: python scripts/screenshots.py [--workspace DIR] [--out DIR] [--all]

Makes or refreshes the sample company in DIR, serves it on a free port of this machine, and writes
PNG files. With --all every page is drawn in light, dark and narrow, to be looked at.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from outlay.api import create_router
from outlay.app import Workspace
from outlay.app.demo import build
from outlay.web.app import create_app

ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MOST_BYTES = 250_000


class Shot(NamedTuple):
    """One picture: file name, address, theme, width and height in pixels."""

    name: str
    path: str
    theme: str = "light"
    width: int = 1360
    height: int = 860


def pictures(charge: str) -> list[Shot]:
    """The pictures that the documentation shows."""
    explore = (
        "/explore?by=ServiceName&range=last-6-months&compare=previous&currency=USD&grain=month"
    )
    return [
        Shot("explore", explore, height=1000),
        Shot("sources", "/sources"),
        Shot("charge", charge),
        Shot("tag-editor", "/tags/team?range=last-3-months"),
        Shot("splits", "/splits"),
        Shot("statements", "/statements"),
    ]


def everything(charge: str, workspace: Workspace) -> list[Shot]:
    """Every page in light, dark and narrow, and the states that are not numbers."""
    item = workspace.deliveries()[-1]
    paths = {
        "home": "/",
        "team": "/explore?by=tags.team&range=last-6-months&compare=previous&currency=USD",
        "two": "/explore?by=SubAccountName,ServiceName&range=last-month",
        "currencies": "/explore?by=ServiceName&range=last-month",
        "nothing": "/explore?by=ServiceName&where=ServiceName%20%3D%20%27Nothing%27",
        "wrong": "/explore?by=ServiceName&where=ServiceNam%20%3D%20%27x%27",
        "charges": "/charges?range=last-month",
        "charge": charge,
        "sources": "/sources",
        "source": f"/sources/{item.source}",
        "slice": f"/sources/{item.source}/{item.billing_period}",
        "restatements": "/restatements?by=ServiceName",
        "views": "/views",
        "usecases": "/usecases",
        "usecase": "/usecases/determine-effective-savings-rate-by-service",
        "export": "/export",
        "help": "/help",
        "failed": "/sources/nobody",
    }
    shots = []
    for name, path in paths.items():
        shots += [
            Shot(f"{name}-light", path),
            Shot(f"{name}-dark", path, "dark"),
            Shot(f"{name}-narrow", path, "light", 390, 844),
        ]
    return shots


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """The address at which the workspace is served while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_app(workspace, api=create_router(workspace))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def draw(browser: Browser, base: str, shot: Shot, out: Path) -> Path:
    """Draw one picture and give its file."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(base + shot.path)
    page.wait_for_load_state("networkidle")
    target = out / f"{shot.name}.png"
    page.screenshot(path=target)
    context.close()
    return target


def a_charge(workspace: Workspace) -> str:
    """The address of a charge with tags and a resource: the largest one of the last full month."""
    from outlay.query import CostQuery

    where = "tags.team IS NOT NULL AND ResourceId IS NOT NULL AND ChargeCategory = 'Usage'"
    page = workspace.charges(CostQuery(range="last-month", where=where), limit=1)
    if not page.charges:
        raise SystemExit("the sample company has no such charge; is its workspace complete?")
    origin = page.charges[0].origin
    place = f"{origin.billing_period}/{origin.file_index}/{origin.line}"
    return f"/charges/{origin.source}/{place}"


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=ROOT / "demo-workspace")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true", help="every page, theme and width")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no Chromium on this machine: apt-get install chromium")
    workspace = build(options.workspace)
    options.out.mkdir(parents=True, exist_ok=True)
    charge = a_charge(workspace)
    shots = everything(charge, workspace) if options.all else pictures(charge)
    with served(workspace) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for shot in shots:
            print(draw(browser, base, shot, options.out), file=sys.stderr)
        browser.close()
    workspace.close()
    if not options.all:
        keep_small(options.out)


def keep_small(folder: Path) -> None:
    """Fail when a picture is too large to be kept with the documentation."""
    for picture in sorted(folder.glob("*.png")):
        if picture.stat().st_size > MOST_BYTES:
            raise SystemExit(f"{picture} is larger than {MOST_BYTES} bytes; draw less in it")


if __name__ == "__main__":
    main()
