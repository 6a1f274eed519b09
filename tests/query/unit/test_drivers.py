"""What drove a change: the parts by hand, and for any numbers exactly the change."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from outlay.money import total
from outlay.query.unit import Amounts, decompose

D = Decimal


def amounts(cost: str, units: str | None) -> Amounts:
    return Amounts(D(cost), None if units is None else D(units))


def test_price_volume_and_mix_by_hand() -> None:
    """The example of docs/allocation/unit-costs.md, with its arithmetic there."""
    found = decompose(
        {"web": amounts("300", "600"), "app": amounts("320", "400")},
        {"web": amounts("330", "600"), "app": amounts("480", "600")},
    )
    assert found is not None
    assert (found.before, found.after, found.change) == (D(620), D(810), D(190))
    assert (found.volume, found.mix, found.price, found.without_units) == (
        D(124), D(36), D(30), D(0),
    )  # fmt: skip
    app, web = found.drivers
    assert (app.value, app.change, app.volume, app.mix, app.price) == (
        "app", D(160), D(64), D(96), D(0),
    )  # fmt: skip
    assert (web.value, web.change, web.volume, web.mix, web.price) == (
        "web", D(30), D(60), D(-60), D(30),
    )  # fmt: skip


def test_without_labels_there_is_no_mix() -> None:
    found = decompose({None: amounts("100", "40")}, {None: amounts("99", "30")})
    assert found is not None
    # 10 fewer at 2.50, and 30 at 3.30 instead of 2.50.
    assert (found.volume, found.mix, found.price) == (D(-25), D(0), D(24))


def test_a_new_value_starts_at_the_average_price_and_one_that_ended_has_none() -> None:
    found = decompose(
        {"old": amounts("100", "50"), "same": amounts("100", "50")},
        {"new": amounts("90", "50"), "same": amounts("100", "50")},
    )
    assert found is not None
    by = {driver.value: driver for driver in found.drivers}
    # 50 units at the average 2.00 moved from old to new, and each costs 0.20 less.
    assert (by["old"].volume, by["old"].mix, by["old"].price) == (D(0), D(-100), D(0))
    assert (by["new"].volume, by["new"].mix, by["new"].price) == (D(0), D(100), D(-10))
    assert (found.mix, found.price, found.change) == (D(0), D(-10), D(-10))


def test_cost_without_units_is_a_part_of_its_own() -> None:
    found = decompose(
        {"web": amounts("10", "10"), "idle": amounts("5", None), "off": amounts("3", "0")},
        {"web": amounts("20", "20"), "idle": amounts("9", None), "refund": amounts("1", "-2")},
    )
    assert found is not None
    assert (found.volume, found.mix, found.price) == (D(10), D(0), D(0))
    assert found.without_units == D(9) - D(5) - D(3) + D(1)
    assert found.change == D(12)


def test_what_rounding_leaves_over_is_in_the_price() -> None:
    found = decompose({"a": amounts("1", "3")}, {"a": amounts("1", "7")})
    assert found is not None
    assert found.volume == D("1.333333333333")
    assert found.price == D("-1.333333333333")
    assert found.change == 0


def test_nothing_before_is_no_start() -> None:
    assert decompose({}, {"a": amounts("1", "1")}) is None
    assert decompose({"a": amounts("1", "0")}, {"a": amounts("1", "1")}) is None


money = st.decimals(-(10**9), 10**9, places=21, allow_nan=False, allow_infinity=False)
units = st.one_of(
    st.none(), st.just(D(0)), st.decimals(0, 10**9, places=6, allow_nan=False),
    st.decimals(-(10**3), 0, places=2, allow_nan=False),
)  # fmt: skip
costs_and_units = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=4
)
sides = st.dictionaries(st.sampled_from(["a", "b", "c", None]), st.builds(Amounts, money, units))


@given(before=sides, after=sides)
def test_the_parts_are_the_change_to_the_last_digit(
    before: dict[str | None, Amounts], after: dict[str | None, Amounts]
) -> None:
    found = decompose(before, after)
    counted = total(a.units for a in before.values() if a.units is not None and a.units > 0)
    if not counted:
        assert found is None
        return
    assert found is not None
    parts = (found.volume, found.mix, found.price, found.without_units)
    whole = total([*(a.cost for a in after.values()),
                   *(a.cost.copy_negate() for a in before.values())])  # fmt: skip
    assert total(parts) == whole == found.change
    for one in found.drivers:
        assert total((one.volume, one.mix, one.price, one.without_units)) == one.change


@given(
    before=st.lists(
        st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=4
    ),
    factor=st.integers(2, 9),
)
def test_more_of_the_same_is_volume_alone(before: list[tuple[int, int]], factor: int) -> None:
    """Every value grows alike at its price: no mix, no price."""
    zero = {str(n): Amounts(D(c), D(u)) for n, (c, u) in enumerate(before)}
    one = {str(n): Amounts(D(c * factor), D(u * factor)) for n, (c, u) in enumerate(before)}
    found = decompose(zero, one)
    assert found is not None
    assert (found.mix, found.price) == (0, 0)
    assert found.volume == found.change


@given(
    before=st.lists(
        st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=4
    ),
    rise=st.integers(1, 10**6),
)
def test_dearer_units_are_price_alone(before: list[tuple[int, int]], rise: int) -> None:
    """The same units cost more: no volume, no mix."""
    zero = {str(n): Amounts(D(c), D(u)) for n, (c, u) in enumerate(before)}
    one = {str(n): Amounts(D(c + rise), D(u)) for n, (c, u) in enumerate(before)}
    found = decompose(zero, one)
    assert found is not None
    assert (found.volume, found.mix) == (0, 0)
    assert found.price == rise * len(before)
