"""What came of a plan: actual cost by line and month, variance, its bridge, the year's outlook.

Amounts are exact: actual cost has all decimals that the ledger has, plans and forecasts have the
currency's. Every row's parts add up to the row, and rows to the total.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeVar

from outlay.money import MONEY_CONTEXT, BillingPeriod, DateRange, total
from outlay.planning.plans.model import ZERO, Effect, Frame, Path, VersionInfo

MonthState = Literal["complete", "current", "future"]
"""All days of it are complete; some are; none is."""

EstimateOrigin = Literal["actual", "mixed", "forecast", "drivers", "plan", "none"]
"""What a cell of an outlook is: actual, the month's complete days and a forecast of the others,
forecast, volume × unit cost, the plan's own cell (where there is no forecast), nothing known."""

NOT_PLANNED = ""
"""The line of cost that stands where the plan has none."""


class BridgeError(ArithmeticError):
    """A bridge does not add up: a defect of the program, told rather than shown as a figure."""


def states_of(
    months: Sequence[BillingPeriod], complete_until: date | None
) -> tuple[MonthState, ...]:
    """Which months are complete, by the first day that is not; None: none is."""
    return tuple(_state(month, complete_until) for month in months)


def complete_of(states: Sequence[MonthState]) -> tuple[int, ...]:
    """The places of the complete months."""
    return tuple(at for at, state in enumerate(states) if state == "complete")


def _state(month: BillingPeriod, until: date | None) -> MonthState:
    if until is None or until <= month.start:
        return "future"
    return "complete" if until >= month.end else "current"


@dataclass(frozen=True)
class ActualRow:
    """A line's cost by month, in the order of the plan's months: complete days alone. Cost that no
    line has is a row with the line ''."""

    line: str
    path: Path
    name: str
    amounts: tuple[Decimal, ...]


@dataclass(frozen=True)
class Actuals:
    """What was spent in a plan's year, by its lines. `complete_until` is the first day that is not
    complete, and not in the figures."""

    frame: Frame
    complete_until: date | None
    states: tuple[MonthState, ...]
    rows: tuple[ActualRow, ...]
    warnings: tuple[str, ...] = ()
    snapshot: str | None = None

    @property
    def total(self) -> tuple[Decimal, ...]:
        """All rows, by month."""
        return added([row.amounts for row in self.rows])

    def amounts(self, line: str) -> tuple[Decimal, ...]:
        """A line's months; nought where it has no charge."""
        found = [row.amounts for row in self.rows if row.line == line]
        return found[0] if found else (ZERO,) * len(self.states)


@dataclass(frozen=True)
class VarianceRow:
    """A line against what was planned, by month: `actual` is None for months to come, and what is
    complete so far for the current one."""

    line: str
    path: Path
    name: str
    planned: tuple[Decimal, ...]
    actual: tuple[Decimal | None, ...]

    def variance(self, month: int) -> Decimal | None:
        """Actual less planned of a month that has an actual."""
        spent = self.actual[month]
        return None if spent is None else MONEY_CONTEXT.subtract(spent, self.planned[month])


@dataclass(frozen=True)
class ToDate:
    """The complete months together."""

    planned: Decimal
    actual: Decimal

    @property
    def variance(self) -> Decimal:
        """Actual less planned: above nought is over the plan."""
        return MONEY_CONTEXT.subtract(self.actual, self.planned)


@dataclass(frozen=True)
class Variance:
    """A version against actual cost. Only complete months are in `to_date`: of the current month
    the plan has no day to compare with."""

    version: VersionInfo
    frame: Frame
    complete_until: date | None
    states: tuple[MonthState, ...]
    rows: tuple[VarianceRow, ...]
    warnings: tuple[str, ...] = ()

    @property
    def complete(self) -> tuple[int, ...]:
        """The places of the complete months."""
        return complete_of(self.states)

    def to_date(self, row: VarianceRow) -> ToDate:
        """A row's complete months."""
        return ToDate(
            total([ZERO, *(row.planned[at] for at in self.complete)]),
            total([ZERO, *(row.actual[at] or ZERO for at in self.complete)]),
        )

    @property
    def total(self) -> VarianceRow:
        """All rows together."""
        return _variance_sum((), self.rows, len(self.states))

    def groups(self) -> tuple[tuple[int, VarianceRow], ...]:
        """The hierarchy with sums: (depth, row); the whole first, every group before its parts."""
        return tuple(grouped(self.rows, len(self.frame.hierarchy), self._sum))

    def _sum(self, path: Path, rows: Sequence[VarianceRow]) -> VarianceRow:
        return _variance_sum(path, rows, len(self.states))


def _variance_sum(path: Path, rows: Sequence[VarianceRow], size: int) -> VarianceRow:
    actual = []
    for at in range(size):
        known = [spent for row in rows if (spent := row.actual[at]) is not None]
        actual.append(total(known) if known else None)
    planned = added([row.planned for row in rows]) or (ZERO,) * size
    return VarianceRow("", path, "", planned, tuple(actual))


@dataclass(frozen=True)
class BridgeRow:
    """From planned to actual: planned + price + volume + mix + one_off = actual, exactly. `how`
    says by what it was taken apart: ``drivers`` (volume × unit cost) or ``effects`` (prices and
    resources of the charges)."""

    line: str
    path: Path
    name: str
    planned: Decimal
    actual: Decimal
    effects: Mapping[Effect, Decimal]
    how: Literal["drivers", "effects"] = "effects"

    @property
    def variance(self) -> Decimal:
        """Actual less planned."""
        return MONEY_CONTEXT.subtract(self.actual, self.planned)

    def check(self) -> BridgeRow:
        """The row itself; BridgeError where its effects are not its variance."""
        found = total(self.effects.values())
        if found != self.variance:
            raise BridgeError(
                f"the effects on {self.name or self.path} are {found:f} together, but the "
                f"variance is {self.variance:f}"
            )
        return self


@dataclass(frozen=True)
class Bridge:
    """The variance of some complete months, taken apart. `reference` are the days whose prices and
    resources the actual ones are compared with: those that the baseline knew last. `told` are the
    effects of the charges between both (see `outlay.query.drivers`), of the whole scope and before
    what was planned is taken off; `reference_cost` is what those days cost."""

    version: VersionInfo
    frame: Frame
    first: BillingPeriod
    last: BillingPeriod
    reference: DateRange | None
    rows: tuple[BridgeRow, ...]
    told: Mapping[str, Decimal] = field(default_factory=dict)
    reference_cost: Decimal = ZERO
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> BridgeRow:
        """All rows together."""
        return bridge_sum((), self.rows)

    def groups(self) -> tuple[tuple[int, BridgeRow], ...]:
        """The hierarchy with sums: (depth, row)."""
        return tuple(grouped(self.rows, len(self.frame.hierarchy), bridge_sum))


def bridge_sum(path: Path, rows: Sequence[BridgeRow]) -> BridgeRow:
    """Rows together."""
    names: dict[Effect, Decimal] = {}
    for row in rows:
        for name, amount in row.effects.items():
            names[name] = MONEY_CONTEXT.add(names.get(name, ZERO), amount)
    return BridgeRow(
        "", path, "", total([ZERO, *(row.planned for row in rows)]),
        total([ZERO, *(row.actual for row in rows)]), names,
    )  # fmt: skip


@dataclass(frozen=True)
class OutlookRow:
    """A line's year: what was planned, and the latest estimate by month with what each cell is.
    `adjusted` is the part of an estimate that is the adjustments of months to come."""

    line: str
    path: Path
    name: str
    planned: tuple[Decimal, ...]
    estimate: tuple[Decimal, ...]
    origins: tuple[EstimateOrigin, ...]
    adjusted: tuple[Decimal, ...]
    reason: str = ""

    @property
    def year(self) -> ToDate:
        """The whole year: planned and estimated."""
        return ToDate(total(self.planned), total(self.estimate))


@dataclass(frozen=True)
class Outlook:
    """The full year: actual to date, forecast of the rest, adjustments of months to come; against
    a version. `at` is when it was made, `complete_until` the first day that is forecast."""

    version: VersionInfo
    frame: Frame
    at: datetime
    complete_until: date | None
    states: tuple[MonthState, ...]
    rows: tuple[OutlookRow, ...]
    tolerance: Decimal
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> OutlookRow:
        """All rows together; origins are those of the months."""
        return _outlook_sum((), self.rows, len(self.states))

    @property
    def complete(self) -> tuple[int, ...]:
        """The places of the complete months."""
        return complete_of(self.states)

    @property
    def to_date(self) -> ToDate:
        """The complete months of all rows together."""
        whole = self.total
        return ToDate(
            total(whole.planned[at] for at in self.complete),
            total(whole.estimate[at] for at in self.complete),
        )

    @property
    def beyond(self) -> bool:
        """Whether the year's estimate leaves the version by more than the plan's tolerance."""
        year = self.total.year
        limit = MONEY_CONTEXT.multiply(year.planned.copy_abs(), self.tolerance)
        return MONEY_CONTEXT.multiply(year.variance.copy_abs(), Decimal(100)) > limit

    def groups(self) -> tuple[tuple[int, OutlookRow], ...]:
        """The hierarchy with sums: (depth, row)."""
        return tuple(grouped(self.rows, len(self.frame.hierarchy), self._sum))

    def _sum(self, path: Path, rows: Sequence[OutlookRow]) -> OutlookRow:
        return _outlook_sum(path, rows, len(self.states))


def _outlook_sum(path: Path, rows: Sequence[OutlookRow], size: int) -> OutlookRow:
    origins: list[EstimateOrigin] = []
    for at in range(size):
        known = {row.origins[at] for row in rows}
        origins.append(next((o for o in _LOUDEST if o in known), "none"))
    zero = (ZERO,) * size
    return OutlookRow(
        "", path, "", added([row.planned for row in rows]) or zero,
        added([row.estimate for row in rows]) or zero, tuple(origins),
        added([row.adjusted for row in rows]) or zero,
    )  # fmt: skip


_LOUDEST: tuple[EstimateOrigin, ...] = (
    "mixed", "forecast", "drivers", "plan", "actual", "none"
)  # fmt: skip
"""What a sum is said to be, when its parts are several things."""


def added(rows: Sequence[Sequence[Decimal]]) -> tuple[Decimal, ...]:
    """Rows of one length added column by column; () for none."""
    return tuple(total(column) for column in zip(*rows, strict=True))


R = TypeVar("R", VarianceRow, BridgeRow, OutlookRow)


def grouped(
    rows: Sequence[R], levels: int, summed: Callable[[Path, Sequence[R]], R]
) -> list[tuple[int, R]]:
    """Rows below their groups' sums: the whole, then every group before its parts."""

    def below(path: Path, part: Sequence[R]) -> list[tuple[int, R]]:
        depth = len(path)
        if depth == levels:
            return [(depth, row) for row in part]
        found: list[tuple[int, R]] = [(depth, summed(path, part))]
        parts: dict[str | None, list[R]] = {}
        for row in part:
            parts.setdefault(row.path[depth], []).append(row)
        for value, inner in parts.items():
            found.extend(below((*path, value), inner))
        return found

    return below((), rows)
