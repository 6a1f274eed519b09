"""Rules of the routes of commitments.

A commitment is bought for everybody and shared out by the vendor: its figures are of the whole
ledger, so that only those without a scope see them.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /commitments": whole(),
    "GET /commitments/planner": whole(),
    "POST /commitments/planner": whole(_EDITOR),
    "POST /commitments/plans/{name}/delete": whole(_EDITOR),
    "GET /api/v1/commitments": whole(),
    "GET /api/v1/commitments/ending": whole(),
    "GET /api/v1/commitments/benefits": whole(),
    "POST /api/v1/commitments/plan": whole(),
    "GET /api/v1/commitments/plans/{name}": whole(),
}
