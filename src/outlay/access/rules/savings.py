"""Rules of the routes of savings.

A recommendation is shown to those alone whose part of the ledger holds all of its charges. What
is looked for is configuration, and a look goes over everything.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR
_STEPS = ("assign", "accept", "implement", "snooze", "dismiss", "reopen", "comment")

_PAGES = {
    "GET /savings": filtered(),
    "GET /savings/mine": filtered(),
    "GET /savings/csv": filtered(),
    "GET /savings/policy": whole(_EDITOR),
    "POST /savings/policy": whole(_EDITOR),
    "POST /savings/look": whole(_EDITOR),
    "POST /savings/bulk": filtered(_EDITOR),
    "GET /savings/{number}": filtered(),
    **{f"POST /savings/{{number}}/{step}": filtered(_EDITOR) for step in _STEPS},
}

_API = {
    "GET /api/v1/savings": filtered(),
    "GET /api/v1/savings/policy": whole(),
    "POST /api/v1/savings/look": whole(_EDITOR),
    "POST /api/v1/savings/bulk": filtered(_EDITOR),
    "GET /api/v1/savings/{number}": filtered(),
    **{f"POST /api/v1/savings/{{number}}/{step}": filtered(_EDITOR) for step in _STEPS},
}

RULES: dict[str, Rule] = {**_PAGES, **_API}
