"""Quiet hours end when the clock on the wall says so, also on the nights on which it is turned."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.alerts.errors import AlertError
from outlay.alerts.quiet import QuietHours, nights, place_of

BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
ZONES = (BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


@pytest.mark.parametrize(
    ("hours", "moment", "until"),
    [
        # Winter: 19:59 in Berlin is not quiet, 20:00 is, until 07:00, an hour before in UTC.
        (QuietHours(BERLIN, nights("20:00-07:00")), "2026-11-27T18:59", None),
        (QuietHours(BERLIN, nights("20:00-07:00")), "2026-11-27T19:00", "2026-11-28T06:00"),
        # Summer: two hours before.
        (QuietHours(BERLIN, nights("20:00-07:00")), "2026-07-01T18:00", "2026-07-02T05:00"),
        # The night on which clocks go forward has an hour less, the one back an hour more.
        (QuietHours(BERLIN, nights("20:00-07:00")), "2026-03-28T19:00", "2026-03-29T05:00"),
        (QuietHours(BERLIN, nights("20:00-07:00")), "2026-10-24T18:00", "2026-10-25T06:00"),
        # 02:30 is skipped: quiet ends as the clock shows 03:00.
        (QuietHours(BERLIN, nights("20:00-02:30")), "2026-03-28T20:00", "2026-03-29T01:00"),
        # Friday night, the weekend, and then Monday's morning.
        (QuietHours(BERLIN, nights("20:00-07:00"), True), "2026-11-27T20:00", "2026-11-30T06:00"),
        # Christmas Day and its second day are Friday and Saturday in Germany.
        (QuietHours(BERLIN, None, True, "DE"), "2026-12-25T10:00", "2026-12-27T23:00"),
        # Three Kings is a holiday in Bavaria alone.
        (QuietHours(BERLIN, None, False, "DE", "BY"), "2027-01-06T10:00", "2027-01-06T23:00"),
        (QuietHours(BERLIN, None, False, "DE", ""), "2027-01-06T10:00", None),
    ],
)
def test_quiet_ends(hours: QuietHours, moment: str, until: str | None) -> None:
    found = hours.until(datetime.fromisoformat(moment))
    assert found == (datetime.fromisoformat(until) if until else None)


@given(
    zone=st.sampled_from(ZONES),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    begin=st.integers(0, 95),
    length=st.integers(1, 95),
    weekends=st.booleans(),
    country=st.sampled_from(("", "DE", "US")),
)
def test_quiet_ends_at_the_first_moment_that_is_not_quiet(
    zone: str, moment: datetime, begin: int, length: int, weekends: bool, country: str
) -> None:
    def clock(quarter: int) -> str:
        return f"{quarter % 96 // 4:02}:{quarter % 4 * 15:02}"

    night = nights(f"{clock(begin)}-{clock(begin + length)}")
    hours = QuietHours(zone, night, weekends, country)
    until = hours.until(moment)
    if until is None:
        assert not hours.holds(moment)
        return
    assert until > moment
    assert hours.holds(moment)
    assert not hours.holds(until)
    # Quiet all the way: looked at every minute of the last three hours, every hour before.
    at = until - MINUTE
    while at >= moment:
        assert hours.holds(at)
        at -= MINUTE if until - at < timedelta(hours=3) else timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "22", "25:00-07:00", "20:00-20:00", "20:00/07:00"])
def test_nights_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(AlertError, match="20:00-07:00"):
        nights(text)


def test_a_country_without_known_holidays_is_refused() -> None:
    assert place_of("de-by") == ("DE", "BY")
    with pytest.raises(AlertError, match="no public holidays are known for 'XX'"):
        place_of("xx")
