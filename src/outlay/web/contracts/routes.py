"""Contracts: what is owed to vendors, how far it is used up, and the prices agreed."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    return APIRouter()
