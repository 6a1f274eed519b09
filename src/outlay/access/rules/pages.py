"""Rules of the routes of the pages of ledger, allocation and finance."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
