"""Changes of a dashboard's panels, as functions of its spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from outlay.app.dashboards.model import (
    COLUMNS,
    DashboardSpec,
    Panel,
    free_id,
    free_place,
    size_of,
)
from outlay.resources import ResourceError, ResourceNotFoundError

Box = tuple[int, int, int, int]
"""x, y, width and height of a panel, in columns and rows."""


def with_panel(spec: DashboardSpec, parts: Mapping[str, Any]) -> DashboardSpec:
    """The dashboard with one more panel: below the others, unless a place is given.

    ResourceError says what is wrong with the panel.
    """
    whole = {key: value for key, value in parts.items() if value not in (None, "")}
    taken = {panel.id for panel in spec.panels}
    if not whole.get("id"):
        whole["id"] = free_id(str(whole.get("title") or whole.get("kind") or "panel"), taken)
    width, height = size_of(str(whole.get("kind")))
    whole.setdefault("w", width)
    whole.setdefault("h", height)
    if whole.get("x") is None or whole.get("y") is None:
        boxes = [box(panel) for panel in spec.panels]
        whole["x"], whole["y"] = free_place(boxes, int(whole["w"]), int(whole["h"]))
    return _read(spec, [*_dumped(spec), whole])


def replaced(spec: DashboardSpec, panel_id: str, parts: Mapping[str, Any]) -> DashboardSpec:
    """The dashboard with a panel changed whole; it keeps its id. Where it grows over others, they
    move down."""
    old = known(spec, panel_id)
    whole = {key: value for key, value in parts.items() if value not in (None, "")}
    place = {"x": old.x, "y": old.y, "w": old.w, "h": old.h}
    whole = place | whole | {"id": panel_id}
    boxes = {panel.id: box(panel) for panel in spec.panels}
    try:
        boxes[panel_id] = tuple(int(whole[key]) for key in "xywh")  # type: ignore[assignment]
    except (TypeError, ValueError):
        return _read(spec, [whole if p["id"] == panel_id else p for p in _dumped(spec)])
    boxes = settled(boxes, panel_id)
    panels = [whole if panel["id"] == panel_id else panel for panel in _dumped(spec)]
    return _read(spec, [panel | _place(boxes[panel["id"]]) for panel in panels])


def without(spec: DashboardSpec, panel_id: str) -> DashboardSpec:
    """The dashboard less a panel; the others stay where they are."""
    known(spec, panel_id)
    return _read(spec, [panel for panel in _dumped(spec) if panel["id"] != panel_id])


def duplicated(spec: DashboardSpec, panel_id: str) -> DashboardSpec:
    """The dashboard with a second panel like one that it has, in the next free place."""
    old = known(spec, panel_id).model_dump(mode="json")
    for key in ("id", "x", "y"):
        old.pop(key)
    old["title"] = f"{old['title'] or panel_id} (copy)"
    return with_panel(spec, old)


def arranged(spec: DashboardSpec, layout: Mapping[str, Any]) -> DashboardSpec:
    """The dashboard with its panels at other places: id → x, y, w and h.

    Panels that the layout does not name stay; ResourceError for one that is not there and for
    panels that would stand on one another.
    """
    boxes: dict[str, dict[str, Any]] = {}
    for panel_id, place in layout.items():
        known(spec, panel_id)
        if not isinstance(place, Mapping) or set(place) != {"x", "y", "w", "h"}:
            raise ResourceError(f"the place of the panel {panel_id!r} needs x, y, w and h")
        boxes[panel_id] = dict(place)
    return _read(spec, [panel | boxes.get(panel["id"], {}) for panel in _dumped(spec)])


def settled(boxes: Mapping[str, Box], moved: str) -> dict[str, Box]:
    """Boxes after one was put somewhere: what it stands on moves down, and what that meets."""
    found = {moved: _within(boxes[moved])}
    others = sorted((name for name in boxes if name != moved), key=lambda n: boxes[n][1::-1])
    for name in others:
        x, y, w, h = boxes[name]
        while any(_meet((x, y, w, h), other) for other in found.values()):
            y += 1
        found[name] = (x, y, w, h)
    return found


def known(spec: DashboardSpec, panel_id: str) -> Panel:
    """A panel by its id; ResourceNotFoundError lists the panels there are."""
    panel = spec.panel(panel_id)
    if panel is None:
        there = ", ".join(panel.id for panel in spec.panels) or "none yet"
        raise ResourceNotFoundError(f"there is no panel {panel_id!r}. Panels: {there}.")
    return panel


def box(panel: Panel) -> Box:
    """The place of a panel."""
    return panel.x, panel.y, panel.w, panel.h


def _within(found: Box) -> Box:
    x, y, w, h = found
    w = min(max(w, 1), COLUMNS)
    return min(max(x, 0), COLUMNS - w), max(y, 0), w, max(h, 1)


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _place(found: Box) -> dict[str, int]:
    return dict(zip("xywh", found, strict=True))


def _dumped(spec: DashboardSpec) -> list[dict[str, Any]]:
    return [panel.model_dump(mode="json") for panel in spec.panels]


def _read(spec: DashboardSpec, panels: list[dict[str, Any]]) -> DashboardSpec:
    from outlay.app.dashboards.model import DASHBOARD

    read = DASHBOARD.parse(spec.model_dump(mode="json") | {"panels": panels})
    assert isinstance(read, DashboardSpec)
    return read
