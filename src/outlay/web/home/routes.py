"""Home: what changed, why, and what to do next, for each persona."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from outlay.web.explore.address import START
from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()

    @routes.get("/")
    def home() -> Response:
        """To the explorer."""
        return RedirectResponse(START, 303)

    return routes
