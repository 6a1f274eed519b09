"""What was done in a workspace that is no change of a resource: exports, deliveries, refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outlay.access import events
from outlay.access.events import Event, Wanted

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

__all__ = ["Event", "Wanted", "listed", "record"]


def record(workspace: Workspace, action: str, target: str, **detail: Any) -> None:
    """Keep that `action` ("export", "deliver", "refuse"…) was done to `target`.

    Author, way in and address are those of the principal of now. `detail` holds names and counts
    that explain it, never a secret; decimals and dates are kept as text.
    """
    events.record(workspace.resources.engine, action, target, detail)


def listed(workspace: Workspace, wanted: Wanted | None = None, limit: int = 100) -> list[Event]:
    """The newest events that are wanted, newest first."""
    return events.listed(workspace.resources.engine, wanted or Wanted(), limit)
