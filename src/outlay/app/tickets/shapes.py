"""Tickets as JSON, alike for the command line and the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from outlay.app.tickets.model import MEANINGS
from outlay.app.tickets.syncing import Synced
from outlay.app.tickets.use import System, Ticket


def ticket_json(one: Ticket) -> dict[str, Any]:
    """A ticket of a recommendation."""
    return {
        "id": one.id,
        "recommendation": one.recommendation,
        "recommendation_title": one.title,
        "recommendation_state": one.of_state,
        "system": one.system,
        "external": one.external,
        "url": one.url,
        "state": one.state,
        "meaning": one.meaning,
        "gone": one.gone,
        "opened_at": _moment(one.opened_at),
        "opened_by": one.opened_by,
        "synced_at": _moment(one.synced_at),
        "problem": one.problem,
        "next_try": _moment(one.next_try),
    }


def system_json(one: System) -> dict[str, Any]:
    """A ticket system and how its tickets stand."""
    return {
        "name": one.name,
        "title": one.title,
        "type": one.spec.type,
        "url": one.spec.where,
        "project": one.spec.project,
        "enabled": one.spec.enabled,
        "states": {meaning: list(one.spec.words(meaning)) for meaning in MEANINGS},
        "tickets": one.tickets,
        "problems": one.problems,
    }


def synced_json(one: Synced) -> dict[str, Any]:
    """What a sync did."""
    return {
        "looked_at": one.looked_at,
        "changed": list(one.changed),
        "problems": list(one.problems),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at.isoformat(timespec='seconds')}Z"
