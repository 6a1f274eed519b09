"""Where a period stands, in words and in money."""

from datetime import date
from decimal import Decimal

import pytest

from outlay.planning.budgets.status import Rest
from tests.budgets.specs import status


def rest(amount: str) -> Rest:
    value = Decimal(amount)
    return Rest(date(2026, 10, 20), (value,), value, value - 10, value + 10, "80%")


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (status("1000.01"), "over"),
        (status("1000"), "on track"),
        (status("1000", over=True), "kept"),
        (status("1000.000000000000000000001", over=True), "over"),
        (status("400", rest=rest("600.01")), "heading over"),
        (status("400", rest=rest("600.00")), "on track"),
        (status("400", expected=Decimal("300")), "ahead"),
        (status("330", expected=Decimal("300")), "on track"),
        # A tenth more than expected, but nothing beside the amount.
        (status("8", expected=Decimal("5")), "on track"),
        (status("0", begun=False), "not begun"),
        (status("0", waiting=True), "no data"),
        (status("0", waiting=True, rest=rest("1001")), "heading over"),
        (status("5", None), "no amount"),
        (status("5", unconverted={"EUR": Decimal("1")}), "unknown"),
        (status("5", over=True, unconverted={"EUR": Decimal("1")}), "unknown"),
        (status("1001", unconverted={"EUR": Decimal("1")}), "over"),
        (status("5", unconverted={"EUR": Decimal("0")}), "on track"),
        (status("0", "0", over=True), "kept"),
        (status("0.01", "0"), "over"),
    ],
)
def test_the_state_of_a_period(told, state) -> None:
    assert told.state == state


def test_amounts_are_exact() -> None:
    told = status("333.333333333333333333333", "1000", expected=Decimal("300.00"),
                  rest=rest("700.00"))  # fmt: skip
    assert told.remaining == Decimal("666.666666666666666666667")
    assert told.used == Decimal("0.333333")
    assert told.ahead == Decimal("33.333333333333333333333")
    assert told.ahead_ratio == Decimal("0.111111")
    assert told.forecast == Decimal("1033.333333333333333333333")
    assert told.forecast_left == Decimal("-33.333333333333333333333")
    assert told.bounds == (
        Decimal("1023.333333333333333333333"), Decimal("1043.333333333333333333333"),
    )  # fmt: skip


def test_without_an_amount_there_is_nothing_to_be_measured_by() -> None:
    told = status("5", None)
    assert (told.remaining, told.used, told.forecast_left) == (None, None, None)
