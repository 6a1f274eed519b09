"""Anomalies: what was not expected, why, and what was done about it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.web.render import Site

ANOMALIES = "/anomalies"


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()

    @routes.get(ANOMALIES, response_class=HTMLResponse)
    def anomalies(request: Request) -> Response:
        """Every event, the newest first."""
        return site.page(
            request, "anomalies/list.html", active="anomalies", title="Anomalies"
        )

    return routes
