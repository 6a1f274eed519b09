"""Forecasts of many series: what must hold for any of them, and series whose future is known."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.forecast import Calendar, KnownEvent, forecast_many
from tests.forecast.series import START, Floats, dates, mixed, usage


def one(values: Floats, horizon: int = 90, **more: object) -> Floats:
    """The mean of a single series."""
    made = forecast_many(values[None], START, horizon, **more)  # type: ignore[arg-type]
    assert made.reason == [""]
    return made.mean[0]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(20, 150), horizon=st.integers(1, 100))
def test_bands_are_in_order_and_nothing_is_missing(seed: int, count: int, horizon: int) -> None:
    made = forecast_many(mixed(seed, count), START, horizon)
    rows = [row for row, reason in enumerate(made.reason) if not reason]
    assert len(rows) >= 5
    for row in rows:
        inner, outer = made.lower[0.8][row], made.lower[0.95][row]
        assert np.isfinite(made.mean[row]).all()
        assert (outer <= inner + 1e-9).all()
        assert (inner <= made.mean[row] + 1e-9).all()
        assert (made.mean[row] <= made.upper[0.8][row] + 1e-9).all()
        assert (made.upper[0.8][row] <= made.upper[0.95][row] + 1e-9).all()
        assert made.method[row]


def test_a_forecast_depends_on_no_other_series_and_on_no_horizon() -> None:
    values = mixed(7)
    together = forecast_many(values, START, 90)
    for row in range(len(values)):
        alone = forecast_many(values[row : row + 1], START, 30)
        np.testing.assert_allclose(alone.mean[0], together.mean[row, :30], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(
            alone.upper[0.8][0], together.upper[0.8][row, :30], rtol=1e-9, atol=1e-9
        )
        assert alone.method[0] == together.method[row]


@pytest.mark.parametrize("factor", [1e-6, 0.01, 37.0, 1e9])
def test_twice_the_amounts_are_twice_the_forecast(factor: float) -> None:
    values = mixed(11)
    made, scaled = forecast_many(values, START, 40), forecast_many(values * factor, START, 40)
    np.testing.assert_allclose(scaled.mean, made.mean * factor, rtol=1e-6)
    np.testing.assert_allclose(scaled.lower[0.95], made.lower[0.95] * factor, rtol=1e-6)
    for before, after in zip(made.errors, scaled.errors, strict=True):
        assert after.mase == pytest.approx(before.mase, rel=1e-6)


def test_credits_are_costs_with_the_other_sign() -> None:
    values = usage(200)[None]
    cost, credit = forecast_many(values, START, 30), forecast_many(-values, START, 30)
    assert (credit.mean < 0).all()
    assert (credit.upper[0.95] <= 0).all()
    assert (cost.lower[0.95] >= 0).all()
    assert abs(credit.mean.sum() / cost.mean.sum() + 1) < 0.02


def test_the_weekly_shape_goes_on() -> None:
    mean = one(usage(300), 28)
    came = usage(328, noise=0.0)[300:]
    np.testing.assert_allclose(mean, came, rtol=0.03)


@pytest.mark.parametrize("since", [100, 30, 21, 14, 10, 8, 7, 6])
@pytest.mark.parametrize("size", [2.0, 0.4])
def test_a_step_is_not_smeared(since: int, size: float) -> None:
    """From the sixth day on after the level doubled, the forecast is of the new level."""
    values = usage(300)
    values[-since:] *= size
    came = size * usage(330, noise=0.0)[300:]
    np.testing.assert_allclose(one(values, 30).sum(), came.sum(), rtol=0.05)


def test_an_outlier_moves_nothing() -> None:
    values = usage(300)
    quiet = one(values, 30)
    values[-9] *= 12
    np.testing.assert_allclose(one(values, 30), quiet, rtol=0.06)
    np.testing.assert_allclose(one(values, 30).sum(), quiet.sum(), rtol=0.02)


def test_a_fee_at_the_start_of_the_month_goes_to_its_day() -> None:
    values = np.where([day.day == 1 for day in dates(400)], 310.0, 10.0)
    mean = one(values, 90)
    ahead = dates(490)[400:]
    assert sum(day.day == 1 for day in ahead) == 3
    for day, cost in zip(ahead, mean, strict=True):
        assert cost == pytest.approx(310.0 if day.day == 1 else 10.0, rel=0.02), day


def test_a_fee_at_the_end_of_the_month_knows_a_leap_day() -> None:
    start = date(2027, 1, 1)
    days = dates(396, start)
    assert days[-1] == date(2028, 1, 31)
    last = np.array([(a.month != b.month) for a, b in zip(days, dates(396, days[1]), strict=True)])
    values = 20.0 + 100.0 * last
    made = forecast_many(values[None], start, 31)
    ahead = dates(427, start)[396:]
    by_day = dict(zip(ahead, made.mean[0].tolist(), strict=True))
    assert by_day[date(2028, 2, 29)] == pytest.approx(120, rel=0.02)
    assert by_day[date(2028, 2, 28)] == pytest.approx(20, rel=0.05)


def test_growth_goes_on() -> None:
    values = 100 * np.exp(np.arange(300) * 0.002)
    came = 100 * np.exp(np.arange(300, 330) * 0.002)
    np.testing.assert_allclose(one(values, 30), came, rtol=0.02)


def test_holidays_are_known_where_a_country_is() -> None:
    calendar = Calendar("US")
    days = calendar.days(START, 400 + 90)
    values = np.where(days.holiday, 20.0, 100.0)[:400]
    mean = one(values, 90, calendar=calendar)
    holidays = days.holiday[400:]
    assert holidays.any()
    assert (mean[holidays] < 40).all()
    assert (mean[~holidays] > 95).all()
    assert (one(values, 90)[holidays] > 60).any()


def test_a_series_that_ended_costs_nothing_and_says_so() -> None:
    values = usage(300)
    values[-40:] = 0
    made = forecast_many(np.stack([values, np.zeros(300)]), START, 30)
    assert not made.mean.any()
    assert not made.upper[0.95].any()
    assert made.method == ["ended: nothing since 2025-09-17", "nothing charged"]
    assert made.reason == ["", ""]


def test_a_series_with_gaps_as_long_before_has_not_ended() -> None:
    values = np.zeros(400)
    values[10::45] = 50.0
    made = forecast_many(values[None], START, 90)
    assert made.mean.sum() > 0
    assert not made.method[0].startswith("ended")


def test_a_pause_of_years_is_no_error() -> None:
    values = np.zeros(2600)
    values[[0, 1250]] = 900.0
    made = forecast_many(values[None], START, 30)
    assert not made.mean.any()
    assert np.isfinite(made.upper[0.95]).all()


def test_a_series_that_never_moves_is_certain() -> None:
    made = forecast_many(np.full((1, 100), 7.25), START, 30)
    for part in (made.mean, made.lower[0.95], made.upper[0.95]):
        np.testing.assert_allclose(part, 7.25, rtol=1e-12)


def test_too_little_history_is_no_forecast_but_a_reason() -> None:
    values = np.zeros((3, 100))
    values[0, -13:] = 5.0
    values[1, -1:] = 5.0
    values[2, -14:] = 5.0
    made = forecast_many(values, START, 10)
    assert made.reason == [
        "too little history: 13 days since the first amount, a forecast needs 14",
        "too little history: 1 day since the first amount, a forecast needs 14",
        "",
    ]
    assert np.isnan(made.mean[:2]).all()
    assert np.isnan(made.lower[0.8][:2]).all()
    np.testing.assert_allclose(made.mean[2], 5.0)
    assert made.errors[0].mase is None


def test_nothing_at_all_is_no_error() -> None:
    assert len(forecast_many(np.zeros((0, 50)), START, 10)) == 0
    assert not forecast_many(np.zeros((0, 50)), START, 10).total().mean.any()
    made = forecast_many(np.zeros((2, 0)), START, 10)
    assert (
        made.reason
        == ["too little history: 0 days since the first amount, a forecast needs 14"] * 2
    )


def test_days_before_the_first_amount_are_no_history() -> None:
    """Zeros in front change nothing: a young series is forecast from what it has."""
    values = usage(112)
    long = np.concatenate([np.zeros(200), values])
    start = dates(1, START)[0]
    padded = forecast_many(long[None], start, 30)
    alone = forecast_many(values[None], dates(201)[200], 30)
    np.testing.assert_allclose(padded.mean, alone.mean, rtol=1e-9)


def test_a_day_that_is_not_known_is_no_zero() -> None:
    values = usage(300)
    holes = values.copy()
    holes[[-1, -30, 100]] = np.nan
    np.testing.assert_allclose(one(holes, 30), one(values, 30), rtol=0.03)


def test_past_errors_are_those_of_the_residuals() -> None:
    values = mixed(3)
    made = forecast_many(values, START, 30)
    for row, error in enumerate(made.errors):
        off = made.residuals[:, row]
        backs = [(made.start - window).days for window in error.windows]
        assert backs == [7, 14, 28, 90]
        came = [values[row, -back:] for back in backs]
        total = np.nansum(np.abs(off))
        assert error.wape == pytest.approx(total / np.abs(np.concatenate(came)).sum())
        unit = np.abs(values[row, 7:] - values[row, :-7]).mean()
        assert error.mase == pytest.approx(total / (7 + 14 + 28 + 90) / unit)
        assert error.candidates
        assert "year before" not in error.candidates


def test_a_trial_knows_nothing_of_the_days_after_it() -> None:
    """A candidate's forecast of past days does not change with what came on them."""
    from outlay.forecast.candidates import candidates

    values = mixed(5).T
    days = Calendar().days(START, 200)
    future = Calendar().days(dates(181)[180], 20)
    before, _ = candidates(values[:180].copy(), days.first(180), future, yearly=False)
    values[180:] *= 5
    after, _ = candidates(values[:180].copy(), days.first(180), future, yearly=False)
    np.testing.assert_array_equal(before, after)


def test_the_year_before_counts_where_it_helps() -> None:
    """Two years and more with a summer twice as high: the next summer is seen coming."""
    count = 840
    time = np.arange(count + 90)
    values = 100 + 60 * np.sin(2 * np.pi * time / 364)
    made = forecast_many(values[None, :count], START, 90)
    still = np.abs(values[count:] - values[count - 1]).mean()
    assert np.abs(made.mean[0] - values[count:]).mean() < still * 0.7
    assert "year before" in made.method[0]


def test_what_is_asked_wrongly_is_said() -> None:
    good = np.ones((1, 30))
    with pytest.raises(ValueError, match="matrix"):
        forecast_many(np.ones(30), START, 7)
    with pytest.raises(ValueError, match="at least one day"):
        forecast_many(good, START, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        forecast_many(good, START, 7, levels=(80,))
    with pytest.raises(ValueError, match="infinite"):
        forecast_many(good * np.inf, START, 7)
    with pytest.raises(ValueError, match="about series 3"):
        forecast_many(good, START, 7, known=[KnownEvent(START, factor=2, series=[3])])
