"""Rows of a billing export for tests: one usage line, changed by what a test is about."""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

ACCOUNT = "01ABCD-234567-89EFGH"

ROW: dict[str, Any] = {
    "billing_account_id": ACCOUNT,
    "invoice": {"month": "202610", "publisher_type": "GOOGLE"},
    "cost_type": "regular",
    "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
    "sku": {"id": "2E27-4F75-95CD", "description": "N2 Instance Core running in Frankfurt"},
    "usage_start_time": "2026-10-05 00:00:00 UTC",
    "usage_end_time": "2026-10-06 00:00:00 UTC",
    "project": {"id": "shop", "number": "400000000009", "name": "Shop", "labels": []},
    "labels": [],
    "system_labels": [],
    "location": {
        "location": "europe-west3",
        "country": "DE",
        "region": "europe-west3",
        "zone": "europe-west3-a",
    },
    "tags": [],
    "export_time": "2026-10-06 06:00:00 UTC",
    "cost": "10",
    "currency": "USD",
    "currency_conversion_rate": "1",
    "usage": {
        "amount": "720000",
        "unit": "seconds",
        "amount_in_pricing_units": "200",
        "pricing_unit": "hour",
    },
    "credits": [],
}


def row(**changes: Any) -> dict[str, Any]:
    """A row; a mapping changes the fields inside a nested one, `a__b=…` one of them."""
    made = deepcopy(ROW)
    for name, value in changes.items():
        parent, _, child = name.partition("__")
        if child:
            made.setdefault(parent, {})[child] = value
        elif isinstance(value, Mapping) and isinstance(made.get(name), dict):
            made[name] |= value
        else:
            made[name] = value
    return made


def credit(amount: str, type: str | None = None, name: str = "", **more: str) -> dict[str, Any]:
    """A credit; without a type as exports before 2020 have it."""
    made = {"name": name or str(type), "amount": amount, **more}
    return made if type is None else {**made, "type": type, "full_name": made["name"]}


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Rows as JSON lines, amounts as they are given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def fee(
    cost: str,
    hours: str,
    *,
    sku: str = "Commitment v1: N2 Cpu in Frankfurt for 1 Year",
    **more: Any,
) -> dict[str, Any]:
    """A commitment's fee line of October."""
    changes: dict[str, Any] = {
        "sku": {"id": "FEE1-0000-0001", "description": sku},
        "cost": cost,
        "usage": {"amount": "1", "unit": "seconds", "amount_in_pricing_units": hours},
        "usage_start_time": "2026-10-01 00:00:00 UTC",
        "usage_end_time": "2026-11-01 00:00:00 UTC",
        "project": None,
    }
    return row(**(changes | more))
