"""Rules of the routes of detectors.

What is looked for, and how, is configuration; what could not be judged is told of the whole
ledger. Who sees a part of it sees the recommendations that lie in it (`outlay.app.savings`).
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /detectors": whole(),
    "POST /detectors/run": whole(_EDITOR),
    "GET /detectors/{name}": whole(),
    "GET /detectors/{name}/explain": whole(_EDITOR),
    "POST /detectors/{name}": whole(_EDITOR),
    "GET /api/v1/detectors": whole(),
    "POST /api/v1/detectors/run": whole(_EDITOR),
    "GET /api/v1/detectors/{name}": whole(),
}
