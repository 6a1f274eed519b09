"""What the page of a unit cost shows: chart, table and change from one answer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from outlay.money.quotients import significant
from outlay.query import CostQuery, ranges
from outlay.query.unit import Cell, PeriodUnits, UnitCostSpec, UnitQuery, UnitResult
from outlay.query.unit.result import marginal, number, step
from outlay.web import numbers, words
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import address
from outlay.web.explore.colours import MISSING, colours

UNITS = "/units"
TOP = 9
MOST_VALUES = 20
GRAINS = {"day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter"}
RANGES = ("last-30-days", "last-3-months", "last-6-months", "last-12-months", "year-to-date", "all")
NONE = "(none)"
_TITLES = {"last-3-months": "Last 3 months", "last-12-months": "Last 12 months"}


@dataclass(frozen=True)
class Link:
    """A choice: its text, its address, whether it is the present one."""

    text: str
    href: str
    chosen: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    value: str
    missing: bool
    colour: str
    cell: Cell
    step: Decimal | None
    is_total: bool


@dataclass(frozen=True)
class Block:
    """A period of the table: its lines, the total first; `hidden` values are in the CSV alone."""

    label: str
    period: PeriodUnits
    days: str
    lines: tuple[Line, ...]
    hidden: int


def url(name: str, query: UnitQuery, path: str = UNITS) -> str:
    """The address of a unit cost with what is asked of it."""
    return address(f"{path}/{name}", query.to_params())


def range_title(text: str) -> str:
    """A range in words."""
    return _TITLES.get(text) or words.range_(text)


def per_unit(value: Decimal | None) -> str:
    """A cost per unit: four significant digits, at least two decimals; a dash for None."""
    return numbers.DASH if value is None else significant(value)


def quotient(cell: Cell) -> str:
    """A cell's cost per unit, or why there is none."""
    return cell.status if cell.unit_cost is None else significant(cell.unit_cost)


def painted(result: UnitResult) -> dict[str | None, str]:
    """A colour for each label value, by its cost over all periods."""
    order = result.values
    found = colours([(v,) for v in order], {(v,): i for i, v in enumerate(order)})
    return {value: found[(value,)] for value in order}


def blocks(result: UnitResult) -> list[Block]:
    """The periods, newest first."""
    paint = painted(result)
    found = []
    before: PeriodUnits | None = None
    for period in result.periods:
        shown = list(period.rows.items())[:MOST_VALUES]
        first = Line("Total", False, "", period.total, step(before, period), True)
        lines = [
            Line(
                value or NONE,
                value is None,
                paint.get(value, MISSING),
                cell,
                step(before, period, value),
                False,
            )
            for value, cell in shown
        ]
        found.append(
            Block(
                words.period(period.start, result.grain),
                period,
                numbers.days(period.first, period.end),
                (first, *lines),
                len(period.rows) - len(shown),
            )
        )
        before = period
    return found[::-1]


def cost_drivers(spec: UnitCostSpec, result: UnitResult) -> str:
    """The page that takes the change of the cost alone apart; '' where nothing is compared."""
    change = result.change
    if change is None:
        return ""
    days = [
        ranges.between(start, ranges.step(start, result.grain, 1))
        for start in (change.before, change.after)
    ]
    query = CostQuery(
        measures=(spec.measure,),
        by=("ServiceName",),
        range=days[1],
        where=spec.where,
        currency=result.currency,
    )
    return drivers_url(query, against=days[0])


def chart(result: UnitResult) -> dict[str, Any] | None:
    """Lines of the cost per unit: the costliest nine label values, and all together dashed."""
    periods = result.periods
    if not any(p.total.unit_cost is not None for p in periods):
        return None
    paint = painted(result)
    by = bool(result.query.by and result.spec.by)
    series = [
        _series(value or NONE, paint[value], [p.rows.get(value) for p in periods], result)
        for value in result.values[:TOP]
    ]
    series = [one for one in series if any(v is not None for v in one["values"])]
    whole = _series("All" if by else result.unit, "ink-2" if by else "s1",
                    [p.total for p in periods], result)  # fmt: skip
    return {
        "kind": "lines",
        "labels": [words.period(p.start, result.grain) for p in periods],
        "ticks": [words.tick(p.start, result.grain) for p in periods],
        "incomplete_from": next(
            (i for i, p in enumerate(periods) if i and not p.whole), len(periods)
        ),
        "series": [*(one | {"dashed": False} for one in series), whole | {"dashed": by}],
        "totals": None,
        "links": False,
    }


def _series(name: str, colour: str, cells: list[Cell | None], result: UnitResult) -> dict[str, Any]:
    found = [cell.unit_cost if cell else None for cell in cells]
    return {
        "name": name,
        "colour": colour,
        "values": [None if value is None else float(value) for value in found],
        "texts": [
            None if value is None else f"{significant(value)} {result.currency}" for value in found
        ],
    }


@dataclass(frozen=True)
class Newest:
    """The newest whole period with a cost per unit, and its change from the one known before."""

    label: str
    before: str
    cell: Cell
    change: Decimal | None
    ratio: Decimal | None
    step: Decimal | None


def newest(result: UnitResult) -> Newest | None:
    """The figure at the head of the page; None where no whole period is known."""
    from outlay.money.quotients import quotient as divided

    known = [p for p in result.periods if p.total.status == "ok" and p.whole]
    if not known:
        return None
    last = known[-1]
    before = known[-2] if len(known) > 1 else None
    now, then = last.total.unit_cost, before.total.unit_cost if before else None
    change = None if now is None or then is None else now - then
    ratio = None if change is None or not then else divided(change, then)
    return Newest(
        words.period(last.start, result.grain),
        words.period(before.start, result.grain) if before else "",
        last.total, change, ratio,
        marginal(before.total, last.total) if before else None,
    )  # fmt: skip


def units_exact(value: Decimal | None) -> str:
    """Units with every digit, for titles."""
    return number(value) or "not known"
