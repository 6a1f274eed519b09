"""Rules of the routes of utilization: measurements are of the whole ledger, as usage is."""

from __future__ import annotations

from outlay.access.rules import Rule, whole

RULES: dict[str, Rule] = {
    "GET /utilization": whole(),
    "GET /api/v1/utilization": whole(),
    "GET /api/v1/utilization.csv": whole(),
    "GET /api/v1/utilization/coverage": whole(),
}
