"""Rules of the routes of utilization: measurements are of the whole ledger, as usage is. A location
may be any file that the server can read, so that an administrator adds sources."""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, whole

RULES: dict[str, Rule] = {
    "GET /utilization": whole(),
    "GET /utilization/sources": whole(),
    "POST /utilization/sources": whole(Level.ADMIN),
    "POST /utilization/sources/{name}/sync": whole(Level.EDITOR),
    "GET /api/v1/utilization": whole(),
    "GET /api/v1/utilization.csv": whole(),
    "GET /api/v1/utilization/coverage": whole(),
}
