"""Logging in, people, tokens, roles, the audit log."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    return APIRouter()
