"""What is looked at after a delivery, and by the clock: tickets, both ways."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Bring tickets and recommendations to the same state. A ticket that could not be brought up to
    date is told at the ticket and tried again: that is no failure of the look."""
    from outlay.app.tickets.model import TICKET_SYSTEM

    if not workspace.resources.names(TICKET_SYSTEM.name):
        return StepOutcome("tickets")
    from outlay.app.tickets.syncing import sync

    done = sync(workspace, now)
    return StepOutcome("tickets", notes=(*done.changed, *done.problems))
