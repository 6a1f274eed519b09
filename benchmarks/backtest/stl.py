"""STL by statsmodels, run by the backtest's own Python.

python stl.py clean PATH    clean each series of an .npz (name → values) in place: days whose
                            remainder is beyond four robust standard deviations are set to trend +
                            season of a robust STL of the whole series
python stl.py score PATH    for each matrix [series, days] of an .npz (name → values) the last
                            day's remainder of the 120 days up to each day, in robust standard
                            deviations of the others; written over the matrix
"""

import sys
from multiprocessing import Pool

import numpy as np
from statsmodels.tsa.seasonal import STL

WEEK = 7
WINDOW = 120
BEYOND = 4.0


def clean(values: np.ndarray) -> np.ndarray:
    """Without its own anomalies."""
    fit = STL(values, period=WEEK, robust=True).fit()
    spread = 1.4826 * np.median(np.abs(fit.resid))
    odd = np.abs(fit.resid) > BEYOND * spread
    return np.where(odd & (spread > 0), np.maximum(fit.trend + fit.seasonal, 0.0), values)


def score(values: np.ndarray) -> np.ndarray:
    """The last remainder of each window, over the others' spread."""
    found = np.zeros(len(values))
    for t in range(WINDOW - 1, len(values)):
        window = values[t - WINDOW + 1 : t + 1]
        resid = STL(window, period=WEEK, robust=True).fit(inner_iter=1, outer_iter=2).resid
        spread = 1.4826 * np.median(np.abs(resid[:-1]))
        size = 0.1 * abs(window[-1] - resid[-1])  # no rule raises a day less than a tenth off
        if abs(resid[-1]) > size:
            found[t] = resid[-1] / max(spread, 1e-9)
    return found


def main() -> None:
    """Do what was asked for."""
    work, path = sys.argv[1:]
    series = dict(np.load(path))
    with Pool() as pool:
        if work == "clean":
            done = dict(zip(series, pool.map(clean, series.values()), strict=True))
        else:
            done = {name: np.array(pool.map(score, rows, 8)) for name, rows in series.items()}
    np.savez(path, **done)


if __name__ == "__main__":
    main()
