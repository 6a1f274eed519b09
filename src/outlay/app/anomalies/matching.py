"""Which event that is kept a new finding is: each event is kept once, however often it is found.

**Identity.** An event is the same as one that is kept when both are of one measure, currency and
direction, have a series in common (grouping and value), and their days meet (overlap, or follow
each other within a day). Of several, that of the same monitor is meant, then that with the same
leading series, then that with the most days in common. So an event may grow, shrink by a
restatement and be seen in more series, and stays itself; and two monitors that see it keep it once.

An event that is new gets a key that never changes: the digest of monitor, measure, currency,
direction, leading grouping and values, and first day. Two looks at once cannot keep it twice. Where
an event of that key is kept that is another by now (no series in common), the key's digest is the
new one's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

from outlay.app.anomalies.events import Event
from outlay.app.anomalies.finding import Finding

_NEAR = timedelta(days=1)


def key_of(finding: Finding) -> str:
    """The key of a new event; 64 hexadecimal digits."""
    series = finding.lead.series
    parts = [
        finding.monitor.name,
        finding.batch.base.measures[0],
        series.currency,
        finding.direction,
        series.by,
        *(("" if value is None else f"={value}") for value in series.values),
        finding.start.isoformat(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def matched(
    findings: Sequence[Finding], kept: Iterable[Event]
) -> tuple[list[tuple[Finding, Event | None]], list[Event]]:
    """Each finding with the event that it is (None: a new one), and the events that were not
    found again. An event is one finding's; a further finding that is the same is left out, be it
    a part of the event or another monitor's look at it."""
    known = list(kept)
    scored = [
        (score, place, at)
        for at, finding in enumerate(findings)
        for place, event in enumerate(known)
        if (score := _score(finding, event)) is not None
    ]
    scored.sort(key=lambda one: (*(-part for part in one[0]), one[1], one[2]))
    events: dict[int, Event] = {}
    taken: set[int] = set()
    again: set[int] = set()
    for _, place, at in scored:
        event = known[place]
        if at in events or at in again:
            continue
        if event.id in taken:
            if _is_part(findings[at], event):
                again.add(at)
            continue
        events[at] = event
        taken.add(event.id)
    pairs: list[tuple[Finding, Event | None]] = []
    fresh: list[Finding] = []
    for at, finding in enumerate(findings):
        event_of = events.get(at)
        if at in again or (event_of is None and any(_same(finding, one) for one in fresh)):
            continue
        pairs.append((finding, event_of))
        if event_of is None:
            fresh.append(finding)
    return pairs, [one for one in known if one.id not in taken]


def _score(finding: Finding, event: Event) -> tuple[int, int, int] | None:
    """How well a finding is an event: the same monitor, the same lead, the time in common; None
    where it is not."""
    if (
        finding.batch.base.measures[0] != event.measure
        or finding.lead.series.currency != event.currency
        or finding.direction != event.direction
    ):
        return None
    common = min(finding.end, event.end) - max(finding.start, event.start)
    if common < -_NEAR:
        return None
    series = {(s.series.by, s.series.values) for s in finding.sightings}
    if not any((one.grouping, one.values) in series for one in event.members):
        return None
    lead = (finding.lead.series.by, finding.lead.series.values)
    same = lead == (event.lead.grouping, event.lead.values)
    own = finding.monitor.name == event.monitor
    return int(own), int(same), int(common.total_seconds())


def _is_part(finding: Finding, event: Event) -> bool:
    """Whether a second finding of an event says nothing new: it lies within its days, or is
    another monitor's."""
    if finding.monitor.name != event.monitor:
        return True
    return event.start <= finding.start and finding.end <= event.end


def _same(finding: Finding, other: Finding) -> bool:
    """Whether two monitors found the same."""
    if (
        finding.monitor.name == other.monitor.name
        or finding.batch.base.measures != other.batch.base.measures
        or finding.lead.series.currency != other.lead.series.currency
        or finding.direction != other.direction
        or min(finding.end, other.end) <= max(finding.start, other.start)
    ):
        return False
    series = {(s.series.by, s.series.values) for s in other.sightings}
    return any((s.series.by, s.series.values) in series for s in finding.sightings)
