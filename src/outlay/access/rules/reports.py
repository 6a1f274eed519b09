"""Rules of the routes of reports, channels and deliveries."""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, free

_EDITOR, _ADMIN = Level.EDITOR, Level.ADMIN

RULES: dict[str, Rule] = {
    "GET /reports": free(),
    "GET /reports/new": filtered(_EDITOR),
    "POST /reports": filtered(_EDITOR),
    "GET /reports/{name}": filtered(),
    "GET /reports/{name}/edit": filtered(_EDITOR),
    "POST /reports/{name}": filtered(_EDITOR),
    "GET /reports/{name}/preview/{form}": filtered(),
    "POST /reports/{name}/send": filtered(_EDITOR),
    "POST /reports/{name}/test": filtered(_EDITOR),
    "POST /reports/{name}/pause": filtered(_EDITOR),
    "POST /reports/{name}/delete": filtered(_EDITOR),
    "POST /reports/deliveries/{delivery}/retry": filtered(_EDITOR),
    "GET /channels": free(),
    "GET /channels/_new": free(_ADMIN),
    "GET /channels/{name}": free(_ADMIN),
    "POST /channels/{name}": free(_ADMIN),
    "POST /channels/{name}/delete": free(_ADMIN),
    "POST /channels/{name}/test": free(_ADMIN),
    # A delivery shows nothing to who has it sent, and is made with its owner's eyes.
    "GET /api/v1/reports": free(),
    "GET /api/v1/reports/{name}": free(),
    "GET /api/v1/reports/{name}/preview": filtered(),
    "POST /api/v1/reports/{name}/send": filtered(_EDITOR),
    "POST /api/v1/reports/{name}/test": filtered(_EDITOR),
    "POST /api/v1/reports/run": filtered(_EDITOR),
    "GET /api/v1/deliveries/log": free(),
    "GET /api/v1/deliveries/log/{delivery}": free(),
    "POST /api/v1/deliveries/log/{delivery}/retry": filtered(_EDITOR),
    "GET /api/v1/channels": free(),
    "POST /api/v1/channels/{name}/test": free(_ADMIN),
}
