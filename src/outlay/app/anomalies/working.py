"""What one look makes of events: new ones, those found again, those that are gone."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from outlay.access import who
from outlay.app.anomalies.events import Event
from outlay.app.anomalies.model import AnomalyMonitorSpec
from outlay.app.anomalies.monitors import Monitor
from outlay.app.anomalies.store import Books
from outlay.expression.errors import QueryError
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.anomalies.detecting import Looked, Looking
    from outlay.app.anomalies.finding import Finding

_MOST_EXPLAINED = 150
"""How many events of one look are explained, the largest first."""

_MOST_SPLIT = 5
"""How many of them have their split at once, besides the new ones."""

_NEW = timedelta(days=14)
_TOGETHER = 3


@dataclass(frozen=True)
class Change:
    """An event to be kept: a new one has no id. `steps` are actions with their notes."""

    event: Event
    steps: tuple[tuple[str, str], ...]
    seen: datetime | None = None


class Work:
    """What one look makes of events, before it is written."""

    def __init__(self, look: Looking, looked: Looked, until: date, known: Sequence[Event]) -> None:
        self.look = look
        self.looked = looked
        self.until = until
        self.read = {one.id for one in known}
        self.changes: list[Change] = []
        self.jobs: list[Callable[[], Change]] = []

    def fresh(self, finding: Finding, draft: Event) -> None:
        """A new event: explained away, kept quiet, or to be told."""
        place = len(self.jobs)
        self.jobs.append(lambda: self._fresh(finding, draft, place))

    def _fresh(self, finding: Finding, event: Event, place: int) -> Change:
        from outlay.app.anomalies.away import explained_away

        base, monitor = finding.batch.base, finding.monitor
        last = None if self.look.last is None else self.look.last.at
        if not event.reason:
            away = explained_away(self.look.workspace, event, base, base.where, last)
            if away is not None:
                event = replace(
                    event, reason=away.reason, explaining=away.told, state="ended", ongoing=False
                )
        event = self._with_drivers(event, monitor.spec, base, place)
        steps = [("detected", event.sentence)]
        if event.reason:
            steps.append((event.reason, event.driver if event.explaining else ""))
        return Change(event, tuple(steps))

    def again(self, finding: Finding, known: Event, draft: Event) -> None:
        """An event that is found again."""
        from outlay.app.anomalies.renewing import renewed

        found = renewed(known, draft, self.look.now)
        if found is None:
            return
        change = Change(found.event, found.steps, known.updated_at)
        if not found.moved:
            self.changes.append(change)
            return
        spec = self.look.monitors.get(known.monitor, finding.monitor).spec
        place, base = len(self.jobs), finding.batch.base

        def job() -> Change:
            return replace(change, event=self._with_drivers(change.event, spec, base, place))

        self.jobs.append(job)

    def _with_drivers(
        self, event: Event, spec: AnomalyMonitorSpec, base: CostQuery, place: int
    ) -> Event:
        """The event explained: the largest and the newest whole, the others but for their split
        (which is reckoned when somebody looks), the very many last ones by their figures alone."""
        from outlay.app.anomalies.explaining import explained
        from outlay.app.anomalies.telling import driver, sentence

        if place >= _MOST_EXPLAINED:
            return replace(event, sentence=sentence(event), driver=driver(event))
        recent = event.range.end > self.until - _NEW
        whole = place < _MOST_SPLIT or recent
        return explained(self.look.workspace, event, spec, base, whole=whole)

    def done(self) -> None:
        """Do what was put off: questions do not wait for each other."""
        if len(self.jobs) < _TOGETHER:
            self.changes += [job() for job in self.jobs]
            return
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            # Each thread asks as who asks here.
            going = [pool.submit(copy_context().run, job) for job in self.jobs]
            self.changes += [one.result() for one in going]

    def lost(self, known: Event) -> None:
        """An event that is not found any more: explained, or over."""
        from outlay.app.anomalies.away import explained_lost

        if known.reason in ("restatement", "tag-change") and not known.ongoing:
            return
        monitor = self.look.monitors.get(known.monitor)
        if known.monitor in self.look.failed:
            return
        if monitor is None:
            if known.ongoing:
                self._over(known, f"The monitor {known.monitor} is off.")
            return
        if not known.ongoing and not self._may_differ(known):
            return
        try:
            away = explained_lost(self.look.workspace, known, base_of(monitor))
        except QueryError as error:  # its tag or column is no more: the event stays as it was
            if known.ongoing:
                self._over(known, f"Its charges cannot be asked for any more: {error.what}.")
            return
        if away is not None:
            from outlay.app.anomalies.telling import driver

            event = replace(
                known, reason=away.reason, explaining=away.told, ongoing=False,
                state="ended" if known.state == "active" else known.state,
                updated_at=self.look.now,
            )  # fmt: skip
            event = replace(event, driver=driver(event))
            self.changes.append(Change(event, ((away.reason, event.driver),), known.updated_at))
            self.looked.settle.append((event, event.driver))
        elif known.ongoing:
            self._over(known, "Its days are not outside what is expected any more.")

    def _may_differ(self, known: Event) -> bool:
        """Whether what an event was reckoned from can have changed since."""
        from outlay.app.anomalies.away import changed_tag

        if known.snapshot != self.look.snapshot:
            return True
        since = known.rules_at
        return since is not None and bool(changed_tag(self.look.workspace, known, since))

    def _over(self, known: Event, note: str) -> None:
        state = "ended" if known.state == "active" else known.state
        event = replace(known, ongoing=False, state=state, updated_at=self.look.now)
        self.changes.append(Change(event, (("ended", note),), known.updated_at))

    def write(self) -> None:
        """Keep all of it at once; what another look wrote meanwhile is left as it is."""
        author = who()
        if not self.changes:
            return
        with self.look.keeping.changing() as books:
            for change in self.changes:
                event = self._put(books, change)
                if event is None:
                    continue
                for action, note in change.steps:
                    books.step(event.id, self.look.now, author, action, note=note)

    def _free_key(self, books: Books, key: str) -> str:
        """A key for a new event; '' where another look kept it meanwhile. An event that this look
        has read and taken for another (it is seen in other series by now) hides no new one."""
        while (kept := books.by_key(key)) is not None:
            if kept.id not in self.read:
                return ""
            key = hashlib.sha256(key.encode()).hexdigest()
        return key

    def _put(self, books: Books, change: Change) -> Event | None:
        event = change.event
        if not event.id:
            key = self._free_key(books, event.key)
            if not key:
                return None
            event = books.add(replace(event, key=key))
            self.looked.new.append(event)
            return event
        known = books.event(event.id)
        if change.seen is not None and known.updated_at != change.seen:
            event = replace(
                event, state=known.state, feedback=known.feedback, assignee=known.assignee
            )
        books.put(event)
        self.looked.changed.append(event)
        if event.told and event.is_open:
            self.looked.tell.append(event)
        return event


def base_of(monitor: Monitor) -> CostQuery:
    """The question of a monitor's series, without their values."""
    spec = monitor.spec
    return CostQuery(
        measures=(spec.measure,),
        where=spec.condition,
        currency=spec.currency or None,
        splits="direct",
    )
