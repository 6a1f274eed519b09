"""Everything that a page shows or does can be asked or done over the API.

A page without a line here fails: add the operations that give the same, or the reason why there
are none. What is listed must exist.
"""

from starlette.testclient import TestClient

from outlay.web.app import API_PREFIX

QUESTION = ("GET /query", "GET /dimensions", "GET /values")
RESOURCE = ("PUT /resources/{kind}/{name}", "DELETE /resources/{kind}/{name}")
BACK = ("GET /resources/{kind}/{name}/versions/{version}", "POST /resources/{kind}/{name}/restore")

PAGES: dict[str, tuple[str, ...]] = {
    "GET /explore": (*QUESTION, "POST /query"),
    "GET /explore/start": ("GET /views", "GET /query"),
    "GET /explore.csv": ("GET /query.csv",),
    "GET /explore/ask": QUESTION,
    "GET /explore/filter": ("GET /values", "GET /dimensions"),
    "GET /charges": ("GET /charges", "GET /charges.csv", "GET /explain"),
    "GET /charges/{source}/{period}/{file}/{line}": (
        "GET /deliveries/{source}/{period}/records/{file}/{line}",
    ),
    "GET /usage": ("GET /usage", "GET /usage/metrics", "GET /provisional", "GET /usage.csv"),
    "GET /usage/ask": ("GET /usage",),
    "GET /sources": ("GET /sources", "GET /deliveries", "GET /kinds", "GET /runs"),
    "GET /sources/{name}": ("GET /sources/{name}", "GET /deliveries", "GET /held"),
    "POST /sources/{name}/sync": ("POST /sync",),
    "GET /sources/{name}/{period}": ("GET /deliveries/{source}/{period}", "GET /checks"),
    "GET /sources/{name}/held/{delivery}": ("GET /held", "GET /quarantine/{delivery}"),
    "GET /restatements": ("GET /restatements", "GET /snapshots"),
    "GET /budgets": ("GET /budgets",),
    "GET /budgets/_new": ("GET /tags", "GET /budgets"),
    "GET /budgets/_suggest": ("POST /budgets/suggest",),
    "POST /budgets": (*RESOURCE, "POST /budgets/preview"),
    "POST /budgets/_suggest": ("POST /budgets",),
    "GET /budgets/{name}": ("GET /budgets/{name}", "GET /budgets/{name}/history"),
    "GET /budgets/{name}/edit": ("GET /resources/{kind}/{name}",),
    "POST /budgets/{name}": (*RESOURCE, "POST /budgets/preview"),
    "POST /budgets/{name}/delete": RESOURCE,
    "GET /alerts": ("GET /alerts",),
    "GET /alerts/digest": ("GET /alerts/digest",),
    "GET /alerts/routes": ("GET /alerts/routes", "GET /resources"),
    "GET /alerts/routes/_new": ("GET /channels", "GET /tags"),
    "GET /alerts/routes/{name}": ("GET /alerts/routes/{name}", "POST /alerts/routes/preview"),
    "POST /alerts/routes/{name}": (*RESOURCE, "POST /alerts/routes/preview"),
    "POST /alerts/routes/{name}/pause": RESOURCE,
    "POST /alerts/routes/{name}/delete": RESOURCE,
    "POST /alerts/routes/{name}/test": ("POST /alerts/routes/{name}/test",),
    "GET /alerts/{alert}": ("GET /alerts/{alert}",),
    "POST /alerts/{alert}/acknowledge": ("POST /alerts/{alert}/acknowledge",),
    "POST /alerts/{alert}/snooze": ("POST /alerts/{alert}/snooze",),
    "POST /alerts/{alert}/reopen": ("POST /alerts/{alert}/reopen",),
    "POST /alerts/{alert}/assign": ("POST /alerts/{alert}/assign",),
    "POST /alerts/{alert}/settle": ("POST /alerts/{alert}/settle", "POST /alerts/watch"),
    "GET /reports": ("GET /reports", "GET /deliveries/log"),
    "GET /reports/new": ("GET /channels", "GET /views"),
    "POST /reports": RESOURCE,
    "GET /reports/{name}": ("GET /reports/{name}", "GET /deliveries/log/{delivery}"),
    "GET /reports/{name}/edit": ("GET /reports/{name}",),
    "POST /reports/{name}": RESOURCE,
    "GET /reports/{name}/preview/{form}": ("GET /reports/{name}/preview",),
    "POST /reports/{name}/send": ("POST /reports/{name}/send", "POST /reports/run"),
    "POST /reports/{name}/test": ("POST /reports/{name}/test",),
    "POST /reports/{name}/pause": RESOURCE,
    "POST /reports/{name}/delete": RESOURCE,
    "POST /reports/deliveries/{delivery}/retry": ("POST /deliveries/log/{delivery}/retry",),
    "GET /channels": ("GET /channels",),
    "GET /channels/_new": ("GET /resources",),
    "GET /channels/{name}": ("GET /resources/{kind}/{name}",),
    "POST /channels/{name}": RESOURCE,
    "POST /channels/{name}/delete": RESOURCE,
    "POST /channels/{name}/test": ("POST /channels/{name}/test",),
    "GET /views": ("GET /views",),
    "POST /views": ("PUT /views/{name}",),
    "POST /views/{name}/delete": ("DELETE /views/{name}",),
    "GET /views/{name}": ("GET /views/{name}",),
    "GET /usecases": ("GET /usecases",),
    "GET /usecases/{name}": ("GET /usecases/{name}", "GET /usecases/{name}.csv"),
    "GET /vocabulary": (
        "GET /vocabulary",
        "GET /vocabulary/coverage",
        "GET /vocabulary/unmapped",
        "GET /vocabulary/rules",
    ),
    "GET /export": ("GET /export/focus", "GET /export/focus.zip"),
    "GET /tags": ("GET /tags", "GET /dictionaries"),
    "POST /tags": RESOURCE,
    "GET /tags/{name}": (
        "GET /tags/{name}",
        "POST /tags/{name}/preview",
        "GET /tags/{name}/coverage",
        "GET /tags/{name}/suggestions",
    ),
    "POST /tags/{name}": RESOURCE,
    "GET /tags/{name}/values": ("GET /tags/{name}/values",),
    "POST /tags/{name}/restore": BACK,
    "POST /tags/{name}/delete": RESOURCE,
    "POST /dictionaries": RESOURCE,
    "GET /dictionaries/{name}": ("GET /dictionaries/{name}",),
    "POST /dictionaries/{name}": RESOURCE,
    "POST /dictionaries/{name}/{action}": (*RESOURCE, *BACK),
    "GET /splits": ("GET /splits",),
    "POST /splits": ("PUT /splits/{name}",),
    "GET /splits/{name}": ("GET /splits/{name}", "POST /splits/{name}/preview"),
    "POST /splits/{name}": ("PUT /splits/{name}",),
    "POST /splits/{name}/restore": ("POST /splits/{name}/restore",),
    "POST /splits/{name}/delete": ("DELETE /splits/{name}",),
    "GET /platforms": (
        "GET /platforms",
        "GET /platforms/{name}",
        "GET /platforms/{name}.csv",
        "GET /ai/reconcile",
    ),
    "GET /coverage": ("GET /coverage", "GET /coverage.csv"),
    "GET /why": ("GET /why", "GET /why.csv"),
    "GET /replay": ("GET /replay", "GET /replay.csv"),
    "GET /invoices": ("GET /invoices", "GET /invoices.csv"),
    "POST /invoices": ("POST /invoices", "PUT /invoices/{name}"),
    "POST /invoices/import": ("POST /invoices/import",),
    "POST /invoices/{name}/remove": ("DELETE /invoices/{name}",),
    "GET /invoices/{name}": ("GET /invoices/{name}",),
    "GET /close/bridge": ("GET /close/bridge", "GET /close/balances"),
    "POST /close/bridge": ("POST /close/balances",),
    "POST /close/bridge/{name}/remove": ("DELETE /close/balances/{name}",),
    "GET /close": ("GET /close",),
    "GET /close/{month}": ("GET /close/{month}",),
    "POST /close/{month}": ("POST /close/{month}",),
    "GET /statements": ("GET /statements",),
    "POST /statements/{plan}/{month}/close": ("POST /statements/{plan}/{month}/close",),
    "POST /statements/disputes/{number}/answer": ("POST /disputes/{number}/answer",),
    "GET /statements/{plan}/{month}": (
        "GET /statements/{plan}/{month}",
        "GET /journals/{plan}/{month}",
        "GET /disputes/{plan}",
    ),
    "GET /statements/{plan}/{month}/{value:path}": (
        "GET /statements/{plan}/{month}/{value}",
        "GET /disputes/{plan}",
    ),
    "POST /statements/{plan}/{month}/{value:path}": ("POST /disputes",),
    "GET /metrics": ("GET /metrics",),
    "POST /metrics": RESOURCE,
    "GET /metrics/{name}/ask": ("GET /metrics/{name}/values",),
    "GET /metrics/{name}": (
        "GET /metrics/{name}",
        "GET /metrics/{name}/values",
        "GET /metrics/{name}/deliveries/{sequence}",
    ),
    "POST /metrics/{name}/values": ("POST /metrics/{name}/values",),
    "POST /metrics/{name}/sync": ("POST /metrics/{name}/sync",),
    "GET /units": ("GET /units",),
    "POST /units": RESOURCE,
    "GET /units/{name}/ask": ("GET /units/{name}",),
    "GET /units/{name}": ("GET /units/{name}",),
    "GET /kubernetes": (
        "GET /kubernetes",
        "GET /kubernetes/{cluster}",
        "GET /kubernetes/{cluster}.csv",
    ),
    "POST /kubernetes": RESOURCE,
    "GET /anomalies": ("GET /anomalies",),
    "POST /anomalies/detect": ("POST /anomalies/detect",),
    "GET /anomalies/monitors": ("GET /anomalies/monitors", "GET /anomalies/runs"),
    "GET /anomalies/monitors/_new": ("GET /kinds",),
    "GET /anomalies/monitors/{name}": ("GET /anomalies/monitors/{name}",),
    "POST /anomalies/monitors": RESOURCE,
    "POST /anomalies/monitors/{name}": RESOURCE,
    "POST /anomalies/monitors/{name}/delete": RESOURCE,
    "GET /anomalies/{number}": ("GET /anomalies/{number}",),
    "POST /anomalies/{number}/acknowledge": ("POST /anomalies/{number}/acknowledge",),
    "POST /anomalies/{number}/resolve": ("POST /anomalies/{number}/resolve",),
    "POST /anomalies/{number}/reopen": ("POST /anomalies/{number}/reopen",),
    "POST /anomalies/{number}/feedback": ("POST /anomalies/{number}/feedback",),
    "POST /anomalies/{number}/withdraw": ("DELETE /anomalies/{number}/feedback",),
    "POST /anomalies/{number}/comment": ("POST /anomalies/{number}/comment",),
    "POST /anomalies/{number}/assign": ("POST /anomalies/{number}/assign",),
    "GET /forecast": ("GET /forecast",),
    "GET /forecast.csv": ("GET /forecast",),
    "GET /forecast/ask": ("GET /forecast",),
    "GET /forecast/accuracy": ("GET /forecast/accuracy",),
    "GET /forecast/accuracy.csv": ("GET /forecast/accuracy",),
    "GET /forecast/changes": ("GET /resources/{kind}", "GET /forecast"),
    "GET /forecast/changes/new": ("GET /resources/{kind}",),
    "GET /forecast/changes/{name}": ("GET /resources/{kind}/{name}",),
    "POST /forecast/changes": RESOURCE,
    "POST /forecast/changes/{name}/delete": RESOURCE,
    "GET /drivers": ("GET /drivers",),
    "GET /drivers.csv": ("GET /drivers",),
    "GET /drivers/ask": ("GET /drivers",),
    "GET /find": ("GET /find",),
    "GET /access": ("GET /users", "GET /roles", "GET /tokens"),
    "POST /access/people": ("POST /users", "POST /users/{name}/invitation"),
    "GET /access/people/{name}": ("GET /users/{name}", "GET /audit"),
    "POST /access/people/{name}": (
        "PATCH /users/{name}",
        "DELETE /users/{name}",
        "POST /users/{name}/invitation",
    ),
    "POST /access/roles": RESOURCE,
    "POST /access/tokens": ("POST /tokens",),
    "POST /access/tokens/{number}/revoke": ("DELETE /tokens/{number}",),
    "GET /account": ("GET /me", "GET /sessions", "GET /tokens"),
    "POST /account": ("PATCH /me",),
    "POST /account/password": ("POST /me/password",),
    "POST /account/sessions": ("DELETE /sessions/{id}",),
    "POST /account/tokens": ("POST /tokens",),
    "POST /account/tokens/{number}/revoke": ("DELETE /tokens/{number}",),
    "GET /audit": ("GET /audit",),
    "GET /audit.csv": ("GET /audit.csv",),
    "GET /views/{name}/about": ("GET /views/{name}", "GET /views/{name}/uses"),
    "POST /views/{name}/about": RESOURCE,
    "POST /views/{name}/rename": ("POST /views/{name}/rename",),
    "POST /views/{name}/restore": BACK,
    "POST /views/{name}/pin": RESOURCE,
    "GET /dashboards": ("GET /dashboards",),
    "POST /dashboards": RESOURCE,
    "GET /dashboards/_new": RESOURCE,
    "GET /dashboards/_put": RESOURCE,
    "POST /dashboards/_put": RESOURCE,
    "GET /dashboards/{name}": ("GET /dashboards/{name}", "GET /dashboards/{name}/answers"),
    "GET /dashboards/{name}/file.yaml": ("GET /dashboards/{name}",),
    "GET /dashboards/{name}/settings": ("GET /dashboards/{name}",),
    "POST /dashboards/{name}/settings": RESOURCE,
    "GET /dashboards/{name}/history": ("GET /dashboards/{name}",),
    "POST /dashboards/{name}/restore": BACK,
    "POST /dashboards/{name}/copy": ("POST /dashboards/{name}/copy",),
    "POST /dashboards/{name}/pin": RESOURCE,
    "POST /dashboards/{name}/delete": RESOURCE,
    "POST /dashboards/{name}/layout": RESOURCE,
    "POST /dashboards/{name}/preview": ("GET /query",),
    "POST /dashboards/{name}/panels": RESOURCE,
    "GET /dashboards/{name}/panels/_new": ("GET /dimensions", "GET /views", "GET /units"),
    "GET /dashboards/{name}/panels/{panel}": ("GET /dashboards/{name}/answers",),
    "POST /dashboards/{name}/panels/{panel}": RESOURCE,
    "GET /dashboards/{name}/panels/{panel}/content": ("GET /dashboards/{name}/answers",),
    "GET /dashboards/{name}/panels/{panel}/rows.csv": ("GET /query.csv",),
    "GET /dashboards/{name}/panels/{panel}/edit": ("GET /dashboards/{name}",),
    "POST /dashboards/{name}/panels/{panel}/duplicate": RESOURCE,
    "POST /dashboards/{name}/panels/{panel}/delete": RESOURCE,
    "GET /home/{persona}": ("GET /home", "GET /home/{persona}"),
    "GET /home/{persona}/cards/{card}": ("GET /home/{persona}/cards/{card}",),
    "GET /home/{persona}/next": ("GET /home/{persona}",),
    "GET /glossary": ("GET /glossary", "GET /glossary/{term}"),
    "GET /annotations": ("GET /annotations",),
    "POST /annotations": ("POST /annotations",),
    "GET /annotations/_new": ("POST /annotations",),
    "GET /annotations/{name}": ("GET /annotations/{name}",),
    "POST /annotations/{name}": RESOURCE,
    "POST /annotations/{name}/delete": ("DELETE /annotations/{name}",),
    "GET /plans": ("GET /plans", "GET /plans/{name}/outlook"),
    "POST /plans": ("POST /plans", "POST /plans/{name}/baseline"),
    "GET /plans/{name}/row": ("GET /plans/{name}/outlook",),
    "GET /plans/{name}": (
        "GET /plans/{name}",
        "GET /plans/{name}/versions/{version}",
        "GET /plans/{name}/actuals",
        "GET /plans/{name}/variance",
        "GET /plans/{name}/outlook",
    ),
    "POST /plans/{name}/cells": ("POST /plans/{name}/cells",),
    "POST /plans/{name}/baseline": ("POST /plans/{name}/baseline",),
    "POST /plans/{name}/draft": ("POST /plans/{name}/draft",),
    "POST /plans/{name}/discard": ("DELETE /plans/{name}/draft",),
    "POST /plans/{name}/submit": ("POST /plans/{name}/submit",),
    "POST /plans/{name}/approve": ("POST /plans/{name}/versions/{version}/approve",),
    "POST /plans/{name}/reject": ("POST /plans/{name}/versions/{version}/reject",),
    "GET /plans/{name}/lines/new": ("GET /plans/{name}",),
    "POST /plans/{name}/lines": ("POST /plans/{name}/lines",),
    "GET /plans/{name}/lines/{line}": ("GET /plans/{name}/versions/{version}",),
    "GET /plans/{name}/lines/{line}/months/{month}": ("GET /plans/{name}/versions/{version}",),
    "POST /plans/{name}/lines/{line}": ("POST /plans/{name}/cells",),
    "POST /plans/{name}/lines/{line}/take-back": ("POST /plans/{name}/take-back",),
    "POST /plans/{name}/lines/{line}/note": ("POST /plans/{name}/notes",),
    "POST /plans/{name}/lines/{line}/change": ("PATCH /plans/{name}/lines/{line}",),
    "POST /plans/{name}/lines/{line}/remove": (
        "DELETE /plans/{name}/lines/{line}",
        "POST /plans/{name}/lines/{line}/restore",
    ),
    "POST /plans/{name}/lines/{line}/driver": (
        "GET /plans/{name}/driver",
        "POST /plans/{name}/lines/{line}/driver",
    ),
    "GET /plans/{name}/variance": ("GET /plans/{name}/bridge", "GET /plans/{name}/variance"),
    "GET /plans/{name}/outlook": ("GET /plans/{name}/outlook",),
    "GET /plans/{name}/versions": ("GET /plans/{name}/versions",),
    "GET /plans/{name}/compare": ("GET /plans/{name}/compare",),
    "GET /plans/{name}/history": ("GET /plans/{name}/versions/{version}",),
    "POST /plans/{name}/notes": ("POST /plans/{name}/notes",),
    "GET /plans/{name}/settings": ("GET /plans/{name}",),
    "POST /plans/{name}/settings": RESOURCE,
    "GET /plans/{name}/xlsx": ("GET /plans/{name}/export",),
    "GET /plans/{name}/import": ("POST /plans/{name}/import/preview",),
    "POST /plans/{name}/import": ("POST /plans/{name}/import/preview",),
    "POST /plans/{name}/import/apply": ("POST /plans/{name}/import",),
}
"""The page (method and path as the application declares it) and what gives the same; paths of
operations stand below /api/v1, as openapi.json has them."""

WITHOUT: dict[str, str] = {
    "GET /api": "Tells of the API to people; openapi.json is the same for machines.",
    "GET /design": "Shows the parts of pages to those who make them; it has no figures.",
    "GET /invite/{key}": "Sets a first password in a browser; a program uses a token.",
    "POST /invite/{key}": "Sets a first password in a browser; a program uses a token.",
    "GET /login": "A person logs in with a browser; a program uses a token.",
    "POST /login": "A person logs in with a browser; a program uses a token.",
    "GET /login/start": "Sends a browser to the provider of single sign-on and back.",
    "GET /login/callback": "Sends a browser to the provider of single sign-on and back.",
    "POST /logout": "Ends the session of this browser; DELETE /sessions ends any of them.",
    "GET /": "Leads to the home of the person; what stands there has lines of its own.",
    "POST /home": "Keeps which home a browser opens first; an API asks for the home that it wants.",
    "GET /help": "The text of the product, the same for everybody: docs/ has it.",
    "GET /explore/filter/add": "Moves a person from a form to an address; nothing is read or done.",
}
"""Pages that the API has nothing for, and why."""


def pages(client: TestClient) -> set[str]:
    """Every route outside the API, as `METHOD path`."""
    found = set()
    for router in client.app.routes:  # type: ignore[attr-defined]
        for route in getattr(router, "effective_route_contexts", tuple)():
            if not route.path.startswith(API_PREFIX):
                found |= {f"{m} {route.path}" for m in set(route.methods) - {"HEAD", "OPTIONS"}}
    return found


def operations(client: TestClient) -> set[str]:
    """Every operation of the API, as `METHOD path` below its prefix."""
    paths = client.get(f"{API_PREFIX}/openapi.json").json()["paths"]
    return {
        f"{method.upper()} {path.removeprefix(API_PREFIX)}"
        for path, item in paths.items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    }


def test_every_page_has_its_operations_or_a_reason(client: TestClient) -> None:
    there = pages(client)
    assert len(there) > 60
    assert sorted(there - {*PAGES, *WITHOUT}) == [], "new pages: say what gives the same"
    assert all(PAGES.values())
    assert {*PAGES} & {*WITHOUT} == set()
    assert all(len(reason.split()) > 5 for reason in WITHOUT.values())


def test_nothing_is_listed_that_is_not_there(client: TestClient) -> None:
    named = {operation for listed in PAGES.values() for operation in listed}
    assert sorted(named - operations(client)) == []
    assert sorted({*PAGES, *WITHOUT} - pages(client)) == []
