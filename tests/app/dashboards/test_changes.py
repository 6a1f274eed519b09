"""Changes of panels: what moves, what stays, and that a layout is never lost or doubled."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.app.dashboards.changes import (
    arranged,
    box,
    duplicated,
    replaced,
    settled,
    with_panel,
    without,
)
from outlay.app.dashboards.model import COLUMNS, DashboardSpec
from outlay.resources import ResourceError, ResourceNotFoundError


def spec(*boxes: tuple[int, int, int, int]) -> DashboardSpec:
    panels = [
        {"id": f"p{n}", "kind": "text", "text": "t", "x": x, "y": y, "w": w, "h": h}
        for n, (x, y, w, h) in enumerate(boxes)
    ]
    return DashboardSpec.model_validate({"panels": panels})


def places(found: DashboardSpec) -> dict[str, Any]:
    return {panel.id: box(panel) for panel in found.panels}


def test_a_panel_is_added_in_the_first_free_place() -> None:
    found = with_panel(spec((0, 0, 6, 4), (6, 0, 6, 2)), {"kind": "figure", "query": {}})
    assert places(found)["figure"] == (6, 2, 3, 2)


def test_a_panel_that_grows_moves_what_it_meets_and_nothing_else() -> None:
    before = spec((0, 0, 6, 2), (6, 0, 6, 2), (0, 2, 6, 2), (0, 10, 12, 1))
    after = replaced(before, "p0", {"kind": "text", "text": "t", "w": 8, "h": 3})
    assert places(after) == {
        "p0": (0, 0, 8, 3), "p1": (6, 3, 6, 2), "p2": (0, 3, 6, 2), "p3": (0, 10, 12, 1),
    }  # fmt: skip


def test_a_copy_stands_beside_and_has_its_own_name() -> None:
    after = duplicated(spec((0, 0, 6, 2)), "p0")
    assert [panel.id for panel in after.panels] == ["p0", "p0-copy"]
    assert [panel.title for panel in after.panels] == ["", "p0 (copy)"]
    assert places(after)["p0-copy"] == (6, 0, 6, 2)


def test_panels_that_are_not_named_stay() -> None:
    after = arranged(spec((0, 0, 6, 2), (6, 0, 6, 2)), {"p1": {"x": 0, "y": 2, "w": 12, "h": 1}})
    assert places(after) == {"p0": (0, 0, 6, 2), "p1": (0, 2, 12, 1)}


def test_what_is_not_there_is_refused_with_what_is() -> None:
    changes: tuple[Callable[[DashboardSpec], DashboardSpec], ...] = (
        lambda s: without(s, "none"),
        lambda s: duplicated(s, "none"),
        lambda s: arranged(s, {"none": {"x": 0, "y": 0, "w": 1, "h": 1}}),
    )
    for change in changes:
        with pytest.raises(ResourceNotFoundError, match="Panels: p0"):
            change(spec((0, 0, 1, 1)))
    with pytest.raises(ResourceError, match="stand on one another"):
        arranged(spec((0, 0, 2, 2), (2, 0, 2, 2)), {"p1": {"x": 0, "y": 1, "w": 2, "h": 2}})


BOX = st.tuples(st.integers(0, 11), st.integers(0, 8), st.integers(1, 12), st.integers(1, 4))


@given(boxes=st.dictionaries(st.sampled_from("abcdefgh"), BOX, min_size=1), data=st.data())
def test_settled_boxes_never_meet_and_the_moved_one_is_where_it_was_put(
    boxes: dict[str, tuple[int, int, int, int]], data: st.DataObject
) -> None:
    moved = data.draw(st.sampled_from(sorted(boxes)))
    after = settled(boxes, moved)
    assert set(after) == set(boxes)
    x, y, w, h = boxes[moved]
    assert after[moved] == (min(x, COLUMNS - w), y, w, h)
    for (_, one), (_, other) in itertools.combinations(after.items(), 2):
        assert not cells(one) & cells(other)
    for name, (x, y, w, h) in boxes.items():
        if name != moved:
            assert (after[name][0], after[name][2:]) == (x, (w, h))
            assert after[name][1] >= y, "others only ever move down"


def cells(found: tuple[int, int, int, int]) -> set[tuple[int, int]]:
    x, y, w, h = found
    return set(itertools.product(range(x, x + w), range(y, y + h)))
