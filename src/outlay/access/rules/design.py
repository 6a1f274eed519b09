"""Rules of the routes of help, glossary and the parts of pages."""

from __future__ import annotations

from outlay.access.rules import Rule, free

RULES: dict[str, Rule] = {
    "GET /design": free(),
}
