"""Every event can be reckoned again by hand from the numbers shown with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from statistics import median

import numpy as np
import pytest

from outlay.anomalies.detect import detect
from outlay.anomalies.model import Candidate
from outlay.anomalies.recompute import recompute
from tests.anomalies.series import ALL, START, found, usual


def eventful() -> list[Candidate]:
    """Events of every kind and window in series with charges of the month."""
    rows = []
    for seed in range(6):
        values = usual(300, seed=seed, noise=0.03)
        firsts = [t for t in range(300) if (START + timedelta(days=t)).day == 1]
        values[firsts] += 120 * (seed % 2)
        rows.append(values)
    rows[0][120] *= 2.2
    rows[0][200:] *= 1.22
    rows[1][150:] *= 1 + np.clip((np.arange(150) + 1) / 40, 0, 1) * 0.8
    rows[2][180:184] = 0
    rows[3][[t for t in range(150, 300) if t % 7 >= 5]] *= 1.8
    rows[4][140:] *= 0.8
    rows[5][240:] *= 1.6
    return detect(np.array(rows), START, settings=ALL)


def test_by_hand_equals_the_engine() -> None:
    events = eventful()
    assert {event.kind for event in events} == {"spike", "step", "leak", "outage", "shape"}
    assert {event.basis.window for event in events} >= {1, 3}
    for event in events:
        again = recompute(event)
        assert again.raised and again.differs == (), event


def test_a_wrong_number_is_seen() -> None:
    event = eventful()[0]
    wrong = replace(event.days[0], actual=event.days[0].actual + 1)
    assert "impact" in recompute(replace(event, days=(wrong, *event.days[1:]))).differs
    basis = replace(event.basis, level=event.basis.level * 1.01)
    assert recompute(replace(event, basis=basis)).differs == ("level",)


def test_the_worked_example_of_the_docs() -> None:
    """docs/anomalies.md, "a worked example": 100 a day, 60 on weekends, 180 on one Wednesday."""
    start = date(2026, 1, 5)
    days = [start + timedelta(days=t) for t in range(61)]
    values = np.array([60.0 if day.weekday() >= 5 else 100.0 for day in days])
    values[58] = 180.0
    (event,) = found(values, start=start)
    assert event.start == event.end == date(2026, 3, 4)
    basis = event.basis
    week = (5 * 100 + 2 * 60) / 7
    assert basis.level == pytest.approx(week)
    (day,) = event.days
    assert (round(basis.level, 2), round(day.factor, 4)) == (88.57, 1.1290)
    assert day.expected == pytest.approx(100)
    assert day.error == pytest.approx(0.8)
    assert len(basis.changes) == 30
    assert basis.usual == 0.02
    assert basis.multiplier == pytest.approx(6 * (1 + 4 / 30))
    assert basis.threshold == pytest.approx(0.136)
    assert (day.lower, day.upper) == pytest.approx((86.4, 113.6))
    assert event.impact == pytest.approx(80)
    assert median(one.steady for one in basis.history[-14:]) == pytest.approx(week)


def test_the_band_bounds_what_is_normal() -> None:
    for event in eventful():
        for day in event.days:
            if event.basis.window == 1 and day.flagged and not day.left_out:
                outside = not day.lower <= day.actual <= day.upper
                assert outside or event.kind in ("step", "leak", "shape", "spike")
            assert day.lower <= day.expected <= day.upper
