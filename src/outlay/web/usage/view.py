"""What the page of one metric shows: chart, table, and the links that change the question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from outlay.expression import condition_text, text_literal
from outlay.expression.tree import All
from outlay.money import total
from outlay.query import ranges
from outlay.query.usage import MetricInfo, UsageQuery, UsageResult
from outlay.query.usage.model import parse_where
from outlay.query.usage.result import UsageRow
from outlay.web import numbers, words
from outlay.web.explore.address import address
from outlay.web.explore.colours import MISSING, OTHER, colours

USAGE = "/usage"
TOP = 9
GRAINS = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
RANGES = ("last-7-days", "last-30-days", "last-90-days", "last-month", "all")
_DISPLAY = Context(prec=60, rounding=ROUND_HALF_UP)
_MOST_PERIODS = 800
_MOST_DAYS = 92
_SPECIAL = re.compile(r"__[a-z]+__")


@dataclass(frozen=True)
class Link:
    """A choice: its text, its address, whether it is the present one."""

    text: str
    href: str
    chosen: bool = False
    value: str = ""


@dataclass(frozen=True)
class Line:
    """A row of the table. `bar` is a percentage of the largest."""

    text: str
    missing: bool
    href: str | None
    quantity: Decimal
    share: Decimal | None
    estimates: Mapping[str, Decimal]
    bar: str
    colour: str


@dataclass(frozen=True)
class Chart:
    """The stacks of the chart and the same as texts."""

    labels: tuple[str, ...]
    series: tuple[dict[str, Any], ...]
    totals: tuple[str, ...]
    links: tuple[str, ...]
    spec: dict[str, Any] = field(default_factory=dict)


def url(query: UsageQuery, path: str = USAGE) -> str:
    """The address of a question."""
    return address(path, query.to_params())


def fitting_grain(metric: MetricInfo, query: UsageQuery, today: date) -> str:
    """Hours up to three days, days up to three months, else months."""
    days = ranges.resolve(query.range, today)
    first = max(metric.first.date(), days.start or date.min)
    last = min(metric.last.date(), days.end or date.max)
    length = (last - first).days
    return "hour" if length <= 2 else "day" if length <= _MOST_DAYS else "month"


def title(query: UsageQuery) -> str:
    """`cpu_request by namespace`, in words."""
    name = metric_words(query.metrics[0]) if query.metrics else "Usage"
    by = [words.dimension(one) for one in query.by]
    lowered = [one if one[1:2].isupper() else one[:1].lower() + one[1:] for one in by]
    return name + (" by " + " and ".join(lowered) if by else "")


def metric_words(metric: str) -> str:
    """`cpu_request` → *CPU request*."""
    text = metric.replace("_", " ")
    for word in ("cpu", "gpu", "vm"):
        text = " ".join(part.upper() if part == word else part for part in text.split(" "))
    return text[:1].upper() + text[1:]


def chips(query: UsageQuery) -> list[Link]:
    """The filters in words, each with the address without it."""
    condition = query.condition
    if condition is None:
        return []
    items = condition.items if isinstance(condition, All) else (condition,)
    found = []
    for index, item in enumerate(items):
        rest = [one for at, one in enumerate(items) if at != index]
        joined = " AND ".join(f"({condition_text(one)})" for one in rest)
        left = condition_text(parse_where(joined)) if joined else ""
        found.append(
            Link(words.condition(item), url(query.but(where=left)), value=condition_text(item))
        )
    return found


def narrowed(query: UsageQuery, dimension: str, value: object) -> str:
    """The address of the question with one more filter."""
    own = f"{dimension} IS NULL" if value is None else f"{dimension} = {text_literal(str(value))}"
    joined = f"({query.where}) AND {own}" if query.where else own
    return url(query.but(where=condition_text(parse_where(joined))))


def lines(result: UsageResult, painted: Mapping[tuple[object, ...], str]) -> list[Line]:
    """The groups of the one metric, largest first."""
    query = result.query
    whole = total(row.quantity for row in result.totals)
    largest = max((abs(row.quantity) for row in result.rows), default=Decimal(0))
    found = []
    for row in sorted(result.rows, key=lambda one: one.quantity.copy_negate()):
        missing = bool(row.values) and all(value is None for value in row.values)
        found.append(
            Line(
                text=group_text(row.values) if row.values else "All",
                missing=missing,
                href=_down(query, row),
                quantity=row.quantity,
                share=_ratio(row.quantity, whole),
                estimates=row.estimates,
                bar=f"{_ratio(abs(row.quantity), largest) or Decimal(0):.4f}",
                colour=painted.get(row.values, OTHER),
            )
        )
    return [Line(**{**vars(line), "bar": f"{Decimal(line.bar) * 100:.2f}"}) for line in found]


def _down(query: UsageQuery, row: UsageRow) -> str | None:
    """A click keeps the group."""
    if not query.by:
        return None
    asked = query
    for name, value in zip(query.by, row.values, strict=True):
        own = f"{name} IS NULL" if value is None else f"{name} = {text_literal(str(value))}"
        joined = f"({asked.where}) AND {own}" if asked.where else own
        asked = asked.but(where=condition_text(parse_where(joined)))
    return url(asked)


def group_text(values: Sequence[object]) -> str:
    """The values of a group as one text."""
    return " · ".join("(none)" if value is None else str(value) for value in values)


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    if not whole:
        return None
    return _DISPLAY.divide(part, whole).quantize(Decimal("0.000001"), context=_DISPLAY)


def chart(
    result: UsageResult, grain: str, ranks: Mapping[tuple[object, ...], int]
) -> tuple[Chart | None, dict[tuple[object, ...], str]]:
    """Stacks by period of a result with that grain, and the colour of each group."""
    rows = [row for row in result.rows if row.period is not None]
    if not rows:
        return None, {}
    periods = _periods([row.period for row in rows if row.period is not None], grain)
    sums: dict[tuple[object, ...], dict[object, Decimal]] = {}
    other: dict[object, Decimal] = {}
    for row in rows:
        if row.is_other:
            other[row.period] = row.quantity
        else:
            sums.setdefault(row.values, {})[row.period] = row.quantity
    order = sorted(sums, key=lambda key: total(sums[key].values()).copy_negate())
    painted: dict[tuple[object, ...], str] = {(): "s1"}
    if result.query.by:
        painted = colours(order, ranks)
        # Idle and unallocated are nobody's: grey, as charges without a value are.
        painted |= {
            key: MISSING
            for key in order
            if any(_SPECIAL.fullmatch(value) for value in key if isinstance(value, str))
        }
    name = metric_words(result.query.metrics[0])
    series = [
        _series(group_text(key) if key else name, painted[key], sums[key], periods) for key in order
    ]
    if other:
        series.append(_series("Other", OTHER, other, periods))
    totals = tuple(
        numbers.quantity(
            total(values.get(period, Decimal(0)) for values in (*sums.values(), other))
        )
        for period in periods
    )
    labels = tuple(words.period(period, grain) for period in periods)
    links = tuple(_link(result.query, period, grain) for period in periods)
    spec = {
        "labels": labels,
        "ticks": [words.tick(period, grain) for period in periods],
        "incomplete_from": len(periods),
        "series": series,
        "totals": totals,
        "links": links,
    }
    return Chart(labels, tuple(series), totals, links, spec), painted


def _series(
    name: str, colour: str, values: Mapping[object, Decimal], periods: Sequence[date]
) -> dict[str, Any]:
    found = [values.get(period) for period in periods]
    return {
        "name": name,
        "colour": colour,
        "values": [None if value is None else float(value) for value in found],
        "texts": [None if value is None else numbers.quantity(value) for value in found],
    }


def _periods(values: Sequence[date], grain: str) -> list[date]:
    found = sorted(set(values))
    filled = [found[0]]
    while filled[-1] < found[-1] and len(filled) < _MOST_PERIODS:
        filled.append(_next(filled[-1], grain))
    return sorted({*filled, *found})


def _next(period: date, grain: str) -> date:
    if isinstance(period, datetime):
        return period + timedelta(hours=1)
    return ranges.step(period, grain, 1)


def _link(query: UsageQuery, period: date, grain: str) -> str:
    """The address of one period, a step finer."""
    if isinstance(period, datetime):
        day = period.date()
        return url(query.but(range=f"{day}..{day + timedelta(days=1)}", grain="hour", limit=None))
    finer = {"month": "day", "week": "day", "day": "hour"}.get(grain, "month")
    end = _next(period, grain)
    return url(query.but(range=f"{period}..{end}", grain=finer, limit=None))


def ranked(result: UsageResult) -> dict[tuple[object, ...], int]:
    """Group → rank over all usage of the metric, so that colours stay when filters change."""
    rows = sorted(result.rows, key=lambda row: (row.quantity.copy_negate(), str(row.values)))
    return {row.values: index for index, row in enumerate(rows)}
