"""Rules of the routes of forecast."""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

RULES: dict[str, Rule] = {
    "GET /forecast": filtered(),
    "GET /forecast.csv": filtered(),
    "GET /forecast/ask": filtered(),
    "GET /forecast/accuracy": filtered(),
    "GET /forecast/accuracy.csv": filtered(),
    # A planned change moves everybody's forecast: who sees all of the ledger writes it.
    "GET /forecast/changes": whole(),
    "GET /forecast/changes/new": whole(Level.EDITOR),
    "GET /forecast/changes/{name}": whole(Level.EDITOR),
    "POST /forecast/changes": whole(Level.EDITOR),
    "POST /forecast/changes/{name}/delete": whole(Level.EDITOR),
    "GET /api/v1/forecast": filtered(),
    "GET /api/v1/forecast/accuracy": filtered(),
}
