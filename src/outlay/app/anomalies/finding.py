"""What the engine finds in the series of a monitor, and what feedback keeps quiet of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.anomalies.model import Candidate, Cause, Feedback, SeriesName, Settings
from outlay.app.anomalies.events import Event, Verdict
from outlay.app.anomalies.monitors import Monitor
from outlay.app.anomalies.series import Batch, Series
from outlay.money.quotients import quotient

if TYPE_CHECKING:
    from outlay.anomalies.model import Verdict as EngineVerdict
    from outlay.app.workspace import Workspace

LOOK_BACK = 180
"""Days in which events are looked for; what is older stays as it was found."""

ALIKE = Decimal("1.25")
"""A change up to a quarter larger, in per cent, is like one that was said to be expected."""

_VERDICTS: dict[Verdict, EngineVerdict] = {
    "expected": "expected",
    "unexpected": "unexpected",
    "too-small": "too_small",
    "known": "known",
}


@dataclass(frozen=True, eq=False)
class Sighting:
    """An event in one series."""

    series: Series
    candidate: Candidate

    @property
    def start(self) -> datetime:
        """The beginning of its first day or hour."""
        return moment(self.candidate.start)

    @property
    def end(self) -> datetime:
        """The end of its last day or hour (exclusive)."""
        return step_end(self.candidate.end)


@dataclass(frozen=True, eq=False)
class Finding:
    """One cause: the series that says it best first. `heard` are the events whose feedback keeps
    it quiet, the newest word first; none: it is to be told."""

    monitor: Monitor
    batch: Batch
    sightings: tuple[Sighting, ...]
    heard: tuple[int, ...] = ()

    @property
    def lead(self) -> Sighting:
        """The series that says it best."""
        return self.sightings[0]

    @property
    def direction(self) -> str:
        """``up`` or ``down``."""
        return self.lead.candidate.direction

    def led_by(self, grouping: str, values: tuple[str | None, ...]) -> Finding:
        """The same with a series first, where it is among them."""
        first = [s for s in self.sightings if (s.series.by, s.series.values) == (grouping, values)]
        rest = [one for one in self.sightings if one not in first]
        return replace(self, sightings=(*first, *rest))

    @property
    def start(self) -> datetime:
        """The beginning of the lead's first day."""
        return self.lead.start

    @property
    def end(self) -> datetime:
        """The end of the lead's last day (exclusive)."""
        return self.lead.end


def moment(day: date) -> datetime:
    """The beginning of a day, or the hour itself."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def step_end(day: date) -> datetime:
    """The end of a day or of an hour."""
    if isinstance(day, datetime):
        return day + timedelta(hours=1)
    return moment(day) + timedelta(days=1)


def findings(
    workspace: Workspace, monitor: Monitor, batch: Batch, said: Sequence[Event]
) -> list[Finding]:
    """The causes in a batch, the largest first. `said` are events with feedback, the oldest word
    first. What is found only where nobody had said anything is quiet."""
    spoken = _feedback(batch, [one for one in said if one.monitor == monitor.name])
    heard = _causes(workspace, monitor, batch, tuple(word for word, _ in spoken))
    if not spoken:
        return heard
    told = {(s.series, day) for one in heard for s in one.sightings for day in _days(s)}
    found = list(heard)
    for one in _causes(workspace, monitor, batch, ()):
        if any((s.series, day) in told for s in one.sightings for day in _days(s)):
            continue
        rows = {s.candidate.series for s in one.sightings}
        words = [
            event.id
            for word, event in reversed(spoken)
            if word.series in rows
            and word.verdict != "unexpected"
            and (word.verdict != "expected" or word.direction == one.direction)
        ]
        if words:
            found.append(Finding(monitor, batch, one.sightings, tuple(dict.fromkeys(words))))
    return found


def _causes(
    workspace: Workspace, monitor: Monitor, batch: Batch, said: tuple[Feedback, ...]
) -> list[Finding]:
    from outlay.anomalies.detect import detect
    from outlay.anomalies.grouping import group
    from outlay.app.anomalies.shared import shared
    from outlay.app.forecasting.forecasting import calendar_of

    settings, calendar = settings_of(monitor, said), calendar_of(workspace)
    candidates = [
        one
        for one in detect(batch.values, batch.start, calendar, settings, batch.hourly)
        if monitor.spec.direction in ("both", one.direction)
        # A shift to other days may leave less in sum than was expected: no rise that costs.
        and (one.impact > 0) == (one.direction == "up")
    ]
    names = [SeriesName(one.by, repr(one.values)) for one in batch.series]
    found = []
    for code in sorted({batch.series[one.series].currency for one in candidates}):
        own = [one for one in candidates if batch.series[one.series].currency == code]
        for cause in group(own, names, shared=shared(workspace, batch, own)):
            found.append(Finding(monitor, batch, _sightings(batch, own, cause)))
    return found


def _sightings(batch: Batch, own: list[Candidate], cause: Cause) -> tuple[Sighting, ...]:
    """The lead, then each other series of the cause once, where it is largest."""
    found: dict[int, Candidate] = {own[cause.lead].series: own[cause.lead]}
    for at in sorted(cause.others, key=lambda i: -abs(own[i].impact)):
        found.setdefault(own[at].series, own[at])
    return tuple(Sighting(batch.series[row], one) for row, one in found.items())


def settings_of(monitor: Monitor, said: tuple[Feedback, ...] = ()) -> Settings:
    """The engine's settings of a monitor."""
    spec = monitor.spec
    return Settings(
        sensitivity=spec.sensitivity,
        minimum_money=spec.minimum_impact,
        minimum_percent=spec.minimum_percent,
        days=LOOK_BACK,
        feedback=said,
    )


def _feedback(batch: Batch, said: Sequence[Event]) -> list[tuple[Feedback, Event]]:
    """What people said, for each series of the events that they said it of."""
    rows = {(one.by, one.values, one.currency): at for at, one in enumerate(batch.series)}
    found = []
    for event in said:
        for member in event.members:
            row = rows.get((member.grouping, member.values, event.currency))
            if row is None or not event.feedback:
                continue
            share = quotient(member.impact.copy_abs(), member.expected.copy_abs(), 4)
            word = Feedback(
                row,
                _VERDICTS[event.feedback],
                member.start.date(),
                (member.end - timedelta(microseconds=1)).date(),
                event.direction,
                (share or Decimal(0)) * 100 * ALIKE,
                member.impact.copy_abs(),
            )
            found.append((word, event))
    return found


def _days(sighting: Sighting) -> list[date]:
    return [one.day for one in sighting.candidate.days]
