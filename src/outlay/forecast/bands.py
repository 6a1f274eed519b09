"""Prediction bands from the errors of the past."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from outlay.forecast.answers import Forecasts, Total

Floats = NDArray[np.float64]


def band_of_sum(forecasts: Forecasts, rows: NDArray[np.int64]) -> Total:
    """Band of a sum: its parts' half-widths, by how the sum's past errors compare to theirs."""
    mean = forecasts.mean[rows].sum(axis=0)
    residuals = forecasts.residuals[:, rows]
    of_sum = np.sqrt(np.nanmean(np.nansum(residuals, axis=1) ** 2)) if residuals.size else 0.0
    of_parts = np.sqrt(np.nanmean(residuals**2, axis=(0, 2))).sum() if residuals.size else 0.0
    ratio = of_sum / of_parts if of_parts else 1.0
    lower, upper = {}, {}
    for level in forecasts.lower:
        lower[level] = mean - ratio * (forecasts.mean[rows] - forecasts.lower[level][rows]).sum(0)
        upper[level] = mean + ratio * (forecasts.upper[level][rows] - forecasts.mean[rows]).sum(0)
    return Total(mean, lower, upper)
