"""Rules of the routes of logging in, people, tokens, roles and the audit log.

Administration is for those who see everything: whoever gives roles must be able to see what they
show, and the audit log tells of the whole workspace.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, free, whole

_ADMIN = Level.ADMIN

_LOGIN = {
    "GET /login": free(Level.NOBODY),
    "POST /login": free(Level.NOBODY),
    "GET /login/start": free(Level.NOBODY),
    "GET /login/callback": free(Level.NOBODY),
    "POST /logout": free(Level.NOBODY),
    "GET /invite/{key}": free(Level.NOBODY),
    "POST /invite/{key}": free(Level.NOBODY),
}

_ACCOUNT = {
    "GET /account": free(),
    "POST /account": free(),
    "POST /account/password": free(),
    "POST /account/sessions": free(),
    "POST /account/tokens": free(),
    "POST /account/tokens/{number}/revoke": free(),
}

_ACCESS = {
    "GET /access": whole(_ADMIN),
    "POST /access/people": whole(_ADMIN),
    "GET /access/people/{name}": whole(_ADMIN),
    "POST /access/people/{name}": whole(_ADMIN),
    "POST /access/roles": whole(_ADMIN),
    "POST /access/tokens": whole(_ADMIN),
    "POST /access/tokens/{number}/revoke": whole(_ADMIN),
    "GET /audit": whole(_ADMIN),
    "GET /audit.csv": whole(_ADMIN),
}

_API = {
    "GET /me": free(),
    "PATCH /me": free(),
    "POST /me/password": free(),
    "GET /sessions": free(),
    "DELETE /sessions/{id}": free(),
    "GET /tokens": free(),
    "POST /tokens": free(),
    "DELETE /tokens/{number}": free(),
    "GET /users": whole(_ADMIN),
    "POST /users": whole(_ADMIN),
    "GET /users/{name}": whole(_ADMIN),
    "PATCH /users/{name}": whole(_ADMIN),
    "DELETE /users/{name}": whole(_ADMIN),
    "POST /users/{name}/invitation": whole(_ADMIN),
    "GET /roles": whole(_ADMIN),
    "GET /audit": whole(_ADMIN),
    "GET /audit.csv": whole(_ADMIN),
}


def _below_api(rules: dict[str, Rule]) -> dict[str, Rule]:
    return {key.replace(" ", " /api/v1", 1): rule for key, rule in rules.items()}


RULES: dict[str, Rule] = {**_LOGIN, **_ACCOUNT, **_ACCESS, **_below_api(_API)}
