"""What the page of a forecast shows: a block a currency, its chart, its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.app import Workspace
from outlay.app.forecasting.accuracy import Accuracy, Said
from outlay.app.forecasting.answer import Charge, ForecastAnswer, Month, SeriesForecast
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.query import CostQuery
from outlay.query.ranges import step
from outlay.web import numbers, words
from outlay.web.explore.address import next_dimension
from outlay.web.forecast.address import Asked
from outlay.web.forecast.drawing import continuation, method_words, put

MOST_ROWS = 25
_MOST_CHARGES = 30
_BY_DAY = 130
_DAYS_BEFORE = 60
_MONTHS_BEFORE = 12


@dataclass(frozen=True)
class Row:
    """A row of the table: what it is, its amounts by month, and where a click leads."""

    one: SeriesForecast
    href: str
    method: str
    months: tuple[Month, ...]
    last: Decimal


@dataclass(frozen=True)
class Rest:
    """The rows that are not shown: how many, and their sums."""

    count: int
    last: Decimal
    outlooks: tuple[Decimal, ...]


@dataclass(frozen=True)
class Figure:
    """The month that has begun: outlook, change since the month before, what is actual of it."""

    month: Month
    change: Decimal
    ratio: Decimal | None
    last: Decimal


@dataclass(frozen=True)
class Shown:
    """One currency of a forecast."""

    whole: SeriesForecast
    figure: Figure | None
    following: Month | None
    rows: tuple[Row, ...]
    rest: Rest | None
    alone: tuple[SeriesForecast, ...]
    charges: tuple[Charge, ...]
    more_charges: int
    chart: dict[str, Any] | None
    method: str
    grain: str


def shown(workspace: Workspace, asked: Asked, answer: ForecastAnswer, now: datetime) -> list[Shown]:
    """A block a currency, with its chart."""
    grain = "day" if answer.days <= _BY_DAY else "month"
    past = _past(workspace, asked.query, answer, grain, now)
    return [_block(asked, answer, whole, grain, past) for whole in answer.totals]


def _block(
    asked: Asked, answer: ForecastAnswer, whole: SeriesForecast, grain: str, past: _Past
) -> Shown:
    parts = answer.of(whole.currency) if answer.query.by else ()
    last = answer.before[-1]
    rows = tuple(
        Row(one, _href(asked, answer, one), method_words(one), one.months, one.before[last])
        for one in parts[:MOST_ROWS]
    )
    charges = _charges(whole.charges)
    months = whole.months if whole.mean is not None else ()
    return Shown(
        whole=whole,
        figure=_figure(answer, whole) if months else None,
        following=next((one for one in months[1:] if one.whole), None),
        rows=rows,
        rest=_rest(answer, parts[MOST_ROWS:]),
        alone=tuple(one for one in answer.alone if one.currency == whole.currency),
        charges=charges[:_MOST_CHARGES],
        more_charges=max(len(charges) - _MOST_CHARGES, 0),
        chart=_chart(answer, whole, grain, past),
        method=method_words(whole),
        grain=grain,
    )


def _href(asked: Asked, answer: ForecastAnswer, one: SeriesForecast) -> str:
    """A click narrows the forecast to the group, one level down; '' for what is no group."""
    if one.part != "series" or not answer.query.by:
        return ""
    from outlay.web.drivers.address import narrowed

    query = narrowed(asked.query, dict(zip(answer.query.by, one.key, strict=True)))  # type: ignore[arg-type]
    following = next_dimension(asked.query, set(answer.query.by), set())
    return asked.url(where=query.where, by=(following,) if following else ())


def _rest(answer: ForecastAnswer, parts: Sequence[SeriesForecast]) -> Rest | None:
    if not parts:
        return None
    months = range(len(answer.periods))
    return Rest(
        len(parts),
        total(one.before[answer.before[-1]] for one in parts),
        tuple(total(one.months[at].outlook for one in parts) for at in months),
    )


def _figure(answer: ForecastAnswer, whole: SeriesForecast) -> Figure:
    last = whole.before[answer.before[-1]]
    month = whole.months[0]
    change = total((month.outlook, last.copy_negate()))
    return Figure(month, change, quotient(change, last.copy_abs()), last)


def _charges(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """Charges of one name, added up by day: tax of many accounts is one line."""
    found: dict[tuple[str, str], dict[date, list[Decimal]]] = {}
    rules: dict[tuple[str, str], list[str]] = {}
    for one in charges:
        key = (one.name, one.rhythm)
        rules.setdefault(key, []).append(one.rule)
        for day, amount in one.amounts.items():
            found.setdefault(key, {}).setdefault(day, []).append(amount)
    added = [
        Charge(
            key[0],
            key[1],
            rules[key][0] if len(rules[key]) == 1 else f"{key[1]}, {len(rules[key])} charges",
            {day: total(amounts) for day, amounts in sorted(days.items())},
        )
        for key, days in found.items()
    ]
    return tuple(sorted(added, key=lambda one: one.whole.copy_abs(), reverse=True))


# --- the chart ---

_Past = Mapping[str | None, Mapping[date, Decimal]]


def _past(
    workspace: Workspace, query: CostQuery, answer: ForecastAnswer, grain: str, now: datetime
) -> _Past:
    """The exact amounts of the days or months before the forecast, by currency."""
    if grain == "day":
        start = answer.start - timedelta(days=_DAYS_BEFORE)
    else:
        start = step(answer.start.replace(day=1), "month", -_MONTHS_BEFORE)
    if answer.history is not None:
        start = max(start, answer.history.start)
    if start >= answer.start:
        return {}
    asked = query.but(by=(), grain=grain, range=f"{start}..{answer.start}", sort="")
    result = workspace.query(asked, now=now)
    found: dict[str | None, dict[date, Decimal]] = {}
    for row in result.rows():
        currency = row.get("BillingCurrency") or result.currency
        named = None if currency is None else str(currency)
        amount = Decimal(row[query.measures[0]] or 0)  # type: ignore[arg-type]
        found.setdefault(named, {})[row["period"]] = amount  # type: ignore[index]
    return found


def _chart(
    answer: ForecastAnswer, whole: SeriesForecast, grain: str, past: _Past
) -> dict[str, Any] | None:
    if whole.mean is None:
        return None
    amounts = past.get(whole.currency, {})
    periods = _every(amounts, answer.start, grain)
    values = [amounts.get(period, Decimal(0)) for period in periods]
    kind, currency = answer.kind, whole.currency
    spec: dict[str, Any] = {
        "labels": [],
        "ticks": [],
        "incomplete_from": len(periods),
        "series": [
            {
                "name": "Actual",
                "colour": "s1",
                "values": [float(value) for value in values],
                "texts": [numbers.measured(value, kind, currency) for value in values],
            }
        ],
        "totals": None,
    }
    begun = answer.start.replace(day=1) if grain == "month" else answer.start
    so_far = amounts.get(begun, Decimal(0)) if begun < answer.start else Decimal(0)
    found = continuation(answer, whole, grain, so_far)
    put(spec, periods, values, found, grain, kind, currency)
    spec["totals"] = None
    return spec


def _every(amounts: Mapping[date, Decimal], end: date, grain: str) -> list[date]:
    """Every period from the first that has charges to the last before `end`, gaps included."""
    found = [min(amounts)] if amounts else []
    while found and (following := step(found[-1], grain, 1)) < end:
        found.append(following)
    return found


@dataclass(frozen=True)
class SaidShown:
    """One currency of what was said before."""

    whole: Said
    rows: tuple[Said, ...]
    more: int
    chart: dict[str, Any] | None


def said(found: Accuracy) -> list[SaidShown]:
    """A block a currency: what was said, what came, and both as a chart."""
    blocks = []
    for whole in found.totals:
        rows = [one for one in found.rows if one.currency == whole.currency]
        shown_rows = tuple(rows[:MOST_ROWS]) if found.query.by else ()
        more = max(len(rows) - MOST_ROWS, 0) if found.query.by else 0
        blocks.append(SaidShown(whole, shown_rows, more, _said_chart(found, whole)))
    return blocks


def _said_chart(found: Accuracy, whole: Said) -> dict[str, Any] | None:
    one = found.answer.total(whole.currency)
    if one is None or one.mean is None:
        return None
    came = found.actual.get(whole.currency, {})
    days = list(found.answer.dates())
    values = [came.get(day, Decimal(0)) for day in days]
    kind = found.answer.kind
    spec: dict[str, Any] = {
        "incomplete_from": len(days),
        "series": [
            {
                "name": "Came",
                "colour": "s1",
                "values": [float(value) for value in values],
                "texts": [numbers.measured(value, kind, whole.currency) for value in values],
            }
        ],
    }
    put(spec, days, values, continuation(found.answer, one, "day", Decimal(0)), "day", kind,
        whole.currency)  # fmt: skip
    spec["totals"] = None
    return spec


def title(asked: Asked) -> str:
    """The forecast in words."""
    names = [words.dimension(name) for name in asked.query.by]
    by = " by " + " and ".join(name[:1].lower() + name[1:] for name in names) if names else ""
    return f"Forecast of {words.measure(asked.query.measures[0]).lower()}{by}"
