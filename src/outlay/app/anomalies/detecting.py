"""One look for anomalies: over all monitors, complete days alone, nothing twice.

A look over the same snapshot, rules, monitors and feedback changes nothing, and is not even taken.
What was found is written in one transaction, that has read what is kept; then people are told;
then the look is recorded. Cut off anywhere, the next look does the rest.
"""

from __future__ import annotations

import hashlib
import logging
import time as clock
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, acting, require
from outlay.access.principal import system
from outlay.app.anomalies.events import Event, Run
from outlay.app.anomalies.monitors import kept
from outlay.app.anomalies.store import AnomalyStore
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.app.watching import AUTHOR
from outlay.expression.errors import QueryError

if TYPE_CHECKING:
    from outlay.app.anomalies.finding import Finding
    from outlay.app.anomalies.series import Horizon
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.anomalies")

SHORTEST_DAYS = 36
"""Complete days that a look needs at least: the engine's history, and one to judge."""

DONE = ("detected", "short")
"""The outcomes of a look that was taken to its end."""


@dataclass
class Looked:
    """What a look did, by event."""

    run: Run
    new: list[Event] = field(default_factory=list)
    changed: list[Event] = field(default_factory=list)
    tell: list[Event] = field(default_factory=list)
    settle: list[tuple[Event, str]] = field(default_factory=list)
    raised: int = 0


def store(workspace: Workspace) -> AnomalyStore:
    """The anomalies of a workspace."""
    return AnomalyStore(workspace.resources.engine)


@served("POST /anomalies/detect")
def detect(workspace: Workspace, *, force: bool = False, now: datetime | None = None) -> Run:
    """Look for anomalies now, as is done after each delivery; `force` looks also where nothing
    changed since the last look. For editors who see the whole ledger. Raises QueryError for a
    monitor that asks for what is not there."""
    require(Level.EDITOR, "looking for anomalies", whole=True)
    return look(workspace, now or utc_now(), force=force).run


@served("GET /anomalies/runs")
def runs(workspace: Workspace, limit: int = 20) -> list[Run]:
    """The newest looks, newest first."""
    require(Level.VIEWER, "the looks for anomalies", whole=True)
    return store(workspace).runs(limit)


def look(workspace: Workspace, now: datetime, *, force: bool = False) -> Looked:
    """One look; see the module. What fails is recorded, then raised."""
    begun = clock.perf_counter()
    keeping = store(workspace)
    pin = workspace.pin()
    if pin.snapshot_id is None:
        return Looked(Run(0, now, "", 0, 0, 0, "empty", "No bill has been loaded yet."))
    mark = _mark(workspace, str(pin.snapshot_id), keeping)
    last = next(iter(keeping.runs(1, DONE)), None)
    if last is not None and last.detail.get("mark") == mark and not force:
        note = "Nothing changed since the last look."
        return Looked(replace(last, outcome="unchanged", message=note))
    try:
        # Whoever asked for it: the look is the product's, over the whole ledger.
        with acting(system(AUTHOR)):
            found = Looking(workspace, keeping, now, str(pin.snapshot_id), last).take()
    except Exception as error:
        spent = int((clock.perf_counter() - begun) * 1000)
        text = str(error) or type(error).__name__
        keeping.record(Run(0, now, str(pin.snapshot_id), 0, 0, spent, "failed", text))
        raise
    spent = int((clock.perf_counter() - begun) * 1000)
    detail = {**found.run.detail, "mark": mark}
    found.run = keeping.record(replace(found.run, duration_ms=spent, detail=detail))
    return found


def _mark(workspace: Workspace, snapshot: str, keeping: AnomalyStore) -> str:
    """What tells what a look sees from what any other saw."""
    rules = workspace.rules()
    tags = [(name, rules.digest(name)) for name in sorted(rules.tags)]
    heads = workspace.resources.heads("AnomalyMonitor", "ExchangeRates")
    text = repr((snapshot, workspace.today(), heads, tags, keeping.said()))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Looking:
    """The parts of one look."""

    def __init__(
        self,
        workspace: Workspace,
        keeping: AnomalyStore,
        now: datetime,
        snapshot: str,
        last: Run | None,
    ) -> None:
        self.workspace = workspace
        self.keeping = keeping
        self.now = now
        self.snapshot = snapshot
        self.last = last
        self.monitors = {one.name: one for one in kept(workspace) if one.spec.enabled}
        self.series = 0
        self.failed: dict[str, str] = {}

    def take(self) -> Looked:
        """Find, match, explain, keep, tell."""
        from outlay.app.anomalies.series import first_day, horizon

        known = horizon(self.workspace.pin().slices, self.now.date())
        first = first_day(self.workspace)
        days = 0 if known is None or first is None else (known.until - first).days
        if known is None or days < SHORTEST_DAYS:
            why = (
                f"The ledger has {max(days, 0)} complete days; {SHORTEST_DAYS} are needed to say "
                "what is expected."
            )
            return Looked(self._run("short", why, None))
        findings = self._findings(known)
        looked = self._kept(findings, known)
        self._told(looked, known.until)
        if not self.monitors:
            looked.run = replace(looked.run, outcome="short", message="No monitor is on.")
        return looked

    def _run(self, outcome: str, message: str, looked: Looked | None, until: str = "") -> Run:
        detail: dict[str, object] = {"until": until, "monitors": sorted(self.monitors)}
        if self.failed:
            detail["failed"] = self.failed
            message = " ".join(
                f"The monitor {name} cannot be asked: {text}" for name, text in self.failed.items()
            )
        if looked is not None:
            reasons = [one.reason for one in looked.new]
            detail |= {
                "new": len(looked.new),
                "changed": len(looked.changed),
                "explained": sum(1 for one in reasons if one in ("restatement", "tag-change")),
                "quiet": reasons.count("quiet"),
            }
        events = 0 if looked is None else len(looked.new)
        return Run(0, self.now, self.snapshot, self.series, events, 0, outcome, message, detail)

    # --- finding ----------------------------------------------------------------------------

    def _findings(self, known: Horizon) -> list[Finding]:
        from outlay.app.anomalies.finding import findings
        from outlay.app.anomalies.series import batches

        said = self._said()
        found: list[Finding] = []
        for monitor in self.monitors.values():
            try:
                for batch in batches(self.workspace, monitor, known):
                    self.series += len(batch.series)
                    found += findings(self.workspace, monitor, batch, said)
            except QueryError as error:  # it asks for what is not there; the others are done
                log.warning("the monitor %s cannot be asked: %s", monitor.name, error.what)
                self.failed[monitor.name] = f"{error.what}."
        return sorted(found, key=lambda one: -abs(one.lead.candidate.impact))

    def _said(self) -> list[Event]:
        """The events with feedback, the oldest word first."""
        words = self.keeping.steps(actions=("feedback",))
        newest = {step.event: step.id for step in words}
        known = [one for one in self.keeping.events() if one.feedback] if newest else []
        return sorted(known, key=lambda one: newest.get(one.id, 0))

    # --- keeping ----------------------------------------------------------------------------

    def _kept(self, findings: Sequence[Finding], known: Horizon) -> Looked:
        """What becomes of the events: reckoned first, written at once."""
        from outlay.app.anomalies.drafting import drafts
        from outlay.app.anomalies.finding import LOOK_BACK
        from outlay.app.anomalies.matching import matched
        from outlay.app.anomalies.working import Work

        since = datetime.combine(known.until - timedelta(days=LOOK_BACK), time())
        stored = self.keeping.events(since=since)
        pairs, lost = matched(findings, stored)
        led = [
            finding.led_by(event.lead.grouping, event.lead.values) if event else finding
            for finding, event in pairs
        ]
        drafted = drafts(self.workspace, led, self.now, self.snapshot)
        looked = Looked(self._run("detected", "", None))
        work = Work(self, looked, known.until, stored)
        for (finding, event), draft in zip(pairs, drafted, strict=True):
            if event is None:
                work.fresh(finding, draft)
            else:
                work.again(finding, event, draft)
        for event in lost:
            work.lost(event)
        work.done()
        work.write()
        looked.run = self._run("detected", "", looked, str(known.until))
        return looked

    # --- telling ----------------------------------------------------------------------------

    def _told(self, looked: Looked, until: date) -> None:
        from outlay.app.anomalies.signals import RECENT, is_news, raised, settled

        for event, note in looked.settle:
            settled(self.workspace, event, note, self.now)
        since = datetime.combine(until - RECENT, time())
        untold = [one for one in self.keeping.events(since=since) if not one.told]
        seen = {one.id for one in looked.tell}
        for event in [*looked.tell, *(one for one in untold if one.id not in seen)]:
            if not is_news(event, until):
                continue
            looked.raised += raised(self.workspace, event, self.now)
            if not event.told:
                with self.keeping.changing() as books:
                    books.put(replace(books.event(event.id), told=True))
