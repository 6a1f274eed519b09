"""Requests for the operations of commitments, in an order that works on the firm."""

from __future__ import annotations

from typing import Any

_SPEC = {"title": "Everything for a year", "lookback": 28, "years": [1], "payments": ["none"]}

COMMITMENTS: tuple[tuple[Any, ...], ...] = (
    ("put_resource", "PUT", "/resources/PurchasePlan/everything", _SPEC, {}, 201),
    ("get_commitments", "GET", "/commitments?days=60&by=provider"),
    ("list_ending_commitments", "GET", "/commitments/ending"),
    ("list_commitment_benefits", "GET", "/commitments/benefits?days=60&tag=team"),
    ("plan_purchase", "POST", "/commitments/plan", _SPEC),
    ("get_purchase_plan", "GET", "/commitments/plans/everything"),
)
"""Operation, method, path, body, headers, status; the last three as far as they are needed."""
