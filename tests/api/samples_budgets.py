"""Requests for the operations of budgets, in an order that works on the firm."""

from __future__ import annotations

from typing import Any

_SPEC = {
    "title": "Storefront",
    "scope": "team = 'storefront'",
    "currency": "USD",
    "amount": "150",
    "from": "2026-08-01",
    "rollover": "unused",
}
_KEPT = {
    "everything": {"currency": "USD", "amount": "400", "from": "2026-08-01"},
    "storefront": _SPEC | {"parent": "everything"},
}

BUDGETS: tuple[tuple[Any, ...], ...] = (
    ("preview_budget", "POST", "/budgets/preview", {"spec": _SPEC, "count": 24}),
    ("suggest_budgets", "POST", "/budgets/suggest", {"tag": "team", "months": 24}),
    ("add_budgets", "POST", "/budgets", _KEPT, {}, 201),
    ("list_budgets", "GET", "/budgets?at=2026-09"),
    ("get_budget", "GET", "/budgets/everything?period=2026-09"),
    ("list_budget_history", "GET", "/budgets/storefront/history?count=2"),
)
"""Operation, method, path, body, headers, status; the last three as far as they are needed."""
