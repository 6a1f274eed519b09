"""What is said of a budget: titles of alerts, their lines and figures, what drove the cost."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.planning.budget_actuals import question
from outlay.lake import LakeError
from outlay.money.display import amount as amount_text
from outlay.money.display import day as day_text
from outlay.money.display import share
from outlay.money.quotients import quotient
from outlay.planning.budgets.model import Threshold
from outlay.planning.budgets.periods import Period, previous
from outlay.planning.budgets.status import PeriodStatus
from outlay.query import CostQuery, QueryError, ranges
from outlay.reports.document import Figure

if TYPE_CHECKING:
    from outlay.app.planning.budgets import Budget
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.budgets")


def money(value: Decimal | None, currency: str) -> str:
    """An amount with its currency."""
    return f"{amount_text(value, currency)} {currency}"


def signal_title(budget: Budget, status: PeriodStatus, threshold: Threshold) -> str:
    """*Team checkout is at 84.2% of its budget for Nov 2026*, or forecast to be."""
    value = status.actual if threshold.of == "actual" else status.forecast
    assert value is not None and status.amount is not None
    part = quotient(value, status.amount) if status.amount > 0 else None
    said = "is" if threshold.of == "actual" else "is forecast to come to"
    if part is None:
        return f"{budget.title} {said} {money(value, budget.spec.currency)}, {_beyond(status)}"
    at = " at" if threshold.of == "actual" else ""
    return f"{budget.title} {said}{at} {share(part)} of its budget for {status.period.title}"


def _beyond(status: PeriodStatus) -> str:
    return f"with no budget left for {status.period.title}"


def lines(budget: Budget, status: PeriodStatus, threshold: Threshold) -> tuple[str, ...]:
    """Sentences on where the period stands."""
    currency = budget.spec.currency
    found = [
        f"It passed the threshold of {threshold.title(currency)}: "
        f"{money(status.actual, currency)} of {money(status.amount, currency)} were spent"
        + (f" by {day_text(_last(status))}." if status.complete_until else ".")
    ]
    if status.ahead is not None and status.expected is not None and not status.over:
        way = "more" if status.ahead > 0 else "less"
        found.append(
            f"That is {money(status.ahead.copy_abs(), currency)} {way} than was to be expected by "
            f"then ({money(status.expected, currency)})."
        )
    if status.forecast is not None and status.bounds is not None:
        low, high = status.bounds
        found.append(
            f"Forecast for {status.period.title}: {money(status.forecast, currency)} (likely "
            f"{amount_text(low, currency)} to {amount_text(high, currency)})."
        )
    if status.run_out is not None and not status.over:
        found.append(f"The amount is used up on {day_text(status.run_out)}.")
    missing = unconverted_text(status)
    return (*found, *([f"{missing[:1].upper()}{missing[1:]}."] if missing else ()))


def _last(status: PeriodStatus) -> date:
    """The last day of which anything is known."""
    assert status.complete_until is not None
    days = [n for n, cost in enumerate(status.daily) if cost]
    last = status.complete_until - timedelta(days=1)
    known = status.period.start + timedelta(days=days[-1]) if days else last
    return max(last, known)


def figures(budget: Budget, status: PeriodStatus) -> tuple[Figure, ...]:
    """The headlines of an alert."""
    currency = budget.spec.currency
    found = [
        Figure("Actual", status.actual, currency=currency, note=status.period.title),
        Figure("Budget", status.amount, currency=currency),
    ]
    if status.forecast is not None:
        found.append(Figure("Forecast", status.forecast, currency=currency))
    return tuple(found)


def unconverted_text(status: PeriodStatus) -> str:
    """What no rate could convert of a period; '' where nothing is missing."""
    return without_rate(status.unconverted)


def without_rate(amounts: Mapping[str, Decimal]) -> str:
    """Amounts by currency that no rate could convert; '' where there are none."""
    missing = [(code, value) for code, value in sorted(amounts.items()) if value]
    if not missing:
        return ""
    told = ", ".join(money(value, code) for code, value in missing)
    return f"{told} could not be converted, since there is no rate, and is not counted"


def driven(budget: Budget, status: PeriodStatus) -> tuple[CostQuery, str] | None:
    """The question on what drove the cost, and the earlier days it is compared with: as many days
    of the period before. None before the first day is complete."""
    start, until = status.period.start, status.complete_until
    if until is None or until <= start:
        return None
    before: Period | None = previous(budget.spec, status.period)
    days = until - start
    if before is None:
        against = ranges.between(start - days, start)
    else:
        against = ranges.between(before.start, min(before.start + days, before.end))
    asked = question(budget.spec, budget.scope, start, until)
    return asked.but(by=("ServiceName",)), against


def driver(workspace: Workspace, budget: Budget, status: PeriodStatus, now: datetime) -> str:
    """One sentence on what drove the cost, against as many days of the period before; '' where it
    cannot be told."""
    from outlay.app.drivers import drivers
    from outlay.query.drivers import DriversError, sentence

    asked = driven(budget, status)
    if asked is None:
        return ""
    try:
        return sentence(drivers(workspace, asked[0], against=asked[1], now=now))
    except (QueryError, LakeError, DriversError) as error:
        log.warning("what drove the budget %s cannot be told: %s", budget.name, error)
        return ""
