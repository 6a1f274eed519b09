"""What was learned on the tuning split of the backtest, none of it on the test split.

Written by `python -m benchmarks.backtest.learn`."""

import numpy as np

USUAL = np.array(
    [
        [1.056, 1.037, 1.036],
        [0.926, 0.961, 0.948],
        [0.961, 0.960, 0.910],
        [2.312, 2.088, 1.772],
        [0.784, 0.821, 0.849],
        [0.716, 0.764, 0.826],
        [0.740, 0.788, 0.836],
        [0.715, 0.763, 0.844],
        [0.776, 0.794, 0.806],
        [0.718, 0.750, 0.787],
        [0.716, 0.745, 0.762],
        [0.816, 0.844, 0.856],
        [0.743, 0.781, 0.831],
        [0.737, 0.776, 0.836],
        [0.736, 0.777, 0.838],
        [0.962, 0.960, 0.911],
        [0.722, 0.767, 0.826],
        [0.826, 0.826, 0.816],
        [0.829, 0.832, 0.812],
    ]
)
"""Each candidate's usual error by part of the horizon, against the mean of all."""

SCALE = np.array(
    [
        [-0.129, 1.010, -0.125, -0.084, 0.125, 0.081, -0.007],
        [0.086, 0.418, 0.358, -0.017, 0.040, 0.186, 0.015],
        [0.305, 0.092, 0.430, 0.106, 0.112, 0.146, 0.114],
    ]
)
"""By part of the horizon: a constant, and the weight of each of `bands.features` (they add
up to one, so that twice the amounts have twice the band)."""

CHANCES = np.array([0.005, 0.025, 0.1, 0.25, 0.75, 0.9, 0.975, 0.995])
QUANTILES = np.array(
    [
        [-4.588, -3.040, -1.766, -0.762, 0.894, 1.937, 3.772, 15.658],
        [-4.429, -3.117, -2.028, -0.938, 0.754, 1.759, 3.933, 17.765],
        [-8.339, -2.933, -1.803, -0.868, 0.891, 1.993, 6.848, 17.231],
    ]
)
"""Quantiles of errors over their scale, at CHANCES, by part of the horizon."""

SUM_DAYS = np.array([1, 7, 30, 90])
SUMS = np.array([1, 0.567, 0.623, 0.724])
"""How wide the band of a sum of so many days is, by the sum of their bands."""
