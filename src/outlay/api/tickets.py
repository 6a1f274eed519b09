"""Tickets over HTTP: those of recommendations, and opening one.

Systems are resources: `PUT /resources/ticketsystem/{name}` makes and changes one.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.responses import Response

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.tickets import shapes, syncing, use
from outlay.expression.errors import QueryError

_Number = Annotated[int, Path(ge=1, description="The recommendation's number")]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Tickets"], responses=RESPONSES)

    @router.get("/tickets", summary="Every ticket, the newest first")
    def tickets() -> Response:
        """`state` is the system's word, or pending (still to be opened) or gone (deleted there);
        `meaning` is open, accepted, done or dismissed; `problem` says what did not work, and
        `next_try` when it is tried again."""
        return json_response([shapes.ticket_json(one) for one in use.tickets(workspace)])

    @router.get("/tickets/systems", summary="Ticket systems, and what their states mean")
    def systems() -> Response:
        """`states` are the system's words of each meaning; the first is the one that is set."""
        return json_response([shapes.system_json(one) for one in use.systems(workspace)])

    @router.post("/tickets/sync", summary="Bring tickets up to date, both ways")
    def sync() -> Response:
        """As is done after each delivery and every hour, also for tickets that wait."""
        return json_response(shapes.synced_json(syncing.sync(workspace, every=True)))

    @router.get("/savings/{number}/tickets", summary="The tickets of a recommendation")
    def of(number: _Number) -> Response:
        """Oldest first."""
        return json_response([shapes.ticket_json(one) for one in use.tickets_of(workspace, number)])

    @router.post("/savings/{number}/tickets", summary="Open a ticket", status_code=201)
    def open_(
        number: _Number, body: Annotated[dict[str, Any], Body(examples=[{"system": "jira"}])]
    ) -> Response:
        """In a system; the one that there is already, where one is open there. A system that is
        away gives a ticket that is `pending`: it is opened later."""
        name = body.get("system")
        unknown = sorted(set(body) - {"system"})
        if unknown or not isinstance(name, str) or not name:
            raise QueryError(
                f"{unknown[0]!r} is not known" if unknown else "the system is needed",
                field=unknown[0] if unknown else "system",
                allowed=("system",),
            )
        return json_response(shapes.ticket_json(use.open_ticket(workspace, number, name)), 201)

    return router
