"""Look for savings after a delivery, and tell owners of what is new and what is overdue."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.savings.looking import look
from outlay.app.savings.signals import told
from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """One look, which costs next to nothing where nothing changed since the last."""
    found = look(workspace, now, force=False)
    raised = told(workspace, found.new, now)
    if found.unchanged:
        return StepOutcome("savings", raised)
    notes = []
    if found.new:
        notes.append(f"{len(found.new)} new recommendations")
    if found.gone:
        notes.append(f"{len(found.gone)} recommendations are gone")
    return StepOutcome("savings", raised, tuple(notes), found.record.message)
