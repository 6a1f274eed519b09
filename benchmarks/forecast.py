"""Forecasting 10,000 daily series at once, against what else one would do with them.

python -m benchmarks.forecast [--series 10000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest import forecasts, generator
from benchmarks.backtest.cases import ROOT, Case
from benchmarks.measure import peak_gib
from outlay.forecast import Calendar, forecast_many

Floats = NDArray[np.float64]

DAYS = 400
HORIZON = 90
START = date(2025, 1, 1)
MADE = 400
"""Series that are generated; the others are these with other days and amounts."""

PEER = "AutoETS"
PEER_SERIES = 20


@dataclass(frozen=True)
class Speed:
    """Seconds for all series: ours (and what they took of the processor, both cores together), the
    loop of a seasonal naive forecast with bands, and AutoETS as its time for a few series says
    (None where its environment is not made)."""

    series: int
    ours: float
    processor: float
    naive: float
    peer: float | None
    peak: float


def many(count: int) -> Floats:
    """`count` series of DAYS days like those of cloud bills."""
    made = np.stack([generator.series(seed, DAYS).values for seed in range(MADE)])
    rng = np.random.default_rng(1)
    chosen = made[rng.integers(len(made), size=count)]
    turned = [
        np.roll(row, 7 * int(weeks))
        for row, weeks in zip(chosen, rng.integers(50, size=count), strict=True)
    ]
    return np.stack(turned) * np.exp(rng.normal(0, 1, (count, 1)))


def seasonal_naive(values: Floats) -> list[tuple[Floats, Floats, Floats]]:
    """The least that a forecast can be, a series at a time: the week before again, and a band as
    wide as the differences to the week before were."""
    found = []
    for row in values:
        mean = np.resize(row[-7:], HORIZON)
        spread = np.std(row[7:] - row[:-7]) * np.sqrt(1 + np.arange(HORIZON) // 7)
        found.append((mean, mean - 1.28 * spread, mean + 1.28 * spread))
    return found


def measure(series: int) -> Speed:
    """One run of each, in turn."""
    values = many(series)
    forecast_many(values[:50], START, HORIZON)  # imports and caches are not what is measured
    began, worked = time.perf_counter(), time.process_time()
    made = forecast_many(values, START, HORIZON, calendar=Calendar("US"))
    ours, processor = time.perf_counter() - began, time.process_time() - worked
    if np.isnan(made.mean[[not reason for reason in made.reason]]).any():
        raise SystemExit("benchmarks.forecast: a forecast has days that are no number")
    began = time.perf_counter()
    seasonal_naive(values)
    naive = time.perf_counter() - began
    peer = None
    if (ROOT / ".venv-backtest").exists():
        cases = [
            Case(str(row), "many", START, values[row], np.zeros(HORIZON))
            for row in range(PEER_SERIES + 1)
        ]
        # The first series takes the compiler along; the others are what a series takes.
        first = forecasts.theirs(cases[:1], [PEER], keep=False)[PEER].ms
        all_of_them = forecasts.theirs(cases, [PEER], keep=False)[PEER].ms * len(cases)
        peer = (all_of_them - first) / 1000 / PEER_SERIES * series
    return Speed(series, ours, processor, naive, peer, peak_gib())


def table(speed: Speed) -> Sequence[str]:
    """Markdown."""
    lines = [
        f"| {speed.series:,} series × {DAYS} days, {HORIZON} ahead | seconds | against Outlay |",
        "|---|---|---|",
        f"| Outlay: 19 candidates, four trials each, bands | {speed.ours:.1f} | 1 |",
        f"| seasonal naive with a band, a series at a time | {speed.naive:.2f} "
        f"| **{speed.naive / speed.ours:.2f}** |",
    ]
    if speed.peer is not None:
        lines.append(
            f"| {PEER} of statsforecast, one thread (from {PEER_SERIES} series) "
            f"| {speed.peer:.0f} | **{speed.peer / speed.ours:.0f}** |"
        )
    goal = "met" if speed.ours < 10 else "**not met**"
    told = (
        f"The goal of 10 seconds on two cores is {goal}. The processor worked "
        f"{speed.processor:.1f} seconds for it, both cores together, which does not drift when the "
        f"machine is shared. Peak memory {speed.peak:.2f} GiB."
    )
    return [*lines, "", told]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=10_000)
    print("\n".join(table(measure(parser.parse_args().series))))


if __name__ == "__main__":
    main()
