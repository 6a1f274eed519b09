"""Templates, the frame around every page, and the static files' addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from outlay.access import Principal, current
from outlay.access.rules import all_rules, permits
from outlay.app import SourceStatus, Workspace
from outlay.app.access.login import Login
from outlay.app.scheduling import Syncer
from outlay.web import numbers, terms, words

Link = tuple[str, str, str, str]
NAVIGATION_GROUPS: tuple[tuple[str, tuple[Link, ...]], ...] = (
    (
        "",
        (
            ("home", "/", "Home", "h"),
            ("explore", "/explore/start", "Explore", "e"),
            ("drivers", "/drivers", "What drove it", "d"),
            ("dashboards", "/dashboards", "Dashboards", "b"),
            ("reports", "/reports", "Reports", "j"),
            ("charges", "/charges", "Charges", "c"),
            ("usage", "/usage", "Usage", "m"),
            ("views", "/views", "Views", "v"),
            ("usecases", "/usecases", "Use cases", "u"),
        ),
    ),
    (
        "Allocation",
        (
            ("tags", "/tags", "Virtual tags", "t"),
            ("coverage", "/coverage", "Coverage", "l"),
            ("splits", "/splits", "Splits", "p"),
            ("why", "/why", "Why is this mine?", "w"),
            ("replay", "/replay", "Rule replay", "y"),
            ("kubernetes", "/kubernetes", "Kubernetes", "k"),
            ("platforms", "/platforms", "Platforms and AI", "a"),
            ("units", "/units", "Unit costs", "n"),
            ("metrics", "/metrics", "Metrics", "x"),
        ),
    ),
    (
        "Optimize",
        (
            ("savings", "/savings", "Savings", "6"),
            ("realised", "/realised", "Realised savings", "7"),
            ("commitments", "/commitments", "Commitments", "8"),
            ("contracts", "/contracts", "Contracts", "9"),
            ("kpis", "/kpis", "KPIs", "0"),
        ),
    ),
    (
        "Operate",
        (
            ("anomalies", "/anomalies", "Anomalies", "1"),
            ("forecast", "/forecast", "Forecast", "2"),
            ("budgets", "/budgets", "Budgets", "3"),
            ("plans", "/plans", "Plans", "4"),
            ("alerts", "/alerts", "Alerts", "5"),
        ),
    ),
    (
        "Finance",
        (
            ("statements", "/statements", "Statements", "f"),
            ("invoices", "/invoices", "Invoices", "i"),
            ("close", "/close", "Month close", "o"),
        ),
    ),
    (
        "Data",
        (
            ("sources", "/sources", "Sources", "s"),
            ("restatements", "/restatements", "Restatements", "r"),
        ),
    ),
    (
        "Administration",
        (
            ("access", "/access", "Access", "z"),
            ("audit", "/audit", "Audit log", "q"),
        ),
    ),
)
"""Title of a group in the rail and its pages: name, address, title, letter or digit after ``g``."""

NAVIGATION = tuple(link for _, links in NAVIGATION_GROUPS for link in links)
"""Every page in the rail."""


@dataclass(frozen=True)
class Freshness:
    """One line for the whole workspace: how new its numbers are."""

    tone: str
    text: str
    detail: str


@lru_cache(maxsize=256)
def static(path: str) -> str:
    """The address of a static file; it changes with the content, so that it may be cached."""
    content = resources.files("outlay.web").joinpath("static", path).read_bytes()
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:10]}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # One for the process: its templates are compiled once, however many workspaces are served.
    environment = Environment(
        loader=PackageLoader("outlay.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        amount=numbers.amount,
        exact=numbers.exact,
        short=numbers.short,
        count=numbers.count,
        quantity=numbers.quantity,
        share=numbers.share,
        change=numbers.change,
        change_ratio=numbers.change_ratio,
        day=numbers.day,
        measure=words.measure,
        dimension=words.dimension,
        month=numbers.month,
        hourly=numbers.hourly,
        moment=numbers.moment,
        ago=numbers.ago,
        size=numbers.size,
    )
    environment.globals.update(
        static=static,
        navigation=NAVIGATION,
        groups_of_pages=NAVIGATION_GROUPS,
        numbers=numbers,
        may=may,
        term=terms.term,
        term_mark=terms.mark,
        terms_of=terms.terms_of,
        term_if=terms.term_if,
        mark_if=terms.mark_if,
        terms_used=terms.terms_used,
    )
    return environment


def may(level: str) -> bool:
    """Whether who asks may do what needs a level: for templates, so that nobody is offered what
    the server would refuse."""
    return current().may(level)


class Site:
    """What pages share: the workspace and the means to show something of it."""

    def __init__(
        self, workspace: Workspace, syncer: Syncer | None = None, login: Login | None = None
    ) -> None:
        self.workspace = workspace
        self.syncer = syncer
        self.login = login
        self.templates = _environment()

    def page(
        self, request: Request, template: str, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Render a template within the frame (`base.html`)."""
        person = current()
        shared: Mapping[str, Any] = {
            "workspace_name": self.workspace.name,
            "freshness": self.freshness() if self.opens(person, "/sources") else None,
            "path": request.url.path,
            "person": person,
            "login_on": self.login is not None,
            "open_alerts": self.open_alerts(),
            "groups_of_pages": (groups := self.pages_of(person)),
            "navigation": [link for _, links in groups for link in links],
        }
        with terms.collecting():
            html = self.templates.get_template(template).render({**shared, **context})
        # A page shows money of this moment: Back asks again instead of showing an old copy.
        return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})

    def opens(self, person: Principal, path: str) -> bool:
        """Whether a page may be opened by a person: what may not is not offered either."""
        return self.login is None or permits(person, all_rules().get(f"GET {path}"))

    def pages_of(self, person: Principal) -> list[tuple[str, list[Link]]]:
        """The pages of the rail that a person may open, by group."""
        groups = (
            (heading, [link for link in links if self.opens(person, link[1])])
            for heading, links in NAVIGATION_GROUPS
        )
        return [(heading, links) for heading, links in groups if links]

    def open_alerts(self) -> int:
        """How many alerts are open; 0 also where that cannot be told, or not in a moment (people
        who see a part of the ledger)."""
        from outlay.app.alerts.use import open_count

        try:
            return open_count(self.workspace)
        except Exception:  # the frame must stand, also around the page that shows this failure
            return 0

    def freshness(self) -> Freshness | None:
        """How new the numbers are, over all sources; None when that cannot be told."""
        try:
            sources = self.workspace.sources()
        except Exception:  # the frame must stand, also around the page that shows this failure
            return None
        return summarise(sources)


def summarise(sources: list[SourceStatus]) -> Freshness:
    """The freshness of several sources in one line, the worst first."""
    if not sources:
        return Freshness("none", "No sources yet", "Add a bill to begin")
    failed = [s for s in sources if s.error]
    behind = [s for s in sources if s.freshness in ("late", "missing")]
    newest = max((s.last_delivery_at for s in sources if s.last_delivery_at), default=None)
    delivered = f"Last delivery {numbers.ago(newest)}"
    if failed:
        return Freshness("bad", _counted(len(failed), "source", "failed"), delivered)
    if behind:
        return Freshness("warn", _counted(len(behind), "source", "late"), delivered)
    return Freshness("good", "Data up to date", delivered)


def _counted(number: int, noun: str, what: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''} {what}"
