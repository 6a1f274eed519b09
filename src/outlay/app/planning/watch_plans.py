"""Look at every approved plan after a delivery."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Look at every approved plan after a delivery."""
    return StepOutcome("plans")
