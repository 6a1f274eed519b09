"""What people are told of an event, and when it leaves what they are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from outlay.alerts.signal import Owner, Signal, SignalKind
from outlay.app.alerts.raising import raise_signal, settle
from outlay.app.anomalies.events import Event
from outlay.app.anomalies.telling import days, money
from outlay.money.display import day
from outlay.money.quotients import quotient
from outlay.reports.document import Figure

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

KIND: SignalKind = "anomaly"
RECENT = timedelta(days=14)
"""Events that ended earlier are kept, and nobody is called for them."""


def subject(event: Event) -> str:
    """By which name alerts know an event."""
    return f"anomaly-{event.id}"


def link(event: Event) -> str:
    """The page of an event."""
    return f"/anomalies/{event.id}"


def is_news(event: Event, until: date) -> bool:
    """Whether people should hear of an event: it is open, and not long over."""
    return event.is_open and event.range.end > until - RECENT


def signal_of(event: Event) -> Signal:
    """An event as alerts take it. The occurrence counts how often it was opened anew, so that an
    event that a person reopens is told again."""
    impact = event.impact
    ratio = quotient(impact, event.expected.copy_abs())
    figures = (
        Figure("Impact", impact, currency=event.currency),
        Figure(
            "Actual", event.actual, currency=event.currency, before=event.expected,
            change=impact, ratio=ratio, note="against what was expected",
        ),
    )  # fmt: skip
    return Signal(
        kind=KIND,
        subject=subject(event),
        occurrence=f"{event.reopened}",
        title=title(event),
        severity=event.severity,
        lines=(event.sentence,),
        figures=figures,
        driver=event.driver,
        link=link(event),
        amount=impact.copy_abs(),
        currency=event.currency,
        owner=Owner(event.owner, event.owner_tag) if event.owner else None,
        where=event.lead.where,
    )


def title(event: Event) -> str:
    """The event in half a line."""
    side = "above" if event.direction == "up" else "below"
    when = f"since {day(event.range.start)}" if event.ongoing else f"on {days(event)}"
    impact = money(event, event.impact.copy_abs())
    return f"{event.title}: {impact} {side} what was expected {when}"


def raised(workspace: Workspace, event: Event, now: datetime) -> bool:
    """Tell people of an event; True when it is news."""
    return raise_signal(workspace, signal_of(event), now)


def settled(workspace: Workspace, event: Event, note: str, now: datetime) -> int:
    """Take an event out of what people are told."""
    return settle(workspace, KIND, subject(event), note, now)
