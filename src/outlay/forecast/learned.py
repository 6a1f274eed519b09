"""What was learned on the tuning split of the backtest, none of it on the test split.

Written by `python -m benchmarks.backtest.learn`."""

import numpy as np

USUAL = np.array(
    [
        [1.050, 1.033, 1.034],
        [0.921, 0.957, 0.947],
        [0.956, 0.956, 0.909],
        [2.300, 2.080, 1.770],
        [0.791, 0.825, 0.852],
        [0.724, 0.769, 0.829],
        [0.751, 0.797, 0.841],
        [0.718, 0.765, 0.846],
        [0.779, 0.797, 0.811],
        [0.724, 0.754, 0.789],
        [0.722, 0.748, 0.762],
        [0.811, 0.840, 0.855],
        [0.739, 0.778, 0.830],
        [0.733, 0.773, 0.835],
        [0.732, 0.774, 0.837],
        [0.969, 0.964, 0.912],
        [0.729, 0.771, 0.829],
        [0.848, 0.836, 0.826],
        [0.840, 0.840, 0.822],
    ]
)
"""Each candidate's usual error by part of the horizon, against the mean of all."""

SCALE = np.array(
    [
        [-0.148, 0.994, -0.115, -0.085, 0.142, 0.072, -0.008],
        [0.079, 0.451, 0.333, -0.013, 0.033, 0.171, 0.025],
        [0.301, 0.103, 0.422, 0.112, 0.110, 0.136, 0.117],
    ]
)
"""By part of the horizon: a constant, and the weight of each of `bands.features` (they add
up to one, so that twice the amounts have twice the band)."""

CHANCES = np.array([0.005, 0.025, 0.1, 0.25, 0.75, 0.9, 0.975, 0.995])
QUANTILES = np.array(
    [
        [-4.416, -3.087, -1.796, -0.781, 0.892, 1.988, 3.800, 16.405],
        [-4.589, -3.097, -2.045, -0.939, 0.760, 1.747, 3.808, 17.842],
        [-8.579, -2.918, -1.823, -0.884, 0.884, 1.996, 6.926, 17.283],
    ]
)
"""Quantiles of errors over their scale, at CHANCES, by part of the horizon."""

SUM_DAYS = np.array([1, 7, 30, 90])
SUMS = np.array([1, 0.567, 0.634, 0.727])
"""How wide the band of a sum of so many days is, by the sum of their bands."""
