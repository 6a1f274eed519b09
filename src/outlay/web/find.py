"""Find: pages, what is configured and what costs, by a part of a name. One box on every page."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.access import current
from outlay.app.finding import RANGE, Found, find
from outlay.expression.printer import text_literal
from outlay.query import CostQuery
from outlay.web import words
from outlay.web.explore.address import Ask
from outlay.web.numbers import amount
from outlay.web.render import NAVIGATION, Site

PATH = "/find"

_PAGES = {
    "View": ("View", "/views/{}"),
    "Dashboard": ("Dashboard", "/dashboards/{}"),
    "VirtualTag": ("Virtual tag", "/tags/{}"),
    "Dictionary": ("Dictionary", "/tags/dictionaries/{}"),
    "Split": ("Split", "/splits/{}"),
    "Metric": ("Metric", "/metrics/{}"),
    "UnitCost": ("Unit cost", "/units/{}"),
    "Source": ("Source", "/sources/{}"),
    "Invoice": ("Invoice", "/invoices/{}"),
    "Report": ("Report", "/reports/{}"),
    "Cluster": ("Cluster", "/kubernetes?cluster={}"),
    "StatementPlan": ("Statements", "/statements?plan={}"),
    "Plan": ("Plan", "/plans/{}"),
    "Budget": ("Budget", "/budgets/{}"),
    "Contract": ("Contract", "/contracts/{}"),
    "RecommendationSource": ("Native tool", "/native/{}"),
    "PurchasePlan": ("Purchase plan", "/commitments/planner?plan={}"),
}
"""Kind of resource → what its page is called and where it is; others have no page of their own."""

_BELOW = (
    ("My savings", "/savings/mine"),
    ("Detectors", "/detectors"),
    ("Native recommendations", "/native"),
    ("Tickets", "/tickets"),
    ("Utilisation of resources", "/utilization"),
    ("Sources of measurements", "/utilization/sources"),
    ("Purchase planner", "/commitments/planner"),
)
"""Pages that stand below one of the rail: title and address."""


@dataclass(frozen=True)
class Hit:
    """One line of the answer: what it is, its name, what it costs, where it is."""

    group: str
    text: str
    note: str
    href: str


def router(site: Site) -> APIRouter:
    """The route of the box."""
    routes = APIRouter()

    @routes.get(PATH, response_class=HTMLResponse)
    def page(request: Request, q: str = "") -> Response:
        """What a text finds, in the order: pages, what is configured, values with their cost."""
        hits = _pages(site, q) + [hit for one in find(site.workspace, q) if (hit := _hit(one))]
        return site.page(request, "find.html", active="", title="Find", text=q, hits=hits)

    return routes


def _pages(site: Site, text: str) -> list[Hit]:
    wanted, reader = text.strip().lower(), current()
    places = [(title, href, f"g {letter}") for _, href, title, letter in NAVIGATION]
    places += [(title, href, "") for title, href in _BELOW]
    return [
        Hit("Page", title, note, href)
        for title, href, note in places
        if wanted in title.lower() and site.opens(reader, href)
    ]


def _hit(found: Found) -> Hit | None:
    if found.kind == "Value":
        where = f"{found.dimension} = {text_literal(found.name)}"
        by = () if found.dimension == "ResourceName" else ("ServiceName",)
        if found.dimension == "ServiceName":
            by = ("SubAccountName",)
        asked = CostQuery(by=by, range=RANGE, where=where, compare="previous", grain="day")
        money = " · ".join(f"{amount(m, c)} {c}" for c, m in found.amounts.items())
        return Hit(words.dimension(found.dimension), found.title, money, Ask(asked).url())
    if found.kind not in _PAGES:
        return None
    title, place = _PAGES[found.kind]
    note = found.name if found.name != found.title else ""
    return Hit(title, found.title, note, place.format(quote(found.name)))
