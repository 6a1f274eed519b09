"""Every route of this room."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.people import account, administration, auditlog, entrance
from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    for part in (entrance, account, administration, auditlog):
        routes.include_router(part.router(site))
    return routes
