"""What a period may cost: growth rounded once, rollover to the last digit."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.money import total
from outlay.planning.budgets.amounts import allowances, own_amount
from outlay.planning.budgets.periods import between
from tests.budgets.specs import month, spec

FROM = {"from": "2026-01-01"}


@pytest.mark.parametrize(
    ("fields", "period", "amount"),
    [
        ({}, "2026-05", "1000"),
        ({"amounts": {"2026-05": "12.34"}}, "2026-05", "12.34"),
        ({"amount": None, "amounts": {"2026-05": "7"}}, "2026-06", None),
        ({"growth": {"percent": "1"}, **FROM}, "2026-01", "1000.00"),
        # 1000 × 1.01² and ³, rounded once
        ({"growth": {"percent": "1"}, **FROM}, "2026-03", "1020.10"),
        ({"growth": {"percent": "1"}, **FROM}, "2026-04", "1030.30"),
        ({"growth": {"percent": "10", "each": "year"}, **FROM}, "2026-12", "1000.00"),
        ({"growth": {"percent": "10", "each": "year"}, **FROM}, "2028-02", "1210.00"),
        ({"growth": {"percent": "-50"}, **FROM}, "2026-02", "500.00"),
        ({"growth": {"percent": "1"}, "amounts": {"2026-03": "5"}, **FROM}, "2026-03", "5"),
    ],
)
def test_the_amount_of_a_period(fields, period, amount) -> None:
    found = own_amount(spec(**fields), month(period))
    assert found == (None if amount is None else Decimal(amount))


def told(carry, actuals: list[str], count: int | None = None, **fields):
    """Amount and carried of the months from January on, after these actual costs."""
    asked = spec(rollover=carry, **FROM, **fields)
    count = count or len(actuals) + 1
    periods = between(asked, date(2026, 1, 1), date(2026, count + 1, 1) if count < 12 else
                      date(2027, 1, 1))  # fmt: skip
    costs = {one.key: Decimal(cost) for one, cost in zip(periods, actuals, strict=False)}
    return allowances(asked, periods, costs)


def test_what_is_left_is_carried_on_to_the_last_digit() -> None:
    found = told("unused", ["900.000000000000000000001", "1200"])
    assert found["2026-02"].carried == Decimal("99.999999999999999999999")
    assert found["2026-02"].amount == Decimal("1099.999999999999999999999")
    # February cost 1200, more than it had: nothing is left, nothing is owed.
    assert found["2026-03"].carried == 0


def test_both_carries_what_was_overspent() -> None:
    found = told("both", ["1300.25", "500"])
    assert found["2026-02"].carried == Decimal("-300.25")
    assert found["2026-02"].amount == Decimal("699.75")
    assert found["2026-03"].carried == Decimal("199.75")


def test_a_cap_holds_in_both_directions_and_each_time() -> None:
    capped = {"carry": "both", "cap": "50"}
    found = told(capped, ["0", "3000", "0"])
    assert [found[key].carried for key in ("2026-02", "2026-03", "2026-04")] == [50, -50, 50]


def test_nothing_is_carried_over_a_period_without_an_amount() -> None:
    found = told("unused", ["100", "100", "100"], amount=None,
                 amounts={"2026-01": "500", "2026-03": "500", "2026-04": "500"})  # fmt: skip
    assert set(found) == {"2026-01", "2026-03", "2026-04"}
    assert (found["2026-03"].carried, found["2026-04"].carried) == (0, 400)


money = st.decimals(-5000, 5000, places=21).map(lambda d: d)


@given(st.lists(money, min_size=1, max_size=11))
def test_carried_both_ways_nothing_is_lost(costs: list[Decimal]) -> None:
    found = told("both", [str(cost) for cost in costs])
    last = list(found.values())[-1]
    given_ = Decimal(1000) * (len(costs) + 1)
    assert last.amount == total((given_, *(cost.copy_negate() for cost in costs)))


@given(st.lists(money, min_size=1, max_size=11), st.integers(1, 2000))
def test_unused_never_owes_and_never_exceeds_its_cap(costs: list[Decimal], cap: int) -> None:
    found = told({"carry": "unused", "cap": str(cap)}, [str(cost) for cost in costs])
    assert all(0 <= one.carried <= cap for one in found.values())
