"""The one door by which capabilities have people told of something."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.access import current, who
from outlay.alerts.signal import Signal, SignalKind
from outlay.alerts.store import AlertStore
from outlay.app.runs import utc_now

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def raise_signal(workspace: Workspace, signal: Signal, now: datetime | None = None) -> bool:
    """Note that something is to be known; True when it is new. Raised again, the same signal (by
    kind, subject and occurrence) brings its alert up to date and tells nobody twice, save where
    its severity went up.

    An alert that the product had settled opens again when its signal is raised anew; one that a
    person settled stays settled until its severity goes up.
    """
    return store(workspace).put(signal, now or utc_now(), who())


def settle(
    workspace: Workspace, kind: SignalKind, subject: str, note: str, now: datetime | None = None
) -> int:
    """End the open alerts of a subject, since what they told of is over (an anomaly that was
    acknowledged, a source that delivered); gives how many there were. They leave the next digest.
    """
    by = "product" if current().via == "system" else "person"
    return store(workspace).settle(kind, subject, note, now or utc_now(), who(), by)


def store(workspace: Workspace) -> AlertStore:
    """The alerts of a workspace."""
    return AlertStore(workspace.resources.engine)
