"""Incomplete days, colours, drill-down: rules that a page relies on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from outlay.app.complete import incomplete_from
from outlay.query import CostQuery
from outlay.web.explore import filters
from outlay.web.explore.address import next_dimension
from outlay.web.explore.colours import colours
from tests.web.company import Company

Loaded = Callable[..., object]


def slices(acme: Company, *loaded: tuple[str, str, datetime]) -> list:  # type: ignore[type-arg]
    """Slices of (source, period, moment of loading), made from a real one."""
    from outlay.money import BillingPeriod

    real = acme.workspace.deliveries()[0]
    return [
        replace(
            real,
            source=source,
            billing_period=BillingPeriod.parse(period),
            delivery=replace(real.delivery, loaded_at=moment),
        )
        for source, period, moment in loaded
    ]


def test_an_open_month_is_complete_up_to_the_day_before_its_delivery(acme: Company) -> None:
    found = slices(acme, ("a", "2026-11", datetime(2026, 11, 24, 6)))
    assert incomplete_from(found) == date(2026, 11, 23)


def test_a_month_that_was_delivered_after_its_end_is_complete(acme: Company) -> None:
    found = slices(acme, ("a", "2026-10", datetime(2026, 11, 5, 6)))
    assert incomplete_from(found) is None
    on_the_last_night = slices(acme, ("a", "2026-10", datetime(2026, 11, 1, 6)))
    assert incomplete_from(on_the_last_night) == date(2026, 10, 31)


def test_the_slowest_source_decides_unless_it_has_fallen_silent(acme: Company) -> None:
    fast = ("fast", "2026-11", datetime(2026, 11, 24, 6))
    slow = ("slow", "2026-11", datetime(2026, 11, 22, 6))
    silent = ("silent", "2026-11", datetime(2026, 11, 10, 6))
    assert incomplete_from(slices(acme, fast, slow)) == date(2026, 11, 21)
    assert incomplete_from(slices(acme, fast, silent)) == date(2026, 11, 23)
    assert incomplete_from([]) is None


def test_a_series_keeps_its_colour_whatever_is_shown_beside_it() -> None:
    ranks = {("a",): 0, ("b",): 1, ("c",): 2}
    everything = colours([("a",), ("b",), ("c",), ("z",), (None,)], ranks)
    assert everything == {
        ("a",): "s1",
        ("b",): "s2",
        ("c",): "s3",
        ("z",): everything[("z",)],
        (None,): "s-none",
    }
    assert colours([("c",), ("b",)], ranks) == {("c",): "s3", ("b",): "s2"}


def test_no_two_series_share_a_colour() -> None:
    groups = [(f"series {number}",) for number in range(12)]
    painted = colours(groups, {groups[3]: 5, groups[4]: 5})
    assert len(set(painted.values())) == 12


@pytest.mark.parametrize(
    ("by", "fixed", "expected"),
    [
        (("ServiceName",), {"ServiceName"}, "SubAccountName"),
        (("SubAccountName",), {"ServiceName", "SubAccountName"}, "ResourceId"),
        (("ResourceId",), {"ResourceId"}, None),
        (("tags.team",), {"tags.team"}, "ServiceName"),
        (("ServiceName",), {"ServiceName", "SubAccountId"}, "ResourceId"),
    ],
)
def test_the_way_down(by: tuple[str, ...], fixed: set[str], expected: str | None) -> None:
    assert next_dimension(CostQuery(by=by), fixed, set()) == expected


def test_the_way_down_passes_over_what_no_charge_has() -> None:
    query = CostQuery(by=("ServiceName",))
    present = {"ServiceName", "SubAccountId"}
    assert next_dimension(query, {"ServiceName"}, present) == "SubAccountId"
    assert next_dimension(query, {"ServiceName"}, {"ServiceName"}) is None


def test_conditions_are_toggled_without_touching_the_others() -> None:
    where = "ServiceName = 'x' AND (tags.team IS NULL OR tags.team = 'y')"
    with_toggle = filters.toggled(where, filters.WITHOUT_CREDITS)
    assert filters.holds(with_toggle, filters.WITHOUT_CREDITS)
    assert filters.toggled(with_toggle, filters.WITHOUT_CREDITS) == where
    assert filters.toggled("", filters.WITHOUT_TAX) == "ChargeCategory <> 'Tax'"


def test_one_big_or_is_one_condition() -> None:
    where = "ServiceName = 'x' OR ServiceName = 'y'"
    assert len(filters.conditions(where)) == 1
    assert filters.toggled(where, filters.WITHOUT_TAX) == f"({where}) AND ChargeCategory <> 'Tax'"
