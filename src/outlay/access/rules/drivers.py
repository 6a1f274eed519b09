"""Rules of the routes of what drove it."""

from __future__ import annotations

from outlay.access.rules import Rule, filtered

RULES: dict[str, Rule] = {
    "GET /drivers": filtered(),
    "GET /drivers.csv": filtered(),
    "GET /drivers/ask": filtered(),
    "GET /api/v1/drivers": filtered(),
}
