"""Each threshold once a period, the highest that was passed, in any order of looks."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.planning.budgets.thresholds import is_passed, limit, look
from tests.budgets.specs import spec

OF_ALL = [
    {"of": "actual", "percent": "50"},
    {"of": "actual", "percent": "80"},
    {"of": "actual", "percent": "100", "severity": "critical"},
    {"of": "actual", "amount": "1200"},
    {"of": "forecast", "percent": "100"},
    {"of": "forecast", "percent": "120"},
]
BUDGET = spec(thresholds=OF_ALL)


def keys(found) -> tuple[list[str], list[str]]:
    return [one.key for one in found.raised], [one.key for one in found.passed]


def at(actual: str, forecast: str | None = None, known: tuple[str, ...] = (), amount="1000"):
    says = None if forecast is None else Decimal(forecast)
    return keys(look(BUDGET, Decimal(amount), Decimal(actual), says, known))


def test_a_jump_raises_the_highest_and_the_others_count_as_passed() -> None:
    assert at("1000") == (["actual/100%"], ["actual/50%", "actual/80%"])
    assert at("1250") == (["actual/1200"], ["actual/50%", "actual/80%", "actual/100%"])


@pytest.mark.parametrize("amount", ["0", "-50"])
def test_of_a_budget_of_nothing_or_less_the_highest_is_told(amount: str) -> None:
    assert at("10", amount=amount) == (["actual/100%"], ["actual/50%", "actual/80%"])
    # It was raised at 80 % before the amount was taken away.
    known = ("actual/50%", "actual/80%")
    assert at("10", None, known, amount) == (["actual/100%"], [])
    assert at("10", None, (*known, "actual/100%"), amount) == ([], [])


def test_a_threshold_is_reached_at_its_amount_and_not_a_digit_before() -> None:
    assert at("799.999999999999999999999") == (["actual/50%"], [])
    assert at("800")[0] == ["actual/80%"]


def test_what_was_raised_or_passed_is_not_raised_again() -> None:
    known = ("actual/50%", "actual/80%")
    assert at("900", None, known) == ([], [])
    assert at("1001", None, known) == (["actual/100%"], [])


def test_a_lower_one_after_a_higher_one_is_passed_silently() -> None:
    # A threshold of 80 % that was added after 100 % had been raised.
    assert at("1001", None, ("actual/100%",)) == ([], ["actual/50%", "actual/80%"])


def test_a_lowered_amount_raises_what_is_new_alone() -> None:
    known = ("actual/50%", "actual/80%")
    assert at("900", None, known, amount="900") == (["actual/100%"], [])
    assert at("900", None, (*known, "actual/100%"), amount="500") == ([], [])


def test_without_a_forecast_none_of_it_is_raised() -> None:
    assert at("500", None)[0] == ["actual/50%"]
    assert at("500", "1000") == (["actual/50%", "forecast/100%"], [])
    assert at("500", "1300")[0] == ["actual/50%", "forecast/120%"]


def test_a_forecast_is_old_news_once_the_cost_is_as_high() -> None:
    assert at("1000", "1150", ("actual/50%", "actual/80%")) == (["actual/100%"], ["forecast/100%"])
    assert at("1000", "1500", ("actual/50%", "actual/80%")) == (
        ["actual/100%", "forecast/120%"], ["forecast/100%"],
    )  # fmt: skip


def test_a_budget_with_forecast_thresholds_alone_still_tells() -> None:
    asked = spec(thresholds=[{"of": "forecast", "percent": "100"}])
    assert keys(look(asked, Decimal(1000), Decimal(1400), Decimal(1400), ()))[0] == [
        "forecast/100%"
    ]


@pytest.mark.parametrize(
    ("amount", "actual", "passed"),
    [("0", "0", False), ("0", "0.01", True), ("-50", "0", False), ("1000", "-5", False)],
)
def test_nothing_spent_passes_nothing(amount, actual, passed) -> None:
    assert is_passed(BUDGET.thresholds[2], Decimal(amount), Decimal(actual)) is passed


looks = st.lists(
    st.tuples(
        st.integers(0, 2000), st.none() | st.integers(0, 2000), st.sampled_from([900, 1000, 1500])
    ),
    max_size=25,
)


@given(looks)
def test_any_order_of_looks_raises_each_once_at_most(sequence) -> None:
    """Deliveries may come late, be restated down and up again, the amount may be changed."""
    known: set[str] = set()
    raised: list[str] = []
    for cost, forecast, share in sequence:
        actual, amount = Decimal(cost), Decimal(share)
        says = None if forecast is None else Decimal(forecast)
        found = look(BUDGET, amount, actual, says, known)
        mine = [one.key for one in (*found.raised, *found.passed)]
        assert not set(mine) & known, "raised or passed a second time"
        assert len({one.of for one in found.raised}) == len(found.raised)
        for one in found.raised:
            above = [
                other
                for other in BUDGET.thresholds
                if other.of == one.of
                and limit(other, Decimal(amount)) > limit(one, Decimal(amount))
            ]
            value = Decimal(actual) if one.of == "actual" else says
            assert value is not None
            assert not any(is_passed(other, Decimal(amount), value) for other in above)
            assert not {other.key for other in above} & known, "a lower one after a higher one"
        raised += [one.key for one in found.raised]
        known |= set(mine)
    assert len(raised) == len(set(raised))


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=20), st.randoms())
def test_whatever_the_order_the_highest_that_was_reached_is_told(costs, random_) -> None:
    """The same amounts in two orders may raise different lower ones, never another highest."""

    def highest(order: list[int]) -> str | None:
        known: set[str] = set()
        last = None
        for cost in order:
            found = look(BUDGET, Decimal(1000), Decimal(cost), None, known)
            last = found.raised[-1].key if found.raised else last
            known |= {one.key for one in (*found.raised, *found.passed)}
        return last

    shuffled = list(costs)
    random_.shuffle(shuffled)
    assert highest(costs) == highest(shuffled)
