"""Sums of forecasts: coherent, with bands of their own, exact in cents."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.forecast import exact, forecast_many
from outlay.forecast.cents import cents
from tests.forecast.series import START, mixed, usage


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), horizon=st.integers(1, 60))
def test_the_total_is_the_sum_of_its_parts(seed: int, horizon: int) -> None:
    made = forecast_many(mixed(seed), START, horizon)
    total = made.total()
    np.testing.assert_allclose(total.mean, made.mean.sum(axis=0), rtol=1e-12)
    few = made.total([1, 3])
    np.testing.assert_allclose(few.mean, made.mean[1] + made.mean[3], rtol=1e-12)
    assert (total.lower[0.95] <= total.lower[0.8]).all()
    assert (total.lower[0.8] <= total.mean).all()
    assert (total.mean <= total.upper[0.8]).all()
    assert (total.upper[0.8] <= total.upper[0.95]).all()


def test_parts_that_err_by_themselves_make_a_narrower_total() -> None:
    values = np.stack([usage(300, seed, noise=0.15) for seed in range(30)])
    made = forecast_many(values, START, 30)
    total = made.total()
    parts = (made.upper[0.8] - made.lower[0.8]).sum(axis=0)
    assert (total.upper[0.8] - total.lower[0.8]).mean() < 0.5 * parts.mean()


def test_parts_that_err_together_do_not() -> None:
    values = np.stack([usage(300, seed=1, noise=0.15) for _ in range(10)])
    made = forecast_many(values, START, 30)
    total = made.total()
    parts = (made.upper[0.8] - made.lower[0.8]).sum(axis=0)
    assert (total.upper[0.8] - total.lower[0.8]).mean() == pytest.approx(parts.mean(), rel=1e-6)


def test_the_total_of_one_series_is_that_series() -> None:
    made = forecast_many(mixed(2), START, 30)
    for row in range(len(made)):
        total = made.total([row])
        np.testing.assert_allclose(total.upper[0.95], made.upper[0.95][row], rtol=1e-6)


def test_series_without_a_forecast_are_not_in_the_total() -> None:
    values = mixed(2)
    values[0, :-5] = 0
    made = forecast_many(values, START, 30)
    assert made.reason[0]
    np.testing.assert_allclose(made.total().mean, made.mean[1:].sum(axis=0))
    assert not made.total([0]).mean.any()


amounts = st.lists(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=5), min_size=1, max_size=6)


@given(values=amounts, digits=st.sampled_from([0, 2, 3]))
def test_cents_of_any_run_of_days_are_within_one_of_its_amount(
    values: list[list[float]], digits: int
) -> None:
    matrix = np.array(values)
    units = cents(matrix, digits)
    for first in range(5):
        for last in range(first + 1, 6):
            off = units[:, first:last].sum(axis=1) - matrix[:, first:last].sum(axis=1) * 10**digits
            assert (np.abs(off) <= 1 + 1e-3).all()


def test_amounts_below_a_cent_a_day_are_not_lost() -> None:
    (days,) = exact(np.full((1, 30), 0.004))
    assert sum(days) == Decimal("0.12")
    assert set(days) == {Decimal("0.00"), Decimal("0.01")}


def test_exact_parts_add_up_to_an_exact_total() -> None:
    parts = exact(forecast_many(mixed(4), START, 45).mean)
    by_day = [sum(day) for day in zip(*parts, strict=True)]
    assert sum(by_day) == sum(sum(part) for part in parts)
    assert all(amount == amount.quantize(Decimal("0.01")) for part in parts for amount in part)


def test_no_number_is_no_amount() -> None:
    with pytest.raises(ValueError, match="not a number"):
        exact(np.array([[1.0, np.nan]]))


def test_what_64_bits_do_not_hold_is_no_amount() -> None:
    """Else a sum would turn over, and a rise be told as a fall."""
    with pytest.raises(ValueError, match="too large"):
        cents(np.array([[1e17, 1.0]]))
