"""Sums hold whatever is summed: whole cents, and lines moved to a total."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from outlay.app.forecasting.reckoned import Line, _ratio, _spread, in_units

AMOUNTS = st.floats(-1e5, 1e5, allow_nan=False).map(lambda value: round(value, 6))
PARTS = st.tuples(st.integers(1, 6), st.integers(1, 12)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=AMOUNTS)
)


@settings(max_examples=30, deadline=None)
@given(PARTS, st.sampled_from([0, 2, 3]))
def test_cents_of_parts_are_cents_of_the_total_on_each_day(parts: np.ndarray, places: int) -> None:
    whole, units = in_units(parts.sum(axis=0), parts, places)
    assert (units.sum(axis=0) == whole).all()
    # Nothing is lost by rounding: the sum of all days is within a unit for each part.
    off = np.abs(units.sum(axis=1) - parts.sum(axis=1) * 10.0**places)
    assert (off <= len(parts) + 1).all()


@settings(max_examples=30, deadline=None)
@given(PARTS.map(np.abs), arrays(np.float64, 12, elements=st.floats(0, 1e6)))
def test_lines_are_moved_to_their_total(parts: np.ndarray, total: np.ndarray) -> None:
    wanted = total[: parts.shape[1]]
    lines = [Line(mean=row.copy(), errors=None) for row in parts]
    _spread(wanted, lines)
    moved = np.array([line.mean for line in lines])
    np.testing.assert_allclose(moved.sum(axis=0), wanted, atol=1e-6)
    assert (moved >= -1e-6).all()


def test_days_that_err_to_one_side_have_the_widest_sum() -> None:
    same = np.tile([[1.0], [-1.0]], (8, 10))
    mixed = np.tile([1.0, -1.0], (16, 5))
    assert _ratio(None, 1) == 1 and _ratio(None, 0) == 0
    assert _ratio(mixed, 10) < _ratio(None, 10) < _ratio(same, 10) <= 1
