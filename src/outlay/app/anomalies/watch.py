"""Look for anomalies after a delivery, and raise those that are new."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.anomalies.detecting import look
from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """One look, which costs next to nothing where nothing changed since the last."""
    found = look(workspace, now)
    if found.run.outcome == "unchanged":
        return StepOutcome("anomalies")
    failed = found.run.message if "failed" in found.run.detail else ""
    notes = [found.run.message] if found.run.message and not failed else []
    notes += [event.sentence for event in found.new if event.is_open][:5]
    return StepOutcome("anomalies", found.raised, tuple(notes), failed)
