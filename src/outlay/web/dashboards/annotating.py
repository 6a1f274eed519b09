"""Annotations as pages: the list, the form, and what a chart needs to make one by a click."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.access import current
from outlay.app.annotations import marks
from outlay.app.annotations.events import product_events
from outlay.app.annotations.marks import Annotation, Sought
from outlay.app.annotations.model import CATEGORIES
from outlay.money import DateRange
from outlay.query import QueryError
from outlay.resources import ResourceConflictError, ResourceError
from outlay.web import words
from outlay.web.dashboards.editing import seen
from outlay.web.dashboards.pages import may_edit
from outlay.web.render import Site
from outlay.web.views import form, local

PAGE = "/annotations"
CATEGORY_WORDS = {name: name.replace("-", " ").capitalize() for name in CATEGORIES}
_FIELDS = ("from", "last", "text", "category", "link", "where", "dashboard", "view")


class Annotating:
    """What the addresses of annotations do."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.workspace = site.workspace

    def listed(self, request: Request) -> Response:
        """Every annotation that the reader may see, newest first."""
        given = {key: request.query_params.get(key, "") for key in
                 ("q", "category", "from", "until", "dashboard", "events")}  # fmt: skip
        problem = ""
        try:
            days = _days(given["from"], given["until"])
        except ResourceError as error:
            days, problem = None, str(error)
        found = marks.listed(self.workspace, Sought(days, given["category"], given["q"]))
        if given["dashboard"]:
            found = [one for one in found if one.spec.dashboard in ("", given["dashboard"])]
        events = product_events(self.workspace) if given["events"] == "1" else []
        return self.site.page(
            request,
            "dashboards/annotations.html",
            400 if problem else 200,
            active="dashboards",
            title="Annotations",
            found=found,
            events=marks.sought_of(events, Sought(days, "", given["q"])),
            given=given,
            problem=problem,
            any=bool(found or marks.listed(self.workspace)),
            categories=CATEGORY_WORDS,
            may_edit=may_edit(),
            words=words,
        )  # fmt: skip

    def form(
        self,
        request: Request,
        known: Annotation | None,
        given: Mapping[str, str],
        problem: str = "",
        status: int = 200,
    ) -> Response:
        """The form of an annotation."""
        return self.site.page(
            request,
            "dashboards/annotation.html",
            status,
            active="dashboards",
            title="Annotation" if known else "New annotation",
            known=known,
            given={
                **dict.fromkeys((*_FIELDS, "back"), ""),
                **(_given(known) if known else {}),
                **given,
            },
            problem=problem,
            categories=CATEGORY_WORDS,
            views=[view.name for view in self.workspace.views()],
            boards=self.workspace.resources.names("Dashboard"),
            may_edit=may_edit(),
            # What it said before may have been of others.
            history=self.workspace.history("Annotation", known.name)[::-1]
            if known and current().whole
            else [],
            words=words,
        )

    def keep(
        self, request: Request, known: Annotation | None, fields: Mapping[str, str]
    ) -> Response:
        """Add an annotation, or change one."""
        try:
            parts = _parts(fields)
            if known is None:
                marks.add(self.workspace, parts)
            else:
                marks.change(self.workspace, known.name, parts, seen(fields))
        except ResourceConflictError as error:
            return self.form(request, known, fields, str(error), 409)
        except (ResourceError, QueryError) as error:
            return self.form(request, known, fields, str(error), 400)
        return RedirectResponse(local(fields.get("back", ""), PAGE), 303)


def routes_of(site: Site) -> APIRouter:
    """The addresses of annotations."""
    routes = APIRouter()
    annotating = Annotating(site)
    workspace = site.workspace

    @routes.get(PAGE, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every annotation."""
        return annotating.listed(request)

    @routes.post(PAGE)
    async def add(request: Request) -> Response:
        """Add an annotation."""
        return annotating.keep(request, None, await form(request))

    @routes.get(PAGE + "/_new", response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """The form of a new annotation."""
        given = {key: request.query_params.get(key, "") for key in (*_FIELDS, "back")}
        return annotating.form(request, None, {k: v for k, v in given.items() if v})

    @routes.get(PAGE + "/{name}", response_class=HTMLResponse)
    def one(request: Request, name: str) -> Response:
        """One annotation, to read and to change."""
        return annotating.form(request, marks.find(workspace, name), {})

    @routes.post(PAGE + "/{name}")
    async def change(request: Request, name: str) -> Response:
        """Change an annotation."""
        return annotating.keep(request, marks.find(workspace, name), await form(request))

    @routes.post(PAGE + "/{name}/delete")
    async def remove(request: Request, name: str) -> Response:
        """Remove an annotation; its history stays."""
        fields = await form(request)
        marks.remove(workspace, name)
        return RedirectResponse(local(fields.get("back", ""), PAGE), 303)

    return routes


def _given(known: Annotation) -> dict[str, str]:
    spec = known.spec
    return {
        "from": spec.from_.isoformat(),
        "last": spec.last.isoformat() if spec.until else "",
        "text": spec.text,
        "category": spec.category,
        "link": spec.link,
        "where": spec.where,
        "dashboard": spec.dashboard,
        "view": spec.view,
    }


def _parts(fields: Mapping[str, str]) -> dict[str, Any]:
    """The annotation that the fields make: the form's last day is inclusive, `until` is not."""
    parts: dict[str, Any] = {key: fields.get(key, "").strip() for key in _FIELDS if key != "last"}
    last = fields.get("last", "").strip()
    if last:
        parts["until"] = (_day(last, "the last day") + timedelta(days=1)).isoformat()
    return parts


def _days(first: str, last: str) -> DateRange | None:
    if not first and not last:
        return None
    start = _day(first, "the first day") if first else date.min
    end = _day(last, "the last day") + timedelta(days=1) if last else date.max
    if end <= start:
        raise ResourceError(f"the last day {last} is before the first day {first}")
    return DateRange(start, end)


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ResourceError(f"{what}: {text!r} is not a day. Write YYYY-MM-DD.") from None
