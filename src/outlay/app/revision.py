"""What tells the present state of a workspace from any other: cheap to ask, the same only as long
as no answer can have changed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from outlay.resources import tables

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_FILES = ("outlay.yaml", "stated.yaml", "rates/eurofxref-hist.zip")
_GROWING = (
    tables.audit.c.id,
    tables.statement_events.c.id,
)


def revision(workspace: Workspace) -> str:
    """A digest of the snapshot, of everything configured, of metrics' values, of statements and
    disputes, of the settings, and of the day (UTC), from which relative ranges count.

    It does not cover what counts from the present minute: freshness, runs, health.
    """
    pin = workspace.pin()
    with workspace.resources.engine.connect() as connection:
        last = [connection.execute(select(func.max(column))).scalar() for column in _GROWING]
    store = workspace.metrics.store
    metrics = [(name, store.sequence(name)) for name in workspace.resources.names("Metric")]
    state = (pin.snapshot_id, *last, metrics, *(_stamp(workspace.path / name) for name in _FILES))
    text = f"{workspace.today()} {state}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _stamp(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
