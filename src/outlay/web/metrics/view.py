"""What the page of a metric shows: chart and table from one answer, and links to change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from outlay.allocation.metrics import MetricSpec
from outlay.app.metrics import Answer
from outlay.money import total
from outlay.web import numbers, words
from outlay.web.explore.address import address
from outlay.web.explore.colours import OTHER, colours

TOP = 9
METRICS = "/metrics"
GRAINS = {"day": "Day", "week": "Week", "month": "Month"}
RANGES = ("last-30-days", "last-90-days", "last-6-months", "last-13-months", "all")
DEFAULT_RANGE = "last-90-days"
STATE_TONES = {"fresh": "good", "late": "warn", "empty": "", "manual": ""}
NONE = "(none)"


@dataclass(frozen=True)
class Link:
    """A choice: its text, its address, whether it is the present one."""

    text: str
    href: str
    chosen: bool = False
    value: str = ""


@dataclass(frozen=True)
class PeriodRow:
    """One period of the table: a text a column, the total, and what of it is known."""

    label: str
    cells: tuple[tuple[str, str], ...]
    total: str
    exact: str
    days: int
    known: int
    missing: str


@dataclass(frozen=True)
class Series:
    """A column of the table and a series of the chart."""

    name: str
    colour: str


@dataclass(frozen=True)
class Shown:
    """Chart and table."""

    columns: tuple[Series, ...]
    rows: tuple[PeriodRow, ...]
    spec: dict[str, Any]


def shown(spec: MetricSpec, answer: Answer) -> Shown | None:
    """Top nine values of the label and the others, by period; None where nothing is known."""
    periods = answer.periods
    if not any(period.values or period.total is not None for period in periods):
        return None
    additive = spec.aggregation == "sum"
    by = bool(answer.asked.by)
    sums: dict[str, list[Decimal]] = {}
    for period in periods:
        for key, value in period.values.items():
            sums.setdefault(key[0] if by else "", []).append(value)
    order = sorted(sums, key=lambda key: (total(sums[key]).copy_negate(), key))
    drawn, rest = (order[:TOP], order[TOP:]) if by else ([], [])
    painted = colours([(name or None,) for name in order], {(n,): i for i, n in enumerate(order)})
    columns = [Series(name or NONE, painted[(name or None,)]) for name in drawn]
    values: list[list[Decimal | None]] = [
        [period.values.get((name,)) for period in periods] for name in drawn
    ]
    if rest and additive:
        columns.append(Series(f"{len(rest)} others", OTHER))
        values.append([_others(period.values, rest) for period in periods])
    totals = [period.total for period in periods]
    series = list(zip(columns, values, strict=True)) or [(Series("Total", "s1"), totals)]
    grain = answer.asked.grain
    rows = tuple(
        PeriodRow(
            words.period(period.start, grain),
            tuple((numbers.quantity(column[at]), exact(column[at])) for column in values),
            numbers.quantity(period.total),
            exact(period.total),
            period.days,
            period.known,
            _missing(period.missing, period.days - period.known),
        )
        for at, period in enumerate(periods)
    )
    spec_ = {
        "kind": None if additive else "lines",
        "labels": [row.label for row in rows],
        "ticks": [words.tick(period.start, grain) for period in periods],
        "incomplete_from": len(periods),
        "series": [
            {
                "name": column.name,
                "colour": column.colour,
                "values": [None if value is None else float(value) for value in found],
                "texts": [None if value is None else numbers.quantity(value) for value in found],
            }
            for column, found in series
        ],
        "totals": [row.total for row in rows] if additive and by else None,
        "links": False,
    }
    return Shown(tuple(columns), rows[::-1], spec_)


def _others(values: Any, names: Sequence[str]) -> Decimal | None:
    found = [values[(name,)] for name in names if (name,) in values]
    return total(found) if found else None


def _missing(days: Sequence[Any], count: int) -> str:
    if not count:
        return ""
    listed = ", ".join(numbers.day(day) for day in days[:5])
    return f"No value on {listed}" + (f" and {count - 5} more days" if count > 5 else "")


def exact(value: Decimal | None) -> str:
    """Every digit that is kept."""
    from outlay.app.metric_status import number_text

    return number_text(value) or "not known"


def url(name: str, **params: object) -> str:
    """The address of a metric's page; parts that are the default are left out."""
    found = {key: str(value) for key, value in params.items() if value not in (None, "")}
    if found.get("range") == DEFAULT_RANGE:
        del found["range"]
    return address(f"{METRICS}/{name}", found)


def fitting_grain(answer_days: int) -> str:
    """Days up to a quarter, weeks up to half a year, else months."""
    return "day" if answer_days <= 100 else "week" if answer_days <= 190 else "month"


def last_day(answer: Answer) -> str:
    """The last day that was asked, for a form."""
    return "" if answer.end is None else str(answer.end - timedelta(days=1))
