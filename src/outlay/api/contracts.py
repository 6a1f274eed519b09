"""Contracts: what is owed to vendors, how far it is used up, and the prices agreed."""

from __future__ import annotations

from fastapi import APIRouter

from outlay.api.problems import ProblemRoute
from outlay.app import Workspace


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    return APIRouter(route_class=ProblemRoute)
