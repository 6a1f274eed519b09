"""Rules of the routes of plans: a plan tells of the whole ledger."""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, whole

RULES: dict[str, Rule] = {
    # pages
    "GET /plans": whole(),
    "POST /plans": whole(Level.EDITOR),
    "GET /plans/{name}": whole(),
    "POST /plans/{name}/cells": whole(Level.EDITOR),
    "GET /plans/{name}/lines/new": whole(Level.EDITOR),
    "POST /plans/{name}/lines": whole(Level.EDITOR),
    "GET /plans/{name}/lines/{line}": whole(),
    "GET /plans/{name}/lines/{line}/months/{month}": whole(),
    "POST /plans/{name}/lines/{line}": whole(Level.EDITOR),
    "POST /plans/{name}/lines/{line}/take-back": whole(Level.EDITOR),
    "POST /plans/{name}/lines/{line}/note": whole(Level.EDITOR),
    "POST /plans/{name}/lines/{line}/change": whole(Level.EDITOR),
    "POST /plans/{name}/lines/{line}/remove": whole(Level.EDITOR),
    "POST /plans/{name}/lines/{line}/driver": whole(Level.EDITOR),
    "GET /plans/{name}/variance": whole(),
    "GET /plans/{name}/outlook": whole(),
    "GET /plans/{name}/versions": whole(),
    "GET /plans/{name}/compare": whole(),
    "GET /plans/{name}/history": whole(),
    "POST /plans/{name}/notes": whole(Level.EDITOR),
    "GET /plans/{name}/settings": whole(),
    "POST /plans/{name}/settings": whole(Level.EDITOR),
    "GET /plans/{name}/row": whole(),
    "GET /plans/{name}/xlsx": whole(),
    "GET /plans/{name}/import": whole(Level.EDITOR),
    "POST /plans/{name}/import": whole(Level.EDITOR),
    "POST /plans/{name}/import/apply": whole(Level.EDITOR),
    "POST /plans/{name}/baseline": whole(Level.EDITOR),
    "POST /plans/{name}/draft": whole(Level.EDITOR),
    "POST /plans/{name}/discard": whole(Level.EDITOR),
    "POST /plans/{name}/submit": whole(Level.EDITOR),
    "POST /plans/{name}/approve": whole(Level.APPROVER),
    "POST /plans/{name}/reject": whole(Level.APPROVER),
}
