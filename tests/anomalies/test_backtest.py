"""The backtest: alarms are matched as it says, and detection is better than the others' rules."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.backtest.anomalies import ours, setting, theirs
from benchmarks.backtest.bills import Bill, bill
from benchmarks.backtest.injected import Case, Injected, case
from benchmarks.backtest.rules import RULES
from benchmarks.backtest.scoring import Alarm, alarms_of, score
from tests.anomalies.series import START

STEP = Injected("step", "up", 200, 399, 221, 1000.0, "large")
SPIKE = Injected("spike", "up", 150, 151, 153, 10.0, "small")


def labelled(known: frozenset[int] = frozenset()) -> list[Case]:
    nought = np.zeros(400)
    flat = Bill("flat", "generated", START, nought + 1, nought, 0.01, "", known)
    return [Case(flat, nought + 1, (SPIKE, STEP))]


@pytest.mark.parametrize(
    ("alarm", "found", "false"),
    [
        (Alarm(0, 150, 150, 151, "up"), 1, 0),
        (Alarm(0, 150, 150, 151, "down"), 0, 0),  # the other way, on the event: not counted
        (Alarm(0, 149, 149, 151, "up"), 0, 1),  # told before it began
        (Alarm(0, 154, 154, 154, "up"), 0, 0),  # too late to count, near enough to be forgiven
        (Alarm(0, 166, 166, 166, "up"), 0, 1),
        (Alarm(0, 221, 221, 221, "up"), 1, 0),
        (Alarm(0, 236, 236, 236, "up"), 0, 1),
        (Alarm(0, 300, 300, 300, "up"), 0, 1),
    ],
)
def test_matching(alarm: Alarm, found: int, false: int) -> None:
    told = score(labelled(), [alarm])
    assert (told.found, len(told.false), len(told.hits)) == (found, false, 2)


def test_repeats_are_not_counted_and_known_days_neither() -> None:
    twice = [Alarm(0, 200, 200, 203, "up"), Alarm(0, 210, 210, 212, "up")]
    told = score(labelled(), twice)
    assert (told.found, len(told.false), told.precision, told.recall) == (1, 0, 1.0, 0.5)
    assert told.f1 == pytest.approx(2 / 3)
    away = [Alarm(0, 300, 300, 300, "up")]
    assert score(labelled(frozenset({300})), away).false == ()


def test_flagged_days_are_one_alarm_up_to_three_days_apart() -> None:
    flags = np.zeros((1, 400), dtype=np.int8)
    flags[0, [5, 130, 131, 135, 140, 141]] = 1
    flags[0, 136] = -1
    told = [(a.start, a.end, a.direction) for a in alarms_of(flags)]
    assert told == [(130, 135, "up"), (140, 141, "up"), (136, 136, "down")]


def test_injected_events_are_as_large_as_is_said() -> None:
    for seed in range(3000, 3030):
        made = case(bill(seed), seed)
        for event in made.events:
            days = slice(event.start, min(event.end, event.until) + 1)
            apart = made.values[days].sum() - made.bill.values[days].sum()
            late = sum(event.start <= t <= event.until for t in made.late)
            assert late == 0
            assert (event.impact > 0) == (event.direction == "up")
            if event is made.events[0]:
                assert apart == pytest.approx(event.impact)


def test_better_than_the_rules_of_others() -> None:
    """On seeds of neither part of the backtest."""
    cases = [case(bill(seed), seed) for seed in range(3000, 3040)]
    mine = score(cases, ours(cases))
    assert len(mine.hits) > 40
    assert mine.f1 >= 0.85
    for rule in RULES:
        for k in rule.tried:
            assert score(cases, theirs(cases, rule, k)).f1 <= 0.7


def test_a_setting_at_the_end_of_what_was_tried_says_so() -> None:
    (mean, *_) = RULES
    assert setting(mean.published, mean) == "30" == f"{mean.published:g}"
    assert setting(75, mean) == "75"
    assert setting(max(mean.tried), mean) == "200 (the end of what was tried)"
