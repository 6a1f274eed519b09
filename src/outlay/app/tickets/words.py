"""What a ticket says of a recommendation, and what is said there when it moves on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from outlay.app.tickets.model import Meaning
from outlay.app.tickets.systems.contract import STAMP, Draft
from outlay.money import money_text
from outlay.savings.model import State
from outlay.savings.recommendation import Recommendation

MEANING: dict[State, Meaning] = {
    "identified": "open",
    "assigned": "open",
    "snoozed": "open",
    "regressed": "open",
    "accepted": "accepted",
    "implemented": "done",
    "verified": "done",
    "sustained": "done",
    "dismissed": "dismissed",
    "expired": "dismissed",
}
"""What each state of ours means to a ticket."""

_SAID: dict[State, str] = {
    "identified": "It is open again in Outlay.",
    "assigned": "It is open in Outlay, and assigned.",
    "snoozed": "It is put off in Outlay.",
    "regressed": "The saving is gone from the bill again: it is open once more.",
    "accepted": "It is accepted in Outlay: its baseline on the bill is frozen.",
    "implemented": "It is said to be implemented. Outlay now looks for the saving on the bill.",
    "verified": "The saving is seen on the bill.",
    "sustained": "The saving has lasted.",
    "dismissed": "It is dismissed in Outlay.",
    "expired": "It is over in Outlay without having been done.",
}
_EVIDENCE = 12
_LONGEST = 600


def marker_of(workspace: str, one: Recommendation, ordinal: int) -> str:
    """What a ticket is found again by: of this workspace, recommendation and attempt."""
    parts = (workspace, str(one.id), one.key, str(ordinal))
    return f"outlay-{hashlib.sha256('/'.join(parts).encode()).hexdigest()[:20]}"


def draft_of(one: Recommendation, marker: str, link: str) -> Draft:
    """The ticket of a recommendation: what to do, what it saves, why, whose it is."""
    finding = one.finding
    saving = finding.monthly_saving
    title = f"Save {_amount(saving)} {one.currency} a month: {finding.title}"
    paragraphs = [
        f"{finding.title}. It saves {_amount(saving)} {one.currency} a month "
        f"({_list(finding.monthly_saving_list, one.currency)}{finding.basis}).",
        *(f"Why: {reason}" for reason in finding.reasons[:5]),
    ]
    if finding.risk:
        paragraphs.append(f"Risk: {finding.risk}")
    paragraphs.append(
        "Close it as done when it is done: Outlay then looks for the saving on the bill. Close it "
        "as won't do, with a reason, to dismiss it there."
    )
    return Draft(
        marker=marker,
        title=title,
        paragraphs=tuple(text[:_LONGEST] for text in paragraphs),
        facts=tuple((name, value[:_LONGEST]) for name, value in _facts(one) if value),
        link=link,
        amount=saving,
        currency=one.currency,
    )


def _list(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{_amount(amount)} {currency} at list prices; "


def _facts(one: Recommendation) -> Iterator[tuple[str, str]]:
    finding = one.finding
    yield "Resource", one.resource or one.scope
    yield "Name", one.resource_name if one.resource_name != one.resource else ""
    yield "Provider, account", ", ".join(part for part in (one.provider, one.account) if part)
    yield "Region", one.region
    yield "Now", finding.current
    yield "Recommended", finding.recommended
    yield "Owner", f"{one.owner} ({one.owner_tag})" if one.owner else ""
    yield "Assigned to", one.assignee
    yield "Effort", finding.effort
    yield "Restart", _yes(finding.restart)
    yield "Can be undone", _yes(finding.rollback)
    yield "Looked at", _days(finding.first_day, finding.end_day)
    yield "Found by", ", ".join(dict.fromkeys(f"{f.tool} {f.detector}" for f in one.findings))
    for evidence in finding.evidence[:_EVIDENCE]:
        value = f"{evidence.value:f} {evidence.unit}".strip()
        yield evidence.name, f"{value} ({evidence.source})" if evidence.source else value
    for room in finding.headroom:
        yield f"{room.metric}, {room.statistic}", f"{room.now:f} % now, {room.after:f} % after"


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _days(first: date | None, end: date | None) -> str:
    return f"{first} to {end}" if first and end else f"until {end}" if end else ""


def _amount(value: Decimal) -> str:
    return money_text(round(value, 2))


def said(one: Recommendation, step: int, note: str) -> str:
    """What is said in a ticket when a recommendation has moved on; its last line is our stamp."""
    lines = [_SAID[one.state]]
    if note:
        lines.append(note[:_LONGEST])
    lines.append(stamp(one, step))
    return "\n".join(lines)


def stamp(one: Recommendation, step: int) -> str:
    """The last line of a comment of ours: by it, it is known again and never said twice."""
    return f"{STAMP} recommendation {one.id}, step {step}"
