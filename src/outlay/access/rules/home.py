"""Rules of the routes of the homes of the six personas, and of the glossary."""

from __future__ import annotations

from outlay.access.rules import Rule, filtered, free

RULES: dict[str, Rule] = {
    # Cards that need the whole ledger are left out for readers with a scope; the others ask.
    "GET /": filtered(),
    "GET /home/{persona}": filtered(),
    "GET /home/{persona}/cards/{card}": filtered(),
    "GET /home/{persona}/next": filtered(),
    "POST /home": free(),
    "GET /glossary": free(),
    "GET /api/v1/home": free(),
    "GET /api/v1/home/{persona}": filtered(),
    "GET /api/v1/home/{persona}/cards/{card}": filtered(),
    "GET /api/v1/glossary": free(),
    "GET /api/v1/glossary/{term}": free(),
}
