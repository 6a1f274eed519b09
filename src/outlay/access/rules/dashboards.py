"""Rules of the routes of views, dashboards and annotations.

What a dashboard shows comes through questions, which keep to the scope; who sees a part of the
ledger may keep dashboards and views too, since they change nobody else's figures.
"""

from __future__ import annotations

from outlay.access.principal import Level
from outlay.access.rules import Rule, filtered

_EDITOR = Level.EDITOR

RULES: dict[str, Rule] = {
    "GET /views/{name}/about": filtered(),
    "POST /views/{name}/about": filtered(_EDITOR),
    "POST /views/{name}/rename": filtered(_EDITOR),
    "POST /views/{name}/restore": filtered(_EDITOR),
    "POST /views/{name}/pin": filtered(_EDITOR),
    "GET /dashboards": filtered(),
    "POST /dashboards": filtered(_EDITOR),
    "GET /dashboards/_new": filtered(_EDITOR),
    "GET /dashboards/_put": filtered(_EDITOR),
    "POST /dashboards/_put": filtered(_EDITOR),
    "GET /dashboards/{name}": filtered(),
    "GET /dashboards/{name}/file.yaml": filtered(),
    "GET /dashboards/{name}/settings": filtered(_EDITOR),
    "POST /dashboards/{name}/settings": filtered(_EDITOR),
    "GET /dashboards/{name}/history": filtered(),
    "POST /dashboards/{name}/restore": filtered(_EDITOR),
    "POST /dashboards/{name}/copy": filtered(_EDITOR),
    "POST /dashboards/{name}/pin": filtered(_EDITOR),
    "POST /dashboards/{name}/delete": filtered(_EDITOR),
    "POST /dashboards/{name}/layout": filtered(_EDITOR),
    "POST /dashboards/{name}/preview": filtered(_EDITOR),
    "POST /dashboards/{name}/panels": filtered(_EDITOR),
    "GET /dashboards/{name}/panels/_new": filtered(_EDITOR),
    "GET /dashboards/{name}/panels/{panel}": filtered(),
    "POST /dashboards/{name}/panels/{panel}": filtered(_EDITOR),
    "GET /dashboards/{name}/panels/{panel}/content": filtered(),
    "GET /dashboards/{name}/panels/{panel}/rows.csv": filtered(),
    "GET /dashboards/{name}/panels/{panel}/edit": filtered(_EDITOR),
    "POST /dashboards/{name}/panels/{panel}/duplicate": filtered(_EDITOR),
    "POST /dashboards/{name}/panels/{panel}/delete": filtered(_EDITOR),
    "GET /annotations": filtered(),
    "POST /annotations": filtered(_EDITOR),
    "GET /annotations/_new": filtered(_EDITOR),
    "GET /annotations/{name}": filtered(),
    "POST /annotations/{name}": filtered(_EDITOR),
    "POST /annotations/{name}/delete": filtered(_EDITOR),
    "GET /api/v1/dashboards": filtered(),
    "GET /api/v1/dashboards/{name}": filtered(),
    "GET /api/v1/dashboards/{name}/answers": filtered(),
    "POST /api/v1/dashboards/{name}/copy": filtered(_EDITOR),
    "GET /api/v1/annotations": filtered(),
    "POST /api/v1/annotations": filtered(_EDITOR),
    "GET /api/v1/annotations/{name}": filtered(),
    "DELETE /api/v1/annotations/{name}": filtered(_EDITOR),
    "GET /api/v1/views/{name}/uses": filtered(),
    "POST /api/v1/views/{name}/rename": filtered(_EDITOR),
}
