"""Rules of the routes of the pages of ledger, allocation and finance.

Viewers read, editors change what is configured, approvers enter invoices, close months and answer
disputes. What each route shows people of a scope is told in docs/scopes.md.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, free, whole

_EDITOR, _APPROVER = Level.EDITOR, Level.APPROVER

_QUESTIONS = {
    "GET /explore": filtered(),
    "GET /explore.csv": filtered(),
    "GET /explore/ask": filtered(),
    "GET /explore/filter": filtered(),
    "GET /explore/filter/add": filtered(),
    "GET /explore/start": filtered(),
    "GET /charges": filtered(),
    "GET /charges/{source}/{period}/{file}/{line}": filtered(),
    "GET /why": filtered(),
    "GET /views": filtered(),
    "POST /views": filtered(_EDITOR),
    "GET /views/{name}": filtered(),
    "POST /views/{name}/delete": filtered(_EDITOR),
    "GET /help": free(),
}

_LEDGER = {
    "GET /sources": whole(),
    "GET /sources/{name}": whole(),
    "GET /sources/{name}/{period}": whole(),
    "GET /sources/{name}/held/{delivery}": whole(),
    "POST /sources/{name}/sync": whole(_EDITOR),
    "GET /restatements": whole(),
    "GET /usage": whole(),
    "GET /usage/ask": whole(),
    "GET /usecases": free(),
    "GET /usecases/{name}": whole(),
    "GET /vocabulary": whole(),
    "GET /export": whole(),
}

_ALLOCATION = {
    "GET /coverage": whole(),
    "GET /replay": whole(),
    "GET /platforms": whole(),
    "GET /kubernetes": whole(),
    "POST /kubernetes": whole(_EDITOR),
    "GET /tags": whole(),
    "POST /tags": whole(_EDITOR),
    "GET /tags/{name}": whole(),
    "POST /tags/{name}": whole(_EDITOR),
    "POST /tags/{name}/delete": whole(_EDITOR),
    "POST /tags/{name}/restore": whole(_EDITOR),
    "GET /tags/{name}/values": whole(),
    "POST /dictionaries": whole(_EDITOR),
    "GET /dictionaries/{name}": whole(),
    "POST /dictionaries/{name}": whole(_EDITOR),
    "POST /dictionaries/{name}/{action}": whole(_EDITOR),
    "GET /splits": whole(),
    "POST /splits": whole(_EDITOR),
    "GET /splits/{name}": whole(),
    "POST /splits/{name}": whole(_EDITOR),
    "POST /splits/{name}/delete": whole(_EDITOR),
    "POST /splits/{name}/restore": whole(_EDITOR),
    "GET /metrics": whole(),
    "POST /metrics": whole(_EDITOR),
    "GET /metrics/{name}": whole(),
    "GET /metrics/{name}/ask": whole(),
    "POST /metrics/{name}/sync": whole(_EDITOR),
    "POST /metrics/{name}/values": whole(_EDITOR),
    "GET /units": whole(),
    "POST /units": whole(_EDITOR),
    "GET /units/{name}": whole(),
    "GET /units/{name}/ask": whole(),
}

_FINANCE = {
    "GET /statements": filtered(),
    "GET /statements/{plan}/{month}": filtered(),
    "GET /statements/{plan}/{month}/{value:path}": filtered(),
    "POST /statements/{plan}/{month}/{value:path}": filtered(_EDITOR),
    "POST /statements/disputes/{number}/answer": filtered(_APPROVER),
    "POST /statements/{plan}/{month}/close": whole(_APPROVER),
    "GET /invoices": whole(),
    "POST /invoices": whole(_APPROVER),
    "POST /invoices/import": whole(_APPROVER),
    "GET /invoices/{name}": whole(),
    "POST /invoices/{name}/remove": whole(_APPROVER),
    "GET /close": whole(),
    "GET /close/bridge": whole(),
    "POST /close/bridge": whole(_APPROVER),
    "POST /close/bridge/{name}/remove": whole(_APPROVER),
    "GET /close/{month}": whole(),
    "POST /close/{month}": whole(_APPROVER),
}

RULES: dict[str, Rule] = {**_QUESTIONS, **_LEDGER, **_ALLOCATION, **_FINANCE}
