"""The parts that pages are made of, each in every state, on one page; and the keyboard map."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.web.design import samples
from outlay.web.render import Site

COLOURS = (
    ("Ground and surfaces", ("ground", "surface", "raised", "sunken", "hover")),
    ("Lines", ("line", "line-strong")),
    ("Ink", ("ink", "ink-2", "ink-3")),
    ("Accent", ("accent", "accent-ink", "accent-soft", "focus")),
    ("Meaning", ("up", "up-soft", "down", "down-soft", "warn", "warn-soft", "info-soft")),
    ("Bars", ("bar", "bar-negative")),
    ("Series", (*(f"s{n}" for n in range(1, 13)), "s-other", "s-none")),
)
"""The colour tokens of `static/css/tokens.css`, by what they are for."""

SIZES = ("xs", "s", "m", "l", "xl", "xxl")


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()

    @routes.get("/design", response_class=HTMLResponse)
    def parts(request: Request) -> Response:
        """Every part of the pages in every state, with sample figures."""
        return site.page(request, "design/design.html", active="", title="Design", **_parts())

    @routes.get("/help", response_class=HTMLResponse)
    def help_page(request: Request) -> Response:
        """The keyboard map as a page of its own."""
        return site.page(request, "help.html", active="", title="Keyboard and help")

    return routes


def _parts() -> dict[str, Any]:
    return {
        "colours": COLOURS,
        "sizes": SIZES,
        "series": COLOURS[-1][1],
        "icons": samples.icons(),
        "rows": samples.ROWS,
        "total": samples.TOTAL,
        "bars": samples.bars(),
        "lines": samples.lines(),
        "spark": samples.SPARK,
    }
