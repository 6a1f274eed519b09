"""Learn the forecast's constants on the tuning split, and write src/outlay/forecast/learned.py.

python -m benchmarks.backtest.learn

Three things are learned, none of them from the test split: each candidate's usual error, how the
scale of an error is told from what is known of a series (a regression of logarithms), and the
quantiles of errors over that scale.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.cases import HELD_BACK, Case, cases
from benchmarks.backtest.groups import groups
from outlay.forecast import Calendar, bands, candidates, forecast_many, learned
from outlay.forecast.choose import KNOTS, LOOK, PARTS, WINDOWS, errors_of_candidates, unit_of

Floats = NDArray[np.float64]

TARGET = Path(learned.__file__)
RIDGE = 5.0
FLOOR = 1e-4

HEAD = '''"""What was learned on the tuning split of the backtest, none of it on the test split.

Written by `python -m benchmarks.backtest.learn`."""

import numpy as np

'''


def usual_errors(found: list[Case]) -> Floats:
    """Each candidate's error [candidate, part] against the mean of all of them: the geometric
    mean over series, from the trials that end before the days held back."""
    logs = []
    for case in found:
        errors = errors_of_candidates(case.history[:, None], case.start, Calendar(case.country))[
            :, :, 0
        ]
        if np.isnan(errors).all():
            continue
        tried = ~np.isnan(errors)
        level = np.where(tried, errors, 0).sum(axis=0) / np.maximum(tried.sum(axis=0), 1)
        logs.append(np.log(np.maximum(errors / np.where(level > 0, level, np.nan), 1e-3)))
    return np.asarray(np.exp(np.nanmean(np.stack(logs), axis=0)))


def errors_and_scales(found: list[Case]) -> tuple[Floats, Floats, Floats]:
    """Per case: features [case, 6], errors of the days held back [case, day], unit [case]."""
    told = np.full((len(found), len(PARTS) + len(bands.WANDER)), np.nan)
    errors = np.full((len(found), HELD_BACK), np.nan)
    units = np.full(len(found), np.nan)
    for group in groups(found):
        made = forecast_many(group.values, group.start, HELD_BACK, calendar=group.calendar)
        for row, place in enumerate(group.places):
            if made.reason[row] or not made.errors[row].windows:
                continue
            history = found[place].history[:, None]
            unit = unit_of(history)
            residuals = made.residuals[:, row, :, None]
            told[place] = bands.features(history, residuals, unit)[:, 0]
            errors[place] = found[place].future - made.mean[row]
            units[place] = unit[0]
    return told, errors, units


def scale_weights(told: Floats, errors: Floats, units: Floats) -> Floats:
    """The regression: [part, constant and features], the features' weights adding up to one."""
    log = np.log(told + FLOOR * units[:, None])
    weights = np.zeros((len(PARTS), 1 + log.shape[1]))
    for part, where in enumerate(PARTS):
        came = np.log(np.abs(errors[:, where]).mean(axis=1) + FLOOR * units)
        against = np.column_stack([log[:, 1:] - log[:, :1], np.ones(len(log))])
        ridge = RIDGE * np.eye(against.shape[1])
        ridge[-1, -1] = 0
        solved = np.linalg.solve(against.T @ against + ridge, against.T @ (came - log[:, 0]))
        others = solved[:-1].round(3)  # as they are written, so that they add up to one exactly
        weights[part] = [solved[-1], 1 - others.sum(), *others]
    return weights


def quantiles(told: Floats, errors: Floats, units: Floats, weights: Floats) -> Floats:
    """Quantiles of errors over their scale [part, chance]."""
    log = np.log(told + FLOOR * units[:, None])
    scale = np.exp(weights[:, :1] + weights[:, 1:] @ log.T)
    days = np.arange(1, LOOK + 1)
    by_day = np.exp([np.interp(days, KNOTS, row) for row in np.log(scale).T])
    over = errors / by_day
    return np.array([np.quantile(over[:, where], learned.CHANCES) for where in PARTS])


def sums_of_days(told: Floats, errors: Floats, units: Floats) -> Floats:
    """How wide the band of a sum of days is, by the sum of their bands: by `learned.SUM_DAYS`, so
    that 80 % and 95 % of sums fall inside (the mean of both)."""
    scale = bands.scales(told.T, units)
    found = [1.0]
    for days in learned.SUM_DAYS[1:]:
        count = int(days)
        off = errors[:, :count].sum(axis=1)
        ratios = []
        for level in (0.8, 0.95):
            below, above = bands.width(scale, level, count)
            reach = np.where(off > 0, above.sum(axis=0), below.sum(axis=0))
            ratios.append(np.quantile(np.abs(off) / reach, level))
        found.append(float(np.mean(ratios)))
    return np.array(found)


def written(name: str, values: Floats, note: str) -> str:
    """One array as Python, a row a line."""
    if values.ndim == 1:
        body = ", ".join(f"{value:g}" for value in values)
        return f"{name} = np.array([{body}])\n"
    rows = "\n".join(
        "        [" + ", ".join(f"{value:.3f}" for value in row) + "]," for row in values
    )
    return f'{name} = np.array(\n    [\n{rows}\n    ]\n)\n"""{note}"""\n\n'


def main() -> None:
    """Learn in the order in which things are needed, each with what came before."""
    found = cases("tune")
    usual = usual_errors(found)
    learned.USUAL = usual
    told, errors, units = errors_and_scales(found)
    known = ~np.isnan(units)
    told, errors, units = told[known], errors[known], units[known]
    weights = scale_weights(told, errors, units)
    over = quantiles(told, errors, units, weights)
    learned.SCALE, learned.QUANTILES = weights, over
    sums = sums_of_days(told, errors, units)
    print(f"{len(found)} series, {len(WINDOWS)} windows, {len(candidates.NAMES)} candidates")
    TARGET.write_text(
        HEAD
        + written(
            "USUAL",
            usual,
            "Each candidate's usual error by part of the horizon, against the mean of all.",
        )
        + written(
            "SCALE",
            weights,
            "By part of the horizon: a constant, and the weight of each of `bands.features` (they "
            "add\nup to one, so that twice the amounts have twice the band).",
        )
        + written("CHANCES", learned.CHANCES, "")
        + written(
            "QUANTILES",
            over,
            "Quantiles of errors over their scale, at CHANCES, by part of the horizon.",
        )
        + written("SUM_DAYS", learned.SUM_DAYS, "")
        + written("SUMS", sums.round(3), "").rstrip()
        + '\n"""How wide the band of a sum of so many days is, by the sum of their bands."""\n',
        "utf-8",
    )


if __name__ == "__main__":
    main()
