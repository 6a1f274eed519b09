"""Pictures of the pages, drawn from the sample company in Chromium: those of the documentation, and
all pages in light, dark and narrow, to be looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

from outlay.app import Workspace
from outlay.query import CostQuery
from outlay.web.render import NAVIGATION

ROOT = Path(__file__).resolve().parents[2]
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
    moved = "/drivers?by=ServiceName&range=last-month&compare=previous&currency=USD"
    return [
        Shot("home", "/home/practitioner", height=1000),
        Shot("home-executive-dark", "/home/executive", "dark", height=1000),
        Shot("home-engineer-narrow", "/home/engineer", "light", 390, 844),
        Shot("explore", explore, height=1000),
        Shot("drivers", moved, height=1000),
        Shot("dashboard", "/dashboards/executive"),
        Shot("report", "/reports/teams-monthly", height=1000),
        Shot("design", "/design", height=1000),
        Shot("sources", "/sources"),
        Shot("charge", charge),
        Shot("tag-editor", "/tags/team?range=last-3-months"),
        Shot("splits", "/splits"),
        Shot("statements", "/statements"),
        Shot("forecast", "/forecast?by=team&ahead=6", height=1000),
        Shot("anomalies", "/anomalies"),
        Shot("anomaly-dark", "/anomalies/1", "dark", height=1000),
        Shot("savings", "/savings", height=1000),
        Shot("saving", "/savings/1", height=1000),
        Shot("realised", "/realised", height=1000),
        Shot("commitments", "/commitments", height=1000),
        Shot("contract-dark", "/contracts/snowflake-capacity", "dark", height=1000),
        Shot("kpis", "/kpis", height=1000),
        Shot("budgets", "/budgets", height=1000),
        Shot("alerts", "/alerts"),
        Shot("plan", "/plans/cloud", height=1000),
        Shot("plan-variance", "/plans/cloud/variance", height=1000),
    ]


def shown_in_the_docs() -> set[str]:
    """The names of the pictures that README and docs show."""
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return {
        name
        for text in texts
        for name in re.findall(r"\]\((?:\.\./|docs/)*images/([a-z-]+)\.png\)", text.read_text())
    }


def everything(charge: str, workspace: Workspace) -> list[Shot]:
    """Every page in light, dark and narrow, and the states that are not numbers."""
    item = workspace.deliveries()[-1]
    paths = {
        "team": "/explore?by=tags.team&range=last-6-months&compare=previous&currency=USD",
        "two": "/explore?by=SubAccountName,ServiceName&range=last-month",
        "currencies": "/explore?by=ServiceName&range=last-month",
        "nothing": "/explore?by=ServiceName&where=ServiceName%20%3D%20%27Nothing%27",
        "wrong": "/explore?by=ServiceName&where=ServiceNam%20%3D%20%27x%27",
        "charge": charge,
        "source": f"/sources/{item.source}",
        "slice": f"/sources/{item.source}/{item.billing_period}",
        "restatements": "/restatements?by=ServiceName",
        "usecase": "/usecases/determine-effective-savings-rate-by-service",
        "export": "/export",
        "help": "/help",
        "design": "/design",
        "failed": "/sources/nobody",
    }
    paths |= {f"page-{name}": href for name, href, _, _ in NAVIGATION}
    shots = []
    for name, path in paths.items():
        shots += [
            Shot(f"{name}-light", path),
            Shot(f"{name}-dark", path, "dark"),
            Shot(f"{name}-narrow", path, "light", 390, 844),
        ]
    return shots


def draw(browser: Browser, base: str, shot: Shot, out: Path) -> Page:
    """Draw one picture into `out` and give the page, which the caller closes with its context."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.theme == "dark" else "light",
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(base + shot.path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=out / f"{shot.name}.png")
    return page


def a_charge(workspace: Workspace) -> str:
    """The address of a charge with tags and a resource: the largest one of the last full month."""
    where = "tags.team IS NOT NULL AND ResourceId IS NOT NULL AND ChargeCategory = 'Usage'"
    page = workspace.charges(CostQuery(range="last-month", where=where), limit=1)
    origin = page.charges[0].origin
    place = f"{origin.billing_period}/{origin.file_index}/{origin.line}"
    return f"/charges/{origin.source}/{place}"
