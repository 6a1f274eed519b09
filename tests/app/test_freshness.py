"""Freshness: what each cadence promises, at the hour."""

from datetime import datetime

import pytest

from outlay.app.freshness import freshness
from outlay.money import BillingPeriod

NOW = datetime(2026, 11, 24, 12)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("cadence", "delivered", "period", "now", "state", "reason"),
    [
        ("daily", None, None, NOW, "missing", "nothing was delivered yet; expected daily"),
        ("manual", None, None, NOW, "missing", "nothing was loaded yet"),
        ("manual", "2020-01-01T00:00", "2020-01", NOW, "manual", "nothing is expected"),
        ("daily", "2026-11-24T03:00", "2026-11", NOW, "fresh", "delivered 9 hours ago"),
        ("daily", "2026-11-24T11:30", "2026-11", NOW, "fresh", "less than an hour ago"),
        ("daily", "2026-11-23T00:00", "2026-11", NOW, "fresh", "delivered 36 hours ago"),
        ("daily", "2026-11-22T23:59", "2026-11", NOW, "late", "36 hours ago; expected daily"),
        ("daily", "2026-11-22T22:00", "2026-11", NOW, "late", "38 hours ago; expected daily"),
        ("daily", "2026-11-20T12:00", "2026-11", NOW, "late", "4 days ago; expected daily"),
        # A file of an old month that was loaded just now is no fresh data.
        ("daily", "2026-11-24T11:00", "2026-09", NOW, "late", "newest billing period is 2026-09"),
        # On the second of a month the new one may still be without a delivery, on the fourth not.
        ("daily", "2026-12-02T01:00", "2026-11", at("2026-12-02T12:00"), "fresh", "11 hours"),
        ("daily", "2026-12-04T01:00", "2026-11", at("2026-12-04T12:00"), "late", "2026-12 by now"),
        ("hourly", "2026-11-24T09:30", "2026-11", NOW, "fresh", "2 hours"),
        ("hourly", "2026-11-24T08:30", "2026-11", NOW, "late", "3 hours ago; expected hourly"),
        ("monthly", "2026-11-08T00:00", "2026-10", NOW, "fresh", "16 days"),
        ("monthly", "2026-10-08T00:00", "2026-09", NOW, "late", "expected 2026-10 by now"),
        ("monthly", "2026-10-08T00:00", "2026-09", at("2026-11-08T00:00"), "fresh", "31 days"),
    ],
)
def test_freshness(
    cadence: str, delivered: str | None, period: str | None, now: datetime, state: str, reason: str
) -> None:
    got, why = freshness(
        cadence,
        at(delivered) if delivered else None,
        BillingPeriod.parse(period) if period else None,
        now,
    )
    assert (got, reason in why) == (state, True), why
