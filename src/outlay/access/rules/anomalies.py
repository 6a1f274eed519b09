"""Rules of the routes of anomalies.

An event is shown to those alone whose part of the ledger holds all of it. What is watched is
configuration, and a look goes over everything.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR
_ACTIONS = ("acknowledge", "resolve", "reopen", "feedback", "comment", "assign")

_PAGES = {
    "GET /anomalies": filtered(),
    "POST /anomalies/detect": whole(_EDITOR),
    "GET /anomalies/monitors": whole(),
    "GET /anomalies/monitors/_new": whole(_EDITOR),
    "POST /anomalies/monitors": whole(_EDITOR),
    "GET /anomalies/monitors/{name}": whole(_EDITOR),
    "POST /anomalies/monitors/{name}": whole(_EDITOR),
    "POST /anomalies/monitors/{name}/delete": whole(_EDITOR),
    "GET /anomalies/{number}": filtered(),
    **{f"POST /anomalies/{{number}}/{action}": filtered(_EDITOR) for action in _ACTIONS},
    "POST /anomalies/{number}/withdraw": filtered(_EDITOR),
}

_API = {
    "GET /api/v1/anomalies": filtered(),
    "GET /api/v1/anomalies/monitors": whole(),
    "GET /api/v1/anomalies/monitors/{name}": whole(),
    "GET /api/v1/anomalies/runs": whole(),
    "POST /api/v1/anomalies/detect": whole(_EDITOR),
    "GET /api/v1/anomalies/{number}": filtered(),
    **{f"POST /api/v1/anomalies/{{number}}/{action}": filtered(_EDITOR) for action in _ACTIONS},
    "DELETE /api/v1/anomalies/{number}/feedback": filtered(_EDITOR),
}

RULES: dict[str, Rule] = {**_PAGES, **_API}
