"""Export: the ledger as FOCUS files, to take away."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app import export
from outlay.focus.datasets import DERIVED
from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The route of the export page."""
    routes = APIRouter()

    @routes.get("/export", response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """A form over what can be exported; the API gives the archive."""
        offered = export.offered(site.workspace)
        periods = sorted(
            {period for source in offered["sources"] for period in source["periods"]}, reverse=True
        )
        return site.page(
            request,
            "export.html",
            active="sources",
            title="Export",
            offered=offered,
            periods=periods,
            derived=DERIVED,
        )

    return routes
