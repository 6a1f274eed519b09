"""Rules of the routes of realised savings.

A reader with a scope sees what was realised of the recommendations whose charges lie within it
(`outlay.app.savings.seeing`). A look goes over everything.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /realised": filtered(),
    "GET /realised/export": filtered(),
    "POST /realised/measure": whole(_EDITOR),
    "GET /realised/of/{number}": filtered(),
    "GET /realised/{number}": filtered(),
    "POST /realised/{number}/successor": filtered(_EDITOR),
    "GET /api/v1/realised": filtered(),
    "GET /api/v1/realised/export": filtered(),
    "POST /api/v1/realised/measure": whole(_EDITOR),
    "GET /api/v1/realised/{number}": filtered(),
    "GET /api/v1/realised/{number}/proof": filtered(),
    "POST /api/v1/realised/{number}/successor": filtered(_EDITOR),
}
