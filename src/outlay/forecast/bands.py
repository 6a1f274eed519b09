"""Prediction bands: how far a forecast may be off, told from how far such forecasts were off.

Two things say how uncertain a series is: the errors of the trials on its own past (few windows,
but exactly what is asked) and how far its weekly mean usually wanders within a week, a month and
three months (all of its history). Their geometric mean, weighted as in `learned.SCALE`, is the
scale of the error of each part of the horizon; `learned.QUANTILES` are the quantiles of errors
over that scale, as they came out on the tuning split: no distribution is assumed (split conformal
prediction, Vovk et al., with the scale as the score's normaliser).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from outlay.forecast import learned
from outlay.forecast.calendar import WEEK
from outlay.forecast.choose import KNOTS, LOOK, PARTS, unit_of

if TYPE_CHECKING:
    from outlay.forecast.answers import Forecasts, Total

Floats = NDArray[np.float64]

WANDER = (7, 30, 90)
"""Days between the weekly means whose differences are looked at."""

UNKNOWN = 1.22
"""How much larger the error of a part is than that of the part before, where it is not known."""

LOOK_BACK = 400


def features(values: Floats, residuals: Floats, unit: Floats) -> Floats:
    """What the scale is told from [6, series]: mean absolute residuals by part of the horizon
    (first week, rest of the month, later), and how far the weekly mean wanders in 7, 30, 90 days.

    `values` are [days, series], `residuals` [window, days, series], NaN where not known."""
    found = np.empty((len(PARTS) + len(WANDER), values.shape[1]))
    known = ~np.isnan(residuals)
    before = unit
    for part, where in enumerate(PARTS):
        count = known[:, where].sum(axis=(0, 1))
        total = np.nansum(np.abs(residuals[:, where]), axis=(0, 1))
        before = np.where(
            count > 0, total / np.maximum(count, 1), before * (UNKNOWN if part else 1)
        )
        found[part] = before
    recent = values[-LOOK_BACK:]
    sums = np.concatenate([np.zeros((1, recent.shape[1])), np.cumsum(recent, axis=0)])
    means = (sums[WEEK:] - sums[:-WEEK]) / WEEK
    before = unit
    for place, days in enumerate(WANDER):
        if len(means) > days + 3 * WEEK:
            before = np.abs(means[days:] - means[:-days]).mean(axis=0)
        elif place:
            before = before * np.sqrt(3.0)
        found[len(PARTS) + place] = before
    return found


def scales(found: Floats, unit: Floats) -> Floats:
    """The scale of the error by part of the horizon [part, series]."""
    log = np.log(found + 1e-4 * unit)
    return np.asarray(np.exp(learned.SCALE[:, 0:1] + learned.SCALE[:, 1:] @ log))


def width(scale: Floats, level: float, horizon: int) -> tuple[Floats, Floats]:
    """How far below and above its mean the band of a level reaches [horizon, series], both
    positive. Beyond three months it widens with the square root of the days."""
    day = np.arange(1, horizon + 1)
    weight = np.stack([np.interp(day, KNOTS, row) for row in np.eye(len(KNOTS))], axis=1)
    by_day = np.exp(weight @ np.log(scale))
    by_day *= np.sqrt(np.maximum(day / LOOK, 1.0))[:, None]
    tail = (1 - level) / 2
    sides = []
    for chance in (tail, 1 - tail):
        at = [np.interp(chance, learned.CHANCES, row) for row in learned.QUANTILES]
        sides.append(np.abs(weight @ np.array(at))[:, None] * by_day)
    return sides[0], sides[1]


def of_days(days: int) -> float:
    """How wide the band of a sum of `days` in a row is, by the sum of their bands: days do not all
    err to one side. Measured on the tuning split (`learned.SUMS`); 1 for a single day."""
    return float(np.interp(days, learned.SUM_DAYS, learned.SUMS))


def band(
    values: Floats, residuals: Floats, horizon: int, levels: Sequence[float]
) -> dict[float, tuple[Floats, Floats]]:
    """By level: how far the band of series [days, series] reaches below and above [horizon,
    series]. A series that has never moved has none."""
    unit = unit_of(values)
    scale = scales(features(values, residuals, unit), unit)
    still = np.ptp(values, axis=0) == 0
    found = {}
    for level in levels:
        below, above = width(scale, level, horizon)
        found[level] = np.where(still, 0.0, below), np.where(still, 0.0, above)
    return found


def band_of_sum(forecasts: Forecasts, rows: NDArray[np.int64]) -> Total:
    """The sum of some series, its band told from the history and the residuals of the sum."""
    from outlay.forecast.answers import Total

    mean = forecasts.mean[rows].sum(axis=0)
    past = forecasts.past[rows]
    if not len(rows):
        return Total(
            mean, dict.fromkeys(forecasts.lower, mean), dict.fromkeys(forecasts.upper, mean)
        )
    whole = past.sum(axis=0)
    began = int(np.argmax(whole != 0)) if whole.any() else 0
    errors = forecasts.residuals[:, rows]
    summed = np.where(np.isnan(errors).all(axis=1), np.nan, np.nansum(errors, axis=1))
    reach = band(whole[began:, None], summed[:, :, None], len(mean), list(forecasts.lower))
    lower, upper = {}, {}
    for level, (below, above) in reach.items():
        low, high = mean - below[:, 0], mean + above[:, 0]
        lower[level], upper[level] = bounded(past, low, high)
    return Total(mean, lower, upper)


def bounded(past: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """A band does not reach below zero where nothing ever did, nor above it for credits."""
    if (past >= 0).all():
        low = np.maximum(low, 0.0)
    elif (past <= 0).all():
        high = np.minimum(high, 0.0)
    return low, high
