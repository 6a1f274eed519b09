"""Rules of the routes of alerts.

A reader with a scope sees the alerts whose charges all lie within it (`outlay.alerts.reach`), and
may do with those what the level allows. Routes, digests and looks tell of the whole ledger.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /alerts": filtered(),
    "GET /alerts/routes": whole(),
    "GET /alerts/routes/_new": whole(_EDITOR),
    "GET /alerts/routes/{name}": whole(),
    "POST /alerts/routes/{name}": whole(_EDITOR),
    "POST /alerts/routes/{name}/pause": whole(_EDITOR),
    "POST /alerts/routes/{name}/delete": whole(_EDITOR),
    "POST /alerts/routes/{name}/test": whole(_EDITOR),
    "GET /alerts/digest": whole(),
    "GET /alerts/{alert}": filtered(),
    "POST /alerts/{alert}/acknowledge": filtered(_EDITOR),
    "POST /alerts/{alert}/snooze": filtered(_EDITOR),
    "POST /alerts/{alert}/reopen": filtered(_EDITOR),
    "POST /alerts/{alert}/assign": filtered(_EDITOR),
    "POST /alerts/{alert}/settle": filtered(_EDITOR),
    "GET /api/v1/alerts": filtered(),
    "GET /api/v1/alerts/{alert}": filtered(),
    "POST /api/v1/alerts/{alert}/acknowledge": filtered(_EDITOR),
    "POST /api/v1/alerts/{alert}/snooze": filtered(_EDITOR),
    "POST /api/v1/alerts/{alert}/reopen": filtered(_EDITOR),
    "POST /api/v1/alerts/{alert}/assign": filtered(_EDITOR),
    "POST /api/v1/alerts/{alert}/settle": filtered(_EDITOR),
    "GET /api/v1/alerts/routes": whole(),
    "GET /api/v1/alerts/routes/{name}": whole(),
    "POST /api/v1/alerts/routes/preview": whole(_EDITOR),
    "POST /api/v1/alerts/routes/{name}/test": whole(_EDITOR),
    "GET /api/v1/alerts/digest": whole(),
    "POST /api/v1/alerts/watch": whole(_EDITOR),
}
