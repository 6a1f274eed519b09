"""What a unit cost answers: per period and label value, its two exact sides and their quotient."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from outlay.money import MONEY_CONTEXT, money_text
from outlay.money.quotients import quotient
from outlay.query.unit.drivers import Drivers
from outlay.query.unit.model import UnitCostSpec, UnitQuery

QUOTIENT_DIGITS = 12
"""Decimals of a cost per unit, rounded once, half to even."""
RATIO_DIGITS = 6
"""Decimals of a margin as a share of revenue."""

Status = Literal["ok", "no activity", "unknown"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One period of one label value (or of all). Amounts are exact.

    `cost` is None where the ledger has no charge of the period at all; `units` None where the
    metric does not know them. `reason` says why there is no quotient. `partial` are the units of
    the days that are known, where some are not.
    """

    cost: Decimal | None
    units: Decimal | None
    reason: str = ""
    partial: Decimal | None = None
    revenue: Decimal | None = None
    revenue_reason: str = ""

    @property
    def status(self) -> Status:
        """ok: there is a cost per unit; no activity: there were no units; unknown: see reason."""
        if self.cost is None or self.units is None or self.units < 0:
            return "unknown"
        return "ok" if self.units else "no activity"

    @property
    def fraction(self) -> Fraction | None:
        """The cost per unit, exactly."""
        if self.status != "ok" or self.cost is None or self.units is None:
            return None
        return Fraction(self.cost) / Fraction(self.units)

    @property
    def unit_cost(self) -> Decimal | None:
        """The cost per unit with twelve decimals, for showing."""
        if self.status != "ok" or self.cost is None or self.units is None:
            return None
        return quotient(self.cost, self.units, QUOTIENT_DIGITS)

    @property
    def margin(self) -> Decimal | None:
        """Revenue less cost, exactly."""
        if self.revenue is None or self.cost is None:
            return None
        return MONEY_CONTEXT.subtract(self.revenue, self.cost)

    @property
    def margin_ratio(self) -> Decimal | None:
        """The margin as a share of revenue; None without revenue."""
        margin = self.margin
        if margin is None or self.revenue is None or self.revenue <= 0:
            return None
        return quotient(margin, self.revenue, RATIO_DIGITS)


def marginal(before: Cell | None, after: Cell) -> Decimal | None:
    """What one more unit cost: change of cost ÷ change of units; None where units did not change
    or something is not known."""
    if before is None or None in (before.cost, before.units, after.cost, after.units):
        return None
    cost = MONEY_CONTEXT.subtract(after.cost or Decimal(0), before.cost or Decimal(0))
    units = MONEY_CONTEXT.subtract(after.units or Decimal(0), before.units or Decimal(0))
    return quotient(cost, units, QUOTIENT_DIGITS)


@dataclass(frozen=True)
class PeriodUnits:
    """One period. `start` is its first day, `first` and `end` (exclusive) the days that are
    counted; `open` says that it is not over or its values may still come, `whole` that all its
    days are counted and it is not open: only whole periods are compared. `rows` are by label value
    (None: charges without a value of the dimension, series without the label), costliest first.
    """

    start: date
    first: date
    end: date
    open: bool
    whole: bool
    total: Cell
    rows: Mapping[str | None, Cell]


_ALL: Any = object()


def step(
    before: PeriodUnits | None, period: PeriodUnits, value: str | None = _ALL
) -> Decimal | None:
    """The marginal cost of a label value (default: of all) since the period before; None unless
    both periods are whole: days against a month would tell nothing."""
    if before is None or not (before.whole and period.whole):
        return None
    if value is _ALL:
        return marginal(before.total, period.total)
    found = period.rows.get(value)
    return None if found is None else marginal(before.rows.get(value), found)


@dataclass(frozen=True)
class Change:
    """The change between two periods, taken apart; `drivers` None with the `reason`."""

    before: date
    after: date
    drivers: Drivers | None
    reason: str = ""


@dataclass(frozen=True)
class UnitResult:
    """The answer. `range_` is the asked range of days (end exclusive), None for none at all;
    `overall` all periods together."""

    name: str
    spec: UnitCostSpec
    query: UnitQuery
    unit: str
    currency: str
    grain: str
    range_: tuple[date, date] | None
    periods: tuple[PeriodUnits, ...]
    overall: Cell | None
    change: Change | None
    snapshot: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str | None, ...]:
        """The label values of all periods, costliest over all periods first."""
        sums: dict[str | None, Decimal] = {}
        for period in self.periods:
            for value, cell in period.rows.items():
                sums[value] = MONEY_CONTEXT.add(
                    sums.get(value, Decimal(0)), cell.cost or Decimal(0)
                )
        return tuple(sorted(sums, key=lambda v: (sums[v].copy_negate(), v is None, v or "")))

    def cells(self) -> Iterator[tuple[PeriodUnits, str | None, Cell, Decimal | None, bool]]:
        """Every cell in order: period, label value, cell, marginal cost, whether it is the total;
        a period's total stands after its rows."""
        before: PeriodUnits | None = None
        for period in self.periods:
            for value, cell in period.rows.items():
                yield period, value, cell, step(before, period, value), False
            yield period, None, period.total, step(before, period), True
            before = period

    def to_json(self) -> Json:
        """Plain JSON values: amounts are text with all their decimals, quotients rounded."""
        by = self.spec.by if self.query.by else None
        found: dict[date, Json] = {}
        for period, value, cell, more, is_total in self.cells():
            entry = found.setdefault(
                period.start,
                {
                    "period": str(period.start),
                    "from": str(period.first),
                    "to": str(period.end),
                    "open": period.open,
                    "whole": period.whole,
                    "rows": [],
                },
            )
            data = cell_json(cell) | {"marginal_cost": _text(more)}
            if is_total:
                entry["total"] = data
            else:
                entry["rows"].append({"value": value} | data)
        return {
            "unit_cost": self.name,
            "metric": self.spec.metric,
            "unit": self.unit,
            "revenue_metric": self.spec.revenue,
            "measure": self.spec.measure,
            "where": self.spec.where,
            "currency": self.currency,
            "grain": self.grain,
            "label": by.label if by else None,
            "dimension": by.dimension if by else None,
            "from": str(self.range_[0]) if self.range_ else None,
            "to": str(self.range_[1]) if self.range_ else None,
            "periods": list(found.values()),
            "overall": cell_json(self.overall) if self.overall else None,
            "change": change_json(self.change) if self.change else None,
            "snapshot": self.snapshot,
            "warnings": list(self.warnings),
        }

    def to_csv(self) -> str:
        """One line a period and label value, and one a period for all (``is_total``)."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        names = ("period", "from", "to", "open", "whole", "value", "is_total", "currency", "cost",
                 "units", "unit_cost", "status", "reason", "revenue", "margin", "margin_ratio",
                 "marginal_cost")  # fmt: skip
        writer.writerow(names)
        for period, value, cell, more, is_total in self.cells():
            data = cell_json(cell)
            line = {
                "period": period.start, "from": period.first, "to": period.end,
                "open": str(period.open).lower(), "whole": str(period.whole).lower(),
                "value": value,
                "is_total": str(is_total).lower(), "currency": self.currency,
                "marginal_cost": _text(more), **data,
            }  # fmt: skip
            writer.writerow(["" if line[name] is None else line[name] for name in names])
        return buffer.getvalue()


def cell_json(cell: Cell) -> Json:
    """A cell as JSON: both sides of the quotient exactly, the quotient rounded."""
    return {
        "cost": None if cell.cost is None else money_text(cell.cost),
        "units": number(cell.units),
        "unit_cost": _text(cell.unit_cost),
        "status": cell.status,
        "reason": cell.reason or None,
        "revenue": None if cell.revenue is None else money_text(cell.revenue),
        "margin": None if cell.margin is None else money_text(cell.margin),
        "margin_ratio": _text(cell.margin_ratio),
    }


def change_json(change: Change) -> Json:
    """A change and its parts; the parts add up to the change to the last digit."""
    found: Json = {
        "before": str(change.before),
        "after": str(change.after),
        "reason": change.reason or None,
    }
    drivers = change.drivers
    if drivers is None:
        return found
    return found | {
        "cost_before": money_text(drivers.before),
        "cost_after": money_text(drivers.after),
        "units_before": number(drivers.units_before),
        "units_after": number(drivers.units_after),
        "change": money_text(drivers.change),
        "volume": money_text(drivers.volume),
        "mix": money_text(drivers.mix),
        "price": money_text(drivers.price),
        "without_units": money_text(drivers.without_units),
        "values": [
            {
                "value": one.value,
                "cost_before": money_text(one.before.cost),
                "cost_after": money_text(one.after.cost),
                "units_before": number(one.before.units),
                "units_after": number(one.after.units),
                "change": money_text(one.change),
                "volume": money_text(one.volume),
                "mix": money_text(one.mix),
                "price": money_text(one.price),
                "without_units": money_text(one.without_units),
            }
            for one in drivers.drivers
        ],
    }


def number(value: Decimal | None) -> str | None:
    """Units in full, without needless zeros behind the point."""
    if value is None:
        return None
    return format(MONEY_CONTEXT.plus(value.normalize(MONEY_CONTEXT)), "f")


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
