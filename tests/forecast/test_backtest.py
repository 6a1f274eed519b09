"""The backtest: splits that share nothing, figures that can be reckoned by hand."""

from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.backtest import cases, company, forecasts, generator, groups
from benchmarks.backtest.cases import Case
from benchmarks.report import replace_section
from outlay.forecast.bands import of_days
from tests.forecast.series import usage


def test_no_seed_and_no_story_is_in_both_splits() -> None:
    assert not set(cases.GENERATED["tune"]) & set(cases.GENERATED["test"])
    assert not set(cases.ANCHORS["tune"]) & set(cases.ANCHORS["test"])


def test_years_of_long_series_are_apart() -> None:
    values = np.arange(6000.0)
    tune = list(cases._windows("a", "rides", date(2001, 1, 1), values, "tune"))
    test = list(cases._windows("a", "rides", date(2001, 1, 1), values, "test"))
    assert max(case.future[-1] for case in tune) < min(case.history[0] for case in test)
    assert {len(case.history) for case in tune + test} == {400, 800}
    for case in tune:
        assert case.history[-1] + 1 == case.future[0]
        assert case.start == date(2001, 1, 1) + timedelta(days=int(case.history[0]))


def test_a_seed_is_always_the_same_series() -> None:
    first, again = generator.series(17, 490), generator.series(17, 490)
    np.testing.assert_array_equal(first.values, again.values)
    assert not np.array_equal(first.values, generator.series(18, 490).values)


def test_the_company_is_the_usage_of_its_bills() -> None:
    start, series = company.daily(date(2026, 4, 11), months=2)
    assert start == date(2026, 3, 1)
    assert {len(values) for values in series.values()} == {41}
    assert "480102030402 / AmazonEC2" in series
    assert all((values >= 0).all() for values in series.values())


def case(history: list[float], future: list[float]) -> Case:
    return Case("one", "generated", date(2026, 1, 1), np.array(history), np.array(future))


def test_figures_by_hand() -> None:
    found = [case([1, 2, 3, 4, 5, 6, 7, 3, 4, 5, 6, 7, 8, 9], [10, 20])]
    mean = np.array([[11.0, 16.0]])
    answers = forecasts.Answers(mean, {80: mean - 2}, {80: mean + 2}, 1.0)
    assert found[0].scale == 2.0
    assert forecasts.mase(found, answers, 2) == pytest.approx((1 + 4) / 2 / 2)
    assert forecasts.wape(found, answers, 2) == pytest.approx(5 / 30)
    assert forecasts.coverage(found, answers, 80, 1) == 1.0
    assert forecasts.coverage(found, answers, 80, 2) == 0.5
    assert forecasts.sum_coverage(found, answers, 80, 2) == float(4 * of_days(2) >= 3)


def test_a_group_is_what_its_cases_are() -> None:
    one, two = usage(120), usage(60)
    end = date(2026, 5, 1)
    found = [
        Case("a", "x", end - timedelta(days=120), one, one[:90]),
        Case("b", "x", end - timedelta(days=60), two, two[:30]),
        Case("c", "x", end - timedelta(days=61), two, two[:30], "US"),
        Case("d", "x", end - timedelta(days=60), two, two[:30], "US"),
    ]
    first, second, third = groups.groups(found)
    assert (first.places, second.places, third.places) == ([0, 1], [2], [3])
    assert first.start == end - timedelta(days=120)
    np.testing.assert_array_equal(first.values[1], np.concatenate([np.zeros(60), two]))


def test_a_section_replaces_itself_alone() -> None:
    text = replace_section("# Head\n", "one", ["first"])
    text = replace_section(text, "two", ["second"])
    text = replace_section(text, "one", ["again"])
    assert "first" not in text
    assert text.index("again") < text.index("second")
    assert text.startswith("# Head\n")
