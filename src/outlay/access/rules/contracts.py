"""Rules of the routes of contracts: they are of the whole ledger."""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /contracts": whole(),
    "GET /contracts/_new": whole(_EDITOR),
    "POST /contracts": whole(_EDITOR),
    "GET /contracts/{name}": whole(),
    "GET /contracts/{name}/edit": whole(_EDITOR),
    "POST /contracts/{name}": whole(_EDITOR),
    "POST /contracts/{name}/delete": whole(_EDITOR),
    "GET /api/v1/contracts": whole(),
    "GET /api/v1/contracts/{name}": whole(),
    "GET /api/v1/contracts/{name}/prices": whole(),
}
