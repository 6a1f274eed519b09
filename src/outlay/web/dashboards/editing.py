"""Changing dashboards: panels by a form with a preview, their places, title, history, copies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.access import who
from outlay.app.dashboards import keeping
from outlay.app.dashboards.answers import answer
from outlay.app.dashboards.changes import arranged, duplicated, known, replaced, with_panel, without
from outlay.app.dashboards.keeping import Board
from outlay.app.dashboards.model import DASHBOARD, OF_A_QUESTION, DashboardSpec, size_of
from outlay.app.runs import utc_now
from outlay.query import MEASURES, CostQuery, QueryError
from outlay.query.codec import from_params
from outlay.resources import ResourceConflictError, ResourceError
from outlay.web import words
from outlay.web.dashboards import forms
from outlay.web.dashboards.address import BOARDS, Look
from outlay.web.dashboards.pages import PERSONA_WORDS, PROVIDER_WORDS, Boards
from outlay.web.dashboards.picture import picture
from outlay.web.explore.controls import ordered
from outlay.web.explore.controls import title as question_title
from outlay.web.views import form, local

Change = Callable[[DashboardSpec], DashboardSpec]


class Editing:
    """What the forms of dashboards do."""

    def __init__(self, boards: Boards) -> None:
        self.boards = boards
        self.site = boards.site
        self.workspace = boards.workspace

    def changed(
        self, request: Request, name: str, change: Change, fields: Mapping[str, str], note: str
    ) -> Response:
        """Keep a change and go back to the dashboard; a conflict is shown on it."""
        try:
            keeping.edit(self.workspace, name, change, seen(fields), note)
        except ResourceConflictError as error:
            return self.boards.show(request, name, conflict=str(error), status=409)
        return RedirectResponse(local(fields.get("back", ""), f"{BOARDS}/{name}?edit=1"), 303)

    def panel_form(
        self,
        request: Request,
        board: Board,
        panel_id: str,
        given: Mapping[str, str],
        problem: str = "",
        status: int = 200,
    ) -> Response:
        """The form of a panel with its preview. With `given` as it was filled in."""
        panel = known(board.spec, panel_id) if panel_id else None
        start = None
        if panel is None and not given and "state" in request.query_params:
            start = from_params(dict_of(request.query_params["state"]))
        fields = _started(start) if start is not None else forms.fields_of(panel, given)
        return self.site.page(
            request,
            "dashboards/edit.html",
            status,
            active="dashboards",
            title=f"{'Edit' if panel else 'Add'} panel",
            board=board,
            panel=panel,
            fields=fields,
            problem=problem,
            kinds=forms.KIND_WORDS,
            measures={name: one.title for name, one in MEASURES.items()},
            dimensions=ordered(self.workspace.dimensions()),
            view_choices=[
                (view.name, str(getattr(view.spec, "title", "") or view.name))
                for view in self.workspace.views()
            ],
            units=self.workspace.units.all(),
            groups=range(1, forms.MOST_GROUPS + 1),
            ranges=_with(words.RANGES, fields.get("range", ""), words.range_),
            words=words,
            size=size_of(fields.get("kind", "bar")),
            seen=given.get("seen") or board.version,
        )

    def keep_panel(
        self, request: Request, name: str, panel_id: str, fields: Mapping[str, str]
    ) -> Response:
        """Add a panel, or change one."""
        board = keeping.find(self.workspace, name)

        def change(spec: DashboardSpec) -> DashboardSpec:
            parts = forms.parts_of(fields)
            return replaced(spec, panel_id, parts) if panel_id else with_panel(spec, parts)

        try:
            keeping.edit(self.workspace, name, change, seen(fields), "panel changed")
        except ResourceConflictError as error:
            return self.panel_form(request, board, panel_id, fields, str(error), 409)
        except (QueryError, ResourceError) as error:
            return self.panel_form(request, board, panel_id, fields, str(error), 400)
        return RedirectResponse(f"{BOARDS}/{name}?edit=1", 303)

    def preview(self, name: str, fields: Mapping[str, str]) -> Response:
        """What a panel would show, as a piece of the form's page."""
        board = keeping.find(self.workspace, name)
        look = Look()
        try:
            panel = forms.preview_of(board.spec, forms.parts_of(fields))
        except (QueryError, ResourceError) as error:
            html = self.site.templates.get_template("dashboards/refused.html")
            return HTMLResponse(html.render(problem=str(error)))
        found = answer(self.workspace, board.spec, panel, utc_now(), ask=self.boards.asker)
        return self.boards.body(picture(found, name, look, self.boards.drawing(look)))

    def settings(
        self, request: Request, board: Board | None, given: Mapping[str, Any], problem: str = ""
    ) -> Response:
        """The form of what is said of a dashboard."""
        return self.site.page(
            request,
            "dashboards/settings.html",
            400 if problem else 200,
            active="dashboards",
            title="New dashboard" if board is None else f"{board.title}: settings",
            board=board,
            given=given or (board.spec.model_dump() if board else {}),
            problem=problem,
            personas=PERSONA_WORDS,
            providers=PROVIDER_WORDS,
            ranges={"": "Each panel's own", **words.RANGES},
            comparisons={"": "Each panel's own", **words.COMPARISONS, "none": "No comparison"},
        )

    def put(self, request: Request, fields: Mapping[str, str], problem: str = "") -> Response:
        """Choose the dashboard on which a question or a view is put."""
        view = fields.get("view", "")
        query = (
            self.workspace.view_query(view)
            if view
            else from_params(dict_of(fields.get("state", "")))
        )
        found = self.workspace.view(view).spec if view else None
        return self.site.page(
            request,
            "dashboards/put.html",
            400 if problem else 200,
            active="dashboards",
            title="Put on a dashboard",
            view=view,
            state=fields.get("state", ""),
            name=getattr(found, "title", "") or view or question_title(query),
            own=keeping.boards(self.workspace),
            kinds={k: forms.KIND_WORDS[k] for k in OF_A_QUESTION},
            kind="bar" if query.grain != "none" else "table" if query.by else "figure",
            problem=problem,
        )

    def put_panel(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Put a question or a view on a dashboard, a new one if none is chosen."""
        parts: dict[str, Any] = {
            "kind": fields.get("kind", "bar"),
            "title": fields.get("title", ""),
        }
        if fields.get("view"):
            parts["view"] = fields["view"]
            named = self.workspace.view(fields["view"]).spec
            if parts["title"] == getattr(named, "title", ""):
                parts["title"] = ""  # the view's own, also when that changes
        else:
            parts["query"] = from_params(dict_of(fields.get("state", ""))).to_json()
        try:
            name = fields.get("board", "")
            if not name:
                spec = with_panel(DashboardSpec(), parts).model_dump(mode="json")
                name = keeping.create(self.workspace, fields.get("new", ""), spec | _owned()).name
            else:
                keeping.edit(
                    self.workspace, name, lambda spec: with_panel(spec, parts), None, "panel added"
                )
        except ResourceError as error:
            return self.put(request, fields, str(error))
        return RedirectResponse(f"{BOARDS}/{name}", 303)


def _owned() -> dict[str, str]:
    return {"owner": who()}


def routes_of(boards: Boards) -> APIRouter:
    """The addresses that change dashboards."""
    routes = APIRouter()
    editing = Editing(boards)
    _add_whole(routes, editing)
    _add_panels(routes, editing)
    return routes


def _add_whole(routes: APIRouter, editing: Editing) -> None:
    workspace = editing.workspace

    @routes.get(BOARDS + "/_new", response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """The form of a new dashboard."""
        return editing.settings(request, None, {})

    @routes.post(BOARDS)
    async def create(request: Request) -> Response:
        """Make a dashboard."""
        fields = await many(request)
        try:
            board = keeping.create(workspace, str(fields["title"]), fields)
        except ResourceError as error:
            return editing.settings(request, None, fields, str(error))
        return RedirectResponse(f"{BOARDS}/{board.name}?edit=1", 303)

    @routes.get(BOARDS + "/_put", response_class=HTMLResponse)
    def choose(request: Request) -> Response:
        """Where to put a question or a view."""
        return editing.put(request, dict(request.query_params))

    @routes.post(BOARDS + "/_put")
    async def put(request: Request) -> Response:
        """Put a question or a view on a dashboard."""
        return editing.put_panel(request, await form(request))

    @routes.get(BOARDS + "/{name}/settings", response_class=HTMLResponse)
    def settings(request: Request, name: str) -> Response:
        """The form of what is said of a dashboard."""
        return editing.settings(request, keeping.find(workspace, name), {})

    @routes.post(BOARDS + "/{name}/settings")
    async def change(request: Request, name: str) -> Response:
        """Change what is said of a dashboard."""
        fields = await many(request)
        expected = seen({"seen": str(fields.pop("seen", ""))})
        board = keeping.find(workspace, name)
        try:
            spec = DASHBOARD.parse(board.spec.model_dump(mode="json") | fields)
            assert isinstance(spec, DashboardSpec)
            keeping.save(workspace, name, spec, expected)
        except ResourceError as error:
            return editing.settings(request, board, fields, str(error))
        return RedirectResponse(f"{BOARDS}/{name}", 303)

    @routes.post(BOARDS + "/{name}/copy")
    def copy(name: str) -> Response:
        """A copy that one may change."""
        return RedirectResponse(f"{BOARDS}/{keeping.copy(workspace, name).name}", 303)

    @routes.post(BOARDS + "/{name}/pin")
    async def pin(request: Request, name: str) -> Response:
        """Offer it on the home page, or no more."""
        pinned = (await form(request)).get("pinned") == "1"
        keeping.edit(workspace, name, lambda spec: spec.but(pinned=pinned), None)
        return RedirectResponse(f"{BOARDS}/{name}", 303)

    @routes.post(BOARDS + "/{name}/delete")
    async def delete(request: Request, name: str) -> Response:
        """Remove a dashboard; its history stays."""
        try:
            keeping.remove(workspace, name, seen(await form(request)))
        except ResourceConflictError as error:
            return editing.boards.show(request, name, conflict=str(error), status=409)
        return RedirectResponse(BOARDS, 303)

    @routes.get(BOARDS + "/{name}/history", response_class=HTMLResponse)
    def history(request: Request, name: str) -> Response:
        """Every version, and the way back to one."""
        return editing.site.page(
            request,
            "dashboards/history.html",
            active="dashboards",
            title="History",
            kind="dashboard",
            name=name,
            here=f"{BOARDS}/{name}",
            changes=workspace.history(DASHBOARD.name, name)[::-1],
            known=workspace.resources.find(DASHBOARD.name, name),
        )

    @routes.post(BOARDS + "/{name}/restore")
    async def restore(request: Request, name: str) -> Response:
        """Make a version current again."""
        version = int((await form(request)).get("version", "0") or 0)
        workspace.restore_resource(DASHBOARD.name, name, version, author=who())
        return RedirectResponse(f"{BOARDS}/{name}", 303)


def _add_panels(routes: APIRouter, editing: Editing) -> None:
    workspace = editing.workspace

    @routes.post(BOARDS + "/{name}/layout")
    async def layout(request: Request, name: str) -> Response:
        """Keep the places of panels."""
        fields = await form(request)
        places = _places(fields.get("layout", ""))
        return editing.changed(
            request, name, lambda spec: arranged(spec, places), fields, "layout changed"
        )

    @routes.get(BOARDS + "/{name}/panels/_new", response_class=HTMLResponse)
    def new(request: Request, name: str) -> Response:
        """The form of a new panel."""
        return editing.panel_form(request, keeping.find(workspace, name), "", {})

    @routes.post(BOARDS + "/{name}/panels")
    async def add(request: Request, name: str) -> Response:
        """Add a panel."""
        return editing.keep_panel(request, name, "", await form(request))

    @routes.post(BOARDS + "/{name}/preview", response_class=HTMLResponse)
    async def preview(request: Request, name: str) -> Response:
        """What a panel would show."""
        return editing.preview(name, await form(request))

    @routes.get(BOARDS + "/{name}/panels/{panel}/edit", response_class=HTMLResponse)
    def edit(request: Request, name: str, panel: str) -> Response:
        """The form of a panel."""
        return editing.panel_form(request, keeping.find(workspace, name), panel, {})

    @routes.post(BOARDS + "/{name}/panels/{panel}")
    async def keep(request: Request, name: str, panel: str) -> Response:
        """Change a panel."""
        return editing.keep_panel(request, name, panel, await form(request))

    @routes.post(BOARDS + "/{name}/panels/{panel}/duplicate")
    async def duplicate(request: Request, name: str, panel: str) -> Response:
        """A second panel like it."""
        fields = await form(request)
        return editing.changed(
            request, name, lambda spec: duplicated(spec, panel), fields, "panel duplicated"
        )

    @routes.post(BOARDS + "/{name}/panels/{panel}/delete")
    async def remove(request: Request, name: str, panel: str) -> Response:
        """Remove a panel."""
        fields = await form(request)
        return editing.changed(
            request, name, lambda spec: without(spec, panel), fields, "panel removed"
        )


def _places(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ResourceError("the layout is not readable. Reload the dashboard and try again.")
    return found


async def many(request: Request) -> dict[str, Any]:
    """The fields of the form of a dashboard; labels are lists."""
    body = (await request.body()).decode("utf-8", "replace")
    given = parse_qs(body, keep_blank_values=True)
    fields: dict[str, Any] = {
        key: given.get(key, [""])[-1]
        for key in ("title", "description", "range", "compare", "where", "currency", "owner")
    }
    fields |= {key: [v for v in given.get(key, []) if v] for key in ("personas", "providers")}
    if not fields["owner"]:
        fields["owner"] = who()
    if "seen" in given:
        fields["seen"] = given["seen"][-1]
    return fields


def seen(fields: Mapping[str, str]) -> int | None:
    """The version that a form was made from; None where it does not say."""
    text = fields.get("seen", "")
    return int(text) if text.isdigit() and len(text) < 9 else None


def dict_of(state: str) -> dict[str, str]:
    """The parameters within a text of them."""
    return dict(parse_qsl(state))


def _started(query: CostQuery) -> dict[str, str]:
    made = forms.fields_of(None, {})
    made |= {"m": query.measures[0], "grain": query.grain, "range": query.range}
    made |= {f"by{number}": name for number, name in enumerate(query.by[: forms.MOST_GROUPS], 1)}
    if not query.by:
        made.pop("by1", None)
    return made | {
        "compare": query.compare or "",
        "where": query.where,
        "currency": query.currency or "",
        "base": json.dumps(query.to_json()),
        "kind": "bar" if query.grain != "none" or query.by else "figure",
    }


def _with(known_: Mapping[str, str], chosen: str, told: Callable[[str], str]) -> dict[str, str]:
    found = dict(known_)
    if chosen and chosen not in found:
        found[chosen] = told(chosen)
    return found
