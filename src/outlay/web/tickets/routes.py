"""Tickets: systems and the state of links; the part of a recommendation's page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current
from outlay.app.savings.errors import SavingNotFoundError
from outlay.app.tickets import syncing, use
from outlay.app.tickets.model import MEANINGS
from outlay.resources import ResourceError
from outlay.web.render import Site
from outlay.web.views import form

TICKETS = "/tickets"
TONES = {"done": "good", "accepted": "info", "dismissed": "", "open": ""}


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _of(routes, site)
    return routes


def _list(routes: APIRouter, site: Site) -> None:
    @routes.get(TICKETS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every ticket with where it and its recommendation stand, and the systems."""
        found = use.tickets(site.workspace)
        return site.page(
            request,
            "tickets/list.html",
            active="savings",
            title="Tickets",
            tickets=found,
            problems=[one for one in found if one.problem],
            systems=use.systems(site.workspace),
            meanings=MEANINGS,
            tones=TONES,
            may_sync=current().may("editor") and current().whole,
            may_add=current().may("admin"),
        )

    @routes.post(f"{TICKETS}/sync")
    def sync() -> Response:
        """Bring every ticket up to date now."""
        syncing.sync(site.workspace, every=True)
        return RedirectResponse(TICKETS, 303)


def _of(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{TICKETS}/of/{{number}}", response_class=HTMLResponse)
    def of(request: Request, number: int) -> Response:
        """The tickets of a recommendation, with the form that opens one: a part of its page, or a
        page where no script asks for it."""
        return _panel(site, request, number)

    @routes.post(f"{TICKETS}/of/{{number}}")
    async def open_(request: Request, number: int) -> Response:
        """Open one."""
        given = await form(request)
        return await run_in_threadpool(_opened, site, request, number, given.get("system", ""))


def _opened(site: Site, request: Request, number: int, system: str) -> Response:
    try:
        use.open_ticket(site.workspace, number, system)
    except SavingNotFoundError:
        raise
    except (ResourceError, AccessError) as error:
        return _panel(site, request, number, str(error))
    return RedirectResponse(f"/savings/{number}#tickets", 303)


def _panel(site: Site, request: Request, number: int, problem: str = "") -> Response:
    part = request.headers.get("hx-request") == "true" and request.method == "GET"
    context: dict[str, Any] = {
        "number": number,
        "tickets": use.tickets_of(site.workspace, number),
        "systems": [one for one in use.systems(site.workspace) if one.spec.enabled],
        "tones": TONES,
        "problem": problem,
        "may_open": current().may("editor"),
        "may_add": current().may("admin"),
    }
    return site.page(
        request,
        "tickets/panel.html" if part else "tickets/of.html",
        400 if problem else 200,
        active="savings",
        title=f"Tickets of recommendation {number}",
        **context,
    )
