"""Detectors: what looks for savings in the bill, what each needs, and what it last found."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.api.problems import ProblemRoute
from outlay.app import Workspace


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    return APIRouter(route_class=ProblemRoute)
