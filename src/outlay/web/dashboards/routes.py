"""Dashboards and annotations."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.dashboards import annotating, editing, pages
from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    boards = pages.Boards(site)
    # Addresses of fixed words come before those with names in them.
    routes.include_router(editing.routes_of(boards))
    routes.include_router(pages.routes_of(boards))
    routes.include_router(annotating.routes_of(site))
    return routes
