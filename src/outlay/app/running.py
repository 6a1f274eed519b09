"""A run of one source: one at a time, logged, and told apart from one that was killed.

The lock goes with its process, however that ends: a run that is noted as running while nobody
holds the lock was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

KILLED = "the process that ran it ended before it was done"


def _lock_file(workspace: Workspace, source: str) -> Path:
    folder = workspace.lake.path / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{source}.lock"


@contextlib.contextmanager
def running(workspace: Workspace, source: str, action: Literal["load", "sync"]) -> Iterator[int]:
    """Run one source, after whoever else does; gives the run's id in the log.

    Runs of it that were killed are noted as failed.
    """
    from outlay.lake.layout import exclusive

    with exclusive(_lock_file(workspace, source)):
        workspace.run_log.abandon(source, KILLED)
        yield workspace.run_log.start(source, action)


def note_killed(workspace: Workspace, source: str) -> None:
    """Note as failed what the log takes for running while no process runs the source."""
    path = _lock_file(workspace, source)
    if not path.exists():
        return
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        workspace.run_log.abandon(source, KILLED)
