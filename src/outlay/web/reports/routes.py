"""Reports, channels, schedules, deliveries."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current, who
from outlay.app.reports import use
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.reports.errors import DeliveryError, ReportError
from outlay.reports.model import REPORT, ReportSpec
from outlay.reports.outbox import Delivery
from outlay.reports.schedule import local
from outlay.resources import ResourceError
from outlay.statements.errors import StatementError
from outlay.web.render import Site
from outlay.web.reports import channels as keeping
from outlay.web.reports.form import Given, asked, choices, free_name, of_spec, posted
from outlay.web.views import form

REPORTS, CHANNELS = "/reports", "/channels"
_LOG = 50
_REFUSALS = (DeliveryError, ReportError, ResourceError, QueryError, StatementError, AccessError,
             LakeError)  # fmt: skip
STATES = {"sent": "good", "failed": "bad", "waiting": "info", "sending": "info", "skipped": ""}
TABS = {
    "html": "Mail", "text": "Plain text", "pdf": "PDF", "xlsx": "XLSX", "csv": "CSV",
    "parquet": "Parquet",
}  # fmt: skip
_FRAMED = ("html", "text", "pdf")
# The mail's own styles stand in its elements, which the pages' policy forbids; nothing else runs.
_MAIL_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
)
_FILE_POLICY = "frame-ancestors 'self'"


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _keeping(routes, site)
    _one(routes, site)
    _sending(routes, site)
    _channels(routes, site)
    return routes


def address(name: str) -> str:
    """The page of a report."""
    return f"{REPORTS}/{quote(name)}"


def _list(routes: APIRouter, site: Site) -> None:
    @routes.get(REPORTS, response_class=HTMLResponse)
    def reports(request: Request) -> Response:
        """Every report: failures on top, then by what is due next."""
        workspace = site.workspace
        return site.page(
            request,
            "reports/list.html",
            active="reports",
            title="Reports",
            reports=use.reports(workspace),
            channels=use.channels(workspace),
            failed=[
                one
                for one in use.deliveries(workspace, states=("failed",), limit=_LOG)
                if not one.report
            ],
            states=STATES,
        )


def _keeping(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{REPORTS}/new", response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """The form of a new report, for what the address names."""
        return _form(site, request, asked(request, choices(workspace)))

    @routes.post(REPORTS)
    async def create(request: Request) -> Response:
        """Keep a new report under a name from its title."""
        given = await posted(request)
        return await run_in_threadpool(_save, site, request, given, "")

    @routes.get(f"{REPORTS}/{{name}}/edit", response_class=HTMLResponse)
    def edit(request: Request, name: str) -> Response:
        """The form of a report that is there."""
        line = use.report(workspace, name)
        return _form(site, request, of_spec(line.spec, name), name)

    @routes.post(f"{REPORTS}/{{name}}")
    async def change(request: Request, name: str) -> Response:
        """Change a report."""
        line = await run_in_threadpool(use.report, workspace, name)
        given = await posted(request, of_spec(line.spec, name))
        return await run_in_threadpool(_save, site, request, given, name)

    @routes.post(f"{REPORTS}/{{name}}/pause")
    def pause(name: str) -> Response:
        """Let its schedule rest, or go on; nothing that fell into the rest is sent later."""
        spec = use.report(workspace, name).spec
        changed = spec.model_dump() | {"enabled": not spec.enabled}
        workspace.put_resource(REPORT.name, name, changed, author=who())
        return RedirectResponse(address(name), 303)

    @routes.post(f"{REPORTS}/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a report; its history and its log stay."""
        workspace.delete_resource(REPORT.name, name, author=who())
        return RedirectResponse(REPORTS, 303)


def _save(site: Site, request: Request, given: Given, name: str) -> Response:
    workspace = site.workspace
    kept = name or free_name(workspace, given.title or given.target)
    try:
        workspace.put_resource(REPORT.name, kept, given.spec(), author=who())
    except (ResourceError, AccessError, QueryError) as error:
        return _form(site, request, given, name, str(error))
    return RedirectResponse(address(kept), 303)


def _form(
    site: Site, request: Request, given: Given, name: str = "", problem: str = ""
) -> Response:
    return site.page(
        request,
        "reports/form.html",
        400 if problem else 200,
        active="reports",
        title=f"Change {name}" if name else "New report",
        name=name,
        given=given,
        offered=choices(site.workspace),
        problem=problem,
        back=address(name) if name else REPORTS,
    )


def _one(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{REPORTS}/{{name}}", response_class=HTMLResponse)
    def report(request: Request, name: str) -> Response:
        """What, when, to whom, with whose eyes; how it looks now; what became of it."""
        return _page(site, request, name)

    @routes.get(f"{REPORTS}/{{name}}/preview/{{form}}")
    def preview(name: str, form: str, file: int = 1) -> Response:
        """One form of it, exactly as it would be sent now."""
        try:
            files = use.preview(workspace, name, form)
        except _REFUSALS as error:
            # Within the page there is room for a sentence, not for a page.
            return Response(
                f"This cannot be made now: {error}", 409, media_type="text/plain; charset=utf-8",
                headers={"Content-Security-Policy": _FILE_POLICY, "X-Frame-Options": "SAMEORIGIN"},
            )  # fmt: skip
        if not 1 <= file <= len(files):
            raise ReportError(
                f"the report {name!r} has {len(files)} files of the form {form}; there is no "
                f"file {file}."
            )
        found = files[file - 1]
        way = "inline" if form in _FRAMED else "attachment"
        return Response(
            found.content,
            media_type=found.media,
            headers={
                "Content-Disposition": f'{way}; filename="{found.name}"',
                "Content-Security-Policy": _MAIL_POLICY if form == "html" else _FILE_POLICY,
                "X-Frame-Options": "SAMEORIGIN",
                "Cache-Control": "no-store",
            },
        )


def _page(site: Site, request: Request, name: str, problem: str = "") -> Response:
    workspace = site.workspace
    line = use.report(workspace, name)
    spec: ReportSpec = line.spec
    shown = request.query_params.get("form", "html")
    log = use.deliveries(workspace, name, limit=_LOG)
    tabs = [form for form in TABS if form in ("html", "text", *spec.formats)]
    return site.page(
        request,
        "reports/report.html",
        409 if problem else 200,
        active="reports",
        title=line.title,
        line=line,
        spec=spec,
        content=_content_address(spec),
        tabs={form: TABS[form] for form in tabs},
        shown=shown if shown in tabs else "html",
        framed=_FRAMED,
        log=log,
        channels={one.name: one for one in use.channels(workspace)},
        states=STATES,
        local=local,
        problem=problem,
        sent=request.query_params.get("sent", ""),
        under_way=any(_is_under_way(one) for one in log),
        narrowed="" if current().whole else current().scope,
        email=_email(site),
    )


def _is_under_way(one: Delivery) -> bool:
    """Whether it comes to an end within moments: the page looks again by itself."""
    return one.state == "sending" or (one.state == "waiting" and not one.attempts)


def _email(site: Site) -> str:
    """The address of the person who looks, for a test mail; '' where it is not known."""
    from outlay.access.people import People

    found = People(site.workspace.resources).find(current().name)
    return found.email if found is not None else ""


def _content_address(spec: ReportSpec) -> str:
    content = spec.content
    if content.view:
        return f"/views/{quote(content.view)}"
    if content.dashboard:
        return f"/dashboards/{quote(content.dashboard)}"
    if content.statements:
        return f"/statements?tag={quote(content.statements.plan)}"
    return f"/home/{quote(content.home)}"


def _sending(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.post(f"{REPORTS}/{{name}}/send")
    def send(name: str) -> Response:
        """Send it now; the answer does not wait for the other side."""
        return _sent(site, name, use.put_now(workspace, name), "now")

    @routes.post(f"{REPORTS}/{{name}}/test")
    async def test(request: Request, name: str) -> Response:
        """Send it as a test, by one channel."""
        given = await form(request)

        def put() -> Response:
            try:
                ids = use.put_test(
                    workspace, name, given.get("channel", ""), given.get("address", "").strip()
                )
            except ReportError as error:
                return _page(site, request, name, str(error))
            return _sent(site, name, ids, "test")

        return await run_in_threadpool(put)

    @routes.post(f"{REPORTS}/deliveries/{{delivery}}/retry")
    def retry(delivery: int) -> Response:
        """Try a delivery again."""
        found = use.retry(workspace, delivery)
        return _sent(site, found.report, [found.id], "again")


def _sent(site: Site, name: str, ids: list[int], what: str) -> Response:
    """Back to the report; its deliveries are sent once the answer is on its way."""
    place = f"{address(name)}?sent={what}#log" if name else CHANNELS
    task = BackgroundTask(_deliver, site, ids)
    return RedirectResponse(place, 303, background=task)


def _deliver(site: Site, ids: list[int]) -> None:
    use.deliver(site.workspace, ids)


def _channels(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(CHANNELS, response_class=HTMLResponse)
    def channels(request: Request) -> Response:
        """Every channel, those that fail first."""
        context: dict[str, Any] = {
            "channels": use.channels(workspace),
            "notices": [one for one in use.deliveries(workspace, limit=200) if not one.report][
                :_LOG
            ],
            "sent": request.query_params.get("sent", ""),
        }
        return site.page(
            request,
            "reports/channels.html",
            active="reports",
            title="Channels",
            states=STATES,
            **context,
        )

    keeping.add(routes, site)

    @routes.post(f"{CHANNELS}/{{name}}/test")
    def test(name: str) -> Response:
        """Send a short message by it."""
        ids = use.test_channel(workspace, name)
        return RedirectResponse(
            f"{CHANNELS}?sent={quote(name)}", 303, background=BackgroundTask(_deliver, site, ids)
        )
