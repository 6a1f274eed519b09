"""Budgets as a tree: scopes narrow, parts add up, circles are refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.planning.budgets.status import parts
from outlay.planning.budgets.tree import check_tree, placed, scope_of
from outlay.resources import ResourceError
from tests.budgets.specs import spec, status

CUSTOM = {"period": "custom", "from": "2026-03-01", "until": "2026-06-01"}


def test_a_child_narrows_the_scope_of_those_above() -> None:
    specs = {
        "all": spec(),
        "shop": spec(scope="team IN ('a', 'b') OR team = 'c'", parent="all"),
        "a": spec(scope="team = 'a'", parent="shop"),
        "same": spec(scope="team = 'a'", parent="a"),
    }
    check_tree(specs)
    assert scope_of("all", specs) == ""
    assert scope_of("a", specs) == "(team IN ('a', 'b') OR team = 'c') AND team = 'a'"
    assert scope_of("same", specs) == scope_of("a", specs)
    assert [(one.name, one.depth, one.parent) for one in placed(specs)] == [
        ("all", 0, ""), ("shop", 1, "all"), ("a", 2, "shop"), ("same", 3, "a"),
    ]  # fmt: skip


def test_a_child_of_one_that_is_not_seen_is_a_root() -> None:
    (found,) = placed({"a": spec(parent="hidden")})
    assert (found.parent, found.depth) == ("", 0)


@pytest.mark.parametrize(
    ("specs", "why"),
    [
        ({"a": spec(parent="a")}, "parts of each other: a → a"),
        ({"a": spec(parent="b"), "b": spec(parent="c"), "c": spec(parent="a")},
         "a → b → c → a"),
        ({"a": spec(parent="nobody")}, "needs the budget 'nobody' as its parent"),
        ({"a": spec(parent="b"), "b": spec(currency="EUR")},
         "its currency is USD, that of 'b' EUR"),
        ({"a": spec(parent="b"), "b": spec(measure="BilledCost")}, "its measure is EffectiveCost"),
        ({"a": spec(parent="b"), "b": spec(rates="finance")}, "its rates is the workspace's"),
        ({"a": spec(parent="b", period="year"), "b": spec()}, "a year does not lie within a month"),
        ({"a": spec(parent="b", period="quarter"), "b": spec(period="year", year_start=2)},
         "begins in another month"),
        ({"a": spec(parent="b", **CUSTOM), "b": spec(period="quarter")},
         "do not lie within one period"),
        ({"a": spec(parent="b"), "b": spec(period="custom", **{"from": "2026-03-02",
                                                               "until": "2026-06-01"})},
         "do not fill the days"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_up_is_refused(specs, why) -> None:
    with pytest.raises(ResourceError, match=why):
        check_tree(specs)


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        ({}, {"period": "year", "year_start": 7}),
        ({"period": "quarter"}, {"period": "year"}),
        ({"period": "quarter", "year_start": 4}, {"period": "quarter", "year_start": 7}),
        (CUSTOM, {"period": "year"}),
        ({}, CUSTOM),
    ],
)
def test_periods_that_lie_within(child, parent) -> None:
    check_tree({"a": spec(parent="b", **child), "b": spec(**parent)})


@given(
    st.decimals(-(10**6), 10**6, places=21),
    st.lists(
        st.tuples(st.decimals(0, 10**6, places=2), st.decimals(-(10**6), 10**6, places=21)),
        max_size=8,
    ),
)
def test_parts_and_the_rest_are_the_whole(actual: Decimal, children) -> None:
    whole = status(str(actual), "5000")
    found = parts(whole, [given_ for given_, _ in children], [spent for _, spent in children])
    assert found.actual + found.rest == whole.actual
    assert found.unallocated is not None
    assert found.allocated + found.unallocated == Decimal(5000)


def test_a_leap_day_is_in_the_first_quarter() -> None:
    from outlay.planning.budgets.periods import period_of

    quarter = period_of(spec(period="quarter"), date(2028, 2, 29))
    assert quarter is not None and (quarter.key, quarter.days) == ("2028-Q1", 91)
