"""Tickets: recommendations in Jira, GitHub and ServiceNow, linked both ways."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.api.problems import ProblemRoute
from outlay.app import Workspace


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    return APIRouter(route_class=ProblemRoute)
