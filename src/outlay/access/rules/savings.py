"""Rules of the routes of savings."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
