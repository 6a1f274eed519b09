"""What is looked at after a delivery: realised."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """One look."""
    return StepOutcome("realised")
