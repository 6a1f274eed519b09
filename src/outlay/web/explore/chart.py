"""What the chart draws, and the same as a table of texts beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.money import total
from outlay.query import Result
from outlay.query.result import Row
from outlay.web import numbers, words
from outlay.web.explore.address import Ask
from outlay.web.explore.answers import Answers
from outlay.web.explore.colours import OTHER as OTHER_COLOUR
from outlay.web.explore.colours import colours
from outlay.web.explore.rows import value_text

OTHER = "Other"
Group = tuple[object, ...]
_FINER = {"year": "month", "quarter": "month", "month": "day", "week": "day"}
_MOST_PERIODS = 800


@dataclass(frozen=True)
class Series:
    """One stack of the chart: a value per period, None where there is none."""

    name: str
    colour: str
    group: Group | None
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True)
class ChartView:
    """The chart of one currency. `hidden` are the currencies that are not in it."""

    periods: tuple[date, ...]
    labels: tuple[str, ...]
    links: tuple[str | None, ...]
    series: tuple[Series, ...]
    totals: tuple[Decimal, ...]
    previous: tuple[Decimal | None, ...] | None
    incomplete: int
    currency: str | None
    hidden: tuple[str, ...]
    spec: dict[str, Any]

    @property
    def colours(self) -> dict[Group, str]:
        """The colour of each group that is drawn by itself."""
        return {line.group: line.colour for line in self.series if line.group}


def chart(ask: Ask, got: Answers, ranks: Mapping[Group, int], preferred: str) -> ChartView | None:
    """Stacks by period, top groups and Other; None when there is nothing to draw."""
    result = got.chart
    rows: list[Row] = list(result.table.to_pylist())
    currency, hidden = _currency(result, rows, preferred)
    rows = [row for row in rows if _is_of(row, currency)]
    other = [row for row in result.other if _is_of(row, currency)]
    periods = _periods([row.get("period") for row in (*rows, *other)], got.grain)
    if not periods:
        return None
    series = _series(ask, rows, other, periods, ranks)
    totals = tuple(
        total(value for line in series if (value := line.values[index]) is not None)
        for index in range(len(periods))
    )
    previous = _previous(ask, [*rows, *other], periods)
    shown = currency or result.currency
    view = ChartView(
        periods=periods,
        labels=tuple(words.period(period, got.grain) for period in periods),
        links=tuple(_link(ask, period, got.grain) for period in periods),
        series=series,
        totals=totals,
        previous=previous,
        incomplete=_incomplete(periods, got),
        currency=shown,
        hidden=hidden,
        spec={},
    )
    view.spec.update(_spec(ask, view, got.grain))
    return view


def _currency(
    result: Result, rows: Sequence[Row], preferred: str
) -> tuple[str | None, tuple[str, ...]]:
    """The currency that is drawn (None: there is only one) and those that are left out."""
    found = sorted({str(row["BillingCurrency"]) for row in rows if row.get("BillingCurrency")})
    if len(found) < 2:
        return None, ()
    shown = preferred if preferred in found else found[0]
    return shown, tuple(name for name in found if name != shown)


def _is_of(row: Row, currency: str | None) -> bool:
    return currency is None or row.get("BillingCurrency") == currency


def _periods(values: Sequence[object], grain: str) -> tuple[date, ...]:
    """Every period from the first to the last that has charges, gaps included."""
    found = sorted({value for value in values if isinstance(value, date)})
    if not found:
        return ()
    filled = [found[0]]
    while filled[-1] < found[-1] and len(filled) < _MOST_PERIODS:
        filled.append(_next(filled[-1], grain))
    return tuple(sorted({*filled, *found}))


def _next(period: date, grain: str) -> date:
    if grain == "hour" and isinstance(period, datetime):
        return period + timedelta(hours=1)
    if grain in ("day", "week"):
        return period + timedelta(days=1 if grain == "day" else 7)
    months = {"month": 1, "quarter": 3}.get(grain, 12)
    index = period.year * 12 + period.month - 1 + months
    return period.replace(year=index // 12, month=index % 12 + 1, day=1)


def _series(
    ask: Ask,
    rows: Sequence[Row],
    other: Sequence[Row],
    periods: Sequence[date],
    ranks: Mapping[Group, int],
) -> tuple[Series, ...]:
    lines: dict[Group, dict[object, Decimal]] = {}
    for row in rows:
        key = tuple(row.get(name) for name in ask.query.by)
        amount = row.get(ask.measure)
        if amount is not None:
            lines.setdefault(key, {})[row.get("period")] = Decimal(amount)  # type: ignore[arg-type]
    # Largest first from the axis up, as in the table.
    order = sorted(lines, key=lambda key: total(lines[key].values()), reverse=True)
    painted: dict[Group, str] = colours(order, ranks) if ask.query.by else {(): "s1"}
    series = [
        Series(
            _name(key) if ask.query.by else words.measure(ask.measure),
            painted[key],
            key,
            tuple(lines[key].get(period) for period in periods),
        )
        for key in order
    ]
    rest = {row.get("period"): row.get(ask.measure) for row in other}
    if any(rest.values()):
        values = tuple(_decimal(rest.get(period)) for period in periods)
        series.append(Series(OTHER, OTHER_COLOUR, None, values))
    return tuple(series)


def _name(key: tuple[object, ...]) -> str:
    return " · ".join("(none)" if value is None else value_text(value) for value in key)


def _previous(
    ask: Ask, rows: Sequence[Row], periods: Sequence[date]
) -> tuple[Decimal | None, ...] | None:
    """The total of the compared range, period by period."""
    if not ask.query.compare:
        return None
    column = f"{ask.measure}_previous"
    sums: dict[object, list[Decimal]] = {}
    for row in rows:
        amount = _decimal(row.get(column))
        if amount is not None:
            sums.setdefault(row.get("period"), []).append(amount)
    if not any(amount for amounts in sums.values() for amount in amounts):
        return None
    return tuple(total(sums[period]) if period in sums else None for period in periods)


def _incomplete(periods: Sequence[date], got: Answers) -> int:
    """The first period that is not complete; the number of periods when all are."""
    limit = got.incomplete_from
    if limit is None:
        return len(periods)
    for index, period in enumerate(periods):
        last = _next(period, got.grain)
        if (last.date() if isinstance(last, datetime) else last) > limit:
            return index
    return len(periods)


def _link(ask: Ask, period: date, grain: str) -> str | None:
    """The address of one period, a step finer; the day's total ends the way down."""
    if grain == "hour" or isinstance(period, datetime):
        return None
    finer = _FINER.get(grain, "day")
    return ask.url(range=f"{period}..{_next(period, grain)}", grain=finer)


def _spec(ask: Ask, view: ChartView, grain: str) -> dict[str, Any]:
    kind = words.kind(ask.measure)

    def text(value: Decimal | None) -> str | None:
        return None if value is None else numbers.measured(value, kind, view.currency)

    def drawn(value: Decimal | None) -> float | None:
        return None if value is None else float(value)

    spec: dict[str, Any] = {
        "labels": view.labels,
        "ticks": [words.tick(period, grain) for period in view.periods],
        "incomplete_from": view.incomplete,
        "series": [
            {
                "name": line.name,
                "colour": line.colour,
                "values": [drawn(value) for value in line.values],
                "texts": [text(value) for value in line.values],
            }
            for line in view.series
        ],
        "totals": [text(value) for value in view.totals],
        "links": True,
    }
    if view.previous is not None:
        spec["previous"] = {
            "name": words.COMPARISONS[ask.query.compare or "previous"],
            "values": [drawn(value) for value in view.previous],
            "texts": [text(value) for value in view.previous],
        }
    return spec


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None
