"""The baseline: quantity a day and rate, of the days before acceptance."""

from datetime import date
from decimal import Decimal

import pytest

from outlay.savings.realised.freezing import digest, freeze, window
from outlay.savings.realised.model import PriceKey
from tests.realised.lines import FIRST, days, line

FOUR_WEEKS = days(FIRST, 28)


def test_a_steady_resource_is_its_quantity_a_day_times_its_rate() -> None:
    # 24 h a day at 0.20, list 0.25: 4.80 a day, 6.00 at list.
    found = freeze([line(day, "24", "0.20", listed="0.25") for day in FOUR_WEEKS], FOUR_WEEKS)
    (key,) = found.keys
    assert (key.key, found.days, found.cadence) == (PriceKey("i-1", "m5.xlarge", "Hrs"), 28, "day")
    assert (key.quantities, key.rate, key.list_rate) == (
        (Decimal(24),), Decimal("0.20"), Decimal("0.25")
    )  # fmt: skip
    assert key.cost_on(date(2026, 10, 3)) == Decimal("4.80")
    assert key.list_on(date(2026, 10, 3)) == Decimal("6.00")


def test_a_rate_that_does_not_end_is_rounded_once_to_eighteen_decimals() -> None:
    # 1.00 for 3 units, on each of 3 days: a rate of 1/3.
    counted = days(FIRST, 3)
    (key,) = freeze([line(day, "3", "0.333333333333333333333") for day in counted], counted).keys
    assert key.rate == Decimal("0.333333333333333333")
    assert key.quantities == (Decimal("3"),)


def test_a_wave_of_the_week_is_kept_by_weekday() -> None:
    # 10 h on working days, none at weekends.
    lines = [line(day, "10", "0.10") for day in FOUR_WEEKS if day.weekday() < 5]
    found = freeze(lines, FOUR_WEEKS)
    (key,) = found.keys
    assert found.cadence == "week"
    assert key.quantities == (*[Decimal(10)] * 5, Decimal(0), Decimal(0))
    assert key.cost_on(date(2026, 10, 2)) == Decimal("1.00")  # a Friday
    assert key.cost_on(date(2026, 10, 3)) == 0  # a Saturday


def test_a_difference_of_a_tenth_is_no_wave() -> None:
    # Weekends at 9.3 of 10 h: 7 % less.
    lines = [line(day, "10" if day.weekday() < 5 else "9.3", "0.10") for day in FOUR_WEEKS]
    assert freeze(lines, FOUR_WEEKS).cadence == "day"


def test_a_charge_of_once_a_month_is_frozen_on_its_day() -> None:
    counted = days(date(2026, 8, 1), 61)
    lines = [line(date(2026, 8, 1), "1", "90"), line(date(2026, 9, 1), "1", "90")]
    found = freeze(lines, counted)
    (key,) = found.keys
    assert found.cadence == "month"
    assert key.cost_on(date(2026, 10, 1)) == 90
    assert key.cost_on(date(2026, 10, 2)) == 0
    assert window(lines, counted) == counted


def test_what_has_no_quantity_is_frozen_as_a_cost() -> None:
    counted = days(FIRST, 4)
    (key,) = freeze([line(day, None, "3") for day in counted], counted).keys
    assert (key.rate, key.costs) == (None, (Decimal(3),))
    assert key.cost_on(FIRST) == 3


def test_what_was_beside_is_told_and_not_frozen() -> None:
    lines = [line(day, "24", "0.20") for day in FOUR_WEEKS]
    lines += [line(day, "5", "0.09", meter="DataTransfer", role="resource") for day in FOUR_WEEKS]
    found = freeze(lines, FOUR_WEEKS)
    assert [key.key.meter for key in found.keys] == ["m5.xlarge"]
    assert [key.meter for key in found.beside] == ["DataTransfer"]


def test_fees_and_refunds_are_not_frozen() -> None:
    lines = [line(FIRST, "1", "50", recurring=False), line(FIRST, "24", "0.20")]
    (key,) = freeze(lines, FOUR_WEEKS).keys
    assert key.cost == Decimal("4.80")


def test_a_commitment_is_frozen_with_what_it_covered_and_left() -> None:
    # 24 h at 0.06 by ri-1; over 4 days 2.00 of it were unused and 8.00 covered others.
    counted = days(FIRST, 4)
    lines = [line(day, "24", "0.06", commitment="ri-1", status="Used") for day in counted]
    (held,) = freeze(lines, counted, {"ri-1": (Decimal(2), Decimal(8))}).commitments
    assert held.covered == (Decimal("1.44"),)
    assert (held.unused, held.others) == (Decimal("0.50"), Decimal(2))


def test_a_younger_resource_is_frozen_since_its_first_charge() -> None:
    counted = days(date(2026, 8, 1), 59)
    lines = [line(day, "24", "0.20") for day in counted[-10:]]
    assert window(lines, counted) == counted[-10:]


def test_one_that_left_already_is_frozen_before_it_left() -> None:
    counted = days(date(2026, 8, 1), 59)
    lines = [line(day, "24", "0.20") for day in counted[:-5]]
    assert window(lines, counted) == counted[:-5][-28:]


def test_a_weekend_is_no_leaving() -> None:
    counted = days(date(2026, 8, 1), 51)  # up to Sunday, 20 September
    lines = [line(day, "10", "0.20") for day in counted if day.weekday() < 5]
    assert window(lines, counted) == counted[-28:]


def test_a_digest_does_not_know_an_order() -> None:
    lines = [line(day, "24", "0.20") for day in FOUR_WEEKS]
    assert digest(lines) == digest(lines[::-1])
    assert digest(lines) != digest(lines[1:])


def test_no_day_is_no_baseline() -> None:
    with pytest.raises(ValueError, match="at least one whole day"):
        freeze([], [])
