"""The cells of an outlook: what was spent, what is to come, and what people add to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.money import MONEY_CONTEXT, total
from outlay.money.cents import to_unit
from outlay.planning.plans.divide import Cells
from outlay.planning.plans.model import (
    ZERO,
    Document,
    Driver,
    Line,
    Path,
    product,
    with_adjusted,
)
from outlay.planning.plans.results import EstimateOrigin, MonthState, OutlookRow


@dataclass(frozen=True)
class Known:
    """What is known of a line now: `spent` on complete days, `to_come` by the forecast (of the
    month that has begun: its days to come; None: no forecast, `reason` says why), and its driver
    by the metric as it is now."""

    spent: tuple[Decimal, ...]
    to_come: Cells
    driver: Driver | None = None
    reason: str = ""


def estimated(
    document: Document, line: Line | None, path: Path, known: Known, states: Sequence[MonthState]
) -> OutlookRow:
    """A line's row (`line` None: cost that no line has).

    Complete months are actual. In the month that has begun, complete days are actual and the rest
    is forecast; a driven line's is its volume × unit cost where that is more than was spent.
    Adjustments count in months that have not begun: those before are part of what is charged.
    """
    planned: list[Decimal] = []
    estimate: list[Decimal] = []
    origins: list[EstimateOrigin] = []
    adjusted: list[Decimal] = []
    for at, state in enumerate(states):
        total_, own = _planned(document, line, at)
        amount, origin, extra = _cell(document, line, known, at, state, own)
        planned.append(total_)
        estimate.append(amount)
        origins.append(origin)
        adjusted.append(extra)
    fallen_back = any(origin in ("plan", "none") for origin in origins)
    return OutlookRow(
        line.id if line else "",
        path,
        line.title if line else "",
        tuple(planned),
        tuple(estimate),
        tuple(origins),
        tuple(adjusted),
        known.reason if fallen_back or not line or known.driver is None else "",
    )


def _planned(document: Document, line: Line | None, at: int) -> tuple[Decimal, Decimal]:
    """A cell's total, and its adjustments of money."""
    if line is None:
        return ZERO, ZERO
    cell = document.cells(line.id)[at]
    return cell.total, document.adjusted(line.id, document.months[at])


def _cell(
    document: Document, line: Line | None, known: Known, at: int, state: MonthState, own: Decimal
) -> tuple[Decimal, EstimateOrigin, Decimal]:
    """Amount, what it is, and the part of it that people added."""
    spent, ahead = known.spent[at], known.to_come[at]
    if state == "complete":
        return spent, "actual", ZERO
    driven = _driven(document, line, known.driver, at) if line and known.driver else None
    if state == "current":
        if driven is not None:
            return max(driven, spent), "drivers", ZERO
        if ahead is None:
            if line is None:
                return spent, "none", ZERO
            return max(document.cells(line.id)[at].total, spent), "plan", ZERO
        return MONEY_CONTEXT.add(spent, ahead), "mixed", ZERO
    if driven is not None:
        return total((spent, driven, own)), "drivers", own
    if ahead is None:
        if line is None:
            return spent, "none", ZERO
        return document.cells(line.id)[at].total, "plan", own
    return total((spent, ahead, own)), "forecast", own


def _driven(document: Document, line: Line, driver: Driver, at: int) -> Decimal | None:
    """Volume × unit cost as they are now, with what people added to either."""
    month = document.months[at]
    volume = with_adjusted(driver.volumes[at], document.adjusted(line.id, month, "volume"))
    cost = with_adjusted(driver.unit_costs[at], document.adjusted(line.id, month, "unit_cost"))
    exact = product(volume, cost)
    return None if exact is None else to_unit(exact, document.frame.places)
