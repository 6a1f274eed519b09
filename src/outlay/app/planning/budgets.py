"""Budgets as use cases: what there is, where each stands, what it was before.

What is told of a budget comes through questions in the reader's scope, and only of budgets whose
scope lies within it (`budget_scopes`), so that a figure is the whole one or not there at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import current
from outlay.app.planning import budget_marks
from outlay.app.planning.budget_actuals import first_day
from outlay.app.planning.budget_evaluate import Evaluation, evaluate_all
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
    `marks` the thresholds that were passed in the period, in order of time; `parts_problem` says
    why the sums cannot be told."""

    budget: Budget
    status: PeriodStatus | None
    problem: str = ""
    parts: Parts | None = None
    marks: tuple[Mark, ...] = ()
    parts_problem: str = ""

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
            one.name,
            # Who sees a part is not told the names of what it is a part of.
            one.spec if one.spec.parent == one.parent else _rootless(one.spec),
            resources[one.name].version,
            one.parent,
            one.depth,
            scopes.get(one.name, one.scope),
        )
        for one in placed(specs)
    )


def _rootless(spec: BudgetSpec) -> BudgetSpec:
    return spec.model_copy(update={"parent": ""})


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
    told = _told(workspace, found, day, moment, forecast)
    return tuple(_with_parts(workspace, told[one.name], told, moment) for one in found)


def _told(
    workspace: Workspace, found: Sequence[Budget], day: date, now: datetime, forecast: bool
) -> dict[str, BudgetStatus]:
    """Each budget on a day, by its name."""

    def tell(one: Budget) -> BudgetStatus:
        return status_on(workspace, one, period_on(one.spec, day), now, forecast=forecast)

    return {one.name: tell(one) for one in found}


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
    told = _told(workspace, children, day, moment, forecast)
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
    periods = last_periods(workspace, wanted.spec, moment.date(), count)
    return told_of(workspace, wanted, periods, moment)


def last_periods(workspace: Workspace, spec: BudgetSpec, today: date, count: int) -> list[Period]:
    """The last periods that began, newest first; none before the first charge there is."""
    first = first_day(workspace) or today
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
    (found,) = told_of(workspace, one, [period], now, forecast=forecast)
    return found


def told_of(
    workspace: Workspace,
    one: Budget,
    periods: Sequence[Period],
    now: datetime,
    *,
    forecast: bool = False,
) -> tuple[BudgetStatus, ...]:
    """A budget in several periods, by one question; what cannot be told says why."""
    asked = [Evaluation(one.spec, one.scope, period, forecast) for period in periods]
    try:
        found = kept(workspace, asked, now, evaluate_all)
    except (QueryError, LakeError, ResourceError) as error:
        return tuple(BudgetStatus(one, None, f"{error}") for _ in periods)
    marks = budget_marks.of(workspace, one.name)
    return tuple(
        BudgetStatus(
            one, status, marks=tuple(mark for mark in marks if mark.period == status.period.key)
        )
        for status in found
    )


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
            return replace(one, parts_problem=f"{child.budget.name}: {child.problem}")
        for status in _within(workspace, child, one.status.period, now):
            if status.allowance is not None:
                allocated.append(status.allowance.own)
            actuals.append(status.actual)
    if not actuals:
        return one
    return replace(one, parts=parts(one.status, allocated, actuals))


def _within(
    workspace: Workspace, child: BudgetStatus, whole: Period, now: datetime
) -> list[PeriodStatus]:
    """The periods of a child that lie within its parent's, as they stand."""
    spec, own = child.budget.spec, child.status
    periods = [one for one in between(spec, whole.start, whole.end) if one.within(whole)]
    others = [one for one in periods if own is None or own.period != one]
    asked = [Evaluation(spec, child.budget.scope, one, forecast=False) for one in others]
    found = kept(workspace, asked, now, evaluate_all) if asked else []
    return [own, *found] if own is not None and own.period in periods else found


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
