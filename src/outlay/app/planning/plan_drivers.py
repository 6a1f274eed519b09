"""Lines as volume × unit cost: the metric's own forecast, and what a unit has cost of late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.app.planning.plan_actuals import Months, complete_until
from outlay.app.planning.plans import get_plan
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod, total
from outlay.money.quotients import quotient
from outlay.planning.plans.codec import plain
from outlay.planning.plans.divide import Cells
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import ZERO, Driver, Frame, Path

if TYPE_CHECKING:
    from outlay.allocation.metrics.reader import StoredMetrics
    from outlay.app.workspace import Workspace

Only = Mapping[str, tuple[str, ...]]

HISTORY_DAYS = 760
UNIT_MONTHS = 3
"""A unit costs what it did in so many of the last complete months together."""
UNIT_DIGITS = 12
VOLUME_DIGITS = 3
"""Decimals of a forecast volume, where the metric does not count in whole numbers."""


def only_of(pairs: Iterable[str]) -> Only:
    """``LABEL=VALUE`` texts as the series of a metric that count; QueryError for what is none."""
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        label, sign, value = (part.strip() for part in pair.partition("="))
        if not sign or not label:
            raise QueryError(f"{pair!r} is no LABEL=VALUE", field="only", text=pair)
        found[label] = (*found.get(label, ()), value)
    return found


@served("GET /plans/{name}/driver")
def propose_driver(
    workspace: Workspace,
    name: str,
    path: Path,
    metric: str,
    *,
    only: Only | None = None,
    where: str = "",
    cut: date | None = None,
) -> Driver:
    """A driver for a line: by month what the metric's own forecast says of its series with the
    values of `only` (known months: what was counted), and what a unit cost in the last three
    complete months of the line's charges (None for a line without any). PlanError where the metric
    or the cost tells nothing.
    """
    whole_only("a driver of a plan")
    frame = get_plan(workspace, name).frame
    return driver_for(workspace, frame, path, where, metric, dict(only or {}), cut)


def driver_for(
    workspace: Workspace,
    frame: Frame,
    path: Path,
    where: str,
    metric: str,
    only: Only,
    cut: date | None = None,
) -> Driver:
    """`propose_driver` for a frame."""
    reader = workspace.metrics.reader()
    spec = reader.spec(metric)
    until = complete_until(workspace, cut)
    if until is None:
        raise PlanError("there is no charge yet, hence nothing that a unit costs")
    volumes = volumes_of(reader, metric, only, frame.months, until)
    cost, basis = _unit_cost(workspace, reader, frame, (path, where), (metric, only), until)
    return Driver(
        metric=metric,
        volumes=tuple(
            None if month.end <= until else volume
            for month, volume in zip(frame.months, volumes, strict=True)
        ),
        unit_costs=tuple(None if month.end <= until else cost for month in frame.months),
        unit=spec.unit,
        only=only,
        basis=basis,
    )


def volumes_of(
    reader: StoredMetrics,
    metric: str,
    only: Only,
    months: Sequence[BillingPeriod],
    until: date,
) -> tuple[Decimal, ...]:
    """A metric by month: counted where the month is over and known, else the days that are known
    and a forecast of the others, brought to a month as the metric's aggregation says.

    PlanError when there is too little history for a forecast, and where a day before the last
    known one is not known in the month that has begun: its sum would lack that day.
    """
    first = until - timedelta(days=HISTORY_DAYS)
    counted = reader.periods(metric, (), min(first, months[0].start), until, "day", only)
    days = {one.start: one.total for one in counted if one.total is not None}
    if not days:
        raise PlanError(f"the metric {metric!r} has no value before {until}: nothing to forecast")
    start = max(days) + timedelta(days=1)
    aggregation = reader.spec(metric).aggregation
    begun = BillingPeriod.of(until)
    lost = [one.start for one in counted if begun.start <= one.start < start and not one.complete]
    if lost and aggregation == "sum":
        raise PlanError(
            f"the metric {metric!r} does not know {lost[0]}, hence not what {begun} comes to"
        )
    if start < months[-1].end:
        days |= _forecast(metric, days, start, months[-1].end)
    return tuple(_month(days, month, aggregation) for month in months)


def actual_volumes(
    reader: StoredMetrics, metric: str, only: Only, months: Sequence[BillingPeriod]
) -> tuple[Decimal | None, ...]:
    """What was counted by month; None where a day of the month is not known."""
    found = reader.periods(metric, (), months[0].start, months[-1].end, "month", only)
    known = {one.start: one.total for one in found if one.complete}
    return tuple(known.get(month.start) for month in months)


def _forecast(
    metric: str, days: Mapping[date, Decimal], start: date, end: date
) -> dict[date, Decimal]:
    """Days to come, as decimals: whole numbers where the metric counts in them."""
    import numpy as np

    from outlay.forecast import Calendar, exact, forecast_many

    first = min(days)
    values = np.full((1, (start - first).days), np.nan)
    for day, value in days.items():
        values[0, (day - first).days] = value
    answer = forecast_many(values, first, (end - start).days, calendar=Calendar())
    if answer.reason[0]:
        raise PlanError(f"the metric {metric!r} has no forecast: {answer.reason[0]}")
    whole = all(value == value.to_integral_value() for value in days.values())
    mean = np.maximum(answer.mean, 0.0)
    (amounts,) = exact(mean, 0 if whole else VOLUME_DIGITS)
    return {start + timedelta(days=at): amount for at, amount in enumerate(amounts)}


def _month(days: Mapping[date, Decimal], month: BillingPeriod, aggregation: str) -> Decimal:
    known = [(day, value) for day, value in days.items() if month.start <= day < month.end]
    values = [value for _, value in sorted(known)]
    if not values:
        return ZERO
    if aggregation == "sum":
        return total(values)
    if aggregation == "max":
        return max(values)
    if aggregation == "last":
        return values[-1]
    mean = quotient(total(values), len(values), VOLUME_DIGITS)
    assert mean is not None
    return mean


def _unit_cost(
    workspace: Workspace,
    reader: StoredMetrics,
    frame: Frame,
    line: tuple[Path, str],
    metric: tuple[str, Only],
    until: date,
) -> tuple[Decimal | None, str]:
    """What a unit cost in the last complete months, and in words from what that is; None for what
    was not charged yet: its unit is not known to cost nothing."""
    months = last_complete(until, UNIT_MONTHS)
    path, where = line
    found = Months(workspace, frame, months, until).ask(where)
    rows: list[Cells] = [cells for own, cells in found.items() if where or own == path]
    if not rows:
        when = f"{months[0]} to {months[-1]}"
        return None, f"nothing was charged, {when}: say what a unit costs"
    cost = total([ZERO, *(amount for cells in rows for amount in cells if amount is not None)])
    counted = actual_volumes(reader, *metric, months)
    known = [volume for volume in counted if volume is not None]
    if len(known) < len(months):
        raise PlanError(
            f"the metric {metric[0]!r} does not know every day from {months[0]} to {months[-1]}, "
            "hence what a unit cost is not known; give volumes and unit costs by hand"
        )
    unit = quotient(cost, total(known), UNIT_DIGITS)
    if unit is None:
        raise PlanError(f"the metric {metric[0]!r} counted nothing from {months[0]} on")
    basis = f"{plain(cost)} {frame.currency} ÷ {plain(total(known))}, {months[0]} to {months[-1]}"
    return unit, basis


def last_complete(until: date, count: int) -> tuple[BillingPeriod, ...]:
    """The last complete months before a day, oldest first."""
    found = [BillingPeriod.of(until).previous()]
    while len(found) < count:
        found.append(found[-1].previous())
    return tuple(reversed(found))
