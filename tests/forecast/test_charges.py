"""Charges that come by a calendar of their own: exact amounts on exact days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.forecast import ChargeForecast, ChargeStream, monthly_charges

START = date(2026, 11, 28)


def one(stream: ChargeStream, start: date = START, horizon: int = 100) -> ChargeForecast:
    (made,) = monthly_charges([stream], start, horizon)
    assert made.name == stream.name
    return made


def monthly(day: int, amount: str, first: int = 1, last: int = 11) -> list[tuple[date, Decimal]]:
    return [(date(2026, month, day), Decimal(amount)) for month in range(first, last + 1)]


def test_a_monthly_fee_comes_on_its_day() -> None:
    made = one(ChargeStream("support", monthly(3, "412.07")))
    assert made.amounts == {
        date(2026, 12, 3): Decimal("412.07"),
        date(2027, 1, 3): Decimal("412.07"),
        date(2027, 2, 3): Decimal("412.07"),
        date(2027, 3, 3): Decimal("412.07"),
    }
    assert made.rhythm == "monthly"
    assert made.rule == "monthly on day 3 (412.07), as in 2026-11"


def test_the_last_amount_counts_and_the_usual_day() -> None:
    charges = [*monthly(1, "100", last=10), (date(2026, 11, 3), Decimal("120"))]
    made = one(ChargeStream("fee", charges), horizon=40)
    assert made.amounts == {
        date(2026, 12, 1): Decimal("120"),
        date(2027, 1, 1): Decimal("120"),
    }


def test_the_last_day_of_the_month_is_however_long_it_is() -> None:
    charges = [
        (date(2027, 9, 30), Decimal("9.99")),
        (date(2027, 10, 31), Decimal("9.99")),
        (date(2027, 11, 30), Decimal("9.99")),
    ]
    made = one(ChargeStream("storage", charges), date(2027, 12, 5), 100)
    assert list(made.amounts) == [date(2027, 12, 31), date(2028, 1, 31), date(2028, 2, 29)]


def test_day_31_is_the_last_day_where_there_is_none() -> None:
    charges = [(date(2026, month, 31), Decimal(5)) for month in (7, 8)]
    made = one(ChargeStream("fee", charges), date(2026, 9, 2), 60)
    assert list(made.amounts) == [date(2026, 9, 30), date(2026, 10, 31)]


def test_what_is_due_and_not_billed_yet_is_still_to_come() -> None:
    """Support comes with the invoice: November's is not there on the 28th."""
    made = one(ChargeStream("support", monthly(1, "100", last=10)), horizon=10)
    assert made.amounts == {date(2026, 11, 28): Decimal(100), date(2026, 12, 1): Decimal(100)}


def test_two_fees_of_one_stream_and_one_still_waiting() -> None:
    charges = [*monthly(1, "10"), *monthly(20, "7.50", last=10)]
    made = one(ChargeStream("fees", charges), date(2026, 11, 15), 40)
    assert made.amounts == {
        date(2026, 11, 20): Decimal("7.50"),
        date(2026, 12, 1): Decimal("10"),
        date(2026, 12, 20): Decimal("7.50"),
    }


def test_a_one_time_charge_is_not_repeated() -> None:
    charges = [(date(2026, 11, 1), Decimal(5000))]
    made = one(ChargeStream("upfront", charges, "one-time"), horizon=400)
    assert made.amounts == {}
    assert made.rule == "one-time: not repeated"


def test_an_upfront_fee_that_came_each_year_comes_on_its_anniversary() -> None:
    charges = [(date(2025, 1, 14), Decimal(4900)), (date(2026, 1, 14), Decimal(5000))]
    for frequency in ("one-time", "recurring"):
        made = one(ChargeStream("reserved", charges, frequency), horizon=100)  # type: ignore[arg-type]
        assert made.amounts == {date(2027, 1, 14): Decimal(5000)}
        assert made.rhythm == "yearly"


def test_a_leap_day_has_an_anniversary() -> None:
    charges = [(date(2024, 2, 29), Decimal(10)), (date(2025, 2, 28), Decimal(10))]
    made = one(ChargeStream("domain", charges, "one-time"), date(2025, 12, 1), 100)
    assert list(made.amounts) == [date(2026, 2, 28)]


def test_a_recurring_fee_seen_once_is_monthly_for_a_while_and_then_yearly() -> None:
    charges = [(date(2026, 11, 9), Decimal(30))]
    assert list(one(ChargeStream("new", charges), horizon=50).amounts) == [
        date(2026, 12, 9),
        date(2027, 1, 9),
    ]
    later = one(ChargeStream("new", charges), date(2027, 3, 1), 300)
    assert later.amounts == {date(2027, 11, 9): Decimal(30)}


def test_quarterly() -> None:
    charges = [(date(2026, month, 15), Decimal(90)) for month in (1, 4, 7, 10)]
    made = one(ChargeStream("audit", charges), horizon=150)
    assert made.amounts == {date(2027, 1, 15): Decimal(90), date(2027, 4, 15): Decimal(90)}
    assert made.rhythm == "every 3 months"


def test_a_fee_that_has_stayed_away_has_ended() -> None:
    made = one(ChargeStream("old", monthly(1, "50", last=7)))
    assert made.amounts == {}
    assert made.rule == "ended: no charge since 2026-07-01, and it came monthly"


def test_a_daily_fee_goes_on_by_weekday_until_it_stops() -> None:
    days = [START - timedelta(days=back) for back in range(60, 0, -1)]
    charges = [(day, Decimal("1.20") if day.weekday() < 5 else Decimal("0.60")) for day in days]
    made = one(ChargeStream("plan", charges), horizon=14)
    assert len(made.amounts) == 14
    assert sum(made.amounts.values()) == 2 * (5 * Decimal("1.20") + 2 * Decimal("0.60"))
    assert one(ChargeStream("plan", charges), START + timedelta(days=10)).amounts == {}


def test_a_weekly_fee() -> None:
    charges = [(START - timedelta(weeks=back), Decimal(3)) for back in range(1, 9)]
    made = one(ChargeStream("backup", charges), horizon=15)
    assert list(made.amounts) == [START, START + timedelta(weeks=1), START + timedelta(weeks=2)]


def test_tax_is_a_share_of_what_it_is_on() -> None:
    base = {date(2026, month, 1): Decimal(1000 * month) for month in range(1, 13)}
    base[date(2027, 1, 1)] = Decimal("2000.10")
    tax = [(date(2026, month, 1), base[date(2026, month, 1)] * Decimal("0.19")) for month in
           range(1, 11)]  # fmt: skip
    made = one(ChargeStream("tax", tax, base=base), horizon=40)
    assert made.amounts == {
        date(2026, 11, 28): Decimal("2090.00"),
        date(2026, 12, 1): Decimal("2280.00"),
        date(2027, 1, 1): Decimal("380.02"),
    }
    assert made.rule.endswith("19.00 % of what it is charged on")


def test_a_share_may_be_of_the_month_before() -> None:
    base = {date(2026, month, 1): Decimal(100 * month * month) for month in range(1, 13)}
    fee = [
        (date(2026, month, 5), base[date(2026, month - 1, 1)] * Decimal("0.1"))
        for month in range(2, 12)
    ]
    made = one(ChargeStream("support", fee, base=base), horizon=20)
    assert made.amounts == {date(2026, 12, 5): base[date(2026, 11, 1)] / 10}


def test_without_a_base_for_the_month_the_last_amount_comes_again() -> None:
    base = {date(2026, month, 1): Decimal(1000) for month in range(1, 12)}
    tax = [(date(2026, month, 1), Decimal(190)) for month in range(1, 12)]
    made = one(ChargeStream("tax", tax, base=base), horizon=10)
    assert made.amounts == {date(2026, 12, 1): Decimal(190)}


def test_charges_from_the_start_on_are_no_history() -> None:
    charges = [*monthly(1, "10"), (date(2026, 12, 1), Decimal(99))]
    assert one(ChargeStream("fee", charges), horizon=10).amounts == {date(2026, 12, 1): Decimal(10)}
    assert one(ChargeStream("none", [])).rule == "never charged"


@given(
    day=st.integers(1, 28),
    amount=st.decimals("0.000001", "99999", places=6),
    months=st.integers(2, 24),
    horizon=st.integers(1, 400),
)
def test_each_month_of_the_horizon_has_one_fee(
    day: int, amount: Decimal, months: int, horizon: int
) -> None:
    charges = []
    for back in range(months):
        index = 2026 * 12 + 10 - back
        charges.append((date(index // 12, index % 12 + 1, day), amount))
    start = date(2026, 12, 1)
    made = one(ChargeStream("fee", charges), start, horizon)
    end = start + timedelta(days=horizon)
    expected = [
        date(index // 12, index % 12 + 1, day)
        for index in range(2026 * 12 + 11, 2026 * 12 + 26)
        if start <= date(index // 12, index % 12 + 1, day) < end
    ]
    assert list(made.amounts) == expected
    assert set(made.amounts.values()) <= {amount}


@pytest.mark.parametrize("amount", ["-12.50", "0.000000000000000000001"])
def test_amounts_are_repeated_to_the_last_digit(amount: str) -> None:
    made = one(ChargeStream("credit", monthly(1, amount)), horizon=10)
    assert made.amounts == {date(2026, 12, 1): Decimal(amount)}
