"""Alerts: what is to be known, who was told, when, and what they did about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from outlay.access import current
from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.alerts.signal import KINDS, SEVERITIES
from outlay.alerts.store import Step
from outlay.app.alerts import trying, use
from outlay.app.alerts.documents import figures_of
from outlay.app.alerts.looking import look
from outlay.expression.errors import QueryError
from outlay.reports.document import Figures, Heading, Sentence, Table
from outlay.reports.outbox import Delivery
from outlay.web.alerts import keeping
from outlay.web.render import Site
from outlay.web.views import form, local

PAGE = "/alerts"
KIND_TITLES = {
    "anomaly": "Anomaly", "budget": "Budget", "plan": "Plan", "saving": "Saving",
    "commitment": "Commitment", "contract": "Contract", "freshness": "Data",
    "policy": "Policy", "sync": "Sync",
}  # fmt: skip
TONES = {"critical": "bad", "warning": "warn", "info": "info"}
STATE_TONES = {"open": "", "acknowledged": "info", "snoozed": "", "settled": "good"}
DELIVERY_TONES = {
    "sent": "good", "failed": "bad", "waiting": "info", "sending": "info", "skipped": "",
}  # fmt: skip
SNOOZES = {"4h": "4 hours", "1d": "a day", "3d": "3 days", "1w": "a week"}
ACTIONS = {
    "raised": "raised", "severity": "severity rose", "reopened": "opened again",
    "acknowledged": "acknowledged", "snoozed": "snoozed", "assigned": "assigned",
    "settled": "settled", "routed": "routed", "tell": "told at once",
    "hold": "waits for quiet hours to end", "remind": "told again", "escalate": "escalated",
    "digest": "in the digest", "follow": "followed", "nobody": "did not reach",
}  # fmt: skip


@dataclass(frozen=True)
class Filters:
    """What the address asks for; what it does not say is left out of it again."""

    state: str = "open"
    kind: str = ""
    severity: str = ""
    owner: str = ""
    text: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Filters:
        """The filters that an address has."""
        given = {name: params[name].strip() for name in cls.__dataclass_fields__ if name in params}
        return cls(**given)

    def href(self, **changes: str) -> str:
        """The page with some of it changed."""
        wanted = replace(self, **changes)
        said = {
            name: value
            for name in self.__dataclass_fields__
            if (value := getattr(wanted, name)) and (name, value) != ("state", "open")
        }
        return f"{PAGE}?{urlencode(said)}" if said else PAGE

    @property
    def narrowed(self) -> bool:
        """Whether more than the state is asked for."""
        return replace(self, state="open") != Filters()


@dataclass(frozen=True)
class Told:
    """A step as the page shows it, with what became of it."""

    step: Step
    title: str
    to: str
    delivery: Delivery | None


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _digest(routes, site)
    keeping.add(routes, site)
    _one(routes, site)
    _actions(routes, site)
    return routes


def _list(routes: APIRouter, site: Site) -> None:
    @routes.get(PAGE, response_class=HTMLResponse)
    def alerts(request: Request) -> Response:
        """What is open, or what the address asks for."""
        asked, problem = Filters.of(request.query_params), ""
        try:
            found = use.alerts(site.workspace, asked.state, asked.kind, asked.severity,
                               asked.owner, asked.text)  # fmt: skip
        except QueryError as error:
            problem, asked = error.message, Filters()
            found = use.alerts(site.workspace)
        failing = [
            (alert, one)
            for alert in found.alerts
            for one in found.told.get(alert.id, ())
            if one.state == "failed"
        ]
        return site.page(
            request,
            "alerts/list.html",
            400 if problem else 200,
            active="alerts",
            title="Alerts",
            problem=problem,
            found=found,
            asked=asked,
            failing=failing[:5],
            states=[(one, asked.href(state=one), found.counts[one]) for one in use.SHOWN_STATES],
            any_alert=any(found.counts.values()),
            watching=None if current().scope else use.watching(site.workspace),
            here=asked.href(),
            **_words(),
        )


def _words() -> dict[str, Any]:
    return {
        "kinds": {one: KIND_TITLES[one] for one in KINDS},
        "severities": SEVERITIES,
        "tones": TONES,
        "state_tones": STATE_TONES,
        "delivery_tones": DELIVERY_TONES,
        "snoozes": SNOOZES,
        "narrowed": current().scope,
    }


def _one(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{PAGE}/{{alert}}", response_class=HTMLResponse)
    def alert(request: Request, alert: int) -> Response:
        """One alert: what it says, who was told, what they did."""
        return _shown(site, request, alert)


def _shown(site: Site, request: Request, ident: int, problem: str = "") -> Response:
    history = use.alert(site.workspace, ident)
    told = [
        Told(
            step,
            ACTIONS.get(step.action, step.action),
            f"{step.channel} to {step.address}" if step.address else step.channel,
            history.deliveries.get(step.delivery or 0),
        )
        for step in history.steps
    ]
    return site.page(
        request,
        "alerts/alert.html",
        409 if problem else 200,
        active="alerts",
        title=history.alert.signal.title,
        problem=problem,
        alert=history.alert,
        signal=history.alert.signal,
        figures=figures_of(history.alert.signal),
        state=history.alert.shown_state(history.now),
        history=told,
        here=f"{PAGE}/{ident}",
        **_words(),
    )


def _actions(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    async def done(
        request: Request, alert: int, act: Callable[[dict[str, str]], object]
    ) -> Response:
        given = await form(request)
        try:
            await run_in_threadpool(act, given)
        except AlertNotFoundError:
            raise
        except AlertError as error:
            return await run_in_threadpool(_shown, site, request, alert, str(error))
        back = local(given.get("back", ""), f"{PAGE}/{alert}")
        # Channels of incidents hear of it at once; what does not work is tried at the next look.
        return RedirectResponse(back, 303, background=BackgroundTask(_follow, site))

    @routes.post(f"{PAGE}/{{alert}}/acknowledge")
    async def acknowledge(request: Request, alert: int) -> Response:
        """Somebody looks after it."""
        return await done(
            request, alert, lambda given: use.acknowledge(workspace, alert, given.get("note", ""))
        )

    @routes.post(f"{PAGE}/{{alert}}/snooze")
    async def snooze(request: Request, alert: int) -> Response:
        """Put aside for a while."""

        def act(given: dict[str, str]) -> None:
            until = use.moment_of(given.get("until", ""))
            use.snooze(workspace, alert, until, given.get("note", ""))

        return await done(request, alert, act)

    @routes.post(f"{PAGE}/{{alert}}/reopen")
    async def reopen(request: Request, alert: int) -> Response:
        """Taken back."""
        return await done(
            request, alert, lambda given: use.reopen(workspace, alert, given.get("note", ""))
        )

    @routes.post(f"{PAGE}/{{alert}}/assign")
    async def assign(request: Request, alert: int) -> Response:
        """Who looks after it."""
        return await done(
            request, alert, lambda given: use.assign(workspace, alert, given.get("person", ""))
        )

    @routes.post(f"{PAGE}/{{alert}}/settle")
    async def settle(request: Request, alert: int) -> Response:
        """It is over."""
        return await done(
            request, alert, lambda given: use.settle(workspace, alert, given.get("note", ""))
        )


def _follow(site: Site) -> None:
    from outlay.access import acting
    from outlay.access.principal import system

    with acting(system()):
        look(site.workspace, ["alerts"])


def _digest(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{PAGE}/digest", response_class=HTMLResponse)
    def digest(request: Request) -> Response:
        """The digests as they would be sent now."""
        found = trying.digest_preview(site.workspace, request.query_params.get("route", ""))
        return site.page(
            request,
            "alerts/digest.html",
            active="alerts",
            title="Digests",
            digests=[(one, _blocks(one)) for one in found],
            routes=trying.listed(site.workspace),
            tones=TONES,
        )


def _blocks(found: trying.DigestPreview) -> list[tuple[str, Any]]:
    """The parts of a digest, each with what kind it is."""
    kinds = {Figures: "figures", Table: "table", Heading: "heading", Sentence: "sentence"}
    return [(kinds.get(type(block), "note"), block) for block in found.document.blocks]
