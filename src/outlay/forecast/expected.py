"""What each day of the past should have cost, told from the days before it alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from outlay.forecast.calendar import Calendar

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Per series and day [n, days]: the `mean` expected, told from the days before alone, and the
    `scale` of its usual error (a standard deviation, robust). NaN where too little came before."""

    mean: Floats
    scale: Floats


def expected_many(values: Floats, start: date, calendar: Calendar | None = None) -> Expected:
    """One step ahead at every day of the past, for series [n, days] from `start` on."""
    days = (calendar or Calendar()).days(start, values.shape[1])
    del days
    n, count = values.shape
    mean = np.full((n, count), np.nan)
    scale = np.full((n, count), np.nan)
    weeks = 4
    for day in range(7 * weeks, count):
        past = values[:, day - 7 * weeks : day]
        same = past[:, ::7]
        mean[:, day] = np.median(same, axis=1)
        resid = past - np.tile(np.median(past.reshape(n, weeks, 7), axis=1), (1, weeks))
        scale[:, day] = 1.4826 * np.median(np.abs(resid), axis=1)
    return Expected(mean, scale)
