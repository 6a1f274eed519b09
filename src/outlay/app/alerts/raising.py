"""The one door by which capabilities have people told of something."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.alerts.signal import Signal, SignalKind

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def raise_signal(workspace: Workspace, signal: Signal, now: datetime | None = None) -> bool:
    """Note that something is to be known; True when it is new. Raised again, the same signal (by
    kind, subject and occurrence) brings its alert up to date and tells nobody twice, save where
    its severity went up."""
    raise NotImplementedError


def settle(
    workspace: Workspace, kind: SignalKind, subject: str, note: str, now: datetime | None = None
) -> int:
    """End the open alerts of a subject, since what they told of is over (an anomaly that was
    acknowledged, a source that delivered); gives how many there were. They leave the next digest.
    """
    raise NotImplementedError
