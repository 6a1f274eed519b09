"""From what the engine found to an event with exact money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from outlay.anomalies.model import Basis, DayNumbers
from outlay.app.anomalies.events import Day, Event, Member
from outlay.app.anomalies.exact import Amounts, amounts, wanted_of
from outlay.app.anomalies.finding import Finding, Sighting, moment
from outlay.app.anomalies.matching import key_of
from outlay.app.anomalies.model import AnomalyMonitorSpec
from outlay.money import total
from outlay.money.cents import places
from outlay.reports.document import Severity

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

BAND_DAYS = 42
"""Days before an event whose band its chart shows."""

_CRITICAL_SHARE = Decimal("0.5")
_CRITICAL_TIMES = 20


def drafts(
    workspace: Workspace, findings: Sequence[Finding], now: datetime, snapshot: str
) -> list[Event]:
    """An event for each finding, in their order, as it would be were it new."""
    found: dict[int, Mapping[Any, Amounts]] = {}
    for batch in {id(one.batch): one.batch for one in findings}.values():
        own = [one for one in findings if one.batch is batch]
        series = {wanted_of(s.series): s.series for one in own for s in one.sightings}
        first = min(s.start for one in own for s in one.sightings)
        grain = "hour" if batch.hourly else "day"
        start = max(batch.start, first.date() - timedelta(days=BAND_DAYS))
        found[id(batch)] = amounts(
            workspace, batch.base, series.values(), start, batch.until, grain
        )
    return [_draft(one, found[id(one.batch)], now, snapshot) for one in findings]


def _draft(finding: Finding, exact: Mapping[Any, Amounts], now: datetime, snapshot: str) -> Event:
    lead, spec = finding.lead, finding.monitor.spec
    series, candidate = lead.series, lead.candidate
    members = tuple(_member(one, exact) for one in finding.sightings)
    event = Event(
        id=0,
        key=key_of(finding),
        monitor=finding.monitor.name,
        state="active" if candidate.active else "ended",
        reason="quiet" if finding.heard else "",
        severity="warning",
        measure=spec.measure,
        currency=series.currency,
        direction=candidate.direction,
        kind=candidate.kind,
        grain=spec.grain,
        start=lead.start,
        end=lead.end,
        ongoing=candidate.active,
        members=members,
        days=tuple(_days(lead, exact)),
        band=tuple(_band(lead, exact)),
        basis=_basis(lead),
        confidence=Decimal(f"{candidate.confidence:.2f}"),
        owner="",
        owner_tag="",
        assignee="",
        feedback="",
        quiet=finding.heard[0] if finding.heard else None,
        sentence="",
        driver="",
        explained=None,
        split=None,
        explaining=None,
        snapshot=snapshot,
        rules_at=now,
        told=False,
        reopened=0,
        detected_at=now,
        updated_at=now,
    )
    return replace(event, severity=severity(event, spec))


def severity(event: Event, spec: AnomalyMonitorSpec) -> Severity:
    """How much a matter it is: ``critical`` for twenty times the monitor's least impact and half
    as much again as was expected, ``info`` for less spent than expected (an outage, cost that fell
    to next to nothing, is a ``warning``), else ``warning``."""
    if event.direction == "down":
        return "warning" if event.kind == "outage" else "info"
    large = event.impact >= spec.minimum_impact * _CRITICAL_TIMES
    steep = event.impact >= event.expected.copy_abs() * _CRITICAL_SHARE
    return "critical" if large and steep and spec.minimum_impact else "warning"


def _member(sighting: Sighting, exact: Mapping[Any, Amounts]) -> Member:
    days = list(_days(sighting, exact))
    series = sighting.series
    return Member(
        grouping=series.by,
        values=series.values,
        where=series.where,
        start=sighting.start,
        end=sighting.end,
        actual=total(day.actual for day in days),
        expected=total(day.expected for day in days),
    )


def _days(sighting: Sighting, exact: Mapping[Any, Amounts]) -> Iterator[Day]:
    amount = exact.get(wanted_of(sighting.series), {})
    digits = places(sighting.series.currency)
    for one in sighting.candidate.days:
        start = moment(one.day)
        yield Day(
            start=start,
            actual=amount.get(start, Decimal(0)),
            expected=rounded(one.expected, digits),
            lower=rounded(one.lower, digits),
            upper=rounded(one.upper, digits),
            flagged=one.flagged,
        )


def _band(sighting: Sighting, exact: Mapping[Any, Amounts]) -> Iterator[Day]:
    """What would have been normal on the days before, by the level that the event is held
    against: level × the weekday's factor, and the threshold around it."""
    amount = exact.get(wanted_of(sighting.series), {})
    digits = places(sighting.series.currency)
    basis = sighting.candidate.basis
    for one in basis.history[-BAND_DAYS:]:
        start = moment(one.day)
        expected = basis.level * one.factor
        margin = abs(expected) * basis.threshold
        yield Day(
            start=start,
            actual=amount.get(start, Decimal(0)),
            expected=rounded(expected, digits),
            lower=rounded(expected - margin, digits),
            upper=rounded(expected + margin, digits),
            flagged=False,
        )


def rounded(value: float, digits: int) -> Decimal:
    """An engine's figure in the currency's smallest unit, rounded once, half to even."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits))


@lru_cache(maxsize=1)
def _adapters() -> tuple[TypeAdapter[Basis], TypeAdapter[tuple[DayNumbers, ...]]]:
    return TypeAdapter(Basis), TypeAdapter(tuple[DayNumbers, ...])


def _basis(sighting: Sighting) -> dict[str, Any]:
    """What the event was raised by, and each of its days as the engine judged it."""
    basis, days = _adapters()
    found: dict[str, Any] = basis.dump_python(sighting.candidate.basis, mode="json", warnings=False)
    found["days"] = days.dump_python(sighting.candidate.days, mode="json", warnings=False)
    return found
