"""Rules of the routes of budgets.

A reader with a scope sees the budgets whose scope lies within it, by questions in that scope
(`outlay.app.planning.budget_scopes`); who makes budgets sees the whole ledger.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /budgets": filtered(),
    "GET /budgets/_new": whole(_EDITOR),
    "GET /budgets/_suggest": whole(_EDITOR),
    "POST /budgets": whole(_EDITOR),
    "POST /budgets/_suggest": whole(_EDITOR),
    "GET /budgets/{name}": filtered(),
    "GET /budgets/{name}/edit": whole(_EDITOR),
    "POST /budgets/{name}": whole(_EDITOR),
    "POST /budgets/{name}/delete": whole(_EDITOR),
    "GET /api/v1/budgets": filtered(),
    "POST /api/v1/budgets": whole(_EDITOR),
    "POST /api/v1/budgets/preview": whole(_EDITOR),
    "POST /api/v1/budgets/suggest": whole(_EDITOR),
    "GET /api/v1/budgets/{name}": filtered(),
    "GET /api/v1/budgets/{name}/history": filtered(),
}
