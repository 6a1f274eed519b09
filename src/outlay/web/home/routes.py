"""Home: what changed, why, and what to do next, for each persona."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.app.dashboards.views import pinned
from outlay.app.home import PERSONAS, Asked, Home, homes
from outlay.web.home import chosen, view
from outlay.web.render import Site
from outlay.web.views import form

_PATIENCE_SECONDS = 0.25
"""How long a page waits for its cards; those that take longer come by themselves."""


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    from outlay.web.home import glossary

    routes = APIRouter()
    pages = Pages(site)

    @routes.get("/", response_class=HTMLResponse)
    def first(request: Request) -> Response:
        """The home that the reader chose; else the choice."""
        persona = chosen.chosen(site.workspace, request)
        return pages.home(request, persona) if persona else pages.choose(request)

    @routes.post(view.HOME)
    async def choose(request: Request) -> Response:
        """Keep the choice of a home, and of a team or product; then show it."""
        fields = await form(request)
        return await run_in_threadpool(pages.keep, request, fields)

    @routes.get(f"{view.HOME}/{{persona}}", response_class=HTMLResponse)
    def home(request: Request, persona: str) -> Response:
        """A persona's home: address, period and team in one link."""
        return pages.home(request, persona)

    @routes.get(f"{view.HOME}/{{persona}}/cards/{{card}}", response_class=HTMLResponse)
    def card(request: Request, persona: str, card: str) -> Response:
        """One card, for a page that did not wait for it, or to try again."""
        return pages.card(request, persona, card)

    @routes.get(f"{view.HOME}/{{persona}}/next", response_class=HTMLResponse)
    def steps(request: Request, persona: str) -> Response:
        """What to do next over all cards."""
        return pages.next(request, persona)

    glossary.add(routes, site)
    return routes


class Pages:
    """The pages of homes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.workspace = site.workspace
        self.homes = homes(site.workspace)

    def asked(self, request: Request, persona: str) -> Asked:
        """What the address asks; the team or product that was chosen where it names none."""
        params = request.query_params
        found = self.homes.ask(persona, period=params.get("period", ""), of=params.get("of", ""))
        if found.persona.focus and "of" not in params:
            of = chosen.chosen_value(self.workspace, request, found.persona.focus)
            if of:
                found = self.homes.ask(persona, period=params.get("period", ""), of=of)
        return found

    def home(self, request: Request, persona: str) -> Response:
        """A home, with the cards that are quick or known already."""
        asked = self.asked(request, persona)
        if not asked.months:
            return self._page(request, "home/start.html", persona=asked.persona, title="Home")
        # Before the cards, which would be in its way.
        values = self.homes.values(asked)
        wait = request.query_params.get("wait") == "all"
        found = self.homes.home(asked, seconds=None if wait else _PATIENCE_SECONDS)
        return self._page(request, "home/home.html", values=values, **self._context(request, found))

    def choose(self, request: Request) -> Response:
        """The choice of a home."""
        return self._page(
            request, "home/choose.html", title="Home", personas=PERSONAS.values(),
            empty=not any(one.delivery.rows for one in self.workspace.pin().slices),
        )  # fmt: skip

    def keep(self, request: Request, fields: dict[str, str]) -> Response:
        """Keep a choice and go to what was chosen."""
        name = fields.get("persona", "")
        asked = self.homes.ask(name, period=fields.get("period", ""), of=fields.get("of", ""))
        home = fields.get("home") == "1"
        place = "/" if home else view.url(asked)
        response = RedirectResponse(place, 303)
        chosen.keep(
            self.workspace, request, response, persona=name if home else "",
            focus=asked.persona.focus, value=fields.get("of"),
        )  # fmt: skip
        return response

    def card(self, request: Request, persona: str, card: str) -> Response:
        """One card as a fragment; nothing where it has nothing to say."""
        asked = self.asked(request, persona)
        found = self.homes.card(asked, card)
        return self.site.page(request, "home/late.html", card=found, asked=asked, view=view)

    def next(self, request: Request, persona: str) -> Response:
        """The steps of all cards as a fragment."""
        asked = self.asked(request, persona)
        steps, more = view.todos(self.homes.home(asked))
        return self.site.page(request, "home/next.html", steps=steps, more=more, waiting=False)

    def _context(self, request: Request, found: Home) -> dict[str, Any]:
        asked = found.asked
        steps, more = view.todos(found)
        kept = chosen.chosen(self.workspace, request)
        return {
            "title": f"{asked.persona.title} home",
            "home": found,
            "asked": asked,
            "persona": asked.persona,
            "steps": steps,
            "more": more,
            "waiting": bool(found.waiting),
            "personas": view.personas(asked),
            "periods": view.periods(asked),
            "kept": kept == asked.persona.name,
            "pinned": pinned(self.workspace),
            "titles": view.titles(),
            "view": view,
        }

    def _page(self, request: Request, template: str, **context: Any) -> Response:
        return self.site.page(request, template, active="home", **context)
