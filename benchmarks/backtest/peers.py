"""Forecasts by other libraries, asked with the settings that their own guides give for daily data.

Run by the backtest's own Python: python peers.py CASES.npz ANSWERS.npz NAME…
"""

import sys
import time
import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = (80, 95)
WEEK = 7


def statsforecast(name: str, history: Floats, horizon: int) -> dict[str, Floats]:
    """One model of statsforecast on one series."""
    from statsforecast import models

    made = {
        "SeasonalNaive": lambda: models.SeasonalNaive(season_length=WEEK),
        "AutoETS": lambda: models.AutoETS(season_length=WEEK),
        "AutoTheta": lambda: models.AutoTheta(season_length=WEEK),
        "AutoARIMA": lambda: models.AutoARIMA(season_length=WEEK, approximation=True),
        "MSTL": lambda: models.MSTL(
            season_length=[WEEK, 365] if len(history) > 730 else [WEEK],
            trend_forecaster=models.AutoETS(model="ZZN"),
        ),
    }[name]()
    answer: dict[str, Floats] = made.forecast(
        y=history.astype(np.float64), h=horizon, level=list(LEVELS)
    )
    return answer


def prophet(history: Floats, start: str, horizon: int, country: str) -> dict[str, Floats]:
    """Prophet with its defaults, and the country's holidays where there is one."""
    from prophet import Prophet

    found = {}
    for level in LEVELS:
        model = Prophet(interval_width=level / 100, uncertainty_samples=300)
        if country:
            model.add_country_holidays(country)
        days = pd.date_range(start, periods=len(history) + horizon)
        model.fit(pd.DataFrame({"ds": days[: len(history)], "y": history}))
        answer = model.predict(pd.DataFrame({"ds": days[len(history) :]}))
        found["mean"] = answer["yhat"].to_numpy()
        found[f"lo-{level}"] = answer["yhat_lower"].to_numpy()
        found[f"hi-{level}"] = answer["yhat_upper"].to_numpy()
    return found


def main() -> None:
    """Every named peer on every case; a series that a peer fails on is NaN in its answers."""
    given = np.load(sys.argv[1])
    horizon = int(given["horizon"])
    lengths, values = given["lengths"], given["values"]
    answers: dict[str, Floats] = {}
    for name in sys.argv[3:]:
        wanted = ["mean", *(f"{side}-{level}" for level in LEVELS for side in ("lo", "hi"))]
        found = {key: np.full((len(lengths), horizon), np.nan) for key in wanted}
        began = time.perf_counter()
        for row, length in enumerate(lengths):
            history = values[row, :length]
            try:
                if name == "Prophet":
                    start, country = str(given["starts"][row]), str(given["countries"][row])
                    answer = prophet(history, start, horizon, country)
                else:
                    answer = statsforecast(name, history, horizon)
            except Exception as error:
                print(f"{name} fails on series {row}: {error!r}", file=sys.stderr)
                continue
            for key in wanted:
                found[key][row] = answer[key]
        answers[f"{name} ms"] = np.array((time.perf_counter() - began) * 1000 / len(lengths))
        answers.update({f"{name} {key}": value for key, value in found.items()})
    np.savez(sys.argv[2], allow_pickle=False, **answers)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
