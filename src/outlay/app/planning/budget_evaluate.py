"""Where a scope stands in a period: actual, carried over, expected by now, forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.planning.budget_actuals import (
    Daily,
    complete_until,
    daily,
    first_day,
    question,
    unconverted,
)
from outlay.app.planning.budget_forecast import rest_of
from outlay.money import total
from outlay.planning.budgets.amounts import Allowance, allowances
from outlay.planning.budgets.model import BudgetSpec
from outlay.planning.budgets.periods import Period, between
from outlay.planning.budgets.shape import MOST_MONTHS, Spread, spread
from outlay.planning.budgets.status import PeriodStatus, Rest
from outlay.query.ranges import step

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


class Evaluation:
    """What is asked: a budget's rules, its scope within those above it, one of its periods.

    Two that ask the same are equal, so that answers can be kept: `text` says all of it. Who owns
    a budget and who is told changes nothing of where it stands.
    """

    def __init__(self, spec: BudgetSpec, scope: str, period: Period, forecast: bool = True) -> None:
        self.spec = spec
        self.scope = scope
        self.period = period
        self.forecast = forecast
        said = spec.model_dump_json(exclude={"title", "note", "owner", "parent", "thresholds"})
        self.text = f"{said} {scope} {period.key} {forecast}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Evaluation) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def evaluate_all(
    workspace: Workspace, asked: Sequence[Evaluation], now: datetime
) -> list[PeriodStatus]:
    """Where one budget stands in several periods, by one question about its days. Raises QueryError
    and LakeError as any question does."""
    spec, scope = asked[0].spec, asked[0].scope
    since = min(_since(workspace, spec, one.period) for one in asked)
    cost = daily(workspace, spec, scope, since, max(one.period.end for one in asked), now)
    known = complete_until(workspace, now.date())
    return [_status(workspace, one, cost, known, now) for one in asked]


def _since(workspace: Workspace, spec: BudgetSpec, period: Period) -> date:
    """The first day that a period is told from: its own history, and what is carried in."""
    learned_from = step(period.start.replace(day=1), "month", -MOST_MONTHS)
    return min(learned_from, _chain(workspace, spec, period)[0].start)


def _status(
    workspace: Workspace, asked: Evaluation, cost: Daily, known: date | None, now: datetime
) -> PeriodStatus:
    spec, period, today = asked.spec, asked.period, now.date()
    chain = _chain(workspace, spec, period)
    missing = _missing(workspace, asked, chain, now) if cost.unconverted else {}
    allowance = _allowance(spec, chain, cost)
    until = _clamped(known, period)
    found = _spread(workspace, spec, period, cost, known)
    begun = period.start <= today
    rest, reason = _rest(workspace, asked, until, now) if asked.forecast else (None, "")
    status = PeriodStatus(
        period,
        allowance,
        cost.sum(period.start, until) if until else Decimal(0),
        cost.sum(until or period.start, period.end),
        until,
        found,
        begun,
        period.end <= today and known is not None and known >= period.end,
        expected=None
        if allowance is None or until is None or not begun
        else found.expected(allowance.amount, until, spec.currency),
        rest=rest,
        no_forecast=reason,
        unconverted=missing,
        daily=(days := tuple(cost.days.get(day, Decimal(0)) for day in period.each_day())),
        waiting=begun and not any(days) and (known is None or known <= period.start),
    )
    return _with_run_out(status)


def _missing(
    workspace: Workspace, asked: Evaluation, chain: list[Period], now: datetime
) -> dict[str, Decimal]:
    """What no rate could convert in a period and in those that hand something on to it, since what
    they cost is not known either."""
    return unconverted(workspace, asked.spec, asked.scope, chain[0].start, asked.period.end, now)


def _chain(workspace: Workspace, spec: BudgetSpec, period: Period) -> list[Period]:
    """The periods that hand something on up to a period, the first one first. One before the first
    charge that was loaded hands on nothing: what it cost is not known."""
    if spec.rollover.carry == "none" or spec.from_ is None:
        return [period]
    since = max(spec.from_, first_day(workspace) or spec.from_)
    return between(spec, since, period.end) or [period]


def _allowance(spec: BudgetSpec, chain: list[Period], cost: Daily) -> Allowance | None:
    actuals = {one.key: cost.sum(one.start, one.end) for one in chain[:-1]}
    return allowances(spec, chain, actuals).get(chain[-1].key)


def _clamped(known: date | None, period: Period) -> date | None:
    """Until which day of the period charges are complete; None where no charge is known at all."""
    return None if known is None else max(period.start, min(known, period.end))


def _spread(
    workspace: Workspace, spec: BudgetSpec, period: Period, cost: Daily, known: date | None
) -> Spread:
    first = first_day(workspace) or period.start
    end = min(period.start, known) if known else period.start
    return spread(spec.shape, period, cost.days, max(first, cost.since), end)


def _rest(
    workspace: Workspace, asked: Evaluation, until: date | None, now: datetime
) -> tuple[Rest | None, str]:
    """The forecast of the rest of the period, or why there is none."""
    period = asked.period
    if until is None:
        return None, "no bill was loaded yet"
    if until >= period.end:
        return None, ""
    wanted = question(asked.spec, asked.scope, until, period.end)
    return rest_of(workspace, wanted, until, period.end, now)


def _with_run_out(status: PeriodStatus) -> PeriodStatus:
    """The status with the day on which the amount is, or is forecast to be, used up."""
    amount, until = status.amount, status.complete_until
    if amount is None or until is None:
        return status
    spent = Decimal(0)
    days = (until - status.period.start).days
    rest = status.rest.days if status.rest else status.daily[days:]
    for number, cost in enumerate((*status.daily[:days], *rest)):
        spent = total((spent, cost))
        if spent > amount and spent > 0:
            return replace(status, run_out=status.period.start + timedelta(days=number))
    return status
