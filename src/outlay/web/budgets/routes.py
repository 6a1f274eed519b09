"""Budgets: amounts per period, their thresholds, and the month to date."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    return APIRouter()
