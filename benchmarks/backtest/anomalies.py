"""Anomalies: detection against the published rules of others, on labelled series.

python -m benchmarks.backtest.run --only anomalies
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.backtest.cases import ROOT
from benchmarks.backtest.injected import CLASSES, FIRST, KINDS, Case
from benchmarks.backtest.labelled import SEEDS, cases
from benchmarks.backtest.rules import RULES, Rule, stl_rule
from benchmarks.backtest.scoring import Alarm, Score, alarms_of, score
from outlay.anomalies.detect import Detector
from outlay.anomalies.model import Settings
from outlay.anomalies.track import DAILY, Track
from outlay.forecast.calendar import Calendar

if TYPE_CHECKING:
    from benchmarks.backtest.run import Options

Floats = NDArray[np.float64]
OURS = "Outlay"


def run(options: Options) -> str:
    """The tables as Markdown."""
    tune, test = cases("tune", options.small), cases("test", options.small)
    scores: dict[str, Score] = {OURS: score(test, ours(test))}
    settings: dict[str, str] = {OURS: "normal"}
    tables = {"tune": stl_scores(tune), "test": stl_scores(test)}
    for place, rule in enumerate([*RULES, None]):
        on_tune = rule or stl_rule(tables["tune"])
        on_test = rule or stl_rule(tables["test"])
        best = max(on_tune.tried, key=lambda k: score(tune, theirs(tune, on_tune, k)).f1)
        for k in dict.fromkeys((on_test.published, best)):
            name = f"{on_test.name}{'' if k == on_test.published else ', tuned'}"
            scores[name] = score(test, theirs(test, on_test, k))
            settings[name] = setting(k, on_tune)
            if place < len(RULES):
                asked = score(test, theirs(test, on_test, k, partial=True))
                scores[f"{name}, asked before days are complete"] = asked
                settings[f"{name}, asked before days are complete"] = setting(k, on_tune)
    return "\n".join(
        [*_said(tune, test), "", *_main(scores, settings), "", *_details(test, scores)]
    )


def setting(k: float, rule: Rule) -> str:
    """A setting, and that it is at the end of what was tried: a better one may lie beyond."""
    ends = {min(rule.tried), max(rule.tried)} - {rule.published}
    return f"{k:g} (the end of what was tried)" if k in ends else f"{k:g}"


def ours(found: Sequence[Case]) -> list[Alarm]:
    """What Outlay tells, on the day on which it would: an event that is taken back later (a fall
    that a late delivery explains) stays told."""
    groups: dict[tuple[object, str, int], list[int]] = {}
    for place, case in enumerate(found):
        key = (case.bill.start, case.bill.country, len(case.values))
        groups.setdefault(key, []).append(place)
    alarms = []
    for rows in groups.values():
        values = np.array([found[row].values for row in rows])
        bill = found[rows[0]].bill
        track = Track(values, DAILY, np.full(len(rows), values.shape[1], dtype=np.intp))
        judge = Detector(track, bill.start, Calendar(bill.country), Settings())
        judge.run()
        for event in {*judge.events, *judge.open.values(), *judge.dropped}:
            if event.told is not None and event.told >= FIRST:
                way = "up" if event.sign > 0 else "down"
                alarms.append(Alarm(rows[event.row], event.told, event.start, event.end, way))
    return sorted(alarms, key=lambda a: (a.series, a.told, a.start))


def theirs(found: Sequence[Case], rule: Rule, k: float, partial: bool = False) -> list[Alarm]:
    """What a rule of others tells; `partial`: it is also asked on days that are not complete."""
    longest = max(len(case.values) for case in found)
    values = np.zeros((len(found), longest))
    for row, case in enumerate(found):
        values[row, : len(case.values)] = case.values
    flags = rule.flags(values, k, values)
    if partial:
        today = values.copy()
        for row, case in enumerate(found):
            for t, share in case.partial.items():
                today[row, t] *= share
        early = rule.flags(values, k, today)
        flags = np.where(flags == 0, early, flags)
    for row, case in enumerate(found):
        flags[row, len(case.values) :] = 0
    return alarms_of(flags)


def stl_scores(found: Sequence[Case]) -> Floats:
    """STL's judgement of every day, by statsmodels in the backtest's own environment."""
    python = subprocess.run(
        [str(ROOT / "scripts" / "backtest.sh")], check=True, capture_output=True, text=True
    ).stdout.strip()
    longest = max(len(case.values) for case in found)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.npz"
        values = np.zeros((len(found), longest))
        for row, case in enumerate(found):
            values[row, : len(case.values)] = case.values
        np.savez(path, values=values)
        script = Path(__file__).with_name("stl.py")
        subprocess.run([python, str(script), "score", str(path)], check=True)
        return np.asarray(np.load(path)["values"])


def _said(tune: Sequence[Case], test: Sequence[Case]) -> list[str]:
    events = [event for case in test for event in case.events]
    data = {name: sum(case.bill.data == name for case in test) for name in _data(test)}
    counted = ", ".join(f"{count} {name}" for name, count in data.items())
    return [
        f"{len(test)} daily series of the test part ({counted}), {len(events)} injected "
        f"events; the tuning part has {len(tune)} others. Split by seed (tuning "
        f"{SEEDS['tune'].start} to {SEEDS['tune'].stop - 1}, test {SEEDS['test'].start} to "
        f"{SEEDS['test'].stop - 1}), by "
        "series, of real series of many years also by years, and of the sample company by the day "
        "on which its story is first told (its accounts and services are those of both parts). "
        "Outlay's limits and the others' tuned settings were chosen on the tuning part.",
        "",
        "What is injected: spikes (one to three days), steps up and down, leaks (three to six "
        "weeks), outages to nought, other shapes of the week. Decoys: charges of the month, money "
        "that is booked a day late, partly delivered days, holidays, days of 23 and 25 hours, a "
        "leap day, steady growth, series of a few cents. An alarm is an event, whose days have at "
        "most three days between them; it is right when it is told while the injected event counts "
        "and goes the same way. Repeats on the same event and alarms within 14 days of its end are "
        "counted for no one. Real series are cleaned of their own unlabelled events first; on the "
        "sample company's turns of its story nothing is scored. All rules are asked on complete "
        "days only, unless it is said, and none raises a day that is less than 10 % off.",
        "",
        "Read with care: the generator, the sample company and what is injected were written here "
        "with cloud bills in mind, so read the real series by themselves too. An injected event is "
        "at least as large as a person would call one: five times a day's own noise, two and a "
        "half times for a step; series noisier than that allows have none. Outlay is told the "
        "public holidays of a series' country, as a workspace is; the rules of others have no way "
        "to be.",
    ]


def _data(found: Sequence[Case]) -> list[str]:
    return list(dict.fromkeys(case.bill.data for case in found))


def _main(scores: dict[str, Score], settings: dict[str, str]) -> list[str]:
    lines = [
        "| rule | setting | precision | recall | F1 | false alarms | days to the alarm (median) |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in scores.items():
        f1 = f"**{one.f1:.2f}**" if name == OURS else f"{one.f1:.2f}"
        lines.append(
            f"| {name} | {settings[name]} | {one.precision:.2f} | {one.recall:.2f} | {f1} "
            f"| {len(one.false)} | {one.days:.0f} |"
        )
    return lines


def _details(test: Sequence[Case], scores: dict[str, Score]) -> list[str]:
    asked_early = [name for name in scores if "before days" in name]
    rival = max(
        (name for name in scores if name != OURS and name not in asked_early),
        key=lambda name: scores[name].f1,
    )
    mine, other = scores[OURS], scores[rival]
    lines = [
        f"By data, kind and impact (the event's impact over the cost of 30 days: small below 10 %, "
        f"large above 40 %), against the best of the others ({rival}, {scores[rival].f1:.2f}). "
        "Recall by kind and impact; false alarms have none of either.",
        "",
        "| part | events | Outlay | best other | days to Outlay's alarm |",
        "|---|---|---|---|---|",
    ]
    for name in _data(test):
        rows = [row for row, case in enumerate(test) if case.bill.data == name]
        one, two = (_only(found, rows) for found in (mine, other))
        lines.append(
            f"| {name} series, F1 | {len(one.hits)} | {one.f1:.2f} | {two.f1:.2f} "
            f"| {one.days:.0f} |"
        )
    for kind in KINDS:
        lines.append(_recall(f"{kind}, recall", kind, "kind", mine, other))
    for size in CLASSES:
        lines.append(_recall(f"{size} impact, recall", size, "impact_class", mine, other))
    return lines


def _only(found: Score, rows: Iterable[int]) -> Score:
    kept = set(rows)
    return Score(
        tuple(hit for hit in found.hits if hit.series in kept),
        tuple(alarm for alarm in found.false if alarm.series in kept),
    )


def _recall(title: str, value: str, field: str, mine: Score, other: Score) -> str:
    one, two = (
        Score(tuple(hit for hit in found.hits if getattr(hit.event, field) == value), ())
        for found in (mine, other)
    )
    return f"| {title} | {len(one.hits)} | {one.recall:.2f} | {two.recall:.2f} | {one.days:.0f} |"
