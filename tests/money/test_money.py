"""Amounts, billing periods and date ranges."""

from datetime import date
from decimal import Decimal, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.money import (
    BillingPeriod,
    DateRange,
    MoneyError,
    PeriodError,
    money_text,
    parse_money,
    total,
)


@given(st.decimals(-(10**16), 10**16, places=21, allow_nan=False))
def test_an_amount_survives_text(amount: Decimal) -> None:
    assert parse_money(money_text(amount)) == amount
    assert parse_money(f"{amount:e}") == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [("12", "12.00"), ("-0.10", "-0.10"), ("1E-10", "0.0000000001"), ("-0.000", "0.00"),
     ("1234.5678000", "1234.5678")],
)  # fmt: skip
def test_an_amount_is_written_in_full(amount: str, text: str) -> None:
    assert money_text(Decimal(amount)) == text


@pytest.mark.parametrize("text", ["", "abc", "NaN", "1e-22", "0.0000000000000000000001", "1e18"])
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_money(text)


def test_a_sum_keeps_digits_that_the_default_context_would_round() -> None:
    big, small = Decimal("99999999999999999"), Decimal("0.000000000000000000001")
    assert total([big, small]) == Decimal("99999999999999999.000000000000000000001")
    with pytest.raises(Inexact):
        total([Decimal(10) ** 70, Decimal("1e-20")])


def test_a_billing_period_is_a_month() -> None:
    december = BillingPeriod.parse("2025-12")
    assert (december.start, december.end) == (date(2025, 12, 1), date(2026, 1, 1))
    assert (str(december.next()), str(december.previous())) == ("2026-01", "2025-11")
    assert BillingPeriod.of(date(2026, 2, 28)) == BillingPeriod(2026, 2)


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "2026", "october"])
def test_anything_else_is_no_billing_period(text: str) -> None:
    with pytest.raises(PeriodError, match="YYYY-MM"):
        BillingPeriod.parse(text)


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        (date(2026, 3, 1), date(2026, 4, 1), date(2026, 2, 1)),
        (date(2026, 1, 1), date(2026, 4, 1), date(2025, 10, 1)),
        (date(2026, 3, 8), date(2026, 3, 15), date(2026, 3, 1)),
    ],
)
def test_the_range_before_ends_where_the_range_starts(start: date, end: date, before: date) -> None:
    assert DateRange(start, end).previous() == DateRange(before, start)


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(PeriodError, match="exclusive"):
        DateRange(date(2026, 3, 1), date(2026, 3, 1))
