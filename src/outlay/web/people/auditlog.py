"""The audit log page and its CSV."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from outlay.access import AccessError
from outlay.app.access import audit
from outlay.web.render import Site

_KEYS = ("author", "kind", "action", "since", "until")


def router(site: Site) -> APIRouter:
    """The routes of the audit log."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/audit", response_class=HTMLResponse)
    def show(request: Request) -> Response:
        """What was done, newest first."""
        given = dict(request.query_params)
        problem = ""
        try:
            asked = audit.Asked.of(given)
            found = audit.page(workspace, asked)
        except AccessError as error:
            asked, found, problem = audit.Asked(), audit.Page([], ""), str(error)
        kept = {key: given[key] for key in _KEYS if given.get(key)}
        return site.page(
            request,
            "people/audit.html",
            400 if problem else 200,
            active="audit",
            title="Audit log",
            page=found,
            asked=asked,
            choices=audit.choices(workspace),
            csv="/audit.csv" + (f"?{urlencode(kept)}" if kept else ""),
            newest="/audit" + (f"?{urlencode(kept)}" if kept else ""),
            older=f"/audit?{urlencode({**kept, 'before': found.more})}" if found.more else "",
            filtered=bool(kept),
            problem=problem,
        )

    @routes.get("/audit.csv")
    def as_csv(request: Request) -> Response:
        """All of it that is asked for, as CSV."""
        asked = replace(audit.Asked.of(dict(request.query_params)), before="")
        entries = audit.walk(workspace, asked)
        return StreamingResponse(
            audit.csv_text(entries),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )

    return routes
