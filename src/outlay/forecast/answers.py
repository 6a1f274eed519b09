"""What a forecast answers: days to come, their bands, how it was made and how it erred before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PastError:
    """How a series' forecast erred when it was made on days of the past. Each candidate knew only
    the days before; how much each counts was settled by the other windows.

    `wape` is the sum of absolute errors over the sum of absolute actuals (1.0 is 100 %); `mase` is
    the mean absolute error over that of repeating the week before, within the history (below 1 is
    better); `windows` are the days before which the forecasts were made; `days` is how far they
    looked; `candidates` is every candidate's MASE. None where it cannot be told: a series of
    zeros, or too short to hold days back."""

    wape: float | None = None
    mase: float | None = None
    windows: tuple[date, ...] = ()
    days: int = 0
    candidates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Total:
    """The sum of some series, with bands of its own: [horizon] each."""

    mean: Floats
    lower: Mapping[float, Floats]
    upper: Mapping[float, Floats]


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of `n` series over `h` days from `start` (inclusive, UTC).

    `mean` [n, h] is expected cost by day in the series' currency, NaN throughout where `reason`
    says why there is none; `lower`/`upper` [n, h] by level, e.g. 0.8. `method` names what made
    each series ('' where there is none), `errors` how it erred before.

    `residuals` [windows, n, 90] are actual − forecast on the first days of each window of the
    backtest, by a choice that did not know that window (NaN: not looked at); the windows are the
    same days for all series, so that they add up. `past` [n, days] is the history as it was
    forecast from: without known events, unknown days filled."""

    start: date
    mean: Floats
    lower: Mapping[float, Floats]
    upper: Mapping[float, Floats]
    method: list[str]
    errors: list[PastError]
    reason: list[str]
    residuals: Floats
    past: Floats

    def __len__(self) -> int:
        return len(self.method)

    def total(self, rows: Sequence[int] | None = None) -> Total:
        """The sum of the series of `rows` (None: all) that have a forecast.

        Its mean is the sum of theirs. Its band is not the sum of theirs, since parts do not all
        err to one side at once: it is told from the sum's own history and errors."""
        from outlay.forecast.bands import band_of_sum

        chosen = np.arange(len(self)) if rows is None else np.asarray(list(rows), dtype=np.int64)
        chosen = chosen[[not self.reason[row] for row in chosen.tolist()]]
        return band_of_sum(self, chosen)
