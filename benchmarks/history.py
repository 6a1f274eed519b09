"""Loading one more month with 1 and with 12 months of history: the goal is the same time.

python -m benchmarks.history [--rows 300000 a month]
"""

import argparse
import shutil
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data, measure

MONTHS = [f"2025-{m:02d}" for m in range(9, 13)] + [f"2026-{m:02d}" for m in range(1, 11)]


@dataclass(frozen=True)
class History:
    """Seconds to load the newest month."""

    rows: int
    after_one: float
    after_twelve: float


def run(rows: int, runs: int = 3) -> History:
    """The newest month loaded into a workspace that holds 1, and one that holds 12, older ones."""
    bill = data.parquet_bill(rows * len(MONTHS), MONTHS, f"cur2-14x{rows}")
    newest = MONTHS[-1]
    times: dict[int, list[float]] = {1: [], 12: []}
    work = Path(tempfile.mkdtemp(prefix="outlay-bench-", dir=data.DATA))
    try:
        for held in times:
            base = work / f"base{held}"
            for month in MONTHS[-1 - held : -1]:
                measure.child("benchmarks.outlay_load", str(bill), str(base), "3GB", month)
        for turn in range(runs):
            for held, seconds in times.items():
                copy = work / f"run{held}-{turn}"
                shutil.copytree(work / f"base{held}", copy)
                load = measure.child("benchmarks.outlay_load", str(bill), str(copy), "3GB", newest)
                seconds.append(load.seconds)
                shutil.rmtree(copy)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return History(rows, statistics.median(times[1]), statistics.median(times[12]))


def main() -> None:
    """Print the two medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    result = run(parser.parse_args().rows)
    print(
        f"one more month of {result.rows:,} lines: {result.after_one:.2f} s after 1 month, "
        f"{result.after_twelve:.2f} s after 12, ratio {result.after_twelve / result.after_one:.2f}"
    )


if __name__ == "__main__":
    main()
