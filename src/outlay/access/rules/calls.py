"""Rules of the calls of a command line on another machine, and of the page that tells of the API.

A call is judged twice: here, and by the rule of the route that does the same (see
`outlay.app.served`).
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, free, whole

RULES: dict[str, Rule] = {
    "POST /api/v1/calls/{name}": filtered(),
    "POST /api/v1/vocabulary/relift": whole(Level.EDITOR),
    "PUT /api/v1/rates/ecb": whole(Level.ADMIN),
    "GET /api": free(),
}
