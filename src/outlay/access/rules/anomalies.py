"""Rules of the routes of anomalies.

An event is shown to those alone of whose part of the ledger it is, whole; who is told of it and
what is watched is configuration, and a look goes over everything.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered, whole

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /anomalies": filtered(),
}
