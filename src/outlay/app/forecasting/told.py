"""A forecast as JSON and as CSV: the same figures as the page's, every digit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.forecasting.answer import (
    LEVELS,
    Amounts,
    CountedChange,
    ForecastAnswer,
    Month,
    SeriesForecast,
)
from outlay.money import money_text
from outlay.query.codec import to_json as query_json

if TYPE_CHECKING:
    from outlay.app.forecasting.accuracy import Accuracy, Said


def to_json(answer: ForecastAnswer, *, limit: int | None = None) -> dict[str, Any]:
    """The forecast as plain JSON values: amounts as text, days ``YYYY-MM-DD``, ends exclusive.

    Days are told where the question's grain is ``day``, months always. `limit` keeps the first
    series of each currency; `more` is how many are left out.
    """
    days = answer.query.grain == "day"
    shown = [
        one
        for currency in answer.currencies
        for one in answer.of(currency)[: limit or len(answer.series)]
    ]
    return {
        "query": query_json(answer.query),
        "measure": answer.measure,
        "history": None
        if answer.history is None
        else {"from": f"{answer.history.start}", "to": f"{answer.history.end}"},
        "range": {"from": f"{answer.start}", "to": f"{answer.end}"},
        "reason": answer.reason,
        "totals": [_series_json(answer, one, days) for one in answer.totals],
        "series": [_series_json(answer, one, days) for one in shown],
        "more": len(answer.series) - len(shown),
        "alone": [_series_json(answer, one, False) for one in answer.alone],
        "changes": [change_json(one) for one in answer.changes],
        "notes": list(answer.notes),
        "snapshot": answer.snapshot,
    }


def change_json(one: CountedChange) -> dict[str, Any]:
    """A planned change as it was counted."""
    return {
        "name": one.name,
        "title": one.title,
        "effect": one.effect,
        "from": f"{one.day}",
        "to": None if one.until is None else f"{one.until}",
        "amounts": {currency: money_text(amount) for currency, amount in one.amounts.items()},
        "reason": one.reason,
    }


def _series_json(answer: ForecastAnswer, one: SeriesForecast, days: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "values": _values(answer.query.by, one.key),
        "currency": one.currency,
        "part": one.part,
        "title": one.title,
        "groups": one.groups,
        "reason": one.reason,
        "method": one.method,
        "past_error": {
            "words": one.tried.words,
            "wape": _ratio(one.tried.wape),
            "mase": _ratio(one.tried.mase),
            "days": one.tried.days,
            "trials": one.tried.trials,
        },
        "before": [
            {"period": str(period), "amount": money_text(amount)}
            for period, amount in one.before.items()
        ],
        "months": [_month_json(one, month) for month in one.months],
        "charges": [
            {"name": charge.name, "rule": charge.rule,
             "amounts": {f"{day}": money_text(amount) for day, amount in charge.amounts.items()}}
            for charge in one.charges
        ],
    }  # fmt: skip
    if days and one.mean is not None:
        found["days"] = [
            {"day": f"{day}", **_amounts_json(one.day(place))}
            for place, day in enumerate(answer.dates())
        ]
    return found


def _month_json(one: SeriesForecast, month: Month) -> dict[str, Any]:
    none = one.mean is None
    return {
        "period": str(month.period),
        "to": f"{month.to}",
        "actual": money_text(month.actual),
        "forecast": None if none else money_text(month.forecast),
        "outlook": None if none else money_text(month.outlook),
        **_bands(month.bands.items()),
    }


def _amounts_json(amounts: Amounts) -> dict[str, Any]:
    return {"mean": money_text(amounts.mean), **_bands(amounts.bands.items())}


def _bands(bands: Iterable[tuple[int, tuple[Decimal, Decimal]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for level, (low, high) in bands:
        found |= {f"lower_{level}": money_text(low), f"upper_{level}": money_text(high)}
    return found


def _values(by: tuple[str, ...], key: tuple[object, ...]) -> dict[str, str | None]:
    """The values of a group; none for what is no group of the question."""
    return {name: _text(value) for name, value in zip(by, key, strict=False)}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _ratio(value: float | None) -> str | None:
    return None if value is None else f"{value:.6f}"


_BAND_NAMES = [f"{side}_{level}" for level in LEVELS for side in ("lower", "upper")]


def to_csv(answer: ForecastAnswer) -> str:
    """The parts of a forecast as CSV, a row a month (a day where the question's grain is ``day``):
    each column of amounts adds up to the total's. Groups without a forecast of their own follow
    with their reason and no amounts, since a part ``new`` has them."""
    days = answer.query.grain == "day"
    amounts = ["expected"] if days else ["actual", "forecast", "outlook"]
    head = [*answer.query.by, "BillingCurrency", "part", "title", "day" if days else "month"]
    rows = _day_rows(answer) if days else _month_rows(answer)
    return _csv([*head, *amounts, *_BAND_NAMES, "method", "past_error", "reason"], rows)


def _lead(answer: ForecastAnswer, one: SeriesForecast, part: str = "") -> list[object]:
    values = [*map(_text, one.key), *([None] * (len(answer.query.by) - len(one.key)))]
    return [*values, one.currency, part or one.part, one.title]


def _tail(one: SeriesForecast) -> list[object]:
    return [one.method, _ratio(one.tried.wape), one.reason]


def _month_rows(answer: ForecastAnswer) -> Iterator[list[object]]:
    for one in answer.series:
        for month in one.months:
            bands = _bands(month.bands.items())
            told = [month.actual, month.forecast, month.outlook]
            yield [*_lead(answer, one), str(month.period), *map(_cell, told),
                   *(bands.get(name) for name in _BAND_NAMES), *_tail(one)]  # fmt: skip
    yield from _alone_rows(answer, 3)


def _day_rows(answer: ForecastAnswer) -> Iterator[list[object]]:
    for one in answer.series:
        for place, day in enumerate(answer.dates()):
            amounts = one.day(place)
            bands = _bands(amounts.bands.items())
            yield [*_lead(answer, one), f"{day}", _cell(amounts.mean),
                   *(bands.get(name) for name in _BAND_NAMES), *_tail(one)]  # fmt: skip
    yield from _alone_rows(answer, 1)


def _alone_rows(answer: ForecastAnswer, amounts: int) -> Iterator[list[object]]:
    for one in answer.alone:
        empty: list[object] = [None] * (1 + amounts + len(_BAND_NAMES))
        yield [*_lead(answer, one, "alone"), *empty, *_tail(one)]


def _cell(value: Decimal) -> str:
    return format(value, "f")


def _csv(head: list[str], rows: Iterable[list[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if value is None else value for value in row])
    return buffer.getvalue()


def accuracy_json(found: Accuracy, *, limit: int | None = None) -> dict[str, Any]:
    """What was said against what came, as plain JSON values. `limit` keeps the first rows of each
    currency; `more` is how many are left out."""
    moment = found.as_of
    shown = [
        one
        for whole in found.totals
        for one in [r for r in found.rows if r.currency == whole.currency][:limit]
    ]
    return {
        "query": query_json(found.query),
        "how": found.how,
        "why": found.why,
        "as_of": None if moment is None else str(moment),
        "range": {"from": f"{found.start}", "to": f"{found.end}"},
        "days": found.days,
        "reason": found.reason,
        "totals": [_said_json(found, one) for one in found.totals],
        "rows": [_said_json(found, one) for one in shown],
        "more": len(found.rows) - len(shown),
    }


def _said_json(found: Accuracy, one: Said) -> dict[str, Any]:
    return {
        "values": _values(found.query.by, one.key),
        "currency": one.currency,
        "part": one.part,
        "title": one.title,
        "expected": None if one.expected is None else money_text(one.expected),
        "actual": money_text(one.actual),
        "difference": None if one.difference is None else money_text(one.difference),
        "off": None if one.off is None else format(one.off, "f"),
        "days_inside": one.inside,
        "reason": one.reason,
    }


def accuracy_csv(found: Accuracy) -> str:
    """A row a series: what was expected, what came, the difference."""
    head = [*found.query.by, "BillingCurrency", "part", "title", "from", "to", "expected",
            "actual", "difference", "off", "days_inside", "reason"]  # fmt: skip
    rows: list[list[object]] = []
    for one in found.rows:
        told = _said_json(found, one)
        values = [told["values"].get(name) for name in found.query.by]
        rows.append(
            [*values, one.currency, one.part, one.title, f"{found.start}", f"{found.end}",
             *(told[name] for name in head[-6:])]
        )  # fmt: skip
    return _csv(head, rows)
