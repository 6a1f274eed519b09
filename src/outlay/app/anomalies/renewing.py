"""An event that was found again: what is new of it, and whether that is worth a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from outlay.app.anomalies.events import Event, Reason, State
from outlay.app.anomalies.telling import money
from outlay.money import total
from outlay.reports.document import Severity

_ORDER: tuple[Severity, ...] = ("info", "warning", "critical")


@dataclass(frozen=True)
class Renewed:
    """An event as it is now, and its steps (action, note). `moved` is whether its days or its
    reason are others, so that what drove it has to be asked again."""

    event: Event
    steps: tuple[tuple[str, str], ...]
    moved: bool


def renewed(kept: Event, found: Event, now: datetime) -> Renewed | None:
    """What a finding makes of the event that it is; None where it says nothing new."""
    reason = _reason(kept, found)
    moved = kept.days != found.days
    same = not moved and reason == kept.reason
    if same and kept.ongoing == found.ongoing:
        return None
    severity = max(kept.severity, found.severity, key=_ORDER.index)
    event = replace(
        kept,
        state=_state(kept, found.ongoing),
        reason=reason,
        severity=severity,
        quiet=kept.quiet if reason == "quiet" else None,
        # What drove other figures does not add up to these: it is asked again.
        explained=kept.explained if same else None,
        split=kept.split if same else None,
        explaining=kept.explaining if reason in ("restatement", "tag-change") else None,
        kind=found.kind,
        start=found.start,
        end=found.end,
        ongoing=found.ongoing,
        members=found.members,
        days=found.days,
        band=found.band,
        basis=found.basis,
        confidence=found.confidence,
        snapshot=found.snapshot,
        rules_at=found.rules_at,
        updated_at=now,
    )
    return Renewed(event, tuple(_steps(kept, event)), not same)


def _reason(kept: Event, found: Event) -> Reason:
    """Why nobody is told: quiet as long as feedback says so; explained as long as the jump that
    was explained is there, and not once an event that had been restated away is back."""
    if kept.reason == "quiet":
        return found.reason
    away = kept.explaining
    if away is not None and away.amount * kept.impact < 0:
        return ""
    return kept.reason


def _state(kept: Event, ongoing: bool) -> State:
    """A person's word stands; else the event is active as long as it goes on."""
    if kept.state in ("acknowledged", "resolved"):
        return kept.state
    return "active" if ongoing else "ended"


def _steps(kept: Event, event: Event) -> Sequence[tuple[str, str]]:
    found = []
    before, after = kept.impact.copy_abs(), event.impact.copy_abs()
    change = _restated(kept, event)
    if change:
        note = f"What these days cost moved by {money(event, change)}: bills or rules are others."
        found.append(("changed", note))
    if after > before and event.end != kept.end:
        note = f"From {money(event, kept.impact)} to {money(event, event.impact)}."
        found.append(("grew", note))
    if kept.ongoing and not event.ongoing:
        found.append(("ended", f"Its last day is {event.last}."))
    if not kept.ongoing and event.ongoing:
        found.append(("goes-on", f"It goes on: {event.last} belongs to it."))
    if kept.reason and not event.reason:
        found.append(("told", "It is raised: nothing keeps it quiet any more."))
    return found


def _restated(kept: Event, event: Event) -> Decimal:
    """How much the days that both have cost more or less than was known before."""
    now = {day.start: day.actual for day in event.days}
    both = [day for day in kept.days if day.start in now]
    return total((*(now[day.start] for day in both), *(day.actual.copy_negate() for day in both)))
