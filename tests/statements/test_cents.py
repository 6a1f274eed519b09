"""Whole units: nothing lost, nobody moved by more than one, always the same answer."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.money import total
from outlay.money.cents import apportion, apportioned, places, to_unit, unit_text

AMOUNTS = st.decimals(
    min_value=-1_000_000, max_value=1_000_000, allow_nan=False, allow_infinity=False, places=12
)


@pytest.mark.parametrize(
    ("currency", "digits"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("HRK", 2)]
)
def test_the_smallest_unit_is_iso_4217_s(currency: str, digits: int) -> None:
    assert places(currency) == digits


@pytest.mark.parametrize(
    ("amount", "digits", "said"),
    [
        ("1.005", 2, "1.01"),
        ("-1.005", 2, "-1.01"),
        ("1.0049999999999999999999999", 2, "1.00"),
        ("-0.001", 2, "0.00"),
        ("1234.5", 0, "1235"),
        ("0.0005", 3, "0.001"),
    ],
)
def test_half_a_unit_is_rounded_up(amount: str, digits: int, said: str) -> None:
    assert unit_text(Decimal(amount), digits) == said


def test_the_units_that_are_missing_go_to_the_largest_remainders() -> None:
    parts = {"a": Decimal("0.333"), "b": Decimal("0.334"), "c": Decimal("0.333")}
    assert apportioned(parts, 2) == {
        "a": Decimal("0.33"),
        "b": Decimal("0.34"),
        "c": Decimal("0.33"),
    }


def test_equal_remainders_go_by_name() -> None:
    parts = {"b": Decimal("0.005"), "a": Decimal("0.005")}
    assert apportioned(parts, 2) == {"b": Decimal("0.00"), "a": Decimal("0.01")}


def test_a_negative_amount_is_rounded_down_first_too() -> None:
    parts = {"a": Decimal("-0.105"), "b": Decimal("0.104")}
    # Down: -0.11 and 0.10, together -0.01; the rounded sum is 0.00: one unit to the remainder .5.
    assert apportioned(parts, 2) == {"a": Decimal("-0.10"), "b": Decimal("0.10")}


def test_nothing_can_hold_nothing_only() -> None:
    assert apportion({}, Decimal(0), 2) == {}
    with pytest.raises(ValueError, match="cannot be apportioned to nothing"):
        apportion({}, Decimal("0.01"), 2)


@given(st.dictionaries(st.text(max_size=3), AMOUNTS, min_size=1, max_size=40), st.integers(0, 3))
def test_units_sum_to_the_rounded_sum_and_nobody_moves_by_a_unit(
    parts: dict[str, Decimal], digits: int
) -> None:
    found = apportioned(parts, digits)
    assert total(found.values()) == to_unit(total(parts.values()), digits)
    unit = Decimal(1).scaleb(-digits)
    assert all(abs(total((found[k], -parts[k]))) < unit for k in parts)
    assert all(to_unit(amount, digits) == amount for amount in found.values())
    backwards = dict(reversed(parts.items()))
    assert apportioned(backwards, digits) == found


@given(
    st.dictionaries(st.text(max_size=3), AMOUNTS, min_size=1, max_size=12),
    st.integers(-500, 500),
)
def test_any_whole_is_dealt_out(parts: dict[str, Decimal], off: int) -> None:
    whole = total((to_unit(total(parts.values()), 2), Decimal(off).scaleb(-2)))
    assert total(apportion(parts, whole, 2).values()) == whole
