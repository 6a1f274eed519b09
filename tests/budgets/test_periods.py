"""The periods of budgets: calendar, financial year, one of its own."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.planning.budgets.periods import (
    PeriodKeyError,
    between,
    following,
    months_of,
    parse,
    period_of,
    previous,
)
from tests.budgets.specs import spec

PROJECT = spec(period="custom", **{"from": "2026-03-10", "until": "2026-09-01"})


@pytest.mark.parametrize(
    ("fields", "day", "key", "start", "end", "title"),
    [
        ({}, "2026-11-29", "2026-11", "2026-11-01", "2026-12-01", "Nov 2026"),
        ({}, "2028-02-29", "2028-02", "2028-02-01", "2028-03-01", "Feb 2028"),
        ({"period": "quarter"}, "2026-11-29", "2026-Q4", "2026-10-01", "2027-01-01", "Q4 2026"),
        ({"period": "year"}, "2026-11-29", "2026", "2026-01-01", "2027-01-01", "2026"),
        ({"period": "year", "year_start": 4}, "2026-03-31", "FY2026", "2025-04-01", "2026-04-01",
         "FY2026"),
        ({"period": "quarter", "year_start": 4}, "2026-03-31", "FY2026-Q4", "2026-01-01",
         "2026-04-01", "Q4 FY2026"),
        ({"period": "quarter", "year_start": 2}, "2026-01-31", "FY2026-Q4", "2025-11-01",
         "2026-02-01", "Q4 FY2026"),
        ({"year_start": 4}, "2026-03-31", "2026-03", "2026-03-01", "2026-04-01", "Mar 2026"),
    ],
)  # fmt: skip
def test_a_day_lies_in_one_period(fields, day, key, start, end, title) -> None:
    found = period_of(spec(**fields), date.fromisoformat(day))
    assert found is not None
    assert (found.key, str(found.start), str(found.end)) == (key, start, end)
    assert found.title == title
    assert parse(spec(**fields), key) == found


def test_a_project_has_one_period() -> None:
    found = period_of(PROJECT, date(2026, 8, 31))
    assert found is not None
    assert (found.key, found.title) == ("2026-03-10..2026-09-01", "10 Mar – 31 Aug 2026")
    assert found.days == 175
    assert period_of(PROJECT, date(2026, 9, 1)) is None
    assert (previous(PROJECT, found), following(PROJECT, found)) == (None, None)
    assert [str(one) for one in months_of(found)][::5] == ["2026-03", "2026-08"]


def test_outside_of_from_and_until_there_is_none() -> None:
    held = spec(**{"from": "2026-03-01", "until": "2026-06-01"})
    assert period_of(held, date(2026, 2, 28)) is None
    assert period_of(held, date(2026, 6, 1)) is None
    keys = [one.key for one in between(held, date(2026, 1, 1), date(2027, 1, 1))]
    assert keys == ["2026-03", "2026-04", "2026-05"]


@pytest.mark.parametrize(
    ("fields", "key", "why"),
    [
        ({}, "2026-13", "written like 2026-11"),
        ({}, "2026-Q4", "written like 2026-11"),
        ({"period": "quarter"}, "2026-11", "written like 2026-Q4"),
        ({"period": "quarter", "year_start": 7}, "2026-Q4", "written like FY2026-Q4"),
        ({"period": "year"}, "FY2026", "written like 2026"),
    ],
)
def test_a_name_that_is_none_says_how_they_are_written(fields, key, why) -> None:
    with pytest.raises(PeriodKeyError, match=why):
        parse(spec(**fields), key)


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["month", "quarter", "year"]),
    st.integers(1, 12),
)
def test_periods_tile_the_calendar(day: date, length: str, year_start: int) -> None:
    asked = spec(period=length, year_start=year_start)
    found = period_of(asked, day)
    assert found is not None and found.holds(day)
    assert found.start.day == 1 and found.end.day == 1
    assert parse(asked, found.key) == found
    after = following(asked, found)
    assert after is not None and after.start == found.end
    assert previous(asked, after) == found
    assert {period_of(asked, found.start + timedelta(n)) for n in range(found.days)} == {found}
