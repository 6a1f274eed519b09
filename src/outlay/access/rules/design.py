"""Rules of the routes of help, glossary and the parts of pages."""

from __future__ import annotations

from outlay.access.rules import Rule, filtered, free

RULES: dict[str, Rule] = {
    "GET /design": free(),
    "GET /find": filtered(),
    "GET /api/v1/find": filtered(),
}
