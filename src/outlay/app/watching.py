"""What is looked at after each delivery: anomalies, budgets, plans, freshness, then who is told.

A step that fails never undoes a delivery and never hides another step: it is told beside the
others and tried again at the next look.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from outlay.access import acting
from outlay.access.principal import system
from outlay.app.runs import utc_now
from outlay.app.unchanged import remember, seen, stands_on

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.watch")

AUTHOR = "outlay"
"""As whom the audit log knows what nobody asked for."""


@dataclass(frozen=True)
class StepOutcome:
    """What a step did: `raised` signals that are new, `notes` for people, `failed` why it did not
    work ('' when it did)."""

    name: str
    raised: int = 0
    notes: tuple[str, ...] = ()
    failed: str = ""


@dataclass(frozen=True)
class Watched:
    """One look: its moment (UTC) and what each step did, in their order."""

    at: datetime
    steps: tuple[StepOutcome, ...] = field(default=())

    @property
    def failed(self) -> bool:
        """Whether a step did not work."""
        return any(step.failed for step in self.steps)


Step = Callable[["Workspace", datetime], StepOutcome]

STEPS: tuple[tuple[str, str], ...] = (
    ("anomalies", "outlay.app.anomalies.watch"),
    ("budgets", "outlay.app.planning.watch_budgets"),
    ("plans", "outlay.app.planning.watch_plans"),
    ("savings", "outlay.app.savings.watch"),
    ("realised", "outlay.app.realised.watch"),
    ("commitments", "outlay.app.commitments.watch"),
    ("contracts", "outlay.app.contracts.watch"),
    ("tickets", "outlay.app.tickets.watch"),
    ("freshness", "outlay.app.alerts.watch_freshness"),
    ("alerts", "outlay.app.alerts.watch_routes"),
)
"""Each step and the module whose `watch(workspace, now)` does it; the last tells people."""


_STANDING = frozenset({"commitments", "contracts"})
"""Steps that follow from ledger, configuration and day alone, and keep nothing else in mind."""


def watch(
    workspace: Workspace, now: datetime | None = None, only: Sequence[str] | None = None
) -> Watched:
    """Do every step (or those named) over the whole ledger, whoever asked for it.

    ValueError for a step that there is not.
    """
    moment = now or utc_now()
    names = [name for name, _ in STEPS]
    for name in only or ():
        if name not in names:
            raise ValueError(f"there is no step {name!r}. Steps: {', '.join(names)}.")
    outcomes = [
        _done(workspace, name, module, moment)
        for name, module in STEPS
        if only is None or name in only
    ]
    return Watched(moment, tuple(outcomes))


def _done(workspace: Workspace, name: str, module: str, now: datetime) -> StepOutcome:
    try:
        step: Step = importlib.import_module(module).watch
        with acting(system(AUTHOR)):
            if name in _STANDING:
                return _standing(workspace, name, step, now)
            return step(workspace, now)
    except Exception as error:  # the other steps are done, and this one is told
        log.exception("the step %s could not be done", name)
        return StepOutcome(name, failed=f"{error}" or type(error).__name__)


def _standing(workspace: Workspace, name: str, step: Step, now: datetime) -> StepOutcome:
    """The step, or what it came to before over the same ledger: it would raise the same signals,
    and the same signal is one alert however often it is raised."""
    basis = stands_on(workspace, now)
    known: StepOutcome | None = seen(workspace, name, basis)
    if known is not None:
        return replace(known, raised=0)
    found = step(workspace, now)
    if not found.failed:
        remember(workspace, name, basis, found)
    return found
