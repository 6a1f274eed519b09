"""The calendar of daily series."""

from datetime import date, timedelta

import pytest

from outlay.forecast import Calendar, CalendarError


def test_every_day_is_the_date_that_it_is() -> None:
    start = date(2023, 12, 20)
    days = Calendar().days(start, 1200)
    assert len(days) == 1200
    for place in range(1200):
        day = start + timedelta(days=place)
        tomorrow = day + timedelta(days=1)
        assert days.weekday[place] == day.weekday()
        assert days.day[place] == day.day
        assert (days.before_end[place] == 0) == (tomorrow.month != day.month)
    assert not days.holiday.any()


def test_a_leap_day_is_a_day_of_its_month() -> None:
    days = Calendar().days(date(2028, 2, 27), 4)
    assert days.day.tolist() == [27, 28, 29, 1]
    assert days.before_end.tolist() == [2, 1, 0, 30]


def test_holidays_have_the_same_number_each_year_also_when_they_move() -> None:
    start = date(2021, 1, 1)
    days = Calendar("US").days(start, 2 * 365)
    christmas = [(date(2021, 12, 24) - start).days, (date(2022, 12, 26) - start).days]
    assert days.holiday[christmas].all()
    assert days.which[christmas[0]] == days.which[christmas[1]] > 0
    assert not days.holiday[(date(2021, 12, 25) - start).days]  # a Saturday


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    corpus_christi = date(2026, 6, 4)
    assert Calendar("DE", "BY").days(corpus_christi, 1).holiday[0]
    assert not Calendar("DE", "BE").days(corpus_christi, 1).holiday[0]


def test_a_country_that_is_not_known_is_said() -> None:
    with pytest.raises(CalendarError, match="no public holidays are known for 'XX'"):
        Calendar("XX").days(date(2026, 1, 1), 10)


def test_the_first_days_of_days() -> None:
    days = Calendar("US").days(date(2026, 6, 1), 60)
    few = days.first(40)
    assert len(few) == 40
    assert few.which.tolist() == days.which[:40].tolist()
