"""Rules of the routes of the API that ledger, allocation and finance have.

The same levels as the pages have. What is read from a place that the caller names is for
administrators: it may be any file of the server.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, free, whole

_EDITOR, _APPROVER, _ADMIN = Level.EDITOR, Level.APPROVER, Level.ADMIN

_QUESTIONS = {
    "GET /query": filtered(),
    "POST /query": filtered(),
    "GET /query.csv": filtered(),
    "GET /query.parquet": filtered(),
    "GET /explain": filtered(),
    "GET /charges": filtered(),
    "GET /charges.csv": filtered(),
    "GET /charges.parquet": filtered(),
    "GET /dimensions": filtered(),
    "GET /values": filtered(),
    "POST /sql": whole(),
    "GET /why": filtered(),
    "GET /why.csv": filtered(),
    "GET /views": filtered(),
    "GET /views/{name}": filtered(),
    "PUT /views/{name}": filtered(_EDITOR),
    "DELETE /views/{name}": filtered(_EDITOR),
}

_LEDGER = {
    "GET /health": free(Level.NOBODY),
    "GET /openapi.json": free(),
    "GET /sources": whole(),
    "POST /sources": whole(_ADMIN),
    "GET /sources/{name}": whole(),
    "DELETE /sources/{name}": whole(_ADMIN),
    "POST /sync": whole(_EDITOR),
    "GET /held": whole(),
    "POST /sources/infer": whole(_ADMIN),
    "GET /kinds": free(),
    "GET /deliveries": whole(),
    "GET /deliveries/{source}/{period}": whole(),
    "GET /deliveries/{source}/{period}/records/{file}/{line}": filtered(),
    "GET /rates": free(),
    "GET /rates/{source}/{target}": free(),
    "GET /snapshots": whole(),
    "GET /restatements": whole(),
    "GET /quarantine/{delivery}": whole(),
    "GET /checks": whole(),
    "GET /runs": whole(),
    "GET /usage": whole(),
    "GET /usage.csv": whole(),
    "GET /usage/metrics": whole(),
    "GET /provisional": whole(),
    "GET /ai/reconcile": whole(),
    "GET /usecases": free(),
    "GET /usecases/{name}": whole(),
    "GET /usecases/{name}.csv": whole(),
    "GET /vocabulary": whole(),
    "GET /vocabulary/coverage": whole(),
    "GET /vocabulary/unmapped": whole(),
    "GET /vocabulary/rules": whole(),
    "GET /vocabulary/rules/{name}": whole(),
    "PUT /vocabulary/rules/{name}": whole(_EDITOR),
    "DELETE /vocabulary/rules/{name}": whole(_EDITOR),
    "GET /export/focus": whole(),
    "GET /export/focus.zip": whole(),
}

_ALLOCATION = {
    "GET /coverage": whole(),
    "GET /coverage.csv": whole(),
    "GET /replay": whole(),
    "GET /replay.csv": whole(),
    "GET /platforms": whole(),
    "GET /platforms/{name}": whole(),
    "GET /platforms/{name}.csv": whole(),
    "GET /kubernetes": whole(),
    "GET /kubernetes/{cluster}": whole(),
    "GET /kubernetes/{cluster}.csv": whole(),
    "GET /tags": whole(),
    "GET /tags/{name}": whole(),
    "GET /tags/{name}/coverage": whole(),
    "POST /tags/{name}/coverage": whole(),
    "POST /tags/{name}/preview": whole(),
    "GET /tags/{name}/suggestions": whole(),
    "POST /tags/{name}/suggestions": whole(),
    "GET /tags/{name}/values": whole(),
    "GET /dictionaries": whole(),
    "GET /dictionaries/{name}": whole(),
    "GET /splits": whole(),
    "GET /splits/{name}": whole(),
    "PUT /splits/{name}": whole(_EDITOR),
    "DELETE /splits/{name}": whole(_EDITOR),
    "POST /splits/{name}/preview": whole(),
    "POST /splits/{name}/restore": whole(_EDITOR),
    "GET /metrics": whole(),
    "GET /metrics/{name}": whole(),
    "GET /metrics/{name}/values": whole(),
    "POST /metrics/{name}/values": whole(_EDITOR),
    "GET /metrics/{name}/deliveries/{sequence}": whole(),
    "POST /metrics/{name}/sync": whole(_EDITOR),
    "GET /units": whole(),
    "GET /units/{name}": whole(),
}

_FINANCE = {
    "GET /statements": filtered(),
    "GET /statements/{plan}/{month}": filtered(),
    "GET /statements/{plan}/{month}/{value:path}": filtered(),
    "POST /statements/{plan}/{month}/close": whole(_APPROVER),
    "GET /journals/{plan}/{month}": whole(),
    "GET /disputes/{plan}": filtered(),
    "POST /disputes": filtered(_EDITOR),
    "POST /disputes/{number}/answer": filtered(_APPROVER),
    "GET /invoices": whole(),
    "POST /invoices": whole(_APPROVER),
    "GET /invoices.csv": whole(),
    "POST /invoices/import": whole(_APPROVER),
    "GET /invoices/{name}": whole(),
    "PUT /invoices/{name}": whole(_APPROVER),
    "DELETE /invoices/{name}": whole(_APPROVER),
    "GET /close": whole(),
    "GET /close/{month}": whole(),
    "POST /close/{month}": whole(_APPROVER),
    "GET /close/bridge": whole(),
    "GET /close/balances": whole(),
    "POST /close/balances": whole(_APPROVER),
    "DELETE /close/balances/{name}": whole(_APPROVER),
}

# Which level a kind of resource needs, and whether people of a scope may have such ones, is asked
# of the kind itself: by the guard of every change, and by `outlay.app.seeing` of every reading.
_CONFIGURED = {
    "GET /resources": filtered(),
    "GET /resources/{kind}": filtered(),
    "GET /resources/{kind}/{name}": filtered(),
    "GET /resources/{kind}/{name}/history": filtered(),
    "GET /resources/{kind}/{name}/versions/{version}": filtered(),
    "PUT /resources/{kind}/{name}": filtered(_EDITOR),
    "DELETE /resources/{kind}/{name}": filtered(_EDITOR),
    "POST /resources/{kind}/{name}/restore": filtered(_EDITOR),
    "POST /plan": whole(),
    "POST /apply": whole(_EDITOR),
    "GET /{path:path}": free(),
    "POST /{path:path}": free(),
    "PUT /{path:path}": free(),
    "PATCH /{path:path}": free(),
    "DELETE /{path:path}": free(),
}


def _below(rules: dict[str, Rule]) -> dict[str, Rule]:
    """The rules under the addresses that the routes have in the application."""
    found = {}
    for key, rule in rules.items():
        method, _, path = key.partition(" ")
        found[f"{method} /api/v1{path}"] = rule
    return found


RULES: dict[str, Rule] = _below({**_QUESTIONS, **_LEDGER, **_ALLOCATION, **_FINANCE, **_CONFIGURED})
