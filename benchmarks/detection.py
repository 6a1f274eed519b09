"""Judging 10,000 daily series for one new day of data, against a loop of the 2 σ rule.

python -m benchmarks.detection [--series 10000]

Ours goes through all 400 days again, because which earlier days were anomalies decides what is
normal today; the loop judges as many days, in plain Python, a series at a time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.bills import bill
from benchmarks.backtest.injected import case
from benchmarks.measure import peak_gib
from outlay.anomalies.detect import detect
from outlay.anomalies.model import Settings
from outlay.forecast.calendar import Calendar

Floats = NDArray[np.float64]

DAYS = 400
START = date(2025, 1, 1)
MADE = 500
"""Series that are made; the others are these times another amount."""
EVENTFUL = 5
LOOPED = 200
"""Series that the loop is timed on; its time for all is reckoned from these."""


@dataclass(frozen=True)
class Speed:
    """Seconds for all series: ours and of the processor, the loop's as its time for a few says;
    events found in the last `Settings.days` days."""

    series: int
    ours: float
    processor: float
    loop: float
    events: int
    peak: float


def many(count: int) -> Floats:
    """`count` series of DAYS days with weekly shapes, noise, charges of the month in half of them,
    and none to three injected events in one of EVENTFUL."""
    bills = [bill(seed) for seed in range(MADE)]
    made = np.stack(
        [case(one, at).values if at % EVENTFUL == 0 else one.values for at, one in enumerate(bills)]
    )
    rng = np.random.default_rng(1)
    chosen = made[rng.integers(len(made), size=count)]
    return np.asarray(chosen * np.exp(rng.normal(0, 1, (count, 1))))


def two_sigma(values: Sequence[float]) -> list[int]:
    """The days that are more than two standard deviations off the mean of the 30 before."""
    found = []
    for day in range(30, len(values)):
        past = values[day - 30 : day]
        mean = statistics.fmean(past)
        if abs(values[day] - mean) > 2 * statistics.stdev(past, mean):
            found.append(day)
    return found


def measure(count: int) -> Speed:
    """Time both."""
    values = many(count)
    begun, processor = time.perf_counter(), time.process_time()
    events = detect(values, START, Calendar(), Settings())
    ours, processor = time.perf_counter() - begun, time.process_time() - processor
    rows = values[:LOOPED].tolist()
    begun = time.perf_counter()
    for row in rows:
        two_sigma(row)
    loop = (time.perf_counter() - begun) / len(rows) * count
    return Speed(count, ours, processor, loop, len(events), peak_gib())


def table(speed: Speed) -> list[str]:
    """As Markdown."""
    return [
        f"| {speed.series:,} series × {DAYS} days | seconds |",
        "|---|---|",
        f"| Outlay, all of it for one new day | **{speed.ours:.1f}** ({speed.processor:.1f} of the "
        f"processor; {speed.events:,} events) |",
        f"| the 2 σ rule, a Python loop a series (from {LOOPED} series) | {speed.loop:.1f} |",
        "",
        f"Peak memory {speed.peak:.2f} GiB.",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=10_000)
    a = parser.parse_args()
    print("\n".join(table(measure(a.series))))


if __name__ == "__main__":
    main()
