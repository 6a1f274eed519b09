"""What a change of budgets does, in money: the amount of the present period before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.planning.budget_evaluate import Evaluation, evaluate_all
from outlay.app.planning.budget_kept import kept
from outlay.app.planning.budgets import period_on
from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money import money_text
from outlay.planning.budgets.model import BUDGET, BudgetSpec
from outlay.planning.budgets.status import PeriodStatus
from outlay.planning.budgets.tree import scope_of

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Write

MOST = 50
"""So many budgets of one change are reckoned; a larger change is told without."""


@dataclass(frozen=True)
class BudgetEffect:
    """A budget that changes, in its present period: what it may cost `before` and `after` (None: it
    does not hold), what it cost so far by the new scope, and where it then stands."""

    name: str
    period: str
    currency: str
    before: Decimal | None
    after: Decimal | None
    actual: Decimal | None
    state: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; money is text with all its decimals."""
        return {
            "name": self.name,
            "period": self.period,
            "currency": self.currency,
            "before": _text(self.before),
            "after": _text(self.after),
            "actual": _text(self.actual),
            "state": self.state,
        }


def budget_effects(
    workspace: Workspace, writes: Sequence[Write], now: datetime | None = None
) -> tuple[BudgetEffect, ...]:
    """The effect of a batch on each budget that it writes or removes, by name."""
    mine = [write for write in writes if write.kind == BUDGET.name]
    if not mine or len(mine) > MOST:
        return ()
    before: dict[str, BudgetSpec] = {}
    for one in workspace.resources.list(BUDGET.name):
        assert isinstance(one.spec, BudgetSpec)
        before[one.name] = one.spec
    after = dict(before)
    for write in mine:
        if write.spec is None:
            after.pop(write.name, None)
        else:
            typed = BUDGET.parse(write.spec)
            assert isinstance(typed, BudgetSpec)
            after[write.name] = typed
    moment = now or utc_now()
    names = sorted({write.name for write in mine})
    return tuple(_effect(workspace, name, before, after, moment) for name in names)


def _effect(
    workspace: Workspace,
    name: str,
    before: dict[str, BudgetSpec],
    after: dict[str, BudgetSpec],
    now: datetime,
) -> BudgetEffect:
    old, _ = _status(workspace, name, before, now)
    new, problem = _status(workspace, name, after, now)
    told = new or old
    spec = after.get(name) or before[name]
    return BudgetEffect(
        name,
        told.period.key if told else "",
        spec.currency,
        old.amount if old else None,
        new.amount if new else None,
        new.actual if new else None,
        new.state if new else problem or ("removed" if name not in after else "no period"),
    )


def _status(
    workspace: Workspace, name: str, specs: dict[str, BudgetSpec], now: datetime
) -> tuple[PeriodStatus | None, str]:
    spec = specs.get(name)
    period = period_on(spec, now.date()) if spec else None
    if spec is None or period is None:
        return None, ""
    asked = Evaluation(spec, scope_of(name, specs), period, forecast=False)
    try:
        (found,) = kept(workspace, [asked], now, evaluate_all)
    except (QueryError, LakeError) as error:
        return None, f"{error}".splitlines()[0]
    return found, ""


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else money_text(amount)
