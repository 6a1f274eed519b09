"""Rules of the routes of what drove it."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
