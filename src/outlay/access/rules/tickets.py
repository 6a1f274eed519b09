"""Rules of the routes of tickets.

A ticket is shown to those who may see its recommendation. A system is an address that the server
asks with a secret: an administrator makes it, as a resource.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /tickets": filtered(),
    "GET /tickets/of/{number}": filtered(),
    "POST /tickets/of/{number}": filtered(_EDITOR),
    "POST /tickets/sync": whole(_EDITOR),
    "GET /api/v1/tickets": filtered(),
    "GET /api/v1/tickets/systems": filtered(),
    "POST /api/v1/tickets/sync": whole(_EDITOR),
    "GET /api/v1/savings/{number}/tickets": filtered(),
    "POST /api/v1/savings/{number}/tickets": filtered(_EDITOR),
}
