"""Look at every budget after a delivery, and raise thresholds that were passed.

A period is watched from the first look within it; one that ended before a budget was first looked
at raises nothing. It is looked at until it is over and its last day is complete, then it is
settled: its alerts end, and what is restated later raises nothing any more. Alerts of a period that
a budget has no more, since it has other periods now, end too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import who
from outlay.alerts.signal import Owner, Signal
from outlay.app.alerts.raising import raise_signal, settle, store
from outlay.app.planning import budget_marks
from outlay.app.planning.budget_marks import Mark, MarkState
from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.planning.budgets import Budget
    from outlay.app.workspace import Workspace
    from outlay.planning.budgets.model import Threshold
    from outlay.planning.budgets.periods import Period
    from outlay.planning.budgets.status import PeriodStatus

_KIND = "Budget"


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Look at every budget after a delivery, and raise thresholds that were passed."""
    names = workspace.resources.names(_KIND)
    gone = budget_marks.forget_others(workspace, names)
    for name in gone:
        settle(workspace, "budget", name, "the budget was removed", now)
    if not names:
        return StepOutcome("budgets")
    from outlay.app.planning.budgets import budgets

    known = budget_marks.watched(workspace)
    raised = 0
    notes: list[str] = []
    failed: list[str] = []
    there = budgets(workspace)
    _other_periods(workspace, {budget.name: budget for budget in there}, now)
    for budget in there:
        for period in _periods(budget, known, now):
            found = _look(workspace, budget, period, now)
            raised += found.raised
            notes += found.notes
            failed += [found.failed] if found.failed else []
    return StepOutcome("budgets", raised, tuple(notes), "; ".join(dict.fromkeys(failed)))


def _other_periods(workspace: Workspace, there: Mapping[str, Budget], now: datetime) -> None:
    """End alerts of periods that a budget has no more: nothing of them is looked at again."""
    from outlay.planning.budgets.periods import PeriodKeyError, parse

    for alert in store(workspace).unsettled("budget"):
        budget = there.get(alert.signal.subject)
        if budget is None:
            continue
        try:
            parse(budget.spec, alert.signal.occurrence.partition("/")[0])
        except PeriodKeyError:
            note = "the budget has other periods now"
            store(workspace).end(alert.id, note, now, who(), by="product")


def _periods(
    budget: Budget, known: dict[tuple[str, str], MarkState], now: datetime
) -> list[Period]:
    """The periods to look at: those that are watched and not settled, and the present one."""
    from outlay.planning.budgets.periods import PeriodKeyError, parse, period_of

    found: list[Period] = []
    for (name, key), state in sorted(known.items()):
        if name != budget.name or state != "watched":
            continue
        try:
            found.append(parse(budget.spec, key))
        except PeriodKeyError:
            continue  # a budget that has other periods now
    present = period_of(budget.spec, now.date())
    settled = present is not None and known.get((budget.name, present.key)) == "settled"
    if present is not None and present not in found and not settled:
        found.append(present)
    return sorted(found)


@dataclass(frozen=True)
class _Looked:
    raised: int = 0
    notes: tuple[str, ...] = ()
    failed: str = ""


def _look(workspace: Workspace, budget: Budget, period: Period, now: datetime) -> _Looked:
    """One budget in one period: raise what was passed, settle what is over."""
    from outlay.app.planning.budget_words import unconverted_text
    from outlay.app.planning.budgets import status_on
    from outlay.planning.budgets.thresholds import look

    told = status_on(workspace, budget, period, now)
    status = told.status
    if status is None:
        return _Looked(failed=f"{budget.name}: {told.problem}".partition("\n")[0])
    budget_marks.put(workspace, _mark(budget, status, "", "watched", Decimal(0), now))
    raised = 0
    if status.amount is not None:
        known = {mark.threshold for mark in told.marks}
        found = look(budget.spec, status.amount, status.actual, status.forecast, known)
        for threshold in found.raised:
            raised += _raise(workspace, budget, status, threshold, known, now)
        for threshold in found.passed:
            value = _value(status, threshold)
            mark = _mark(budget, status, threshold.key, "passed", value, now)
            budget_marks.put(workspace, mark)
    if status.over:
        budget_marks.settle(workspace, budget.name, period.key, now)
        if not _open_elsewhere(workspace, budget.name, period.key):
            settle(workspace, "budget", budget.name, f"{period.title} is over", now)
    missing = unconverted_text(status)
    return _Looked(raised, (f"{budget.name}: {missing}",) if missing else ())


def _open_elsewhere(workspace: Workspace, budget: str, period: str) -> bool:
    """Whether a threshold was raised in another period that is still watched: its alert stays."""
    states = budget_marks.watched(workspace)
    return any(
        mark.state == "raised"
        and mark.period != period
        and states.get((budget, mark.period)) == "watched"
        for mark in budget_marks.of(workspace, budget)
    )


def _raise(
    workspace: Workspace,
    budget: Budget,
    status: PeriodStatus,
    threshold: Threshold,
    known: set[str],
    now: datetime,
) -> int:
    """Raise one threshold and keep that it was. The signal comes first: cut off between the two, it
    is raised again as the same alert, which tells nobody twice."""
    if threshold.of == "actual" and _is_highest(budget, status, threshold, known):
        note = f"{threshold.title(budget.spec.currency)} was passed"
        settle(workspace, "budget", budget.name, note, now)
    raise_signal(workspace, signal_of(workspace, budget, status, threshold, now), now)
    value = _value(status, threshold)
    return budget_marks.put(workspace, _mark(budget, status, threshold.key, "raised", value, now))


def _is_highest(
    budget: Budget, status: PeriodStatus, threshold: Threshold, known: set[str]
) -> bool:
    """Whether every threshold that was passed before lies lower: its alert is old news then."""
    from outlay.planning.budgets.thresholds import height

    assert status.amount is not None
    mine = height(threshold, status.amount)
    return all(
        height(one, status.amount) <= mine for one in budget.spec.thresholds if one.key in known
    )


def signal_of(
    workspace: Workspace, budget: Budget, status: PeriodStatus, threshold: Threshold, now: datetime
) -> Signal:
    """What is told of a threshold: the amounts, what drove the cost, and the page behind it."""
    from outlay.app.planning.budget_words import driver, figures, lines, signal_title

    spec = budget.spec
    value = _value(status, threshold)
    return Signal(
        kind="budget",
        subject=budget.name,
        occurrence=f"{status.period.key}/{threshold.key}",
        title=signal_title(budget, status, threshold),
        severity=threshold.severity,
        lines=lines(budget, status, threshold),
        figures=figures(budget, status),
        driver=driver(workspace, budget, status, now),
        link=f"/budgets/{budget.name}?period={status.period.key}",
        amount=value,
        currency=spec.currency,
        owner=Owner(spec.owner.value, spec.owner.tag) if spec.owner else None,
        where=budget.scope,
    )


def _value(status: PeriodStatus, threshold: Threshold) -> Decimal:
    """What passed the threshold: the actual cost, or the forecast."""
    value = status.actual if threshold.of == "actual" else status.forecast
    assert value is not None
    return value


def _mark(
    budget: Budget,
    status: PeriodStatus,
    threshold: str,
    state: MarkState,
    value: Decimal,
    now: datetime,
) -> Mark:
    amount = status.amount if status.amount is not None else Decimal(0)
    return Mark(
        budget.name, status.period.key, threshold, state, now, amount, value, budget.spec.currency
    )
