"""Looks while the workspace is served: every few seconds it is asked whether one is due."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from outlay.app.ticking import TICK_SECONDS, Ticker

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.watch")

_PAUSE_SECONDS = 600
"""How long nothing is tried after a look that could not be made at all."""


class Watcher(Ticker):
    """Looks when something is due. Several processes may have one: one look is made at a time, and
    who comes second finds nothing due. A look that is cut off is made anew by whoever looks next.
    """

    def __init__(self, workspace: Workspace, tick_seconds: float = TICK_SECONDS) -> None:
        super().__init__(workspace, tick_seconds)
        self._not_before = 0.0

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
        code, said = self._command("watch", "--due")
        if code not in (0, 1):
            self._not_before = time.monotonic() + _PAUSE_SECONDS
        if code and not self._stopping.is_set():
            log.warning("a look did not work: %s", said or "see outlay watch")
