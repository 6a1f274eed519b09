"""The dashed continuation of a chart: expected amounts with their bands, after the actual ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.app.forecasting.answer import BY_CALENDAR, LEVELS, ForecastAnswer, SeriesForecast
from outlay.app.forecasting.periods import Expected, by_period
from outlay.web import numbers, words

Spec = dict[str, Any]


@dataclass(frozen=True)
class Continuation:
    """What is drawn after the actual periods: `periods` from the first that has days to come,
    `note` says how it was made and how it erred before."""

    periods: tuple[Expected, ...]
    note: str


def continuation(
    answer: ForecastAnswer, one: SeriesForecast, grain: str, so_far: Decimal
) -> Continuation:
    """The periods to come of one series; none where there is no forecast. A last period that the
    forecast covers in part is left out, since it would look like a fall."""
    periods = by_period(answer, one, grain, so_far)
    whole = tuple(period for period in periods if period.whole)
    return Continuation(whole or periods, f"{method_words(one)}; {one.tried.words}")


def method_words(one: SeriesForecast) -> str:
    """The method as people read it, with what comes by a calendar beside it."""
    if not one.charges or one.method == BY_CALENDAR:
        return one.method
    return f"{one.method} and charges by their calendar"


def put(
    spec: Spec,
    periods: Sequence[date],
    totals: Sequence[Decimal],
    found: Continuation,
    grain: str,
    kind: str,
    currency: str | None,
) -> None:
    """Put the continuation on a chart of actual periods: its labels grow by the periods to come.

    Only texts that the server wrote are shown; numbers are for drawing."""
    if not found.periods:
        return
    shown = [*periods, *(one.start for one in found.periods if one.start not in periods)]
    more = len(shown) - len(periods)
    for line in spec["series"]:
        line["values"] = [*line["values"], *[None] * more]
        line["texts"] = [*line["texts"], *[None] * more]
    spec["labels"] = [words.period(period, grain) for period in shown]
    spec["ticks"] = [words.tick(period, grain) for period in shown]
    spec["totals"] = [*(spec.get("totals") or []), *[None] * more]
    if spec.get("previous"):
        for name in ("values", "texts"):
            spec["previous"][name] = [*spec["previous"][name], *[None] * more]
    place = {one.start: one for one in found.periods}
    expected = [place.get(period) for period in shown]
    first = next(index for index, one in enumerate(expected) if one is not None)
    spec["forecast"] = {
        "name": "Forecast",
        "note": found.note,
        "values": _joined([_float(one) for one in expected], first, totals),
        "texts": [None if one is None else _text(one, kind, currency) for one in expected],
        "bands": [_band(level, expected, first, totals, kind, currency) for level in LEVELS[::-1]],
    }


def _joined(
    values: list[float | None], first: int, totals: Sequence[Decimal]
) -> list[float | None]:
    """The line begins where the actual ends."""
    if 0 < first <= len(totals):
        values[first - 1] = float(totals[first - 1])
    return values


def _float(one: Expected | None) -> float | None:
    return None if one is None else float(one.amount)


def _text(one: Expected, kind: str, currency: str | None) -> str:
    told = numbers.measured(one.amount, kind, currency)
    return f"{told}{' with what there is' if one.begun else ''}{'' if one.whole else ' (part)'}"


def _band(
    level: int,
    expected: Sequence[Expected | None],
    first: int,
    totals: Sequence[Decimal],
    kind: str,
    currency: str | None,
) -> Spec:
    edges = [None if one is None else one.bands[level] for one in expected]
    lower = _joined([None if e is None else float(e[0]) for e in edges], first, totals)
    upper = _joined([None if e is None else float(e[1]) for e in edges], first, totals)

    def text(edge: tuple[Decimal, Decimal] | None) -> str | None:
        if edge is None:
            return None
        return " – ".join(numbers.measured(one, kind, currency) for one in edge)

    return {"name": f"{level} %", "lower": lower, "upper": upper, "texts": [text(e) for e in edges]}
