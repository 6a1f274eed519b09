"""Answers of the API: forecasts."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Number

# `from` is a word of Python, so that this one is not written as a class.
ForecastDays = TypedDict("ForecastDays", {"from": Day, "to": Day})

CountedChange = TypedDict(
    "CountedChange",
    {
        "name": str,
        "title": str,
        "effect": str,
        "from": Day,
        "to": Day | None,
        "amounts": dict[str, Number],
        "reason": str,
    },
)


class ForecastBands(TypedDict):
    """Bands around an expected amount; not there where nothing is forecast."""

    lower_80: NotRequired[Number]
    upper_80: NotRequired[Number]
    lower_95: NotRequired[Number]
    upper_95: NotRequired[Number]


class ForecastDay(ForecastBands):
    """A part of `Forecast`: one day of one series."""

    day: Day
    mean: Number


class ForecastMonth(ForecastBands):
    """A part of `Forecast`: one month of one series."""

    period: str
    to: Day
    actual: Number
    forecast: Number | None
    outlook: Number | None


class ForecastError(TypedDict):
    """A part of `Forecast`: how a method erred on days of the past."""

    words: str
    wape: Number | None
    mase: Number | None
    days: int
    trials: int


class ForecastBefore(TypedDict):
    """A part of `Forecast`: a month before it."""

    period: str
    amount: Number


class ForecastCharge(TypedDict):
    """A part of `Forecast`: a charge that comes by its own calendar."""

    name: str
    rule: str
    amounts: dict[str, Number]


class ForecastSeries(TypedDict):
    """A part of `Forecast`: one series, or a total."""

    values: dict[str, str | None]
    currency: str | None
    part: str
    title: str
    groups: int
    reason: str
    method: str
    past_error: ForecastError
    before: list[ForecastBefore]
    months: list[ForecastMonth]
    charges: list[ForecastCharge]
    days: NotRequired[list[ForecastDay]]


class Forecast(TypedDict):
    """The answer of `forecast`."""

    query: dict[str, Any]
    measure: str
    history: ForecastDays | None
    range: ForecastDays
    reason: str
    totals: list[ForecastSeries]
    series: list[ForecastSeries]
    more: int
    alone: list[ForecastSeries]
    changes: list[CountedChange]
    notes: list[str]
    snapshot: str | None


class ForecastSaid(TypedDict):
    """A part of `ForecastAccuracy`: one series, or a total."""

    values: dict[str, str | None]
    currency: str | None
    part: str
    title: str
    expected: Number | None
    actual: Number
    difference: Number | None
    off: Number | None
    days_inside: int
    reason: str


class ForecastAccuracy(TypedDict):
    """The answer of `forecast_accuracy`."""

    query: dict[str, Any]
    how: str
    why: str
    as_of: str | None
    range: ForecastDays
    days: int
    reason: str
    totals: list[ForecastSaid]
    rows: list[ForecastSaid]
    more: int
