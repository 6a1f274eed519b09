"""What was learned on the tuning split of the backtest, none of it on the test split.

Written by `python -m benchmarks.backtest.learn`."""

import numpy as np

USUAL = np.array(
    [
        [1.054, 1.036, 1.036],
        [0.924, 0.960, 0.948],
        [0.959, 0.958, 0.910],
        [2.307, 2.085, 1.772],
        [0.786, 0.823, 0.849],
        [0.718, 0.765, 0.827],
        [0.741, 0.788, 0.836],
        [0.718, 0.765, 0.843],
        [0.778, 0.796, 0.806],
        [0.720, 0.752, 0.787],
        [0.718, 0.746, 0.763],
        [0.815, 0.843, 0.856],
        [0.744, 0.782, 0.831],
        [0.739, 0.777, 0.836],
        [0.738, 0.778, 0.839],
        [0.961, 0.959, 0.911],
        [0.723, 0.768, 0.827],
        [0.826, 0.826, 0.816],
        [0.829, 0.832, 0.812],
    ]
)
"""Each candidate's usual error by part of the horizon, against the mean of all."""

SCALE = np.array(
    [
        [-0.129, 1.012, -0.134, -0.088, 0.141, 0.075, -0.006],
        [0.092, 0.424, 0.346, -0.020, 0.054, 0.194, 0.002],
        [0.308, 0.098, 0.423, 0.104, 0.115, 0.149, 0.111],
    ]
)
"""By part of the horizon: a constant, and the weight of each of `bands.features` (they add
up to one, so that twice the amounts have twice the band)."""

CHANCES = np.array([0.005, 0.025, 0.1, 0.25, 0.75, 0.9, 0.975, 0.995])
QUANTILES = np.array(
    [
        [-4.625, -3.065, -1.773, -0.761, 0.921, 1.963, 3.791, 15.805],
        [-4.489, -3.156, -2.031, -0.941, 0.759, 1.772, 3.937, 18.074],
        [-7.526, -2.936, -1.807, -0.865, 0.895, 2.000, 6.851, 17.315],
    ]
)
"""Quantiles of errors over their scale, at CHANCES, by part of the horizon."""
