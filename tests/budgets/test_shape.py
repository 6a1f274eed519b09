"""What is to be expected by a day: weekdays and month-start fees, not a straight line."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.planning.budgets.model import Shape
from outlay.planning.budgets.periods import Period, period_of
from outlay.planning.budgets.shape import spread
from tests.budgets.specs import month, spec

HISTORY = Shape()


def days_of(since: str, until: str):
    start, end = date.fromisoformat(since), date.fromisoformat(until)
    return [start + timedelta(n) for n in range((end - start).days)]


def history(since: str, until: str, fee: str = "0", weekend: str = "10") -> dict[date, Decimal]:
    """10 a day, another amount at weekends, and a fee on each first of the month."""
    return {
        day: Decimal(weekend if day.weekday() > 4 else "10") + (Decimal(fee) if day.day == 1 else 0)
        for day in days_of(since, until)
    }


def shape(known: dict[date, Decimal], period: Period, of: Shape = HISTORY):
    since = min(known, default=period.start)
    return spread(of, period, known, since, period.start)


def test_a_month_start_fee_is_expected_on_the_first() -> None:
    found = shape(history("2026-07-01", "2026-10-01", fee="300"), month("2026-10"))
    assert found.source == "history" and found.reason == ""
    # 31 days at 10 and a fee of 300: of 610 the first day has 310.
    assert found.expected(Decimal(610), date(2026, 10, 2), "USD") == Decimal("310.00")
    assert found.expected(Decimal(610), date(2026, 10, 11), "USD") == Decimal("400.00")
    assert found.expected(Decimal(610), date(2026, 11, 1), "USD") == Decimal("610.00")
    # A straight line would say 19.68 by the end of the first day.
    straight = shape({}, month("2026-10"), Shape(by="straight"))
    assert straight.expected(Decimal(610), date(2026, 10, 2), "USD") == Decimal("19.68")


def test_weekends_cost_what_they_cost_before() -> None:
    found = shape(history("2026-06-01", "2026-10-01", weekend="30"), month("2026-10"))
    # October 2026: 22 weekdays at 10, 9 days of weekends at 30; the first weekend is 3 and 4.
    whole = Decimal(22 * 10 + 9 * 30)
    assert found.expected(whole, date(2026, 10, 3), "USD") == Decimal("20.00")
    assert found.expected(whole, date(2026, 10, 5), "USD") == Decimal("80.00")


def test_a_spike_that_came_once_is_no_shape() -> None:
    known = history("2026-05-01", "2026-10-01")
    known[date(2026, 8, 17)] = Decimal(5000)
    found = shape(known, month("2026-10"))
    assert found.expected(Decimal(310), date(2026, 10, 18), "USD") == Decimal("170.00")


def test_a_monthly_fee_alone_is_all_expected_on_its_day() -> None:
    known = {date(2026, number, 5): Decimal(120) for number in range(6, 10)}
    found = spread(HISTORY, month("2026-10"), known, date(2026, 6, 1), date(2026, 10, 1))
    assert found.expected(Decimal(120), date(2026, 10, 5), "USD") == 0
    assert found.expected(Decimal(120), date(2026, 10, 6), "USD") == Decimal("120.00")


def test_a_fee_at_the_end_is_counted_from_the_end() -> None:
    known = history("2026-05-01", "2026-10-01")
    for last in ("2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30"):
        known[date.fromisoformat(last)] += 100
    found = shape(known, month("2026-10"))
    assert found.expected(Decimal(410), date(2026, 10, 31), "USD") == Decimal("300.00")


def test_too_little_history_is_a_straight_line_and_says_so() -> None:
    found = shape(history("2026-09-10", "2026-10-01", fee="9"), month("2026-10"))
    assert (found.source, found.reason) == (
        "straight", "there is no whole month before it to learn from",
    )  # fmt: skip
    assert found.expected(Decimal(310), date(2026, 10, 2), "USD") == Decimal("10.00")


def test_days_that_are_not_complete_teach_nothing() -> None:
    known = history("2026-07-01", "2026-09-20", fee="300")
    found = spread(HISTORY, month("2026-10"), known, date(2026, 7, 1), date(2026, 9, 20))
    # September is not whole: July and August alone are learned from.
    assert found.expected(Decimal(610), date(2026, 10, 2), "USD") == Decimal("310.00")


def test_february_of_a_leap_year_has_a_day_more() -> None:
    known = history("2027-10-01", "2028-02-01", fee="300")
    found = shape(known, month("2028-02"))
    assert len(found.weights) == 29
    assert found.expected(Decimal(590), date(2028, 2, 29), "USD") == Decimal("580.00")
    assert found.expected(Decimal(590), date(2028, 3, 1), "USD") == Decimal("590.00")
    common = shape(history("2026-10-01", "2027-02-01"), month("2027-02"))
    assert len(common.weights) == 28


def test_quarters_and_years_have_the_fee_of_each_month() -> None:
    known = history("2026-07-01", "2026-10-01", fee="300")
    quarter = period_of(spec(period="quarter"), date(2026, 10, 1))
    assert quarter is not None
    found = shape(known, quarter)
    # 92 days at 10 and three fees.
    assert found.expected(Decimal(1820), date(2026, 11, 1), "USD") == Decimal("610.00")
    assert found.expected(Decimal(1820), date(2026, 11, 2), "USD") == Decimal("920.00")


def test_given_weights_of_months_and_days() -> None:
    year = period_of(spec(period="year"), date(2026, 1, 1))
    assert year is not None
    weights = tuple(Decimal(3 if number == 11 else 1) for number in range(12))
    found = shape({}, year, Shape(by="weights", weights=weights))
    assert found.expected(Decimal(1400), date(2026, 2, 1), "USD") == Decimal("100.00")
    assert found.expected(Decimal(1400), date(2026, 12, 1), "USD") == Decimal("1100.00")
    by_day = tuple(Decimal(1 if number < 10 else 0) for number in range(31))
    days = shape({}, month("2026-02"), Shape(by="weights", weights=by_day))
    assert days.expected(Decimal(50), date(2026, 2, 6), "USD") == Decimal("25.00")
    assert days.expected(Decimal(50), date(2026, 3, 1), "USD") == Decimal("50.00")


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(-500, 5000), min_size=62, max_size=125),
    st.decimals(0, 10**6, places=2),
)
def test_the_line_rises_to_the_amount_and_no_further(costs: list[int], amount: Decimal) -> None:
    period = month("2026-10")
    start = period.start - timedelta(len(costs))
    known = {start + timedelta(n): Decimal(cost) for n, cost in enumerate(costs)}
    found = spread(HISTORY, period, known, start, period.start)
    line = found.line(amount, "USD")
    assert line == sorted(line) and line[-1] == amount
    assert found.expected(amount, period.start, "USD") == 0
    assert [found.expected(amount, day + timedelta(1), "USD") for day in period.each_day()] == line
