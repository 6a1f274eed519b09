"""Rules of the routes of KPIs: they are of the whole ledger."""

from __future__ import annotations

from outlay.access.rules import Rule, whole

RULES: dict[str, Rule] = {"GET /kpis": whole(), "GET /api/v1/kpis": whole()}
