"""What was learned on the tuning split of the backtest, none of it on the test split.

Written by `python -m benchmarks.backtest.learn`."""

import numpy as np

USUAL = np.array(
    [
        [1.026, 1.002, 1.014],
        [0.900, 0.929, 0.928],
        [1.128, 1.113, 1.022],
        [2.246, 2.018, 1.734],
        [0.780, 0.821, 0.846],
        [0.710, 0.762, 0.825],
        [0.732, 0.784, 0.835],
        [0.710, 0.762, 0.840],
        [0.770, 0.790, 0.802],
        [0.713, 0.749, 0.785],
        [0.711, 0.743, 0.763],
        [0.808, 0.840, 0.853],
        [0.739, 0.781, 0.829],
        [0.734, 0.776, 0.834],
        [0.735, 0.780, 0.837],
        [0.953, 0.957, 0.908],
        [0.716, 0.765, 0.825],
        [0.863, 0.868, 0.843],
        [0.863, 0.878, 0.834],
    ]
)
"""Each candidate's usual error by part of the horizon, against the mean of all."""

SCALE = np.array(
    [
        [-0.111, 0.982, -0.073, -0.093, 0.103, 0.077, 0.004],
        [0.126, 0.470, 0.291, -0.003, 0.049, 0.218, -0.025],
        [0.311, 0.158, 0.347, 0.136, 0.109, 0.135, 0.116],
    ]
)
"""By part of the horizon: a constant, and the weight of each of `bands.features` (they add
up to one, so that twice the amounts have twice the band)."""

CHANCES = np.array([0.005, 0.025, 0.1, 0.25, 0.75, 0.9, 0.975, 0.995])
QUANTILES = np.array(
    [
        [-4.981, -2.902, -1.655, -0.739, 0.936, 1.906, 3.694, 14.994],
        [-4.991, -3.046, -1.941, -0.903, 0.783, 1.757, 3.806, 17.689],
        [-7.208, -2.810, -1.717, -0.811, 0.956, 2.015, 6.671, 16.961],
    ]
)
"""Quantiles of errors over their scale, at CHANCES, by part of the horizon."""
