"""Bring alerts to those whose matter they are: at once, in a digest, after quiet hours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Bring alerts to those whose matter they are: at once, in a digest, after quiet hours."""
    return StepOutcome("alerts")
