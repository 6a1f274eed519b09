"""A purchase plan over a year of hours of 1,000 SKUs, against what else one would do.

python -m benchmarks.planner [--skus 1000]

The baseline is the usual way: one hour after the other in plain Python, a portfolio at a time. It
is timed over a few days and told for a year and as many portfolios as the search weighed. Beside
it, how much the search saves against a plan of one level for all, found on a grid of a hundred.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import peak_gib
from outlay.savings.planner import search
from outlay.savings.planner.search import Searched

Floats = NDArray[np.float64]

HOURS = 8_760
FAMILIES = 40
"""Families of instances; each has a reservation of its own, and one plan covers them all."""

LOOPED_HOURS = 48
GRID = 100


@dataclass(frozen=True)
class Speed:
    """Seconds: the search with the sums of SKUs to families before it; plain Python for as many
    portfolios, as a few days say; `processor` is what the search took of it. Savings are shares of
    the on-demand cost."""

    skus: int
    gathered: float
    searched: float
    processor: float
    portfolios: int
    looped: float
    saved: float
    saved_grid: float
    grid_seconds: float
    peak: float


def usage(skus: int) -> Floats:
    """On-demand money an hour of each SKU over a year: a daily and a weekly wave, a trend, noise,
    and some that run in bursts."""
    rng = np.random.default_rng(7)
    hour = np.arange(HOURS)
    size = rng.lognormal(0.0, 1.2, (skus, 1))
    day = 1 + rng.uniform(0, 0.5, (skus, 1)) * np.sin((hour % 24 - 9) / 24 * 2 * np.pi)
    week = np.where(hour // 24 % 7 >= 5, rng.uniform(0.5, 1.0, (skus, 1)), 1.0)
    trend = 1 + rng.uniform(-0.2, 0.4, (skus, 1)) * hour / HOURS
    found = size * day * week * trend * rng.uniform(0.9, 1.1, (skus, HOURS))
    bursts = rng.random((skus, 1)) < 0.1
    found[np.broadcast_to(bursts, found.shape) & (rng.random(found.shape) < 0.8)] = 0.0
    return np.asarray(found)


def offers(families: int) -> list[Searched]:
    """A reservation of each family (38 to 42 % off), then a plan over all (20 to 30 %)."""
    rng = np.random.default_rng(8)
    found = [
        Searched(np.array([n]), np.array([rate]), 1.0, 0.05 * rate)
        for n, rate in enumerate(rng.uniform(0.58, 0.62, families))
    ]
    rates = rng.uniform(0.70, 0.80, families)
    order = np.argsort(rates)
    return [*found, Searched(order, rates[order])]


def looped(demand: Floats, given: Sequence[Searched], levels: Sequence[float]) -> float:
    """What a portfolio costs, an hour after the other."""
    rows = demand.tolist()
    listed = [(one.rows.tolist(), one.rates.tolist()) for one in given]
    whole = 0.0
    for hour in range(len(rows[0])):
        rest = [row[hour] for row in rows]
        for (covered, rates), level in zip(listed, levels, strict=True):
            room = level
            whole += level
            for row, rate in zip(covered, rates, strict=True):
                taken = min(rest[row] * rate, room)
                rest[row] -= taken / rate
                room -= taken
        whole += sum(rest)
    return whole


def grid(demand: Floats, weights: Floats, given: Sequence[Searched]) -> float:
    """The least cost of a hundred portfolios whose levels are all the same part of the mean."""
    means = [float((demand[one.rows] * one.rates[:, None]).sum(axis=0).mean()) for one in given]
    broad = len(given) - 1
    best = float("inf")
    for part in range(GRID):
        share = part / GRID
        levels = [0.0 if n == broad else mean * share for n, mean in enumerate(means)]
        best = min(best, search.cost(demand, weights, given, levels))
    return best


def measure(skus: int) -> Speed:
    """One run of each, in turn."""
    hours, weights, given = usage(skus), np.ones(HOURS), offers(FAMILIES)
    family = np.arange(skus) % FAMILIES
    began = time.perf_counter()
    demand = np.stack([hours[family == n].sum(axis=0) for n in range(FAMILIES)])
    gathered = time.perf_counter() - began
    began, worked = time.perf_counter(), time.process_time()
    counted = search._Search(demand, weights, given)
    before = counted.left_to_do
    levels = counted.run()
    searched, processor = time.perf_counter() - began, time.process_time() - worked
    portfolios = before - counted.left_to_do
    began = time.perf_counter()
    few = looped(demand[:, :LOOPED_HOURS], given, levels)
    slow = (time.perf_counter() - began) * HOURS / LOOPED_HOURS * portfolios
    same = search.cost(demand[:, :LOOPED_HOURS], weights[:LOOPED_HOURS], given, levels)
    if abs(few - same) > 1e-6 * abs(few):
        raise SystemExit(f"benchmarks.planner: the loop and the search differ: {few} {same}")
    nothing = float(demand.sum())
    began = time.perf_counter()
    coarse = grid(demand, weights, given)
    grid_seconds = time.perf_counter() - began
    ours = search.cost(demand, weights, given, levels)
    return Speed(
        skus, gathered, searched, processor, portfolios, slow, 1 - ours / nothing,
        1 - coarse / nothing, grid_seconds, peak_gib(),
    )  # fmt: skip


def table(speed: Speed) -> Sequence[str]:
    """Markdown."""
    ours = speed.gathered + speed.searched
    lines = [
        f"| {speed.skus:,} SKUs × {HOURS:,} hours, {FAMILIES + 1} offers | seconds | saved |",
        "|---|---|---|",
        f"| Outlay: {speed.portfolios} portfolios weighed, exact optimum an offer | {ours:.1f} "
        f"| {speed.saved:.2%} |",
        f"| hour by hour in plain Python, as many portfolios (from {LOOPED_HOURS} hours) "
        f"| {speed.looped:.0f} | the same |",
        f"| a grid of {GRID} levels, vectorised | {speed.grid_seconds:.1f} "
        f"| {speed.saved_grid:.2%} |",
    ]
    told = (
        f"**{speed.looped / ours:.0f}×** faster than the loop; the grid leaves "
        f"{speed.saved - speed.saved_grid:.2%} of the on-demand cost unsaved. Sums of SKUs to "
        f"families took {speed.gathered:.2f} s of it. The processor worked {speed.processor:.1f} "
        "seconds for the search, which does not drift when the machine is shared. Peak memory "
        f"{speed.peak:.2f} GiB."
    )
    return [*lines, "", told]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, default=1_000)
    print("\n".join(table(measure(parser.parse_args().skus))))


if __name__ == "__main__":
    main()
