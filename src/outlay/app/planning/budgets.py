"""Budgets as use cases: what there is, where each stands, what it was before.

What is told of a budget comes through questions in the reader's scope, and only of budgets whose
scope lies within it (`budget_scopes`), so that a figure is the whole one or not there at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import current
from outlay.app.planning import budget_marks
from outlay.app.planning.budget_evaluate import Evaluation, evaluate
from outlay.app.planning.budget_kept import kept
from outlay.app.planning.budget_marks import Mark
from outlay.app.planning.budget_scopes import is_seen
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money import BillingPeriod, PeriodError
from outlay.planning.budgets.model import BUDGET, BudgetSpec
from outlay.planning.budgets.periods import (
    Period,
    PeriodKeyError,
    between,
    only,
    parse,
    period_of,
)
from outlay.planning.budgets.status import Parts, PeriodStatus, parts
from outlay.planning.budgets.tree import placed, scope_of
from outlay.resources import ResourceError, ResourceNotFoundError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

HISTORY = 12
"""So many periods are told of a budget's past."""


@dataclass(frozen=True)
class Budget:
    """A budget that is kept. `scope` is its own within those above it; `parent` and `depth` are
    among the budgets that who asks may see."""

    name: str
    spec: BudgetSpec
    version: int
    parent: str = ""
    depth: int = 0
    scope: str = ""

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name

    @property
    def owner(self) -> str:
        """Whose it is, for people; '' for nobody's."""
        return self.spec.owner.value if self.spec.owner else ""


@dataclass(frozen=True)
class BudgetStatus:
    """A budget and where it stands. `status` is None where it does not hold at that time, or where
    it cannot be told (`problem`). `parts` are its children's sums, where it has children that hold;
    `marks` the thresholds that were passed in the period, in order of time."""

    budget: Budget
    status: PeriodStatus | None
    problem: str = ""
    parts: Parts | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def state(self) -> str:
        """The state in one word or two: that of the period, *failed* or *no period*."""
        if self.problem:
            return "failed"
        return self.status.state if self.status else "no period"


@served("GET /budgets")
def budgets(workspace: Workspace) -> tuple[Budget, ...]:
    """Every budget that who asks may see, children below their parents."""
    resources = {found.name: found for found in workspace.resources.list(BUDGET.name)}
    specs = {name: _spec(found.spec) for name, found in resources.items()}
    if not current().whole:
        # Scopes are those within all the parents, also of parents that are not seen.
        scopes = {name: scope_of(name, specs) for name in specs}
        specs = {name: spec for name, spec in specs.items() if is_seen(scopes[name])}
    else:
        scopes = {}
    return tuple(
        Budget(
            one.name, one.spec, resources[one.name].version, one.parent, one.depth,
            scopes.get(one.name, one.scope),
        )
        for one in placed(specs)
    )  # fmt: skip


@served("GET /budgets/{name}")
def budget(workspace: Workspace, name: str) -> Budget:
    """One budget; ResourceNotFoundError lists those that there are."""
    found = budgets(workspace)
    for one in found:
        if one.name == name:
            return one
    there = ", ".join(sorted(one.name for one in found)) or "none yet"
    raise ResourceNotFoundError(f"there is no budget {name!r}. There are: {there}.")


@served("GET /budgets")
def statuses(
    workspace: Workspace, now: datetime | None = None, *, at: str = "", forecast: bool = True
) -> tuple[BudgetStatus, ...]:
    """Where every budget stands that who asks may see, children below their parents.

    `at` is a month (``2026-10``): each budget in the period that its last day, at most today, lies
    in; '' is now. Without `forecast` none is made. One that cannot be told says why; the others
    are told all the same. QueryError for an `at` that is no month.
    """
    moment = now or utc_now()
    found = budgets(workspace)
    if not found:
        return ()
    day = day_of(at, moment.date())
    told = {
        one.name: status_on(workspace, one, period_on(one.spec, day), moment, forecast=forecast)
        for one in found
    }
    return tuple(_with_parts(workspace, told[one.name], told, moment) for one in found)


@served("GET /budgets/{name}")
def show(
    workspace: Workspace,
    name: str,
    period: str = "",
    now: datetime | None = None,
    *,
    forecast: bool = True,
) -> tuple[BudgetStatus, ...]:
    """A budget in a period (``2026-11``; '' is the present one), then its children in the periods
    that lie within, on the same day. QueryError for a period that it has not."""
    moment = now or utc_now()
    wanted = budget(workspace, name)
    found = _period(wanted.spec, period) if period else period_on(wanted.spec, moment.date())
    day = moment.date()
    if found is not None and not found.holds(day):
        day = found.start if found.start > day else date.fromordinal(found.end.toordinal() - 1)
    children = [one for one in budgets(workspace) if one.parent == name]
    told = {
        one.name: status_on(workspace, one, period_on(one.spec, day), moment, forecast=forecast)
        for one in children
    }
    told[name] = status_on(workspace, wanted, found, moment, forecast=forecast)
    return tuple(
        _with_parts(workspace, told[one.name], told, moment) for one in (wanted, *children)
    )


@served("GET /budgets/{name}/history")
def history(
    workspace: Workspace, name: str, now: datetime | None = None, *, count: int = HISTORY
) -> tuple[BudgetStatus, ...]:
    """A budget in its last periods up to the present one, newest first, without forecasts. A
    period before the first charge is left out, unless the budget says that it holds then."""
    moment = now or utc_now()
    wanted = budget(workspace, name)
    return tuple(
        status_on(workspace, wanted, period, moment, forecast=False)
        for period in last_periods(workspace, wanted.spec, moment.date(), count)
    )


def last_periods(workspace: Workspace, spec: BudgetSpec, today: date, count: int) -> list[Period]:
    """The last periods that began, newest first; none before the first charge there is."""
    first = min(
        (one.billing_period.start for one in workspace.lake.pin().slices if one.delivery.rows),
        default=today,
    )
    if spec.period == "custom":
        return [only(spec)] if only(spec).start <= today else []
    tomorrow = date.fromordinal(today.toordinal() + 1)
    return between(spec, first, tomorrow)[::-1][:count]


def status_on(
    workspace: Workspace,
    one: Budget,
    period: Period | None,
    now: datetime,
    *,
    forecast: bool = True,
) -> BudgetStatus:
    """A budget in a period; what cannot be told says why."""
    if period is None:
        return BudgetStatus(one, None)
    try:
        asked = Evaluation(one.spec, one.scope, period, forecast)
        status = kept(workspace, asked, now, evaluate)
    except (QueryError, LakeError, ResourceError) as error:
        return BudgetStatus(one, None, f"{error}")
    return BudgetStatus(one, status, marks=budget_marks.of(workspace, one.name, period.key))


def _with_parts(
    workspace: Workspace, one: BudgetStatus, told: dict[str, BudgetStatus], now: datetime
) -> BudgetStatus:
    """A budget with the sums of its children, each over all its periods within the parent's."""
    if one.status is None:
        return one
    children = [child for child in told.values() if child.budget.parent == one.budget.name]
    if not children:
        return one
    allocated: list[Decimal] = []
    actuals: list[Decimal] = []
    for child in children:
        if child.problem:
            return BudgetStatus(one.budget, one.status, one.problem, None, one.marks)
        for status in _within(workspace, child, one.status.period, now):
            if status.allowance is not None:
                allocated.append(status.allowance.own)
            actuals.append(status.actual)
    if not actuals:
        return one
    sums = parts(one.status, allocated, actuals)
    return BudgetStatus(one.budget, one.status, one.problem, sums, one.marks)


def _within(
    workspace: Workspace, child: BudgetStatus, whole: Period, now: datetime
) -> list[PeriodStatus]:
    """The periods of a child that lie within its parent's, as they stand."""
    spec = child.budget.spec
    found = []
    for period in between(spec, whole.start, whole.end):
        if not period.within(whole):
            continue
        if child.status is not None and child.status.period == period:
            found.append(child.status)
            continue
        asked = Evaluation(spec, child.budget.scope, period, forecast=False)
        found.append(kept(workspace, asked, now, evaluate))
    return found


def period_on(spec: BudgetSpec, day: date) -> Period | None:
    """The period that holds a day. A custom one is told before and after its days too."""
    return only(spec) if spec.period == "custom" else period_of(spec, day)


def _period(spec: BudgetSpec, key: str) -> Period:
    try:
        found = parse(spec, key)
    except PeriodKeyError as error:
        raise QueryError(str(error), field="period", text=key) from None
    if period_of(spec, found.start) is None:
        raise QueryError(
            f"the budget does not hold in {key}: it runs from {spec.from_ or 'the beginning'} to "
            f"{spec.until or 'no end'}",
            field="period",
            text=key,
        )
    return found


def day_of(at: str, today: date) -> date:
    """The last day of a month, at most today; today for ''. QueryError for what is no month."""
    if not at:
        return today
    try:
        month = BillingPeriod.parse(at)
    except PeriodError as error:
        raise QueryError(str(error), field="at", text=at) from None
    last = date.fromordinal(month.end.toordinal() - 1)
    return min(last, today) if month.start <= today else month.start


def _spec(spec: object) -> BudgetSpec:
    assert isinstance(spec, BudgetSpec)
    return spec


def counts(found: Sequence[BudgetStatus]) -> dict[str, int]:
    """How many budgets are in each state, in the order of `status.STATES`."""
    from outlay.planning.budgets.status import STATES

    states = [one.state for one in found]
    every = (*STATES, "failed", "no period")
    return {state: states.count(state) for state in every if state in states}
