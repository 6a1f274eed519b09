"""The spec of a dashboard: places, ids, contents and variables."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.app.dashboards.model import (
    COLUMNS,
    DASHBOARD,
    OF_A_QUESTION,
    PANEL_KINDS,
    DashboardSpec,
    Panel,
    Variables,
)
from outlay.query import CostQuery
from outlay.resources import ResourceError, parse_resources

TOTAL: dict[str, Any] = {"query": {}}


def panel(**parts: Any) -> dict[str, Any]:
    return {"kind": "figure", **TOTAL, **parts}


def spec(*panels: dict[str, Any], **parts: Any) -> DashboardSpec:
    read = DASHBOARD.parse({"panels": list(panels), **parts})
    assert isinstance(read, DashboardSpec)
    return read


def refused(*panels: dict[str, Any], **parts: Any) -> str:
    with pytest.raises(ResourceError) as caught:
        spec(*panels, **parts)
    return str(caught.value)


def test_what_a_file_leaves_out_is_completed_in_reading_order() -> None:
    read = spec(
        panel(title="Spend"),
        panel(title="Spend"),
        panel(title="Services", kind="area"),
        panel(title="Fixed", x=6, y=0, w=6, h=2),
    )
    assert [(p.id, p.x, p.y, p.w, p.h) for p in read.panels] == [
        ("spend", 0, 0, 3, 2),
        ("spend-2", 3, 0, 3, 2),
        ("services", 0, 2, 6, 4),
        ("fixed", 6, 0, 6, 2),
    ]


def test_panels_on_one_another_are_refused_with_both_places() -> None:
    told = refused(panel(id="a", x=0, y=0, w=4, h=2), panel(id="b", x=3, y=1, w=4, h=2))
    assert "'a' and 'b' stand on one another: x 0, y 0, 4 by 2 and x 3, y 1, 4 by 2" in told
    assert len(spec(panel(x=0, y=0, w=4, h=2), panel(x=4, y=0, w=4, h=2)).panels) == 2


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (panel(id="a", x=9, y=0, w=4, h=2), "the panel 'a' is 4 columns wide from column 9"),
        (panel(id="a", x=12, y=0), "x"),
        (panel(id="a", h=0, x=0, y=0, w=1), "h"),
        ({"id": "a", "kind": "figure"}, "needs query or view, and nothing beside it; it has none"),
        (panel(id="a", view="v"), "it has query and view"),
        (panel(id="a", kind="unit"), "needs unit, and nothing beside it; it has query"),
        ({"id": "a", "kind": "text"}, "needs text"),
        (panel(kind="pie"), "kind"),
        (panel(query={"by": ["Nonsense"]}), "Nonsense"),
        (panel(colour="red"), "colour"),
    ],
)
def test_a_panel_that_cannot_be_is_refused(wrong: dict[str, Any], told: str) -> None:
    assert told in refused(wrong)


def test_ids_are_unique() -> None:
    assert "two panels have the id 'a'" in refused(
        panel(id="a", x=0, y=0, w=1, h=1), panel(id="a", x=5, y=5, w=1, h=1)
    )


def test_every_kind_has_one_content() -> None:
    for kind in PANEL_KINDS:
        content: dict[str, Any] = dict(TOTAL) if kind in OF_A_QUESTION else {kind: "some"}
        (read,) = spec({"kind": kind, **content}).panels
        assert read.kind == kind


@pytest.mark.parametrize(
    "wrong",
    [{"range": "fortnight"}, {"where": "ServiceNam = 1"}, {"currency": "euro"}, {"compare": "x"}],
)
def test_variables_that_cannot_be_read_are_refused(wrong: dict[str, str]) -> None:
    assert next(iter(wrong)) in refused(**wrong)


def test_variables_are_kept_in_their_canonical_form() -> None:
    read = spec(range=" last-month ", where="ServiceName='x'", currency="eur")
    assert (read.range, read.where, read.currency) == ("last-month", "ServiceName = 'x'", "EUR")
    assert read.variables == Variables(
        range="last-month", where="ServiceName = 'x'", currency="EUR"
    )


def test_variables_move_a_question_and_leave_what_they_do_not_say() -> None:
    query = CostQuery(
        by=("ServiceName",), range="last-month", where="RegionId = 'eu'", compare="previous",
        sort="movers", currency="USD",
    )  # fmt: skip
    assert Variables().applied(query) == query
    moved = Variables(
        range="last-7-days", where="ServiceName = 'x'", currency="EUR", compare="previous-year"
    ).applied(query)
    assert moved == query.but(
        range="last-7-days",
        where="RegionId = 'eu' AND ServiceName = 'x'",
        currency="EUR",
        compare="previous-year",
    )
    without = Variables(compare="none").applied(query)
    assert without.compare is None
    assert without.sort == ""


def test_what_is_chosen_stands_over_what_is_kept_and_conditions_hold_together() -> None:
    kept = Variables(range="last-month", where="RegionId = 'eu' OR RegionId = 'us'", compare="none")
    chosen = Variables(range="last-7-days", where="ServiceName = 'x'")
    both = chosen.over(kept)
    assert (both.range, both.compare) == ("last-7-days", "none")
    assert both.where == "(RegionId = 'eu' OR RegionId = 'us') AND ServiceName = 'x'"


def test_the_example_is_what_a_file_holds() -> None:
    (document,) = parse_resources(DASHBOARD.example, "example")
    read = document.spec
    assert isinstance(read, DashboardSpec)
    assert DASHBOARD.parse(read) == read
    assert DASHBOARD.parse(read.model_dump(mode="json")) == read


SIZES = st.tuples(st.integers(1, COLUMNS), st.integers(1, 6))


@given(sizes=st.lists(SIZES, max_size=14))
def test_panels_without_a_place_never_stand_on_one_another(sizes: list[tuple[int, int]]) -> None:
    read = spec(*(panel(w=w, h=h) for w, h in sizes))
    assert [(p.w, p.h) for p in read.panels] == sizes
    for one, other in itertools.combinations(read.panels, 2):
        assert not one.overlaps(other)
        assert cells(one).isdisjoint(cells(other))
    assert all(p.x + p.w <= COLUMNS for p in read.panels)


@given(
    first=st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 6), st.integers(1, 6)),
    second=st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 6), st.integers(1, 6)),
)
def test_overlap_is_a_cell_in_common(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int]
) -> None:
    one, other = (
        Panel(id="a", kind="text", text="t", x=x, y=y, w=w, h=h) for x, y, w, h in (first, second)
    )
    assert one.overlaps(other) == bool(cells(one) & cells(other)) == other.overlaps(one)


def cells(panel: Panel) -> set[tuple[int, int]]:
    columns, rows = range(panel.x, panel.x + panel.w), range(panel.y, panel.y + panel.h)
    return set(itertools.product(columns, rows))
