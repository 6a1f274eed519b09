"""Tickets: recommendations in Jira, GitHub and ServiceNow, linked both ways."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.web.render import Site


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    return APIRouter()
