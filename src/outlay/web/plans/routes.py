"""Plans: a year by month over a hierarchy, its versions and what came of them."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    return APIRouter()
