"""Rules of the routes of help, glossary and the parts of pages."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
