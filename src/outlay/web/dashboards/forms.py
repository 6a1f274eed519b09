"""The form of a panel: its fields, and the panel that they make."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from outlay.app.dashboards.changes import with_panel
from outlay.app.dashboards.model import DashboardSpec, Panel
from outlay.query import CostQuery, QueryError
from outlay.query.codec import from_json
from outlay.resources import ResourceError

KIND_WORDS = {
    "figure": "Figure: one total",
    "line": "Lines over time",
    "bar": "Bars: over time, or a ranking",
    "area": "Areas over time",
    "table": "Table",
    "drivers": "What drove the change",
    "unit": "Unit cost",
    "text": "Text",
}
MOST_GROUPS = 3
_FLAGS = ("stack", "legend", "spark")


def parts_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """The panel that the fields of a posted form make, as it is kept.

    QueryError and ResourceError say which field cannot be read.
    """
    kind = fields.get("kind", "")
    parts: dict[str, Any] = {"kind": kind, "title": fields.get("title", "").strip()}
    if kind == "text":
        parts["text"] = fields.get("text", "")
    elif kind == "unit":
        parts["unit"] = fields.get("unit", "")
    elif fields.get("view"):
        parts["view"] = fields["view"]
    else:
        parts["query"] = question(fields).to_json()
    options: dict[str, Any] = {"note": fields.get("note", "").strip()}
    if fields.get("limit"):
        options["limit"] = _number(fields["limit"], "rows or groups")
    if "shown" in fields:  # the boxes were on the form: an unticked one is not sent
        options |= {name: name in fields for name in _FLAGS}
    parts["options"] = {key: value for key, value in options.items() if value != ""}
    for key in "xywh":
        if fields.get(key):
            parts[key] = _number(fields[key], key)
    return parts


def question(fields: Mapping[str, str]) -> CostQuery:
    """The question of the form; what it has no field for is kept from ``base``."""
    base = from_json(fields["base"]) if fields.get("base") else CostQuery()
    by = [fields.get(f"by{number}", "") for number in range(1, MOST_GROUPS + 1)]
    kept = base.by[MOST_GROUPS:]
    measure = fields.get("m") or base.measures[0]
    changes: dict[str, Any] = {
        "measures": (measure, *(name for name in base.measures[1:] if name != measure)),
        "by": (*(name for name in by if name), *kept),
        "grain": fields.get("grain") or "none",
        "range": fields.get("range") or "all",
        "compare": fields.get("compare") or None,
        "where": fields.get("where", ""),
        "currency": fields.get("currency") or None,
        "sort": fields.get("sort", base.sort),
    }
    try:
        return base.but(**changes)
    except QueryError as error:
        if error.field != "sort":
            raise
        return base.but(**{**changes, "sort": ""})


def fields_of(panel: Panel | None, given: Mapping[str, str]) -> dict[str, str]:
    """The fields as they stand in the form: those given, else those of the panel."""
    if given:
        return dict(given)
    if panel is None:
        return {
            "kind": "bar", "m": "EffectiveCost", "by1": "ServiceName", "grain": "month",
            "range": "last-6-months", "stack": "1", "legend": "1", "spark": "1",
        }  # fmt: skip
    options = panel.options
    fields = {
        "kind": panel.kind, "title": panel.title, "view": panel.view, "unit": panel.unit,
        "text": panel.text, "note": options.note, "limit": str(options.limit or ""),
        "x": str(panel.x), "y": str(panel.y), "w": str(panel.w), "h": str(panel.h),
    }  # fmt: skip
    fields |= {name: "1" for name in _FLAGS if getattr(options, name)}
    asked = panel.query
    if asked is not None:
        fields |= {f"by{number}": name for number, name in enumerate(asked.by[:MOST_GROUPS], 1)}
        fields |= {
            "m": asked.measures[0], "grain": asked.grain, "range": asked.range,
            "compare": asked.compare or "", "where": asked.where,
            "currency": asked.currency or "", "sort": asked.sort,
            "base": json.dumps(asked.to_json()),
        }  # fmt: skip
    return fields


def preview_of(spec: DashboardSpec, parts: Mapping[str, Any]) -> Panel:
    """A panel as it would be, by itself."""
    alone = {**parts, "x": 0, "y": 0, "w": parts.get("w") or 6, "h": parts.get("h") or 4}
    made = with_panel(spec.but(panels=()), {**alone, "id": "preview"})
    return made.panels[0]


def _number(text: str, what: str) -> int:
    if not text.strip().isdigit() or len(text) > 5:
        raise ResourceError(f"{what}: {text!r} is not a whole number")
    return int(text)
