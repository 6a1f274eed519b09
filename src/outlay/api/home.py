"""Homes and the glossary over HTTP: the same cards and words as the pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.glossary import find, glossary, search
from outlay.app.home import CARDS, PERSONAS, homes
from outlay.app.home.shapes import card_json, home_json, persona_json

_Persona = Annotated[str, Path(description="Whose home", examples=["executive"])]
_Period = Annotated[
    str,
    Query(
        description="`month-to-date` or a month as YYYY-MM; default: the newest month that is "
        "over, or this month for those who live in the present",
        examples=["2026-10"],
    ),
]
_Of = Annotated[
    str,
    Query(
        description="A team (engineer) or product (product owner): a value of the virtual tag that "
        "names them",
        examples=["checkout"],
    ),
]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, responses=RESPONSES)
    _homes(router, workspace)
    _glossary(router)
    return router


def _homes(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/home", summary="The personas", tags=["Homes"])
    def personas() -> Response:
        """Each with its three questions and the cards that answer them."""
        return json_response([persona_json(one) for one in PERSONAS.values()])

    @router.get("/home/{persona}", summary="A persona's home", tags=["Homes"])
    def home(persona: _Persona, period: _Period = "", of: _Of = "") -> Response:
        """Every card with its sentence, its figures (exact amounts; `ratio` and `unit` are
        quotients for showing), the address and the question behind it, and what to do next. Cards
        that need the whole ledger are left out for readers with a scope."""
        _known(persona, PERSONAS, "home")
        kept = homes(workspace)
        return json_response(home_json(kept.home(kept.ask(persona, period=period, of=of))))

    @router.get("/home/{persona}/cards/{card}", summary="One card of a home", tags=["Homes"])
    def card(
        persona: _Persona,
        card: Annotated[str, Path(description="The card's name", examples=["spend"])],
        period: _Period = "",
        of: _Of = "",
    ) -> Response:
        """As in the home; `null` where it has nothing to say, or needs the whole ledger and the
        reader has a scope."""
        _known(persona, PERSONAS, "home")
        _known(card, CARDS, "card")
        kept = homes(workspace)
        found = kept.card(kept.ask(persona, period=period, of=of), card)
        return json_response(None if found is None else card_json(found))


def _glossary(router: APIRouter) -> None:
    @router.get("/glossary", summary="The glossary", tags=["Glossary"])
    def terms(
        text: Annotated[
            str, Query(alias="search", description="Words to find", examples=["prepaid"])
        ] = "",
    ) -> Response:
        """Every term by title, or those with the words in them."""
        return json_response([term.to_json() for term in search(text)])

    @router.get("/glossary/{term}", summary="One term", tags=["Glossary"])
    def term(
        term: Annotated[str, Path(description="A name or spelling", examples=["EffectiveCost"])],
    ) -> Response:
        """By its name, title or another spelling."""
        found = find(term)
        if found is None:
            near = ", ".join(one.name for one in search(term)[:5])
            hint = f" Near: {near}." if near else f" There are {len(glossary())} terms."
            raise HTTPException(404, f"The glossary has no term {term!r}.{hint}")
        return json_response(found.to_json())


def _known(name: str, allowed: object, what: str) -> None:
    assert isinstance(allowed, dict)
    if name not in allowed:
        raise HTTPException(
            404, f"There is no {what} {name!r}. Allowed: {', '.join(sorted(allowed))}."
        )
