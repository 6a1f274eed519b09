"""Rules of the routes of views, dashboards and annotations."""

from __future__ import annotations

from outlay.access.rules import Rule

RULES: dict[str, Rule] = {}
