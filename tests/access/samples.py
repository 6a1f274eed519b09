"""An address or more for every route that is read, so that each can be asked by everybody.

A route that is whole or free is filled in by the names in `PLACES`; one that keeps to the scope
needs its addresses written here, with the parameters by which it could tell of others. A new route
that is in neither fails `tests.access.test_scope_leaks`.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from tests.access.twoteams import MINE, ZEBRAS

PLACES: Mapping[str, str] = {
    "name": "team",
    "source": ZEBRAS,
    "period": "2026-09",
    "month": "2026-09",
    "plan": "team",
    "value:path": "zebra",
    "file": "0",
    "line": "2",
    "kind": "VirtualTag",
    "version": "1",
    "sequence": "1",
    "delivery": "none",
    "cluster": "none",
    "persona": "engineer",
    "card": "spend",
    "key": "none",
    "term": "EffectiveCost",
    "target": "EUR",
    "form": "html",
    "panel": "0",
    "path:path": "nothing-here",
    "id": "none",
    "number": "1",
    "alert": "1",
    "action": "restore",
}
"""What stands for each part of a path. A name that a route needs otherwise is in `ADDRESSES`."""

NAMES: Mapping[str, str] = {
    "/metrics": "orders",
    "/units": "per-order",
    "/budgets": "checkout-year",
    "/splits": "share-platform",
    "/dictionaries": "zebra-words",
    "/invoices": "INV-ZEBRA",
    "/sources": ZEBRAS,
    "/views": "by-team",
    "/usecases": "analyze-costs-by-service-name",
    "/platforms": "databricks",
    "/dashboards": "board",
    "/annotations": "launch",
    "/reports": "weekly",
}
"""The names of things by the beginning of their address."""

_BY = ("team", "ServiceName", "tags.team", "SubAccountName", "ResourceId", "x_SourceName",
       "RegionId", "InvoiceId")  # fmt: skip
_RANGES = ("all", "2026-09-01..2026-10-01")


def _explored(path: str, more: str = "") -> Iterator[str]:
    for by in _BY:
        yield f"{path}?by={by}&range=all{more}"
    yield f"{path}?by=team,ServiceName&grain=day&range=2026-09-01..2026-10-01&limit=1{more}"
    yield f"{path}?by=team&range=2026-09-01..2026-10-01&compare=previous&limit=1{more}"
    yield f"{path}?range=all&currency=EUR&by=BillingCurrency{more}"


def _statements(path: str) -> Iterator[str]:
    for month in ("2026-08", "2026-09"):
        for form in ("json", "csv", "xlsx", "html", "pdf"):
            yield f"{path}/team/{month}/checkout?format={form}"
            yield f"{path}/team/{month}?format={form}"


def _cards(path: str) -> Iterator[str]:
    from outlay.app.home.personas import PERSONAS

    for persona in PERSONAS.values():
        for question in persona.questions:
            for card in question.cards:
                yield f"{path}/{persona.name}/cards/{card}"


def _panels(rest: str) -> Iterator[str]:
    for panel in ("all", "teams", "services", "accounts"):
        yield f"/dashboards/board/panels/{panel}{rest}"


def _driven(path: str) -> Iterator[str]:
    for by in ("team", "ServiceName", "ResourceId"):
        yield f"{path}?by={by}&range=2026-09-01..2026-10-01&compare=previous"
    yield f"{path}?range=2026-09-01..2026-10-01&compare=previous"


_STATE = quote("by=team&range=all")

ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "/budgets": ("/budgets", "/budgets?at=2026-09&state=on%20track", "/budgets?owner=e"),
    "/budgets/{name}": ("/budgets/checkout-year", "/budgets/checkout-year?period=2026"),
    "/api/v1/budgets": ("/api/v1/budgets", "/api/v1/budgets?at=2026-09&forecast=false"),
    "/api/v1/budgets/{name}": ("/api/v1/budgets/checkout-year",),
    "/api/v1/budgets/{name}/history": ("/api/v1/budgets/checkout-year/history",),
    "/explore": tuple(_explored("/explore")),
    "/explore.csv": (*_explored("/explore.csv"), "/explore.csv?by=team&range=all&rows=periods"),
    "/explore/start": ("/explore/start",),
    "/explore/ask": (f"/explore/ask?state={_STATE}&by=ServiceName",),
    "/explore/filter": (
        f"/explore/filter?state={_STATE}",
        *(f"/explore/filter?state={_STATE}&dimension={by}" for by in _BY),
        f"/explore/filter?state={_STATE}&dimension=ServiceName&q=e",
    ),
    "/explore/filter/add": (f"/explore/filter/add?state={_STATE}&dimension=team&value=checkout",),
    "/charges": (
        "/charges?range=all",
        "/charges?range=2026-09-01..2026-10-01&m=BilledCost",
    ),
    "/charges/{source}/{period}/{file}/{line}": (
        f"/charges/{MINE}/2026-09/0/2",
    ),
    "/why": (
        "/why?range=all&tag=team",
        "/why?range=all&tag=team&value=checkout",
        "/why?range=all&tag=team&value=platform",
    ),
    "/statements": (
        "/statements",
        "/statements?tag=team&month=2026-08",
        "/statements?tag=team&month=2026-09",
    ),
    "/statements/{plan}/{month}": ("/statements/team/2026-09",),
    "/statements/{plan}/{month}/{value:path}": (
        "/statements/team/2026-08/checkout",
        "/statements/team/2026-09/checkout",
    ),
    "/views": ("/views",),
    "/views/{name}": ("/views/by-team",),
    "/views/{name}/about": ("/views/by-team/about",),
    "/find": ("/find", "/find?q=e", "/find?q=checkout"),
    "/": ("/",),
    "/home/{persona}/cards/{card}": tuple(_cards("/home")),
    "/home/{persona}/next": ("/home/engineer/next", "/home/finance/next"),
    "/api/v1/home/{persona}/cards/{card}": tuple(_cards("/api/v1/home")),
    "/dashboards/{name}": ("/dashboards/board", "/dashboards/board?range=all"),
    "/dashboards/{name}/file.yaml": ("/dashboards/board/file.yaml",),
    "/dashboards/{name}/history": ("/dashboards/board/history",),
    "/dashboards/{name}/settings": ("/dashboards/board/settings",),
    "/dashboards/{name}/panels/_new": ("/dashboards/board/panels/_new",),
    "/dashboards/{name}/panels/{panel}": tuple(_panels("")),
    "/dashboards/{name}/panels/{panel}/content": tuple(_panels("/content")),
    "/dashboards/{name}/panels/{panel}/edit": tuple(_panels("/edit")),
    "/dashboards/{name}/panels/{panel}/rows.csv": tuple(_panels("/rows.csv")),
    "/api/v1/dashboards/{name}": ("/api/v1/dashboards/board",),
    "/api/v1/dashboards/{name}/answers": ("/api/v1/dashboards/board/answers",),
    "/annotations/{name}": ("/annotations/launch",),
    "/api/v1/annotations/{name}": ("/api/v1/annotations/launch",),
    "/api/v1/views/{name}/uses": ("/api/v1/views/by-team/uses",),
    "/tickets": ("/tickets",),
    "/tickets/of/{number}": ("/tickets/of/1",),
    "/api/v1/tickets": ("/api/v1/tickets",),
    "/api/v1/tickets/systems": ("/api/v1/tickets/systems",),
    "/api/v1/savings/{number}/tickets": ("/api/v1/savings/1/tickets",),
    "/savings/{number}": ("/savings/1",),
    "/api/v1/savings/{number}": ("/api/v1/savings/1",),
    "/realised/{number}": ("/realised/1",),
    "/realised/of/{number}": ("/realised/of/1",),
    "/api/v1/realised/{number}": ("/api/v1/realised/1",),
    "/api/v1/realised/{number}/proof": ("/api/v1/realised/1/proof",),
    "/anomalies/{number}": ("/anomalies/1",),
    "/api/v1/anomalies/{number}": ("/api/v1/anomalies/1",),
    "/drivers": tuple(_driven("/drivers")),
    "/drivers.csv": tuple(_driven("/drivers.csv")),
    "/api/v1/drivers": tuple(_driven("/api/v1/drivers")),
    "/alerts": ("/alerts", "/alerts?state=all", "/alerts?severity=warning"),
    "/alerts/{alert}": ("/alerts/1",),
    "/api/v1/alerts": ("/api/v1/alerts", "/api/v1/alerts?state=all&text=e"),
    "/api/v1/alerts/{alert}": ("/api/v1/alerts/1",),
    "/reports/{name}": ("/reports/weekly",),
    "/reports/{name}/edit": ("/reports/weekly/edit",),
    "/reports/{name}/preview/{form}": tuple(
        f"/reports/{name}/preview/{form}"
        for form in ("html", "xlsx", "csv", "pdf")
        for name in ("weekly", "weekly-board", "weekly-statement")
    ),
    "/api/v1/reports/{name}/preview": tuple(
        f"/api/v1/reports/{name}/preview?format={form}"
        for form in ("html", "xlsx", "csv", "pdf")
        for name in ("weekly", "weekly-board", "weekly-statement")
    ),
    "/home/{persona}": tuple(
        f"/home/{one}"
        for one in ("practitioner", "engineer", "finance", "procurement", "executive",
                    "product-owner")
    ),
    "/api/v1/query": tuple(_explored("/api/v1/query")),
    "/api/v1/query.csv": tuple(_explored("/api/v1/query.csv")),
    "/api/v1/query.parquet": tuple(_explored("/api/v1/query.parquet")),
    "/api/v1/explain": tuple(_explored("/api/v1/explain", "&lines=9")),
    "/api/v1/charges": ("/api/v1/charges?range=all&rows=99",
),
    "/api/v1/charges.csv": ("/api/v1/charges.csv?range=all",),
    "/api/v1/charges.parquet": ("/api/v1/charges.parquet?range=all",),
    "/api/v1/dimensions": ("/api/v1/dimensions",),
    "/api/v1/values": tuple(f"/api/v1/values?dimension={by}&search={text}"
                            for by in _BY for text in ("", "e")),
    "/api/v1/why": (
        "/api/v1/why?tag=team&range=all",
        "/api/v1/why?tag=team&range=all&value=checkout",
    ),
    "/api/v1/why.csv": (
        "/api/v1/why.csv?tag=team&range=all&value=checkout",
    ),
    "/api/v1/deliveries/{source}/{period}/records/{file}/{line}": (
        f"/api/v1/deliveries/{MINE}/2026-09/records/0/2",
    ),
    "/api/v1/statements": ("/api/v1/statements",),
    "/api/v1/statements/{plan}/{month}": tuple(_statements("/api/v1/statements")),
    "/api/v1/statements/{plan}/{month}/{value:path}": (
        "/api/v1/statements/team/2026-08/checkout",
    ),
    "/api/v1/disputes/{plan}": ("/api/v1/disputes/team",),
    "/api/v1/views": ("/api/v1/views",),
    "/api/v1/views/{name}": ("/api/v1/views/by-team",),
    "/api/v1/resources": ("/api/v1/resources",),
    "/api/v1/resources/{kind}": (
        "/api/v1/resources/VirtualTag",
        "/api/v1/resources/views",
        "/api/v1/resources/Source",
        "/api/v1/resources/StatementPlan",
    ),
    "/api/v1/resources/{kind}/{name}": (
        "/api/v1/resources/VirtualTag/team",
        "/api/v1/resources/View/by-team",
    ),
    "/api/v1/resources/{kind}/{name}/history": (
        "/api/v1/resources/VirtualTag/team/history",
        "/api/v1/resources/View/by-team/history",
    ),
    "/api/v1/resources/{kind}/{name}/versions/{version}": (
        "/api/v1/resources/VirtualTag/team/versions/1",
        "/api/v1/resources/View/by-team/versions/1",
    ),
    "/api/v1/find": ("/api/v1/find?q=e"),
    "/api/v1/home/{persona}": tuple(
        f"/api/v1/home/{one}"
        for one in ("practitioner", "engineer", "finance", "procurement", "executive",
                    "product-owner")
    ),
}  # fmt: skip
"""The addresses of the routes that keep to the scope, by the path of their rule."""

_ONLY = quote("team = '") + "{who}" + quote("'")
HIDDEN: tuple[str, ...] = (
    f"/explore?by=ServiceName&range=all&where={_ONLY}",
    f"/explore.csv?by=ServiceName&range=all&where={_ONLY}",
    "/explore?by=team&range=all&where=ServiceName%20LIKE%20%27{who}%25%27",
    "/explore?by=tags.{who}kei",
    f"/explore/filter?state={_STATE}&dimension=team&q={{who}}",
    f"/charges?range=all&where={_ONLY}",
    "/charges/{who}-bill/2026-09/0/2",
    "/charges/{who}-bill/2026-08/0/1",
    "/why?range=all&tag=team&value={who}",
    "/statements/team/2026-08/{who}",
    "/statements/team/2026-09/{who}",
    "/budgets/{who}-year",
    "/api/v1/budgets/{who}-year",
    "/api/v1/budgets/{who}-all/history",
    "/find?q={who}",
    f"/api/v1/query?by=ServiceName&range=all&where={_ONLY}",
    f"/api/v1/query.csv?by=ServiceName&range=all&where={_ONLY}",
    "/api/v1/query?by=tags.{who}kei",
    "/api/v1/query?by=x_{who}Column2",
    f"/api/v1/explain?by=ServiceName&range=all&where={_ONLY}",
    f"/api/v1/charges?where={_ONLY}",
    f"/api/v1/values?dimension=ServiceName&where={_ONLY}",
    "/api/v1/values?dimension=team&search={who}",
    "/api/v1/why?tag=team&range=all&value={who}",
    "/api/v1/why.csv?tag=team&range=all&value={who}",
    "/api/v1/deliveries/{who}-bill/2026-09/records/0/2",
    "/api/v1/deliveries/{who}-bill/2026-08/records/0/1",
    "/api/v1/statements/team/2026-08/{who}",
    "/api/v1/statements/team/2026-08/{who}?format=pdf",
    "/api/v1/statements/team/2026-09/{who}?format=csv",
    "/api/v1/find?q={who}",
    "/api/v1/resources/Invoice/INV-{who}",
    "/api/v1/resources/Dictionary/{who}-words",
    "/api/v1/resources/Source/{who}-bill",
    "/api/v1/resources/Source/{who}-bill/history",
)
"""Addresses that name the others. They are answered as if there were nobody of the name."""


OWN_PLACES = {"/rates/{source}/{target}": "/rates/USD/EUR"}


def filled(path: str) -> str:
    """A route's path with every part named; KeyError for a part that nothing is known for."""
    names = next((v for k, v in NAMES.items() if path.removeprefix("/api/v1").startswith(k)), "")

    below = path.removeprefix("/api/v1")
    if below in OWN_PLACES:
        return path.removesuffix(below) + OWN_PLACES[below]

    def place(match: re.Match[str]) -> str:
        if match[1] == "name" and names:
            return quote(names)
        return quote(PLACES[match[1]])

    return re.sub(r"\{([^}]+)\}", place, path)
