"""What is to come, beside what was: the forecast of the question that the explorer shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from outlay.app import Workspace
from outlay.app.forecasting.answer import ForecastAnswer, Month, SeriesForecast
from outlay.app.forecasting.forecasting import MOST_DAYS, forecast
from outlay.app.forecasting.periods import Expected, first_of
from outlay.money import total
from outlay.query import CostQuery, QueryError, Result, ranges
from outlay.web import numbers, words
from outlay.web.explore.address import OFF, Ask
from outlay.web.explore.answers import Answers
from outlay.web.explore.chart import ChartView
from outlay.web.forecast.address import forecast_url
from outlay.web.forecast.drawing import Continuation, continuation, method_words, put

Key = tuple[object, ...]
Asker = Callable[[CostQuery, datetime], Result]


@dataclass(frozen=True)
class Cell:
    """The outlook of a row as it is written: amount, and how it was made in the title."""

    amount: str
    title: str


@dataclass(frozen=True)
class Ahead:
    """The forecast beside a page. `reason` says why there is none; `head` names the month of the
    table's column; `rows` are the periods to come where the table is by period; `page` is the
    address of the whole forecast."""

    reason: str
    page: str
    answer: ForecastAnswer | None = None
    found: Continuation | None = None
    rows: tuple[tuple[str, str, str], ...] = ()

    @property
    def head(self) -> str:
        """The month whose outlook the table's column has."""
        if self.answer is None:
            return ""
        return f"{words.period(self.answer.periods[0].start, 'month')} outlook"

    def cell(self, key: Key, currency: str | None) -> Cell:
        """The outlook of a row of the table."""
        one = next((o for o in self._series() if o.key == key and o.currency == currency), None)
        return _cell(one, self.answer)

    def total(self, currency: str | None) -> Cell:
        """The outlook of a total."""
        return _cell(self.answer.total(currency) if self.answer else None, self.answer)

    def outlooks(self) -> Mapping[tuple[Key, str | None], Decimal | None]:
        """The exact outlook by key and currency, for the file of the rows."""
        return {
            (one.key, one.currency): None if one.mean is None else one.months[0].outlook
            for one in self._series()
        }

    def _series(self) -> tuple[SeriesForecast, ...]:
        return (*self.answer.series, *self.answer.alone) if self.answer else ()


def horizon(ask: Ask, start: date, now: datetime) -> date | None:
    """Up to where a page looks ahead (exclusive); None where it does not: the control is off, or
    nobody asked and the range ends with what there is."""
    if ask.forecast == OFF or ask.query.grain == "hour":
        return None
    end = ranges.resolve(ask.query.range, now.date()).end
    future = end if end is not None and end > now.date() + timedelta(days=1) else None
    if ask.forecast:
        wanted = start + timedelta(days=int(ask.forecast))
        return max(wanted, future) if future else wanted
    return min(future, start + timedelta(days=MOST_DAYS)) if future else None


def ahead(
    workspace: Workspace,
    asker: Asker,
    ask: Ask,
    got: Answers,
    drawn: ChartView | None,
    now: datetime,
) -> Ahead | None:
    """The forecast that a page shows; None where it shows none. It is put on the chart."""
    from outlay.app.forecasting.series import complete_until

    start = complete_until(workspace, ask.query, now.date())
    until = horizon(ask, start, now)
    if until is None:
        return None
    page = forecast_url(ask.query, until=until.isoformat())
    span = ranges.resolve(ask.query.range, now.date())
    if span.end is not None and span.end < start:
        return Ahead(f"these days end before {numbers.day(start)}, where the forecast begins", page)
    if until <= start:
        return None
    query = ask.query.but(
        measures=(ask.measure,), range="all", grain="none", compare=None, limit=None, sort=""
    )
    try:
        answer = forecast(workspace, query, until=until, now=now)
    except QueryError as error:
        return Ahead(error.what, page)
    if answer.reason:
        return Ahead(answer.reason, page)
    if drawn is None or got.grain == "hour":
        return Ahead("", page, answer)
    whole = answer.total(drawn.currency)
    if whole is None or whole.mean is None:
        return Ahead(whole.reason if whole else "", page, answer)
    begun = first_of(start, got.grain)
    so_far = _so_far(asker, query, max(begun, span.start or begun), start, drawn.currency, now)
    found = continuation(answer, whole, got.grain, so_far)
    put(drawn.spec, drawn.periods, drawn.totals, found, got.grain, answer.kind, drawn.currency)
    return Ahead("", page, answer, found, _rows(found, answer, got.grain, drawn.currency))


def _so_far(
    asker: Asker, query: CostQuery, start: date, end: date, currency: str | None, now: datetime
) -> Decimal:
    """The exact amount of the complete days of the period that has begun."""
    if start >= end:
        return Decimal(0)
    result = asker(query.but(by=(), range=f"{start}..{end}"), now)
    rows = [
        row for row in result.totals
        if currency is None or row.get("BillingCurrency", currency) == currency
    ]  # fmt: skip
    return total(Decimal(row[query.measures[0]] or 0) for row in rows)  # type: ignore[arg-type]


def _rows(
    found: Continuation, answer: ForecastAnswer, grain: str, currency: str | None
) -> tuple[tuple[str, str, str], ...]:
    """The periods to come as label, amount and band of 80 %."""

    def told(one: Expected) -> tuple[str, str, str]:
        part = "" if one.whole else " (part)"
        low, high = one.bands[80]
        band = " – ".join(numbers.measured(edge, answer.kind, currency) for edge in (low, high))
        return (
            words.period(one.start, grain) + part,
            numbers.measured(one.amount, answer.kind, currency),
            band,
        )

    return tuple(told(one) for one in found.periods)


def _cell(one: SeriesForecast | None, answer: ForecastAnswer | None) -> Cell:
    if one is None or answer is None:
        return Cell(numbers.DASH, "no charge on the days before the forecast")
    if one.mean is None:
        return Cell(numbers.DASH, one.reason)
    month: Month = one.months[0]
    low, high = (numbers.measured(e, answer.kind, one.currency) for e in month.bands[80])
    return Cell(
        numbers.measured(month.outlook, answer.kind, one.currency),
        f"{low} – {high}, 80 % of the time; {method_words(one)}; {one.tried.words}",
    )
