"""Tickets as use cases: open one for a recommendation, see those that there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@dataclass(frozen=True)
class Ticket:
    """A ticket of a recommendation. `external` is the system's own key (``FIN-12``, ``#7``,
    ``INC0010023``), `url` where people see it, `state` the system's word for where it stands,
    `problem` why it could not be brought up to date ('' when it could). Moments are UTC."""

    id: int
    recommendation: int
    system: str
    external: str
    url: str
    state: str
    opened_at: datetime
    opened_by: str
    synced_at: datetime | None
    problem: str = ""
    gone: bool = False


def tickets_of(workspace: Workspace, number: int) -> tuple[Ticket, ...]:
    """The tickets of a recommendation, oldest first."""
    return ()
