"""One request for each operation of plans, in an order that works on the firm."""

from __future__ import annotations

from typing import Any

_MONTHS = [f"2026-{month:02d}" for month in range(8, 13)] + [f"2027-{m:02d}" for m in range(1, 8)]
_SPEC = {
    "title": "Cloud plan",
    "starts": "2026-08",
    "currency": "USD",
    "hierarchy": ["team", "ServiceName"],
    "baseline": {"method": "flat"},
    "owner": "finance@example.com",
}
_HAND = {"starts": "2026-08", "currency": "USD", "hierarchy": ["ServiceName"]}
_CELLS = {
    "cells": [{"line": "l1", "month": "2027-02", "amount": "12.00", "effect": "price"}],
    "reason": "the new region",
}
_DRIVER = {
    "metric": "",
    "unit": "index",
    "only": {},
    "basis": "the vendor's offer",
    "volumes": [*[None] * 6, *["2"] * 6],
    "unit_costs": [*[None] * 6, *["17.55"] * 6],
}
_CSV = "\n".join(
    (
        ",".join(["Plan", "Version", "Revision", "Line", "ServiceName", "Name", "Kind", *_MONTHS,
                  "Year"]),
        ",".join(["by-hand", "1", "2", "l1", "Vector index", "", "planned", "", "3.00",
                  *[""] * 10, "3.00"]),
    )
)  # fmt: skip
_NONE: dict[str, str] = {}

PLANS: tuple[tuple[str, str, str, Any, dict[str, str], int], ...] = (
    ("add_plan", "POST", "/plans", {"name": "cloud", "spec": _SPEC}, _NONE, 201),
    ("make_plan_baseline", "POST", "/plans/cloud/baseline", {"method": "flat"}, _NONE, 200),
    ("list_plans", "GET", "/plans", None, _NONE, 200),
    ("get_plan", "GET", "/plans/cloud", None, _NONE, 200),
    ("edit_plan_cells", "POST", "/plans/cloud/cells", _CELLS, _NONE, 200),
    ("undo_plan_edit", "POST", "/plans/cloud/undo", {}, _NONE, 200),
    ("redo_plan_edit", "POST", "/plans/cloud/redo", {}, _NONE, 200),
    ("take_back_plan_adjustments", "POST", "/plans/cloud/take-back",
     {"adjustments": [3], "reason": "not this year"}, _NONE, 200),
    ("add_plan_note", "POST", "/plans/cloud/notes",
     {"line": "l1", "month": "2027-02", "text": "Ask the team."}, _NONE, 201),
    ("add_plan_line", "POST", "/plans/cloud/lines",
     {"path": ["storefront", "Vector index"], "name": "Vector search",
      "amounts": {"2027-02": "300.00"}, "reason": "launch"}, _NONE, 201),
    ("change_plan_line", "PATCH", "/plans/cloud/lines/l1", {"name": "The largest"}, _NONE, 200),
    ("remove_plan_line", "DELETE", "/plans/cloud/lines/l1?reason=ends", None, _NONE, 200),
    ("restore_plan_line", "POST", "/plans/cloud/lines/l1/restore", {"reason": "it stays"}, _NONE,
     200),
    ("propose_plan_driver", "GET",
     "/plans/cloud/driver?metric=orders&path=storefront&path=Vector%20index", None, _NONE, 409),
    ("drive_plan_line", "POST", "/plans/cloud/lines/l1/driver",
     {"driver": _DRIVER, "reason": "priced by index"}, _NONE, 200),
    ("list_plan_versions", "GET", "/plans/cloud/versions", None, _NONE, 200),
    ("get_plan_version", "GET", "/plans/cloud/versions/1", None, _NONE, 200),
    ("submit_plan", "POST", "/plans/cloud/submit", {"note": "as agreed"}, _NONE, 200),
    ("approve_plan_version", "POST", "/plans/cloud/versions/1/approve", {"note": "board"}, _NONE,
     200),
    ("get_plan_actuals", "GET", "/plans/cloud/actuals", None, _NONE, 200),
    ("get_plan_variance", "GET", "/plans/cloud/variance", None, _NONE, 200),
    ("get_plan_bridge", "GET", "/plans/cloud/bridge", None, _NONE, 200),
    ("get_plan_outlook", "GET", "/plans/cloud/outlook", None, _NONE, 200),
    ("start_plan_draft", "POST", "/plans/cloud/draft", {"title": "Estimate"}, _NONE, 201),
    ("edit_plan_cells", "POST", "/plans/cloud/cells", _CELLS, _NONE, 200),
    ("compare_plan_versions", "GET", "/plans/cloud/compare?before=1&after=2", None, _NONE, 200),
    ("submit_plan", "POST", "/plans/cloud/submit", {}, _NONE, 200),
    ("reject_plan_version", "POST", "/plans/cloud/versions/2/reject", {"reason": "too high"},
     _NONE, 200),
    ("export_plan", "GET", "/plans/cloud/export?format=json", None, _NONE, 200),
    ("add_plan", "POST", "/plans", {"name": "by-hand", "spec": _HAND}, _NONE, 201),
    ("start_plan_draft", "POST", "/plans/by-hand/draft", {}, _NONE, 201),
    ("add_plan_line", "POST", "/plans/by-hand/lines",
     {"path": ["Vector index"], "reason": "launch"}, _NONE, 201),
    ("preview_plan_import", "POST", "/plans/by-hand/import/preview?file=plan.csv", _CSV, _NONE,
     200),
    ("import_plan", "POST", "/plans/by-hand/import?file=plan.csv&reason=round", _CSV, _NONE, 200),
    ("discard_plan_draft", "DELETE", "/plans/by-hand/draft", None, _NONE, 204),
)  # fmt: skip
"""Operation, method, path, body, headers, status."""
