"""Rules of the routes of the homes of the six personas."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
