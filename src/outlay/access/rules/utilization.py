"""Rules of the routes of utilization."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
