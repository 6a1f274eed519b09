"""Looking at what is to be known, one at a time: after deliveries, and when a clock says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from outlay.access import Level, require
from outlay.alerts.store import Look
from outlay.app import watching
from outlay.app.alerts import watch_routes
from outlay.app.alerts.raising import store
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.app.watching import STEPS, Watched
from outlay.reports.outbox import Delivery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

HOURLY = timedelta(hours=1)
"""How often sources are looked at for being late, where nothing is delivered."""

AGAIN = timedelta(minutes=10)
"""How soon a look whose step failed is tried again."""

_BY_THE_CLOCK = ("tickets", "freshness", "alerts")


@dataclass(frozen=True)
class Looked:
    """A look and what was sent by it. `reason` says why it was made; ``nothing is due``: it was
    not, and what waited from before was sent alone."""

    watched: Watched
    reason: str
    deliveries: tuple[Delivery, ...] = field(default=())

    @property
    def raised(self) -> int:
        """How many alerts are new."""
        return sum(step.raised for step in self.watched.steps)

    @property
    def failed(self) -> bool:
        """Whether a step did not work."""
        return self.watched.failed


@dataclass(frozen=True)
class Due:
    """Which steps are due (None: every one), and why."""

    steps: tuple[str, ...] | None
    reason: str


def due(workspace: Workspace, now: datetime | None = None) -> Due | None:
    """What is to be looked at now; None: nothing. Cheap enough to be asked every few seconds."""
    at = now or utc_now()
    last = store(workspace).last_look()
    if last is None or last.snapshot != _snapshot(workspace):
        return Due(None, "the ledger has moved")
    if last.failed and at - last.at >= AGAIN:
        return Due(None, "a step failed at the last look")
    if last.whole_at.date() != at.date():
        return Due(None, "a new day has begun")
    if at - last.at >= HOURLY:
        return Due(_BY_THE_CLOCK, "an hour has passed")
    # What could not be told is tried with the steps that failed, not at each question.
    if "alerts" not in last.failed and watch_routes.is_due(workspace, at):
        return Due(("alerts",), "somebody is to be told")
    return None


@served("POST /alerts/watch")
def look(
    workspace: Workspace,
    only: Sequence[str] | None = None,
    only_due: bool = False,
    now: datetime | None = None,
) -> Looked:
    """Do every step (or those named, or those that are due), then send what they put in.

    One look at a time on this machine: another waits for it, and asks anew what is due. ValueError
    for a step that there is not.
    """
    from outlay.lake.layout import exclusive

    require(Level.EDITOR, "looking for what is to be known", whole=True)
    _check(only)
    with exclusive(_lock_file(workspace)):
        at = now or utc_now()
        steps, reason = (tuple(only), "asked for") if only else (None, "asked for")
        if only_due:
            found = due(workspace, at)
            if found is None:
                return Looked(Watched(at), "nothing is due", _send(workspace, now))
            steps, reason = found.steps, found.reason
        snapshot = _snapshot(workspace)
        watched = watching.watch(workspace, at, steps)
        _note(workspace, watched, snapshot, steps)
        return Looked(watched, reason, _send(workspace, now))


def _check(only: Sequence[str] | None) -> None:
    names = [name for name, _ in STEPS]
    for name in only or ():
        if name not in names:
            raise ValueError(f"there is no step {name!r}. Steps: {', '.join(names)}.")


def _note(
    workspace: Workspace, watched: Watched, snapshot: str, steps: Sequence[str] | None
) -> None:
    """Keep the look. One of some steps takes the place of theirs alone: what others failed at and
    when they are due again stays as it was."""
    known = store(workspace)
    last = known.last_look()
    failed = {one.name: one.failed for one in watched.steps if one.failed}
    if steps is None:
        known.note_look(Look(watched.at, snapshot, watched.at, failed))
    elif last is not None:
        others = {name: why for name, why in last.failed.items() if name not in steps}
        at = watched.at if "freshness" in steps else last.at
        known.note_look(Look(at, last.snapshot, last.whole_at, {**others, **failed}))


def _send(workspace: Workspace, now: datetime | None) -> tuple[Delivery, ...]:
    """Send what waits in the outbox; what fails for now is tried again by whoever looks next."""
    from outlay.access import acting
    from outlay.access.principal import system
    from outlay.app.reports import delivering

    if not delivering.outbox(workspace).waits(now or utc_now()):
        return ()
    with acting(system(watching.AUTHOR)):
        return tuple(delivering.run(workspace, due=False, now=now))


def _snapshot(workspace: Workspace) -> str:
    return str(workspace.pin().snapshot_id or "")


def _lock_file(workspace: Workspace) -> Path:
    return workspace.lake.path / "locks" / "watch.lock"
