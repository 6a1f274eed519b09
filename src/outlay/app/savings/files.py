"""Recommendations as a CSV file: every row that is sought, amounts unrounded."""

from __future__ import annotations

import csv
import io

from outlay.app.savings.listing import Listed
from outlay.app.savings.shapes import row_json

COLUMNS = (
    "id", "state", "title", "action", "group", "nature", "provider", "account", "region", "service",
    "resource", "resource_name", "scope", "current", "recommended", "currency", "monthly_saving",
    "monthly_saving_list", "monthly_best", "monthly_net", "monthly_cost", "tools", "detector",
    "confidence", "effort", "restart", "rollback", "owner", "assignee", "due_on", "overdue",
    "first_seen", "last_seen", "where",
)  # fmt: skip


def to_csv(found: Listed) -> str:
    """The rows of a list; the sum of ``monthly_net`` by currency is the list's net total. Texts
    that a spreadsheet would take for a formula begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in found.rows:
        told = row_json(row)
        writer.writerow([_cell(told[name]) for name in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(str, value))
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
