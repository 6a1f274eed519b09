"""Rules of the routes of the API that ledger, allocation and finance have."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
