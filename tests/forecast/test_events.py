"""Known events: days to come that no history tells of, and days of the past that are over."""

from datetime import date, timedelta

import numpy as np
import pytest

from outlay.forecast import KnownEvent, forecast_many
from tests.forecast.series import START, usage

FIRST = START + timedelta(days=200)


def two() -> np.ndarray:
    return np.stack([usage(200, 1), usage(200, 2)])


def test_a_factor_and_an_amount_from_a_day_on() -> None:
    plain = forecast_many(two(), START, 30)
    launch = KnownEvent(FIRST + timedelta(days=10), factor=1.5, name="launch")
    extra = KnownEvent(
        FIRST + timedelta(days=20), amount=25.0, until=FIRST + timedelta(days=22), series=[1]
    )
    made = forecast_many(two(), START, 30, known=[launch, extra])
    np.testing.assert_allclose(made.mean[:, :10], plain.mean[:, :10])
    np.testing.assert_allclose(made.mean[0, 10:], plain.mean[0, 10:] * 1.5)
    np.testing.assert_allclose(made.mean[1, 20:22], plain.mean[1, 20:22] * 1.5 + 25)
    np.testing.assert_allclose(made.mean[1, 22:], plain.mean[1, 22:] * 1.5)
    np.testing.assert_allclose(made.upper[0.8][0, 10:], plain.upper[0.8][0, 10:] * 1.5)


def test_a_commitment_that_ends() -> None:
    end = FIRST + timedelta(days=5)
    made = forecast_many(two(), START, 30, known=[KnownEvent(end, factor=0.0, series=[0])])
    assert (made.mean[0, :5] > 50).all()
    assert not made.mean[0, 5:].any()
    assert (made.mean[1] > 50).all()


def test_an_event_that_is_over_is_not_carried_on() -> None:
    values = two()
    began, over = 185, 200
    values[0, began:over] *= 3
    event = KnownEvent(START + timedelta(days=began), factor=3.0, until=FIRST, series=[0])
    made = forecast_many(values, START, 30, known=[event])
    np.testing.assert_allclose(made.mean, forecast_many(two(), START, 30).mean)


def test_an_event_that_goes_on_is_counted_once() -> None:
    values = two()
    values[0, 190:] *= 2
    event = KnownEvent(START + timedelta(days=190), factor=2.0, series=[0])
    made = forecast_many(values, START, 30, known=[event])
    plain = forecast_many(two(), START, 30)
    np.testing.assert_allclose(made.mean[0], plain.mean[0] * 2)
    np.testing.assert_allclose(made.mean[1], plain.mean[1])


def test_the_total_knows_of_events() -> None:
    event = KnownEvent(FIRST, amount=1000.0, series=[0])
    made = forecast_many(two(), START, 10, known=[event])
    plain = forecast_many(two(), START, 10)
    np.testing.assert_allclose(made.total().mean, plain.total().mean + 1000)
    width = plain.total().upper[0.8] - plain.total().mean
    np.testing.assert_allclose(made.total().upper[0.8], made.total().mean + width)


def test_an_event_that_cannot_be_is_said() -> None:
    with pytest.raises(ValueError, match="not after its first"):
        KnownEvent(date(2026, 1, 2), until=date(2026, 1, 2))
    with pytest.raises(ValueError, match="0 or more"):
        KnownEvent(date(2026, 1, 2), factor=-1)
    with pytest.raises(ValueError, match="to which series"):
        KnownEvent(date(2026, 1, 2), amount=5)
