"""The total of a scope over some days: what was, exactly, and what is still to come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.forecasting.answer import ForecastAnswer, TotalForecast, Tried
from outlay.app.forecasting.forecasting import forecast
from outlay.app.runs import utc_now
from outlay.money import total
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


def forecast_total(
    workspace: Workspace,
    where: str,
    measure: str,
    currency: str,
    since: date,
    until: date,
    *,
    cut: date | None = None,
    changes: bool = True,
    now: datetime | None = None,
) -> TotalForecast:
    """What a scope comes to over [`since`, `until`) (UTC days), all of it in `currency`.

    `where` is a condition ('' for everything), in the reader's scope. Days before the first that
    is not complete (or before `cut`, which is told as though it were that day) are actual and
    exact; the others are forecast in the currency's smallest unit. Where nothing is to come, no
    forecast is made. Errors are those of `forecast`.
    """
    from outlay.app.forecasting.series import complete_until

    query = CostQuery(measures=(measure,), where=where, currency=currency)
    moment = now or utc_now()
    complete = complete_until(workspace, query, moment.date())
    complete = min(complete, cut) if cut else complete
    was = by_day(workspace, query, since, min(until, complete), moment)
    actual = total(was.values())
    if until <= complete:
        return TotalForecast(
            currency, since, until, complete, actual, Decimal(0), actual, actual, "", Tried(), "",
            {}, was,
        )  # fmt: skip
    answer = forecast(workspace, query, until=until, cut=cut, changes=changes, now=moment)
    return _with(answer, currency, since, until, was, actual)


def by_day(
    workspace: Workspace, query: CostQuery, since: date, until: date, now: datetime
) -> dict[date, Decimal]:
    """The exact amounts of a question that has one currency, by day."""
    if since >= until:
        return {}
    asked = query.but(by=(), grain="day", range=f"{since}..{until}", sort="", compare=None)
    return {
        row["period"]: Decimal(row[query.measures[0]] or 0)  # type: ignore[misc, arg-type]
        for row in workspace.query(asked, now=now).rows()
    }


def _with(
    answer: ForecastAnswer,
    currency: str,
    since: date,
    until: date,
    was: dict[date, Decimal],
    actual: Decimal,
) -> TotalForecast:
    """Actual days and the forecast of those after them."""
    from outlay.app.forecasting.reckoned import band_of_units

    whole = answer.total(currency)
    if whole is None or whole.mean is None:
        reason = answer.reason or (whole.reason if whole else f"nothing in {currency} is charged")
        return TotalForecast(
            currency, since, until, answer.start, actual, None, None, None, "", Tried(), reason,
            {}, was,
        )  # fmt: skip
    first = max((since - answer.start).days, 0)
    expected = whole.sum(first)
    below, above = band_of_units(whole, first, answer.days)
    days = {
        answer.start + timedelta(days=place): whole.day(place).mean
        for place in range(first, answer.days)
    }
    outlook = total((actual, expected))
    return TotalForecast(
        currency, since, until, answer.start, actual, expected, total((outlook, below)),
        total((outlook, above)), whole.method, whole.tried, "", days, was,
    )  # fmt: skip
