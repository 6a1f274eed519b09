"""Choosing by backtest: each candidate forecasts days of the past, and the better count more.

The same code that makes a forecast is run on histories that end 7, 14, 28 and 90 days earlier and
is compared with what came. A candidate's share falls with the twelfth power of its mean absolute
error, for the first week, the rest of a month and what comes later by themselves: a method that is
clearly better takes all, and methods that are equally good are averaged, which is better than any
of them. Errors of few windows say little, so half a window of what is usual for the candidate
(`learned.USUAL`) is mixed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from outlay.forecast import learned
from outlay.forecast.calendar import Calendar, Days
from outlay.forecast.candidates import MEMORY, NAMES, YEAR_NEEDED, candidates

Floats = NDArray[np.float64]

WINDOWS = (7, 14, 28, 90)
"""How many days before the end the trials start; each looks as many days ahead."""

LOOK = 90
"""How far trials look ahead: what comes later goes by the last days of it."""

LEAST = 28
"""Days of history that a trial needs."""

PARTS = (slice(0, 7), slice(7, 30), slice(30, LOOK))
"""First week, rest of the month, later: each has shares and bands of its own."""

KNOTS = (4.0, 19.0, 60.0)
"""The middle days of PARTS, between which shares and bands go over into each other."""

SHARPNESS = 12.0
USUAL_WEIGHT = 0.5


@dataclass(frozen=True)
class Chosen:
    """Forecasts of one block of series: `mean` [horizon, series]; `residuals` [window, LOOK,
    series], actual − forecast by shares that did not know the window; `shares` [candidate, series]
    over a month; `mase` [candidate, series], errors of each candidate by `unit` [series]; `actual`
    [window, LOOK, series]. NaN where a window was not there."""

    mean: Floats
    residuals: Floats
    actual: Floats
    shares: Floats
    mase: Floats
    unit: Floats


def choose(values: Floats, days: Days, future: Days, calendar: Calendar) -> Chosen:
    """Forecast series [days, series], with trials on the past."""
    count, series = values.shape
    yearly = count - LOOK >= YEAR_NEEDED
    used = np.array([yearly or not name.endswith("year before") for name in NAMES])
    told, age = candidates(values, days, future, yearly)
    told, sound = told[used], age >= MEMORY[used][:, None]
    trials, actual = _trials(values, days, calendar, yearly, used)
    errors = _errors(trials)
    unit = unit_of(values)
    usual = learned.USUAL[used]
    residuals = np.full((len(WINDOWS), LOOK, series), np.nan)
    for window, trial in enumerate(trials):
        if trial is None:
            continue
        others = [errors[place] for place in range(len(WINDOWS)) if place != window]
        shares = _by_day(_shares(others, usual, sound), trial.shape[1])
        residuals[window, : trial.shape[1]] = (shares * trial).sum(axis=0)
    shares = _shares(errors, usual, sound)
    mean = (_by_day(shares, len(future)) * told).sum(axis=0)
    whole = np.zeros((len(NAMES), series))
    whole[used] = shares.mean(axis=1)
    mase = np.full((len(NAMES), series), np.nan)
    mase[used] = _mean_error(trials, int(used.sum()), series) / unit
    return Chosen(mean, residuals, actual, whole, mase, unit)


def errors_of_candidates(values: Floats, start: date, calendar: Calendar) -> Floats:
    """Mean absolute error [candidate, part, series] of each candidate over the windows of series
    [days, series]; NaN where it was not tried."""
    days = calendar.days(start, len(values))
    yearly = len(values) - LOOK >= YEAR_NEEDED
    used = np.array([yearly or not name.endswith("year before") for name in NAMES])
    trials, _ = _trials(values, days, calendar, yearly, used)
    known = [error for error in _errors(trials) if error is not None]
    found = np.full((len(NAMES), len(PARTS), values.shape[1]), np.nan)
    if known:
        stacked = np.stack(known)
        count = (~np.isnan(stacked)).sum(axis=0)
        found[used] = np.where(count > 0, np.nansum(stacked, axis=0) / np.maximum(count, 1), np.nan)
    return found


def unit_of(values: Floats) -> Floats:
    """What MASE divides by: the mean absolute difference to the week before, never quite zero."""
    change = np.abs(values[7:] - values[:-7]).mean(axis=0)
    unit: Floats = np.maximum(change, 1e-4 * np.abs(values).mean(axis=0)) + 1e-12
    return unit


def _trials(
    values: Floats, days: Days, calendar: Calendar, yearly: bool, used: NDArray[np.bool_]
) -> tuple[list[Floats | None], Floats]:
    """Per window: actual − forecast of each candidate [candidate, day, series], and the actuals.
    None where the history before it is too short."""
    count, series = values.shape
    trials: list[Floats | None] = []
    actual = np.full((len(WINDOWS), LOOK, series), np.nan)
    for window, back in enumerate(WINDOWS):
        if count - back < LEAST:
            trials.append(None)
            continue
        end = count - back
        came = values[end : end + LOOK]
        future = calendar.days(days.start + timedelta(days=end), len(came))
        told, _ = candidates(values[:end], days.first(end), future, yearly)
        trials.append(came - told[used])
        actual[window, : len(came)] = came
    return trials, actual


def _errors(trials: Sequence[Floats | None]) -> list[Floats | None]:
    """Mean absolute errors [candidate, part, series] per window; NaN for parts not reached."""
    found: list[Floats | None] = []
    for trial in trials:
        if trial is None:
            found.append(None)
            continue
        error = np.full((len(trial), len(PARTS), trial.shape[2]), np.nan)
        for part, where in enumerate(PARTS):
            if trial.shape[1] > where.start:
                error[:, part] = np.abs(trial[:, where]).mean(axis=1)
        found.append(error)
    return found


def _mean_error(trials: Sequence[Floats | None], used: int, series: int) -> Floats:
    """Mean absolute error [candidate, series] over all days of all windows; NaN without any."""
    days = [trial for trial in trials if trial is not None]
    if not days:
        return np.full((used, series), np.nan)
    total = sum(np.abs(trial).sum(axis=1) for trial in days)
    found: Floats = np.asarray(total) / sum(trial.shape[1] for trial in days)
    return found


def _shares(errors: Sequence[Floats | None], usual: Floats, sound: NDArray[np.bool_]) -> Floats:
    """Each candidate's share [candidate, part, series] by its errors in some windows; none where
    it is not `sound` [candidate, series]."""
    known = [error for error in errors if error is not None]
    if not known:
        weight = usual[:, :, None] ** -SHARPNESS * sound[:, None]
        return np.asarray(weight / weight.sum(axis=0))
    stacked = np.stack(known)
    there = ~np.isnan(stacked[:, 0])
    count = there.sum(axis=0)
    total = np.nansum(stacked, axis=0)
    mean = total / np.maximum(count, 1)
    level = mean.mean(axis=0)
    level = np.where(count > 0, level, 1.0)
    score = (total + USUAL_WEIGHT * usual[:, :, None] * level) / (count + USUAL_WEIGHT)
    score = np.where(sound[:, None], score, np.inf)
    least = score.min(axis=0)
    score = np.where(least > 0, score / np.where(least > 0, least, 1.0), 1.0 + (score > 0) * 1e9)
    weight = score**-SHARPNESS
    return np.asarray(weight / weight.sum(axis=0))


def _by_day(shares: Floats, horizon: int) -> Floats:
    """Shares [candidate, day, series] from those of the parts, going over day by day."""
    day = np.arange(1, horizon + 1)
    first = np.interp(day, KNOTS[:2], (1.0, 0.0))[None, :, None]
    last = np.interp(day, KNOTS[1:], (0.0, 1.0))[None, :, None]
    return np.asarray(
        shares[:, 0:1] * first + shares[:, 1:2] * (1 - first - last) + shares[:, 2:3] * last
    )
