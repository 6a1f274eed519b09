"""Look at every approved plan after a delivery, and tell when its year is about to leave it.

Told is, once a month, that the latest estimate of the year is above or below the approved version
by more than the plan's tolerance. When it is within again, is told anew, or the year is over or the
plan is put away, what was told ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.access import who
from outlay.alerts.signal import Owner, Signal
from outlay.app.alerts.raising import raise_signal, settle, store
from outlay.app.watching import StepOutcome
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money import BillingPeriod
from outlay.planning.plans.errors import PlanError

if TYPE_CHECKING:
    from outlay.app.planning.plans import Plan
    from outlay.app.workspace import Workspace
    from outlay.planning.plans.results import Outlook, OutlookRow

_MOST_LINES = 3


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Look at every approved plan after a delivery; one that cannot be told hides no other."""
    if not workspace.resources.names("Plan"):
        return StepOutcome("plans")
    from outlay.app.planning.plans import plans

    raised, notes, failed = 0, list[str](), list[str]()
    looked_at = plans(workspace)
    _put_away(workspace, {plan.name for plan in looked_at}, now)
    for plan in looked_at:
        if plan.approved is None:
            continue
        if now.date() >= plan.frame.months[-1].end or now.date() < plan.frame.months[0].start:
            settle(workspace, "plan", plan.name, "the plan's year is over", now)
            continue
        try:
            raised += _look(workspace, plan, now, notes)
        except (QueryError, LakeError, PlanError) as error:
            failed.append(f"{plan.name}: {error}".partition("\n")[0])
    return StepOutcome("plans", raised, tuple(notes), "; ".join(failed))


def _put_away(workspace: Workspace, there: set[str], now: datetime) -> None:
    """End what was told of plans that nobody looks at any more."""
    for alert in store(workspace).unsettled("plan"):
        if alert.signal.subject not in there:
            store(workspace).end(alert.id, "the plan was put away", now, who(), by="product")


def _look(workspace: Workspace, plan: Plan, now: datetime, notes: list[str]) -> int:
    """One plan: 1 where something new was told."""
    from outlay.app.planning.plan_outlook import outlook_of

    assert plan.approved is not None
    found = outlook_of(workspace, plan.approved, plan.spec.tolerance, now)
    notes += [f"{plan.name}: {note}" for note in found.notes]
    if not found.beyond:
        settle(workspace, "plan", plan.name, "the outlook is within the plan again", now)
        return 0
    signal = signal_of(plan, found, now)
    raised = raise_signal(workspace, signal, now)
    _told_before(workspace, signal, now)
    return int(raised)


def _told_before(workspace: Workspace, signal: Signal, now: datetime) -> None:
    """End what earlier months told of a plan: their amounts are old, and a digest has one."""
    for alert in store(workspace).unsettled("plan"):
        before = alert.signal
        if before.subject == signal.subject and before.occurrence < signal.occurrence:
            note = f"told anew for {signal.occurrence}"
            store(workspace).end(alert.id, note, now, who(), by="product")


def signal_of(plan: Plan, found: Outlook, now: datetime) -> Signal:
    """What is told: by how much the year leaves the plan, and which lines do it."""
    from outlay.app.planning.plan_outlook import share_of
    from outlay.money import display
    from outlay.reports.document import Figure

    code, year = found.frame.currency, found.total.year
    share = display.change_ratio(share_of(found))
    over = "above" if year.variance > 0 else "below"
    by = display.amount(year.variance.copy_abs(), code)
    return Signal(
        kind="plan",
        subject=plan.name,
        occurrence=str(BillingPeriod.of(now.date())),
        title=f"{plan.title}: the year is expected {by} {code} {over} plan ({share})",
        lines=tuple(_line(row, code) for row in _largest(found)),
        figures=(
            Figure("Planned", year.planned, currency=code, note=found.version.name),
            Figure(
                "Expected", year.actual, currency=code, before=year.planned,
                change=year.variance, ratio=share_of(found), note="of the approved plan",
            ),
        ),
        driver=_driver(found),
        link=f"/plans/{plan.name}",
        amount=year.variance.copy_abs(),
        currency=code,
        owner=Owner(plan.spec.owner) if plan.spec.owner else None,
    )  # fmt: skip


def _largest(found: Outlook) -> list[OutlookRow]:
    """The lines that leave the plan most, in the direction of the whole."""
    above = found.total.year.variance > 0
    rows = [r for r in found.rows if r.year.variance and (r.year.variance > 0) == above]
    return sorted(rows, key=lambda row: row.year.variance.copy_abs(), reverse=True)[:_MOST_LINES]


def _line(row: OutlookRow, code: str) -> str:
    from outlay.money import display
    from outlay.planning.plans.model import path_text

    name = path_text(row.path) if row.line else f"{path_text(row.path)} (not planned)"
    return f"{name}: {display.change(row.year.variance, 'money', code)} {code}"


def _driver(found: Outlook) -> str:
    """One sentence on what does it."""
    from outlay.money import display
    from outlay.planning.plans.model import path_text

    rows = _largest(found)
    if not rows:
        return ""
    code = found.frame.currency
    largest = display.change(rows[0].year.variance, "money", code)
    said = f"The largest part is {path_text(rows[0].path)} ({largest} {code})"
    if not found.complete:
        return f"{said}; no month is complete yet."
    spent = display.change(found.to_date.variance, "money", code)
    return f"{said}; of complete months alone it is {spent} {code}."
