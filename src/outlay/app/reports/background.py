"""Deliveries while the workspace is served: looked for every few seconds."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from outlay.app.reports.delivering import is_due
from outlay.app.ticking import TICK_SECONDS, Ticker

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.reports")


class Deliverer(Ticker):
    """Sends what is due. Any number of them, in any number of processes, send each thing once. What
    is cut off is sent again, by whoever looks next, once its claim has run out."""

    grace_seconds = 20

    def __init__(self, workspace: Workspace, tick_seconds: float = TICK_SECONDS) -> None:
        super().__init__(workspace, tick_seconds)

    def _tick(self) -> None:
        try:
            if not self._stopping.is_set() and is_due(self._workspace):
                self._run()
        except Exception:  # the next tick looks again
            log.exception("deliveries could not be looked for")

    def _run(self) -> None:
        code, said = self._command("reports", "run", "--due")
        if code not in (0, 1) and not self._stopping.is_set():
            log.warning("deliveries could not be sent: %s", said or "no reason")
