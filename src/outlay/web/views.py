"""Saved views: questions under a name, who shows them, and their history."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.access import Level, current, who
from outlay.app.dashboards import views as saved
from outlay.query.codec import from_params
from outlay.resources import (
    Resource,
    ResourceConflictError,
    ResourceError,
    ResourceInUseError,
)
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
    updated_at: datetime
    description: str
    owner: str
    pinned: bool
    uses: tuple[saved.Use, ...] = ()

    @property
    def text(self) -> str:
        """What a search looks in."""
        return f"{self.title} {self.name} {self.description} {self.question} {self.owner}".lower()


class Views:
    """What the addresses of views do."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.workspace = site.workspace

    def listed(self, request: Request) -> Response:
        """The list, narrowed by words."""
        wanted = request.query_params.get("q", "").strip()
        kept = self.workspace.views()
        uses = saved.uses(self.workspace)
        rows = [view_row(view, uses.get(view.name, ())) for view in kept]
        return self.site.page(
            request,
            "views.html",
            active="views",
            title="Views",
            views=[row for row in rows if wanted.lower() in row.text],
            kept=len(kept),
            wanted=wanted,
            may_edit=current().may(Level.EDITOR),
        )

    def save(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Keep a question; one of another view of that name is not written over unasked."""
        query = from_params(dict(parse_qsl(fields.get("state", ""))))
        text = fields.get("title", "").strip() or title(query)
        try:
            saved.keep(
                self.workspace, name_of(text), text, query, replace=fields.get("replace", "")
            )
        except ResourceConflictError as error:
            return self.site.page(
                request,
                "dashboards/taken.html",
                409,
                active="views",
                title="There is a view of that name",
                problem=str(error),
                name=name_of(text),
                text=text,
                state=fields.get("state", ""),
            )
        return RedirectResponse("/views", 303)

    def about(self, request: Request, name: str, problem: str = "", status: int = 200) -> Response:
        """The page of one view."""
        view = saved.view_of(self.workspace, name)
        if view.name != name:
            return RedirectResponse(f"/views/{view.name}/about", 303)
        row = view_row(view, saved.used_by(self.workspace, name))
        spec = saved.spec_of(view)
        return self.site.page(
            request,
            "dashboards/view.html",
            status,
            active="views",
            title=row.title,
            view=view,
            spec=spec,
            row=row,
            changes=self.workspace.history("View", name)[::-1],
            problem=problem,
            may_edit=current().may(Level.EDITOR),
            command=shlex.join(["outlay", "query", *spec.query.to_cli()]),
        )

    def edit(self, request: Request, name: str, fields: Mapping[str, str]) -> Response:
        """Change title, description and owner."""
        seen = fields.get("seen", "")
        try:
            saved.edit(
                self.workspace,
                name,
                title=fields.get("title", "").strip() or name,
                description=fields.get("description", "").strip(),
                owner=fields.get("owner", "").strip(),
                seen=int(seen) if seen.isdigit() and len(seen) < 9 else None,
            )
        except ResourceConflictError as error:
            return self.about(request, name, str(error), 409)
        return RedirectResponse(f"/views/{name}/about", 303)

    def rename(self, request: Request, name: str, to: str) -> Response:
        """Give a view another name."""
        try:
            saved.rename(self.workspace, name, name_of(to))
        except ResourceError as error:
            return self.about(request, name, str(error), 409)
        return RedirectResponse(f"/views/{name_of(to)}/about", 303)

    def delete(self, request: Request, name: str) -> Response:
        """Remove a view that nothing shows; else say what does."""
        try:
            self.workspace.delete_view(name, author=who())
        except ResourceInUseError as error:
            return self.about(request, name, str(error), 409)
        return RedirectResponse("/views", 303)

    def restore(self, name: str, version: str) -> Response:
        """Make a version current again."""
        number = int(version) if version.isdigit() and len(version) < 9 else 0
        self.workspace.restore_resource("View", name, number, author=who())
        return RedirectResponse(f"/views/{name}/about", 303)


def router(site: Site) -> APIRouter:
    """The routes of saved views."""
    routes = APIRouter()
    views = Views(site)

    @routes.get("/views", response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every saved view, with who uses it."""
        return views.listed(request)

    @routes.post("/views")
    async def save(request: Request) -> Response:
        """Save the question of a page under a name, or as a new version of a view."""
        return views.save(request, await form(request))

    @routes.post("/views/{name}/delete")
    def delete(request: Request, name: str) -> Response:
        """Remove a view; its history stays."""
        return views.delete(request, name)

    @routes.get("/views/{name}")
    def open_view(name: str) -> Response:
        """To the question that a view holds: the address to share."""
        return RedirectResponse(view_row(saved.view_of(site.workspace, name)).url, 303)

    @routes.get("/views/{name}/about", response_class=HTMLResponse)
    def about(request: Request, name: str) -> Response:
        """What is said of a view, who uses it, and its history."""
        return views.about(request, name)

    @routes.post("/views/{name}/about")
    async def edit(request: Request, name: str) -> Response:
        """Change what is said of a view."""
        return views.edit(request, name, await form(request))

    @routes.post("/views/{name}/rename")
    async def rename(request: Request, name: str) -> Response:
        """Give it another name, on every dashboard too."""
        return views.rename(request, name, (await form(request)).get("to", ""))

    @routes.post("/views/{name}/restore")
    async def restore(request: Request, name: str) -> Response:
        """Make a version current again."""
        return views.restore(name, (await form(request)).get("version", ""))

    @routes.post("/views/{name}/pin")
    async def pin(request: Request, name: str) -> Response:
        """Offer it on the home page, or no more."""
        fields = await form(request)
        saved.pin(site.workspace, name, fields.get("pinned") == "1")
        return RedirectResponse("/views" if "list" in fields else f"/views/{name}/about", 303)

    return routes


def view_row(view: Resource, uses: Sequence[saved.Use] = ()) -> ViewRow:
    """A view with its question in words and its address."""
    spec = saved.spec_of(view)
    asked = Ask(spec.query)
    return ViewRow(
        name=view.name,
        title=spec.title or view.name,
        question=title(asked.query),
        range=words.range_(asked.query.range),
        filters=tuple(chip.text for chip in chips(asked)),
        url=asked.url(),
        version=view.version,
        updated_at=view.updated_at,
        description=spec.description,
        owner=spec.owner or view.author,
        pinned=spec.pinned,
        uses=tuple(uses),
    )


def name_of(text: str) -> str:
    """A resource name from a title: lower case, digits and dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_NAME].strip("-") or "view"


async def form(request: Request) -> dict[str, str]:
    """The fields of an ordinary posted form."""
    body = (await request.body()).decode("utf-8", "replace")
    return {key: values[-1] for key, values in parse_qs(body, keep_blank_values=True).items()}


def local(text: str, default: str) -> str:
    """An address of this server to go back to; anything else is the default."""
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) else default
