"""Budgets for tests, written as they would be in a file."""

from datetime import date
from decimal import Decimal
from typing import Any

from outlay.planning.budgets.amounts import Allowance
from outlay.planning.budgets.model import BUDGET, BudgetSpec
from outlay.planning.budgets.periods import Period, period_of
from outlay.planning.budgets.status import PeriodStatus


def spec(**fields: Any) -> BudgetSpec:
    """A monthly budget of 1000 USD, with some fields said otherwise."""
    said = {"currency": "USD", "amount": "1000", **fields}
    found = BUDGET.parse({name: value for name, value in said.items() if value is not None})
    assert isinstance(found, BudgetSpec)
    return found


def month(text: str) -> Period:
    """The period of a month."""
    found = period_of(spec(), date.fromisoformat(f"{text}-01"))
    assert found is not None
    return found


def status(
    actual: str,
    amount: str | None = "1000",
    *,
    period: Period | None = None,
    over: bool = False,
    begun: bool = True,
    **more: Any,
) -> PeriodStatus:
    """Where a period stands whose days are all complete."""
    found = period or month("2026-10")
    allowance = None if amount is None else Allowance(Decimal(amount))
    return PeriodStatus(
        found, allowance, Decimal(actual), Decimal(0), found.end, None, begun, over, **more
    )
