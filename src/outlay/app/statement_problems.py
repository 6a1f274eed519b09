"""What keeps a month of statements from being closed, and what one should know before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outlay.money import BillingPeriod
from outlay.statements.bill import MonthBill
from outlay.statements.disputes import Dispute
from outlay.statements.documents import StatementMonth
from outlay.statements.model import Plan, StatementPlanSpec

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def closed_plan(month: StatementMonth) -> Plan:
    """The plan as a closed month pinned it."""
    spec = StatementPlanSpec.model_validate(
        {name: value for name, value in month.spec.items() if name != "version"}
    )
    return Plan(month.plan, month.tag, month.currency, spec, int(month.spec.get("version", 0)))


def other_plan(plan: Plan, closed: Sequence[StatementMonth]) -> str:
    """What of a plan may not differ from its closed months, and does; '' when all is well."""
    if not closed:
        return ""
    last = closed_plan(closed[-1])
    pairs = (
        ("tag", last.tag, plan.tag),
        ("currency", last.currency, plan.currency),
        ("measure", last.spec.measure, plan.spec.measure),
    )
    for what, then, now in pairs:
        if then != now:
            return f"the plan's {what} was {then} when {closed[-1].month} was closed and is {now}"
    return ""


def problems_of(
    workspace: Workspace,
    plan: Plan,
    period: BillingPeriod,
    closed: Sequence[StatementMonth],
    lost: Sequence[str],
) -> list[str]:
    """What keeps a month from being closed, in words."""
    found = list(dict.fromkeys(lost))
    if workspace.today() < period.end:
        found.append(f"{period} is not over before {period.end} (UTC)")
    if closed and period != closed[-1].month.next():
        last = closed[-1].month
        found.append(
            f"months close in order: {last.next()} is next after {last}"
            if period > last
            else f"{period} is before {closed[0].month}, the first month that was closed"
        )
    changed = other_plan(plan, closed)
    if changed:
        found.append(f"{changed}: statements would not add up. Make another plan for the change.")
    if not any(one.billing_period == period for one in workspace.pin().slices):
        found.append(f"there is no bill for {period}")
    return found


def lost(bill: MonthBill) -> list[str]:
    """The currencies of a bill that no rate converts, in words."""
    return [
        f"{bill.month} has {one.currency} charges without a rate: add one to the plan's exchange "
        "rates, or choose other rates"
        for one in bill.unconverted
    ]


def warnings_of(workspace: Workspace, period: BillingPeriod, known: Sequence[Dispute]) -> list[str]:
    """What a person should know before closing."""
    held = [record for record in workspace.held() if record.billing_period == period]
    found = [
        f"a delivery of {record.source} for {period} is held back: its charges are not in"
        for record in held
    ]
    open_ones = [d for d in known if d.state == "open" and d.month <= period]
    if open_ones:
        found.append(f"{len(open_ones)} dispute{'s' * (len(open_ones) > 1)} without an answer")
    return found
