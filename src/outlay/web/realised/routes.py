"""Realised savings: what was promised, and what the bill shows of it."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    return APIRouter()
