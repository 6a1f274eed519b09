"""Deliveries while the workspace is served: looked for every few seconds, sent by a process of
their own with the ordinary command, so that a large PDF neither slows pages nor stays in their
memory."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outlay.app.reports.delivering import is_due

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.reports")

_TICK_SECONDS = 20
_NICE = 10
_GRACE_SECONDS = 20


class Deliverer:
    """Sends what is due. Any number of them, in any number of processes, send each thing once."""

    def __init__(self, workspace: Workspace, tick_seconds: float = _TICK_SECONDS) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._workspace = workspace
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
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
        """End. What is being sent may finish for a few seconds; what is cut off is sent again, by
        whoever looks next, once its claim has run out."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_GRACE_SECONDS)
            if child.poll() is None:
                child.terminate()
        self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        try:
            if not self._stopping.is_set() and is_due(self._workspace):
                self._run()
        except Exception:  # the next tick looks again
            log.exception("deliveries could not be looked for")

    def _run(self) -> None:
        command = [sys.executable, "-m", "outlay", "-w", str(self._workspace.path)]
        self._child = subprocess.Popen(
            [*command, "reports", "run", "--due", "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with contextlib.suppress(OSError):  # pages go first
            os.setpriority(os.PRIO_PROCESS, self._child.pid, _NICE)
        _, errors = self._child.communicate()
        if self._child.returncode not in (0, 1) and not self._stopping.is_set():
            lines = errors.decode(errors="replace").strip().splitlines()
            log.warning("deliveries could not be sent: %s", lines[-1] if lines else "no reason")
