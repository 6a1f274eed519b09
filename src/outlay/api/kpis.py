"""KPIs: how well the practice saves, by owner and month."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.api.problems import ProblemRoute
from outlay.app import Workspace


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    return APIRouter(route_class=ProblemRoute)
