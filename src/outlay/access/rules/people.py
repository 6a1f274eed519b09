"""Rules of the routes of logging in, people, tokens, roles and the audit log."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
