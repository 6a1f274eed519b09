"""Who sees which annotation, and which conditions exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.annotations import marks
from outlay.app.annotations.events import product_events
from outlay.app.annotations.marks import conditions, exclude
from outlay.app.annotations.model import ANNOTATION
from outlay.resources import ResourceNotFoundError

SHOP = "SubAccountName = 'Shop'"
ADA = Principal("ada", Level.EDITOR, scope=SHOP)


@pytest.fixture
def told(acme: Workspace) -> Iterator[Workspace]:
    """Annotations of everything, of the shop, of a part of the shop, and of the data account."""
    for name, where in (
        ("all", ""),
        ("shop", SHOP),
        ("part", f"{SHOP} AND RegionId = 'eu'"),
        ("data", "SubAccountName = 'Data'"),
        ("wide", "RegionId = 'eu'"),
    ):
        spec = {"from": "2026-09-01", "text": name, "where": where}
        acme.put_resource("Annotation", name, spec, author="test")
    yield acme
    for name in acme.resources.names("Annotation"):
        acme.delete_resource("Annotation", name, author="test")


def test_a_scope_sees_what_is_of_everything_or_lies_within_it(told: Workspace) -> None:
    assert {one.name for one in marks.listed(told)} == {"all", "shop", "part", "data", "wide"}
    with acting(ADA):
        assert {one.name for one in marks.listed(told)} == {"all", "shop", "part"}
        for hidden in ("data", "wide"):
            with pytest.raises(ResourceNotFoundError):
                marks.find(told, hidden)
            with pytest.raises(ResourceNotFoundError):
                marks.change(told, hidden, {"from": "2026-09-01", "text": "mine"}, None)
            with pytest.raises(ResourceNotFoundError):
                marks.remove(told, hidden)
        assert product_events(told) == []


def test_who_sees_a_part_annotates_that_part(told: Workspace) -> None:
    with acting(ADA):
        one = marks.add(told, {"from": "2026-09-02", "text": "Of the shop"})
        assert (one.spec.where, one.author) == (SHOP, "ada")
        part = marks.add(told, {"from": "2026-09-02", "text": "Part", "where": "RegionId = 'eu'"})
        assert conditions(part.spec.where) == conditions(f"RegionId = 'eu' AND {SHOP}")
        kept = marks.change(told, one.name, {"from": "2026-09-02", "text": "Still"}, one.version)
        assert kept.spec.where == SHOP


def test_names_are_made_of_day_and_text_and_never_taken_twice(told: Workspace) -> None:
    first = marks.add(told, {"from": "2026-09-05", "text": "Black Friday!"})
    second = marks.add(told, {"from": "2026-09-05", "text": "Black Friday!"})
    assert first.name == "2026-09-05-black-friday"
    assert second.name == "2026-09-05-black-friday-2"
    marks.remove(told, second.name)
    third = marks.add(told, {"from": "2026-09-05", "text": "Black Friday!"})
    assert third.name == "2026-09-05-black-friday-3", "the history of a name is its own"


def test_the_end_is_exclusive_and_the_last_day_is_told() -> None:
    spec = ANNOTATION.parse({"from": "2026-09-01", "until": "2026-09-04", "text": "x"})
    assert (str(spec.end), str(spec.last)) == ("2026-09-04", "2026-09-03")  # type: ignore[attr-defined]
    one = ANNOTATION.parse({"from": "2026-09-01", "text": "x"})
    assert (str(one.end), str(one.last)) == ("2026-09-02", "2026-09-01")  # type: ignore[attr-defined]


VALUES = st.sampled_from(["a", "b", "c", None])
SETS = st.sets(VALUES, min_size=1)


def condition(name: str, values: set[str | None]) -> str:
    texts = [f"'{value}'" for value in sorted(v for v in values if v is not None)]
    parts = [f"{name} IN ({', '.join(texts)})"] if texts else []
    return " OR ".join(parts + ([f"{name} IS NULL"] if None in values else []))


@given(one=SETS, other=SETS, same=st.booleans())
def test_conditions_exclude_each_other_only_when_no_charge_has_both(
    one: set[str | None], other: set[str | None], same: bool
) -> None:
    first = conditions(condition("RegionId", one))
    second = conditions(condition("RegionId" if same else "ServiceName", other))
    told = exclude(first, second)
    assert told == exclude(second, first)
    if told:
        assert same and not one & other
