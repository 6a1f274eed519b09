"""What runs beside the pages of a served workspace: a clock of its own, and work that is done by
processes with the ordinary command, so that neither pages nor their memory feel it."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

TICK_SECONDS = 20
_NICE = 10
_END_SECONDS = 20


class Ticker(ABC):
    """Asks every `tick_seconds` what there is to do (`_tick`), in a thread of its own; one tick at
    a time. `queues` are further executors of one thread each, by name. Work that is under way when
    it ends may go on for `grace_seconds` before it is ended too."""

    grace_seconds = 0

    def __init__(
        self, workspace: Workspace, tick_seconds: float, queues: Sequence[str] = ()
    ) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        # A tick that finds the one before still at work is skipped, which is nothing to tell.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._workspace = workspace
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={name: ThreadPoolExecutor(1) for name in ("default", *queues)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_job(
            self._tick, "interval", seconds=tick_seconds, next_run_time=datetime.now(UTC)
        )

    def start(self) -> None:
        """Begin, in threads of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """End, and with it the process that is at work."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(self.grace_seconds)
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_END_SECONDS)
            if child.poll() is None:
                child.kill()
        self._scheduler.shutdown(wait=True)

    @abstractmethod
    def _tick(self) -> None:
        """See what there is to do."""

    def _command(self, *words: str) -> tuple[int, str]:
        """Do a command on the workspace; its exit code, and the last line of what it said on
        stderr ('' for nothing). OSError when it cannot be started."""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "outlay", "-w", str(self._workspace.path), *words, "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with contextlib.suppress(OSError):  # pages go first
            os.setpriority(os.PRIO_PROCESS, self._child.pid, _NICE)
        _, errors = self._child.communicate()
        lines = errors.decode(errors="replace").strip().splitlines()
        return self._child.returncode, lines[-1] if lines else ""
