"""Looks while the workspace is served: every few seconds it is asked whether one is due, and made
by a process of its own with the ordinary command, so that neither pages nor their memory feel it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.watch")

_TICK_SECONDS = 20
_NICE = 10
_PAUSE_SECONDS = 600
"""How long nothing is tried after a look that could not be made at all."""


class Watcher:
    """Looks when something is due. Several processes may have one: one look is made at a time, and
    who comes second finds nothing due."""

    def __init__(self, workspace: Workspace, tick_seconds: float = _TICK_SECONDS) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        # A tick that finds the one before still at work is skipped, which is nothing to tell.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._workspace = workspace
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._not_before = 0.0
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(
            self._tick, "interval", seconds=tick_seconds, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; a look that is under way is cut off, and made anew by whoever looks next."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
        self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        from outlay.app.alerts.looking import due

        try:
            if self._stopping.is_set() or time.monotonic() < self._not_before:
                return
            if due(self._workspace) is not None:
                self._run()
        except Exception:  # the next tick looks again
            log.exception("it could not be seen whether a look is due")

    def _run(self) -> None:
        command = [sys.executable, "-m", "outlay", "-w", str(self._workspace.path)]
        self._child = subprocess.Popen(
            [*command, "watch", "--due", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with contextlib.suppress(OSError):  # pages go first
            os.setpriority(os.PRIO_PROCESS, self._child.pid, _NICE)
        _, errors = self._child.communicate()
        if self._child.returncode not in (0, 1):
            self._not_before = time.monotonic() + _PAUSE_SECONDS
        if self._child.returncode and not self._stopping.is_set():
            lines = errors.decode(errors="replace").strip().splitlines()
            log.warning("a look did not work: %s", lines[-1] if lines else "see outlay watch")
