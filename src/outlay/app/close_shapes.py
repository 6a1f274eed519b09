"""Month close and prepaid bridge as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outlay.app.shapes import plain

if TYPE_CHECKING:
    from outlay.app.bridge import StatedBalance
    from outlay.app.closing import MonthLine
    from outlay.statements.bridge import Balance, Bridge, BridgeMonth, Gap
    from outlay.statements.close import Check, CloseStatus

Json = dict[str, Any]


def status_json(status: CloseStatus) -> Json:
    """Where a month stands."""
    return {
        "plan": status.plan,
        "month": str(status.month),
        "state": "closed" if status.closed else "open",
        "ready": not status.closed and not status.blocking,
        "closed_at": plain(status.closed_at),
        "closed_by": status.closed_by or None,
        "note": status.note or None,
        "total": plain(status.total),
        "currency": status.currency,
        "checks": [check_json(one) for one in status.checks],
    }


def check_json(check: Check) -> Json:
    """One check with what it found."""
    return {
        "check": check.name,
        "state": check.state,
        "final": check.final,
        "text": check.text,
        "findings": [
            {
                "state": one.state,
                "text": one.text,
                "amounts": plain(dict(one.amounts or {})),
                "link": one.link,
            }
            for one in check.findings
        ],
    }


def line_json(line: MonthLine) -> Json:
    """One month of the overview."""
    return {
        "month": str(line.month),
        "bills": line.bills,
        "held": line.held,
        "rejected": line.rejected,
        "invoices": line.invoices,
        "plans": line.plans,
    }


def bridge_json(found: Bridge, months: Sequence[BridgeMonth] | None = None) -> Json:
    """The bridge, or some months of it."""
    return {
        "months": [month_json(one) for one in (found.months if months is None else months)],
        "gaps": [gap_json(one) for one in found.gaps],
        "conflicts": list(found.conflicts),
    }


def month_json(month: BridgeMonth) -> Json:
    """The bridge of one source, month and currency."""
    return {
        "month": str(month.period),
        "source": month.source,
        "currency": month.currency,
        "opening": plain(month.opening),
        "bought": plain(month.bought),
        "used_up": plain(month.used_up),
        "other": plain(month.other),
        "closing": plain(month.closing),
        "EffectiveCost": plain(month.effective),
        "BilledCost": plain(month.billed),
        "difference": plain(month.difference),
        "unassigned": plain(month.unassigned),
        "commitments": [balance_json(one) for one in month.balances],
    }


def balance_json(one: Balance) -> Json:
    """One commitment's month."""
    return {
        "commitment": one.commitment,
        "opening": plain(one.opening),
        "moves": plain(one.moves),
        "closing": plain(one.closing),
        "stated": one.stated,
    }


def gap_json(gap: Gap) -> Json:
    """A balance whose beginning is not known."""
    return {
        "source": gap.source,
        "currency": gap.currency,
        "commitment": gap.commitment,
        "first_month": str(gap.first),
        "below_nought_in": str(gap.period),
        "at_least": plain(gap.short),
    }


def stated_json(one: StatedBalance) -> Json:
    """A balance that was stated."""
    return {"name": one.name, **plain(one.spec.model_dump())}
