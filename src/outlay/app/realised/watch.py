"""What is looked at after a delivery: what the bill shows of what was implemented."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.realised.following import follow
from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """One look: what nobody told of is found, months that changed are measured, and what the bill
    proves moves recommendations on."""
    done = follow(workspace, now)
    notes = [
        f"{len(numbers)} {what}"
        for what, numbers in (
            ("seen on the bill", done.seen),
            ("verified", done.verified),
            ("sustained", done.sustained),
            ("regressed", done.regressed),
        )
        if numbers
    ]
    if done.entries:
        notes.insert(0, f"{len(done.entries)} months measured")
    return StepOutcome("realised", raised=len(done.regressed), notes=tuple(notes))
