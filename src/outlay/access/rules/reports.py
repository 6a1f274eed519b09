"""Rules of the routes of reports, channels and deliveries."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
