"""Looking at dashboards: the list, one with its panels, one panel, its rows as a file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.access import Level, current
from outlay.app import events
from outlay.app.annotations.marks import Annotation
from outlay.app.annotations.marks import listed as annotations_of
from outlay.app.dashboards import keeping
from outlay.app.dashboards.answers import answer, asked
from outlay.app.dashboards.changes import known
from outlay.app.dashboards.keeping import Board
from outlay.app.dashboards.model import PERSONAS, Panel
from outlay.app.dashboards.shipped import offered
from outlay.app.runs import utc_now
from outlay.query import QueryError, ranges
from outlay.resources import ResourceError
from outlay.web import words
from outlay.web.dashboards.address import BOARDS, Look
from outlay.web.dashboards.picture import Drawing, Picture, picture
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import Ask, address
from outlay.web.explore.answers import Asker, Ranks
from outlay.web.explore.controls import Option
from outlay.web.render import Site
from outlay.web.units.view import per_unit

PERSONA_WORDS = {name: name.replace("-", " ").capitalize() for name in PERSONAS}
PROVIDER_WORDS = {
    "aws": "AWS", "azure": "Azure", "gcp": "Google Cloud", "oci": "Oracle Cloud",
    "kubernetes": "Kubernetes", "snowflake": "Snowflake", "databricks": "Databricks",
    "openai": "OpenAI", "anthropic": "Anthropic", "ai": "AI models",
}  # fmt: skip


@dataclass(frozen=True)
class PanelLinks:
    """Where the menu of a panel leads; empty where there is nothing."""

    explore: str = ""
    drivers: str = ""
    csv: str = ""
    annotate: str = ""


@dataclass(frozen=True)
class Choices:
    """What the controls of a dashboard offer."""

    ranges: tuple[Option, ...]
    comparisons: tuple[Option, ...]
    currencies: tuple[Option, ...]
    first: str
    last: str


class Boards:
    """What the addresses of dashboards show."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.workspace = site.workspace
        self.asker = Asker(site.workspace)
        self.ranks = Ranks(site.workspace)

    def listed(self, request: Request) -> Response:
        """Own dashboards and ready-made ones, by persona and provider."""
        wanted = {key: request.query_params.get(key, "") for key in ("q", "persona", "provider")}
        own = keeping.boards(self.workspace)
        names = {board.name for board in own}
        ready = [
            Board(name, spec, shipped=True)
            for name, spec in offered(self.workspace, self.asker).items()
            if name not in names
        ]
        return self.site.page(
            request,
            "dashboards/list.html",
            active="dashboards",
            title="Dashboards",
            own=[board for board in own if _is_wanted(board, wanted)],
            ready=[board for board in ready if _is_wanted(board, wanted)],
            has_own=bool(own),
            wanted=wanted,
            personas=PERSONA_WORDS,
            providers=PROVIDER_WORDS,
            may_edit=may_edit(),
        )

    def show(
        self, request: Request, name: str, *, conflict: str = "", status: int = 200
    ) -> Response:
        """One dashboard. Panels load by themselves, unless the address asks for all at once."""
        board = keeping.find(self.workspace, name)
        try:
            look = Look.read(dict(request.query_params))
        except QueryError as error:
            return self._page(request, board, Look(), problem=str(error), status=400)
        if board.shipped:
            look = replace(look, editing=False)
        return self._page(request, board, look, conflict=conflict, status=status)

    def _page(
        self,
        request: Request,
        board: Board,
        look: Look,
        *,
        conflict: str = "",
        problem: str = "",
        status: int = 200,
    ) -> Response:
        panels = sorted(board.spec.panels, key=lambda panel: (panel.y, panel.x))
        whole = look.whole and not problem
        return self.site.page(
            request,
            "dashboards/board.html",
            status,
            active="dashboards",
            title=board.title,
            board=board,
            look=look,
            panels=panels,
            titles={panel.id: self.title(panel) for panel in panels},
            links={panel.id: self.links(board, panel, look) for panel in panels},
            pictures={p.id: self.picture(board, p, look) for p in panels} if whole else {},
            choices=choices(look, self.workspace.currency),
            where_text=request.query_params.get("where", "") if problem else look.variables.where,
            token=_token(),
            conflict=conflict,
            problem=problem,
            failed=bool(problem),
            retry="",
            words=words,
            per_unit=per_unit,
        )

    def title(self, panel: Panel) -> str:
        """What stands above a panel, known without asking it anything."""
        if panel.title or panel.kind == "text":
            return panel.title
        kind, name = ("View", panel.view) if panel.view else ("UnitCost", panel.unit)
        found = self.workspace.resources.find(kind, name) if name else None
        return str(getattr(found and found.spec, "title", "") or name or panel.id)

    def links(self, board: Board, panel: Panel, look: Look) -> PanelLinks:
        """Where the menu of a panel leads."""
        if panel.unit:
            return PanelLinks(explore=f"/units/{panel.unit}")
        try:
            query = asked(self.workspace, panel, look.variables.over(board.spec.variables))
        except (QueryError, ResourceError):
            return PanelLinks()
        if query is None:
            return PanelLinks()
        back = look.plain.url(board.name)
        return PanelLinks(
            explore=Ask(query).url(),
            drivers=drivers_url(query) if words.kind(query.measures[0]) == "money" else "",
            csv=look.plain.url(board.name, panel.id, "rows.csv"),
            annotate=address("/annotations/_new", {"dashboard": board.name, "back": back})
            if may_edit()
            else "",
        )

    def picture(self, board: Board, panel: Panel, look: Look) -> Picture:
        """What a panel draws now."""
        found = answer(self.workspace, board.spec, panel, utc_now(), look.variables, ask=self.asker)
        return picture(found, board.name, look, self.drawing(look))

    def drawing(self, look: Look) -> Drawing:
        """What pictures are drawn with."""
        kept: list[Annotation] = annotations_of(self.workspace)
        if look.events:
            from outlay.app.annotations.events import product_events

            kept = [*kept, *product_events(self.workspace)]
        now = utc_now()
        return Drawing(
            self.ranks.of,
            lambda query: self.asker(query, now),
            self.workspace.currency,
            tuple(kept),
        )

    def fragment(self, request: Request, name: str, panel_id: str) -> Response:
        """The body of one panel; what fails is said within it."""
        board = keeping.find(self.workspace, name)
        look = Look.read(dict(request.query_params))
        panel = known(board.spec, panel_id)
        return self.body(
            self.picture(board, panel, look), look.plain.url(name, panel_id, "content")
        )

    def body(self, found: Picture, retry: str = "") -> Response:
        """The body of a panel as a piece of a page."""
        html = self.site.templates.get_template("dashboards/fragment.html").render(
            picture=found, retry=retry, words=words, per_unit=per_unit
        )
        return HTMLResponse(html, headers={"Cache-Control": "no-store"})

    def panel(self, request: Request, name: str, panel_id: str) -> Response:
        """One panel on a page of its own: the address to share."""
        board = keeping.find(self.workspace, name)
        look = Look.read(dict(request.query_params))
        found = self.picture(board, known(board.spec, panel_id), look)
        return self.site.page(
            request,
            "dashboards/panel.html",
            active="dashboards",
            title=found.answer.title or board.title,
            board=board,
            look=look,
            p=found,
            choices=choices(look, self.workspace.currency),
            words=words,
            per_unit=per_unit,
            retry="",
            annotate=self.links(board, found.answer.panel, look).annotate,
        )

    def rows(self, request: Request, name: str, panel_id: str) -> Response:
        """The rows of a panel with every digit, as CSV: all of them, also those within Other."""
        board = keeping.find(self.workspace, name)
        look = Look.read(dict(request.query_params))
        panel = known(board.spec, panel_id)
        found = answer(self.workspace, board.spec, panel, utc_now(), look.variables, ask=self.asker)
        if found.error or found.result is None:
            why = found.error or "this panel has no rows"
            return Response(f"{why}\n", 400, media_type="text/plain")
        events.record(self.workspace, "export", f"dashboard {name}", panel=panel_id, format="csv")
        headers = {"Content-Disposition": f'attachment; filename="{name}-{panel_id}.csv"'}
        return Response(
            found.result.to_csv(), media_type="text/csv; charset=utf-8", headers=headers
        )

    def file(self, name: str) -> Response:
        """A dashboard as a resource file."""
        board = keeping.find(self.workspace, name)
        headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
        return Response(
            keeping.file_text(board), media_type="application/yaml; charset=utf-8", headers=headers
        )


def routes_of(boards: Boards) -> APIRouter:
    """The addresses that show dashboards."""
    routes = APIRouter()

    @routes.get(BOARDS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Dashboards of the workspace, and ready-made ones."""
        return boards.listed(request)

    @routes.get(BOARDS + "/{name}", response_class=HTMLResponse)
    def show(request: Request, name: str) -> Response:
        """One dashboard."""
        return boards.show(request, name)

    @routes.get(BOARDS + "/{name}/file.yaml")
    def file(name: str) -> Response:
        """The dashboard as a resource file."""
        return boards.file(name)

    @routes.get(BOARDS + "/{name}/panels/{panel}", response_class=HTMLResponse)
    def panel(request: Request, name: str, panel: str) -> Response:
        """One panel by itself."""
        return boards.panel(request, name, panel)

    @routes.get(BOARDS + "/{name}/panels/{panel}/content", response_class=HTMLResponse)
    def content(request: Request, name: str, panel: str) -> Response:
        """What a panel shows, as a piece of the dashboard's page."""
        return boards.fragment(request, name, panel)

    @routes.get(BOARDS + "/{name}/panels/{panel}/rows.csv")
    def rows(request: Request, name: str, panel: str) -> Response:
        """The rows of a panel, unrounded."""
        return boards.rows(request, name, panel)

    return routes


def may_edit() -> bool:
    """Whether who asks may change things."""
    return current().may(Level.EDITOR)


def choices(look: Look, currency: str) -> Choices:
    """What the controls offer, the present choice among it."""
    chosen = look.variables
    titles = {"": "Each panel's own", **words.RANGES}
    if chosen.range and chosen.range not in titles:
        titles[chosen.range] = words.range_(chosen.range)
    codes = sorted({currency, "USD", "EUR", "GBP", chosen.currency} - {""})
    days = ranges.bounds(chosen.range) if chosen.range else ranges.Days(None, None)
    return Choices(
        tuple(Option(name, text, name == chosen.range) for name, text in titles.items()),
        tuple(
            Option(name, text, name == chosen.compare)
            for name, text in {
                "": "Each panel's own",
                **words.COMPARISONS,
                "none": "No comparison",
            }.items()
        ),
        (
            Option("", "Each panel's own", not chosen.currency),
            *(Option(code, code, code == chosen.currency) for code in codes),
        ),
        _iso(days.start),
        _iso(days.end - timedelta(days=1) if days.end else None),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _is_wanted(board: Board, wanted: Mapping[str, str]) -> bool:
    text = f"{board.title} {board.name} {board.spec.description}".lower()
    return (
        wanted["q"].strip().lower() in text
        and wanted["persona"] in ("", *board.spec.personas)
        and wanted["provider"] in ("", *board.spec.providers)
    )


def _token() -> str:
    """What tells the panels of one rendering from those of another: a page that takes the place of
    the same page loads them anew."""
    return secrets.token_hex(4)
