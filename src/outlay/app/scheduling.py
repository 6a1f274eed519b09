"""Syncs in the background while the workspace is served, each source on its own cadence.

Every sync is a process of its own with the ordinary command: it cannot slow down or break the
pages, its memory goes with it, and what it did stands in the run log like any other run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outlay.app.kinds import SOURCE, SourceSpec
from outlay.app.runs import utc_now
from outlay.app.status import RunRecord
from outlay.app.ticking import TICK_SECONDS, Ticker

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_LOG = logging.getLogger("outlay.sync")

INTERVALS = {
    "hourly": timedelta(minutes=15),
    "daily": timedelta(hours=3),
    "monthly": timedelta(hours=24),
}
"""How long after a run the next one starts. Vendors deliver at no fixed time of the day, and a
look that finds nothing new costs a listing."""

RUNS_LOOKED_AT = 12
"""Newest runs of a source that tell when it is due: more failures in a row wait no longer."""

_FIRST_RETRY = timedelta(minutes=2)


def next_sync(cadence: str, runs: Sequence[RunRecord], now: datetime) -> datetime | None:
    """When a source is due (UTC; in the past when overdue); None when it is synced by hand.

    `runs` are its runs, newest first. After a failure: 2, 4, 8 … minutes, at most the interval.
    """
    interval = INTERVALS.get(cadence)
    if interval is None:
        return None
    if not runs:
        return now
    failures = 0
    for run in runs:
        if run.outcome != "failed":
            break
        failures += 1
    wait = min(interval, _FIRST_RETRY * 2 ** (failures - 1)) if failures else interval
    return runs[0].started_at + wait


def due_at(workspace: Workspace, name: str, now: datetime | None = None) -> datetime | None:
    """When the served workspace syncs this source next; None for a manual or paused one."""
    resource = workspace.resources.find(SOURCE.name, name)
    spec = resource.spec if resource is not None else None
    return due_of(spec, workspace.run_log.list(name, RUNS_LOOKED_AT), now or utc_now())


def due_of(spec: object, runs: Sequence[RunRecord], now: datetime) -> datetime | None:
    """The same of a source's spec and its newest runs, newest first."""
    if not isinstance(spec, SourceSpec) or not spec.enabled:
        return None
    return next_sync(spec.cadence, runs, now)


class Syncer(Ticker):
    """Keeps the sources, metrics and native tools of a workspace up to date; one sync at a time.

    Where several processes serve the workspace, the one that keeps house asks for what is due
    (`outlay.app.servers`); what a person asks for is done by the process that was asked. A sync
    that is cut off leaves the old slice or the new one.
    """

    def __init__(self, workspace: Workspace, tick_seconds: float = TICK_SECONDS) -> None:
        from outlay.app.servers import House

        super().__init__(workspace, tick_seconds, ("syncs",))
        self._house = House(workspace)
        self._waiting: dict[str, None] = {}
        self._lock = threading.Lock()

    def stop(self) -> None:
        """End, and with it a sync under way."""
        super().stop()
        self._house.release()

    def request(self, name: str) -> None:
        """Sync a source as soon as may be; nothing happens when it already waits."""
        with self._lock:
            if name in self._waiting or self._stopping.is_set():
                return
            self._waiting[name] = None
        self._scheduler.add_job(self._sync, args=[name], executor="syncs")

    def waits(self, name: str) -> bool:
        """Whether the source is waiting for its turn, or has it."""
        with self._lock:
            return name in self._waiting

    def _tick(self) -> None:
        """Ask for every source, metric and native tool that is due, the longest overdue first."""
        from outlay.app.metrics import due_metrics
        from outlay.app.native.syncing import due as due_tools

        if not self._house.held():
            return
        now = utc_now()
        due = [*due_metrics(self._workspace, now), *due_tools(self._workspace, now)]
        for name in self._workspace.resources.names(SOURCE.name):
            moment = due_at(self._workspace, name, now)
            if moment is not None and moment <= now:
                due.append((moment, name))
        for _, name in sorted(due):
            self.request(name)

    def _sync(self, name: str) -> None:
        try:
            if not self._stopping.is_set():
                self._run(name)
        except OSError as error:
            _LOG.warning("the sync of %s could not be started: %s", name, error)
        finally:
            with self._lock:
                self._waiting.pop(name, None)

    def _run(self, name: str) -> None:
        kind, _, rest = name.partition(":")
        words = {"metric": ["metrics", "sync", rest], "native": ["native", "sync", rest]}.get(
            kind, ["sync", name, "--no-watch"]
        )
        code, said = self._command(*words)
        if code not in (0, 3) and not self._stopping.is_set():
            _LOG.warning("the sync of %s failed: %s", name, said or "no reason")
