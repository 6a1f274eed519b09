"""The smallest set of values that explains an impact."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.anomalies.explain import smallest_set
from outlay.anomalies.model import Row


def row(service: str, region: str, resource: str, actual: str, expected: str) -> Row:
    dims = {"ServiceName": service, "RegionId": region, "ResourceId": resource}
    return Row(dims, Decimal(actual), Decimal(expected))


LEDGER = [
    row("EC2", "us-east-1", "i-1", "100.10", "100"),
    row("EC2", "us-east-1", "i-2", "100", "100"),
    row("EC2", "eu-west-1", "i-3", "800", "800.20"),
    row("S3", "us-east-1", "b-1", "300", "300"),
    row("S3", "eu-west-1", "b-2", "50", "50"),
]


def changed(*more: Row) -> list[Row]:
    return [*LEDGER, *more]


def test_one_resource() -> None:
    told = smallest_set(changed(row("EC2", "us-east-1", "i-9", "500", "0")))
    (element,) = told.elements
    assert element.values == {"ResourceId": "i-9"}
    assert (element.impact, told.impact) == (Decimal(500), Decimal("499.90"))
    assert told.where == {"ServiceName": "EC2", "RegionId": "us-east-1"}
    assert told.explained + told.rest == told.impact


def test_a_service_in_a_region() -> None:
    fleet = [row("EC2", "us-east-1", f"i-{n}", "30", "10") for n in range(20, 40)]
    told = smallest_set(changed(*fleet))
    (element,) = told.elements
    assert element.values == {"ServiceName": "EC2", "RegionId": "us-east-1"}


def test_a_whole_service_needs_no_region() -> None:
    rows = [
        row("EC2", region, f"{region}-{n}", "30", "10")
        for region in ("us-east-1", "eu-west-1", "ap-east-1")
        for n in range(8)
    ] + [row("S3", "us-east-1", "b", "900", "900"), row("S3", "ap-east-1", "c", "90", "90")]
    (element,) = smallest_set(rows).elements
    assert element.values == {"ServiceName": "EC2"}
    assert element.impact == Decimal(480)


def test_a_fall_is_explained_by_what_fell() -> None:
    rows = changed(row("RDS", "us-east-1", "db", "0", "400"), row("RDS", "x", "db2", "30", "10"))
    told = smallest_set(rows)
    assert told.impact == Decimal("-380.10")
    assert [e.values for e in told.elements] == [{"ResourceId": "db"}]
    assert told.share == Decimal("105.2")


def test_what_is_spread_is_not_told() -> None:
    rows = [row(f"s{n}", f"r{n}", f"i{n}", "11", "10") for n in range(30)]
    told = smallest_set(rows)
    assert told.elements == () and told.rest == told.impact == Decimal(30)
    assert smallest_set([]).impact == 0
    with pytest.raises(ValueError, match="at most 1"):
        smallest_set(rows, enough=Decimal(2))


def test_ties_are_resolved_by_order_and_name() -> None:
    rows = [row("A", "r", "i1", "20", "10"), row("B", "r2", "i2", "20", "10")]
    for order in (rows, rows[::-1]):
        told = smallest_set(order)
        assert [e.values["ServiceName"] for e in told.elements] == ["A", "B"]


amounts = st.integers(-50, 200).map(Decimal)
ledgers = st.lists(
    st.builds(
        lambda a, b, came, was: Row({"a": a, "b": b}, came, was),
        st.sampled_from("xyz"),
        st.sampled_from("uvw"),
        amounts,
        st.integers(0, 100).map(Decimal),
    ),
    min_size=1,
    max_size=9,
)


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_no_smaller_set_of_a_cut_explains_as_much(rows: list[Row]) -> None:
    told = smallest_set(rows)
    assert told.explained + told.rest == told.impact
    if not told.elements:
        return
    for cut in (("a",), ("b",), ("a", "b")):
        parts: dict[tuple[str, ...], Decimal] = {}
        for one in rows:
            key = tuple(one.dims[name] for name in cut)
            parts[key] = parts.get(key, Decimal(0)) + one.actual - one.expected
        for size in range(1, len(told.elements)):
            for chosen in combinations(parts.values(), size):
                assert sum(chosen) / told.impact < Decimal("0.8")
