"""Rules of the routes of native recommendations.

What a tool says is of the whole ledger: people who see a part of it see the recommendations that
came of it (`/savings`). A location may be any file that the server can read, so that an
administrator adds and removes sources.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, whole

_ADMIN, _EDITOR = Level.ADMIN, Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /native": whole(),
    "POST /native": whole(_ADMIN),
    "GET /native/{name}": whole(),
    "POST /native/{name}/sync": whole(_EDITOR),
    "POST /native/{name}/delete": whole(_ADMIN),
    "GET /api/v1/native": whole(),
    "POST /api/v1/native": whole(_ADMIN),
    "GET /api/v1/native/formats": whole(),
    "POST /api/v1/native/sync": whole(_EDITOR),
    "POST /api/v1/native/load": whole(_ADMIN),
    "GET /api/v1/native/{name}": whole(),
    "DELETE /api/v1/native/{name}": whole(_ADMIN),
}
