"""The glossary: every word of the product, searched and linked."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app.glossary import SOURCES, Term, find, glossary, search
from outlay.expression.columns import DESCRIPTIVE
from outlay.query import MEASURES
from outlay.web.render import Site

GLOSSARY = "/glossary"


def add(routes: APIRouter, site: Site) -> None:
    """Add the glossary's route."""

    @routes.get(GLOSSARY, response_class=HTMLResponse)
    def page(request: Request) -> Response:
        """Every term, or those that are searched for."""
        text = request.query_params.get("search", "").strip()
        return site.page(
            request, "home/glossary.html", active="", title="Glossary", text=text,
            terms=search(text), number=len(glossary()), find=find, sources=SOURCES,
            explored=_explored,
        )  # fmt: skip


def _explored(term: Term) -> str:
    """The address of a question about a term that is a measure or a dimension; '' for others."""
    if term.name in MEASURES:
        return f"/explore?by=ServiceName&m={term.name}"
    return f"/explore?by={term.focus}" if term.focus in DESCRIPTIVE else ""
