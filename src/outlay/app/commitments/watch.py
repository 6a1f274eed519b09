"""Tell people of commitments that are not used, and of those that come to an end, once each.

An alert is settled when it is over: the commitment is used again, or was renewed or has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from outlay.access import who
from outlay.alerts.signal import Signal
from outlay.app.alerts.raising import raise_signal, store
from outlay.app.commitments import ledger
from outlay.app.commitments.held import ENDING_DAYS, Commitment, held
from outlay.app.commitments.overview import looked_at
from outlay.app.watching import StepOutcome
from outlay.money.display import amount as amount_text
from outlay.money.display import day as day_text
from outlay.money.display import share
from outlay.reports.document import Figure

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

USE_DAYS = 7
"""Use is judged over so many whole days: a weekend alone is no matter."""

LEAST_USE = Decimal("0.90")
"""Below this share of use somebody is told."""

_URGENT_DAYS = 14
_LONGEST = 240


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Raise what holds now and settle what does not hold any more."""
    if not workspace.holds_charges():
        return StepOutcome("commitments")
    start, end = ledger.window(workspace, USE_DAYS, now)
    found = held(workspace, looked_at(workspace, start, end, now=now), now)
    raised, holding = 0, set()
    for one in found:
        for signal in _signals(one, now.date()):
            holding.add(signal.key)
            raised += raise_signal(workspace, signal, now)
    known = store(workspace)
    for alert in known.unsettled("commitment"):
        if alert.key not in holding:
            known.end(alert.id, "it is over", now, who(), by="product")
    return StepOutcome("commitments", raised)


def _signals(one: Commitment, today: date) -> Iterator[Signal]:
    used = one.figures.utilisation
    left = one.days_left(today)
    if used is not None and used < LEAST_USE and (left is None or left > 0):
        yield _unused(one, used, today)
    if left is not None and 0 <= left <= ENDING_DAYS:
        yield _ending(one, left, today)


def _link(one: Commitment) -> str:
    return f"/commitments?commitment={quote(one.id, safe='')}"


def _unused(one: Commitment, used: Decimal, today: date) -> Signal:
    unused, code = one.figures.unused, one.currency
    return Signal(
        kind="commitment",
        subject=f"use/{one.id}"[-_LONGEST:],
        occurrence="use",
        title=f"{one.name} is used to {share(used)}",
        severity="warning",
        lines=(
            f"{amount_text(unused, code)} {code} of it was not used in {USE_DAYS} days.",
            *((text,) if (text := one.advice(today)) else ()),
        ),
        figures=(
            Figure("Used", used, "ratio"),
            Figure("Unused", unused, "money", code, note=f"{USE_DAYS} days"),
        ),
        link=_link(one),
        amount=max(unused, Decimal(0)),
        currency=code,
    )


def _ending(one: Commitment, left: int, today: date) -> Signal:
    saved, code = one.saved_a_day or Decimal(0), one.currency
    ends = one.terms.end
    assert ends is not None
    return Signal(
        kind="commitment",
        subject=f"end/{one.id}"[-_LONGEST:],
        occurrence=f"end/{ends}",
        title=f"{one.name} ends on {day_text(ends)}",
        severity="critical" if left <= _URGENT_DAYS else "warning",
        lines=(
            f"It saves {amount_text(saved, code)} {code} a day. {one.at_end}",
            "Decide on its renewal with a purchase plan.",
        ),
        figures=(Figure("Saved a day", saved, "money", code),),
        link="/commitments#ending",
        amount=max(saved, Decimal(0)),
        currency=code,
    )
