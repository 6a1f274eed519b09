"""How numbers are written for people."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from outlay.web import numbers


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("742.635", "USD", "742.64"),
        ("-742.635", "USD", "-742.64"),
        ("1234567.005", "EUR", "1,234,567.01"),
        ("0", "USD", "0.00"),
        ("-0.000", "USD", "0.00"),
        ("0.004", "USD", "<0.01"),
        ("-0.004", "USD", "-<0.01"),
        ("0.005", "USD", "0.01"),
        ("1234.5", "JPY", "1,235"),
        ("0.2", "JPY", "<1"),
        ("1.2345", "KWD", "1.235"),
        ("12345678901234567.123456789012345678901", "USD", "12,345,678,901,234,567.12"),
    ],
)
def test_an_amount_is_rounded_once_to_its_currency(value: str, currency: str, shown: str) -> None:
    assert numbers.amount(Decimal(value), currency) == shown


def test_missing_is_a_dash_and_zero_is_zero() -> None:
    assert numbers.amount(None) == "–"
    assert numbers.amount(Decimal(0)) == "0.00"
    assert numbers.share(None) == "–"
    assert numbers.quantity(None) == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0.00"),
        ("999", "999"),
        ("1234", "1.23k"),
        ("12345", "12.3k"),
        ("-4560000", "-4.56M"),
        ("7.5e9", "7.50B"),
    ],
)
def test_the_short_form_has_three_figures(value: str, shown: str) -> None:
    assert numbers.short(Decimal(value)) == shown


def test_every_digit_is_kept_where_it_is_asked_for() -> None:
    assert numbers.exact(Decimal("135.477333333333333333333")) == "135.477333333333333333333"
    assert numbers.exact(Decimal("-1234567.5000")) == "-1,234,567.50"
    assert numbers.exact(Decimal("1E-10")) == "0.0000000001"
    assert numbers.exact(Decimal("-0.5")) == "-0.50"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        ("0.48", "+48.0%"),
        ("-0.026", "-2.6%"),
        ("0", "0.0%"),
        ("12.5", "+1,250%"),
        ("0.0001", "±<0.1%"),
    ],
)
def test_a_relative_change_has_its_sign(ratio: str, shown: str) -> None:
    assert numbers.change_ratio(Decimal(ratio)) == shown


def test_without_a_base_a_change_is_new_and_never_infinite() -> None:
    assert numbers.change_ratio(None) == "new"


def test_small_changes_are_neutral() -> None:
    assert numbers.direction(Decimal("1"), Decimal("0.004")) == "flat"
    assert numbers.direction(Decimal("-1"), Decimal("-0.4")) == "down"
    assert numbers.direction(Decimal("1"), None) == "up"
    assert numbers.direction(Decimal(0)) == "flat"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2026-09-01", "2026-10-01", "1–30 Sep 2026"),
        ("2026-09-01", "2026-09-02", "1 Sep 2026"),
        ("2026-09-15", "2026-10-15", "15 Sep – 14 Oct 2026"),
        ("2025-12-01", "2026-02-01", "1 Dec 2025 – 31 Jan 2026"),
    ],
)
def test_a_range_is_shown_with_its_last_day_included(start: str, end: str, shown: str) -> None:
    assert numbers.days(date.fromisoformat(start), date.fromisoformat(end)) == shown


def test_how_long_ago() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC).replace(tzinfo=None)
    assert numbers.ago(now - timedelta(seconds=5), now) == "just now"
    assert numbers.ago(now - timedelta(minutes=5), now) == "5 min ago"
    assert numbers.ago(now - timedelta(hours=30), now) == "30 h ago"
    assert numbers.ago(now - timedelta(days=9), now) == "9 days ago"
    assert numbers.ago(None) == "never"


def test_a_month_is_written_alike_wherever_it_comes_from() -> None:
    assert numbers.month(date(2026, 10, 1)) == "Oct 2026"
    assert numbers.month("2026-10") == "Oct 2026"
    assert numbers.month("checkout") == "checkout"
    assert numbers.month(None) == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("3.4", "3.400"), ("0.0585", "0.059"), ("1234.5", "1,234.500"), ("0", "0.000"),
     ("0.0004", "<0.001"), ("-0.0004", "-<0.001")],
)  # fmt: skip
def test_amounts_an_hour_line_up(value: str, shown: str) -> None:
    assert numbers.hourly(Decimal(value)) == shown
    assert numbers.hourly(None) == "–"
