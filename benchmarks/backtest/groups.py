"""Cases side by side: those that end on one day and are about equally long are forecast at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.cases import Case
from outlay.forecast import Calendar

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Cases by their places in the list: `values` [case, days] from `start` on, zero before a
    series began, so that the product's own handling of young series is what is measured."""

    places: list[int]
    start: date
    values: Floats
    calendar: Calendar


def groups(cases: Sequence[Case]) -> Iterator[Group]:
    """Cases that end on one day and have one country's holidays, in one matrix."""
    by_end: dict[tuple[date, str], list[int]] = {}
    for place, case in enumerate(cases):
        end = case.start + timedelta(days=len(case.history))
        by_end.setdefault((end, case.country), []).append(place)
    for (end, country), places in by_end.items():
        days = max(len(cases[place].history) for place in places)
        values = np.zeros((len(places), days))
        for row, place in enumerate(places):
            history = cases[place].history
            values[row, days - len(history) :] = history
        yield Group(places, end - timedelta(days=days), values, Calendar(country))
