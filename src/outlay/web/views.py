"""Saved views: questions under a name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.query import CostQuery
from outlay.query.codec import from_json, from_params
from outlay.resources import Resource
from outlay.web import words
from outlay.web.explore.address import Ask
from outlay.web.explore.controls import chips, title
from outlay.web.render import Site

_LONGEST_NAME = 60


@dataclass(frozen=True)
class ViewRow:
    """A saved view as it is listed."""

    name: str
    title: str
    question: str
    range: str
    filters: tuple[str, ...]
    url: str
    version: int
    author: str
    updated_at: datetime


def router(site: Site) -> APIRouter:
    """The routes of saved views."""
    routes = APIRouter()

    @routes.get("/views", response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every saved view."""
        rows = [view_row(view) for view in site.workspace.views()]
        return site.page(request, "views.html", active="views", title="Views", views=rows)

    @routes.post("/views")
    async def save(request: Request) -> Response:
        """Save the question of a page under a name."""
        fields = await form(request)
        query = from_params(dict(parse_qsl(fields.get("state", ""))))
        text = fields.get("title", "").strip() or title(query)
        site.workspace.save_view(name_of(text), query, title=text)
        return RedirectResponse("/views", 303)

    @routes.post("/views/{name}/delete")
    def delete(name: str) -> Response:
        """Remove a view; its history stays."""
        site.workspace.delete_view(name)
        return RedirectResponse("/views", 303)

    @routes.get("/views/{name}")
    def open_view(name: str) -> Response:
        """To the question that a view holds."""
        return RedirectResponse(view_row(site.workspace.view(name)).url, 303)

    return routes


def view_row(view: Resource) -> ViewRow:
    """A view with its question in words and its address."""
    spec = view.spec.model_dump()
    query = spec["query"]
    asked = Ask(query if isinstance(query, CostQuery) else from_json(query))
    return ViewRow(
        name=view.name,
        title=spec.get("title") or view.name,
        question=title(asked.query),
        range=words.range_(asked.query.range),
        filters=tuple(chip.text for chip in chips(asked)),
        url=asked.url(),
        version=view.version,
        author=view.author,
        updated_at=view.updated_at,
    )


def name_of(text: str) -> str:
    """A resource name from a title: lower case, digits and dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_NAME].strip("-") or "view"


async def form(request: Request) -> dict[str, str]:
    """The fields of an ordinary posted form."""
    body = (await request.body()).decode("utf-8", "replace")
    return {key: values[-1] for key, values in parse_qs(body, keep_blank_values=True).items()}
