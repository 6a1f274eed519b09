"""Laws that hold for every series: scale, independence, order, causality."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.anomalies.detect import detect
from outlay.anomalies.model import Candidate
from tests.anomalies.series import ALL, START, usual

DAYS = 130


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    """Two or three series with a change somewhere."""
    rows = []
    for _ in range(draw(st.integers(2, 3))):
        noise = draw(st.sampled_from([0.01, 0.05]))
        values = usual(DAYS, seed=draw(st.integers(0, 50)), noise=noise)
        at, length = draw(st.integers(50, DAYS - 2)), draw(st.sampled_from([1, 3, 200]))
        values[at : at + length] *= draw(st.sampled_from([0, 0.6, 1.0, 1.4, 3]))
        rows.append(values)
    return np.array(rows)


def verdicts(events: list[Candidate]) -> list[tuple[object, ...]]:
    return [(e.series, e.kind, e.direction, e.start, e.end, e.active, e.raised_on) for e in events]


@settings(max_examples=12, deadline=None)
@given(matrices(), st.sampled_from([0.001, 0.37, 5, 1e6]))
def test_scale_scales_impacts_and_changes_no_verdict(values: np.ndarray, by: float) -> None:
    one = detect(values, START, settings=ALL)
    other = detect(values * by, START, settings=ALL)
    assert verdicts(one) == verdicts(other)
    for first, second in zip(one, other, strict=True):
        assert second.impact == pytest.approx(first.impact * by, rel=1e-6)


@settings(max_examples=12, deadline=None)
@given(matrices())
def test_series_do_not_depend_on_each_other_nor_on_their_order(values: np.ndarray) -> None:
    together = verdicts(detect(values, START, settings=ALL))
    alone = [
        (row, *verdict[1:])
        for row in range(len(values))
        for verdict in verdicts(detect(values[row : row + 1], START, settings=ALL))
    ]
    assert together == alone
    turned = verdicts(detect(values[::-1], START, settings=ALL))
    last = len(values) - 1
    assert sorted(together, key=repr) == sorted(((last - v[0], *v[1:]) for v in turned), key=repr)  # type: ignore[operator]


@settings(max_examples=8, deadline=None)
@given(matrices(), st.integers(60, DAYS - 1))
def test_an_event_is_told_by_the_days_up_to_it(values: np.ndarray, until: int) -> None:
    """What was told of days up to one is told of the whole too (unless a later day explained a
    fall), and the later days do not move the day on which it was raised."""
    short = detect(values[:, :until], START, settings=ALL)
    whole = detect(values, START, settings=ALL)
    raised = {(e.series, e.start, e.raised_on) for e in whole}
    for event in short:
        if event.direction == "up" and event.kind != "shape":
            assert (event.series, event.start, event.raised_on) in raised
        assert event.end < START + timedelta(days=until)
