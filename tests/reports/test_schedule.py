"""When a report is due: words, cron, time zones, nights on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.reports.errors import ReportError
from outlay.reports.schedule import ALLOWED, local, parse

BERLIN = "Europe/Berlin"


def dues(text: str, zone: str, start: datetime, number: int) -> list[datetime]:
    found, at = [], start
    for _ in range(number):
        due = parse(text, zone).next_after(at)
        assert due is not None
        found.append(due)
        at = due
    return found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("daily at 07:00", datetime(2026, 11, 4, 6)),
        ("every day at 7:05", datetime(2026, 11, 4, 6, 5)),
        ("weekdays at 07:00", datetime(2026, 11, 4, 6)),
        ("weekly on Monday at 08:00", datetime(2026, 11, 9, 7)),
        ("weekly on mon, thu at 08:00", datetime(2026, 11, 5, 7)),
        ("Weekly on Tuesday and Friday", datetime(2026, 11, 6, 7)),
        ("monthly on day 3", datetime(2026, 12, 3, 7)),
        ("monthly on the last day at 18:30", datetime(2026, 11, 30, 17, 30)),
        ("quarterly on day 5 at 08:00", datetime(2027, 1, 5, 7)),
        ("0 7 * * 1", datetime(2026, 11, 9, 6)),  # cron counts from Sunday
        ("cron: 30 6 * * 5-7", datetime(2026, 11, 6, 5, 30)),
        ("cron */15 * * * *", datetime(2026, 11, 3, 12, 15)),
    ],
)
def test_what_people_write_is_due_on_the_clock_of_its_zone(text: str, first: datetime) -> None:
    noon_on_tuesday = datetime(2026, 11, 3, 12)
    assert parse(text, BERLIN).next_after(noon_on_tuesday) == first


def test_the_hour_stays_the_same_when_clocks_change() -> None:
    around_autumn = dues("daily at 07:00", BERLIN, datetime(2026, 10, 23, 12), 3)
    assert around_autumn == [
        datetime(2026, 10, 24, 5),
        datetime(2026, 10, 25, 6),
        datetime(2026, 10, 26, 6),
    ]


def test_a_fixed_time_in_the_hour_that_comes_twice_is_due_once() -> None:
    found = dues("daily at 02:30", BERLIN, datetime(2026, 10, 23, 12), 4)
    assert found == [
        datetime(2026, 10, 24, 0, 30),
        datetime(2026, 10, 25, 0, 30),
        datetime(2026, 10, 26, 1, 30),
        datetime(2026, 10, 27, 1, 30),
    ]


def test_every_hour_is_due_in_both_hours_of_that_night() -> None:
    found = dues("0 * * * *", BERLIN, datetime(2026, 10, 24, 23, 30), 4)
    assert found == [datetime(2026, 10, 25, hour) for hour in range(4)]


def test_a_time_in_the_hour_that_is_skipped_is_due_as_it_ends() -> None:
    found = dues("daily at 02:30", BERLIN, datetime(2026, 3, 27, 12), 3)
    assert found == [
        datetime(2026, 3, 28, 1, 30),
        datetime(2026, 3, 29, 1, 30),
        datetime(2026, 3, 30, 0, 30),
    ]


@settings(max_examples=60, deadline=None)
@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    start=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)),
)
def test_daily_is_due_once_on_each_day_of_the_zone(
    hour: int, minute: int, zone: str, start: datetime
) -> None:
    found = dues(f"daily at {hour:02d}:{minute:02d}", zone, start, 20)
    days = [due.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for due in found]
    assert days == [days[0] + timedelta(days=number) for number in range(20)]


def test_what_was_missed_is_the_newest_with_the_number_before() -> None:
    schedule = parse("daily at 07:00", "UTC")
    missed = schedule.missed(datetime(2026, 11, 1, 8), datetime(2026, 11, 6, 9))
    assert missed is not None
    assert (missed.due, missed.earlier) == (datetime(2026, 11, 6, 7), 4)
    assert schedule.missed(datetime(2026, 11, 6, 7), datetime(2026, 11, 6, 9)) is None


def test_a_server_that_was_away_for_years_does_not_count_every_minute() -> None:
    missed = parse("* * * * *").missed(datetime(2024, 1, 1), datetime(2026, 11, 6, 9, 0, 30))
    assert missed is not None
    assert (missed.due, missed.earlier) == (datetime(2026, 11, 6, 9), 100)


def test_a_rare_one_is_found_far_back() -> None:
    missed = parse("monthly on day 1 at 00:00").missed(
        datetime(2026, 1, 15), datetime(2026, 3, 31, 23)
    )
    assert missed is not None
    assert (missed.due, missed.earlier) == (datetime(2026, 3, 1), 1)


def test_by_hand_and_after_a_delivery_no_clock_decides() -> None:
    assert not parse("").timed
    assert parse("by hand").next_after(datetime(2026, 1, 1)) is None
    followed = parse("After each delivery of acme-cur")
    assert followed.source == "acme-cur"
    assert followed.next_after(datetime(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("sometimes", "no schedule"),
        ("daily at 25:00", "no schedule"),
        ("monthly on day 31", "day 1 to day 28, or the last day"),
        ("weekly on Mo", "no day of the week"),
        ("0 7 1 * 1", "two schedules"),
        ("0 7 31 2 *", "never due"),
        ("61 7 * * *", "no schedule"),
        ("0 7 * * 9", "0 to 7"),
    ],
)
def test_what_is_no_schedule_says_what_is_allowed(text: str, part: str) -> None:
    with pytest.raises(ReportError) as caught:
        parse(text)
    assert part in str(caught.value)


def test_the_examples_of_the_message_are_schedules() -> None:
    assert [parse(example).text for example in ALLOWED] == list(ALLOWED)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ReportError, match="IANA"):
        parse("daily at 07:00", "Berlin")


def test_a_moment_is_told_on_the_clock_of_the_zone() -> None:
    assert local(datetime(2026, 11, 2, 6), BERLIN) == "Mon 2 Nov 2026 07:00 (Europe/Berlin)"
