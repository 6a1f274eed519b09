"""What Kestrel's finance does: a plan of statements, the invoices that came in, months closed.

Invoices ask for what the bills charge, to the cent, but for two: a SaaS vendor invoices a seat
more than its export shows, and the newest month's have not all come in.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from outlay.app import invoices, statements
from outlay.app.demo.allocation import AUTHOR
from outlay.app.demo.story import SAAS_VENDOR, Story, month
from outlay.money import BillingPeriod, total

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

PLAN = "team"
_CENT = Decimal("0.01")
_SEAT = Decimal("49.00")
_INVOICED = 4
"""How many months before today's have their invoices entered."""
_CLOSED = 2
"""How many months before the restated one are closed."""
_NOT_YET = ("Oracle", "Databricks")
"""Issuers whose invoice of the newest full month has not come in."""


def configure(workspace: Workspace, story: Story) -> None:
    """Enter invoices and close months; what a person has entered or closed is left alone."""
    full = [period for period in story.months() if story.closed(period)]
    known = {one.spec.billing_period for one in invoices.invoices(workspace)}
    for period in full[-_INVOICED:]:
        if str(period) not in known:
            _enter(workspace, period, newest=period == full[-1])
    closed = {str(one.month) for one in statements.books(workspace).closed(PLAN)}
    for step in range(-_CLOSED, 0):
        period = month(story.restated, step)
        if str(period) not in closed and period in full:
            statements.close(
                workspace, PLAN, period, author=AUTHOR, note="as agreed with the teams"
            )


def _enter(workspace: Workspace, period: BillingPeriod, *, newest: bool) -> None:
    """The invoices of a month, in the vendors' words."""
    for row in invoices.reconciliation(workspace, period).rows:
        if row.invoice is not None or row.issuer is None or (newest and row.issuer in _NOT_YET):
            continue
        amount = row.charged.quantize(_CENT, rounding=ROUND_HALF_EVEN)
        if row.issuer == SAAS_VENDOR and newest:
            amount = total((amount, _SEAT))
        invoices.save(
            workspace,
            {
                "issuer": row.issuer,
                "invoice_id": row.invoice_id or f"{row.issuer[:3].upper()}-{period}",
                "billing_period": str(period),
                "currency": row.charged_currency,
                "amount": amount,
                "issued_on": period.end + timedelta(days=2),
                "due_on": period.end + timedelta(days=32),
            },
            author=AUTHOR,
        )
