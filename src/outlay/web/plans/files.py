"""A plan as a spreadsheet: out, and in again with a look at what would change first."""

from __future__ import annotations

import base64
import binascii

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from outlay.app.planning import plan_files, plans
from outlay.money import MONEY_CONTEXT, total
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.importing import Preview
from outlay.planning.plans.model import path_text
from outlay.web.plans.address import PLANS, number, of_plan
from outlay.web.render import Site
from outlay.web.views import form

MOST_BYTES = 8 * 1024 * 1024
_MOST_ROWS = 500


def add(routes: APIRouter, site: Site) -> None:
    """The addresses of files."""
    workspace = site.workspace

    @routes.get(f"{PLANS}/{{name}}/xlsx")
    def download(request: Request, name: str) -> Response:
        """A version as a workbook."""
        file = plan_files.export(workspace, name, "xlsx", number(request.query_params, "version"))
        return Response(
            file.content,
            media_type=file.media,
            headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
        )

    @routes.get(f"{PLANS}/{{name}}/import", response_class=HTMLResponse)
    def upload(request: Request, name: str) -> Response:
        """The form that takes a file."""
        return _page(site, request, name)

    @routes.post(f"{PLANS}/{{name}}/import", response_class=HTMLResponse)
    async def look(request: Request, name: str) -> Response:
        """What the file would change; nothing is changed yet."""
        given = await request.form()
        file = given.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            problem = "choose a file: the workbook that was downloaded here, with other amounts"
            return await run_in_threadpool(_page, site, request, name, problem)
        content = await file.read(MOST_BYTES + 1)
        title = file.filename.rpartition("/")[2]
        return await run_in_threadpool(_look, site, request, name, content, title)

    @routes.post(f"{PLANS}/{{name}}/import/apply")
    async def apply(request: Request, name: str) -> Response:
        """Take the amounts of a file that was looked at, all of it or nothing."""
        fields = await form(request)
        try:
            content = base64.b64decode(fields.get("content", ""), validate=True)
        except (binascii.Error, ValueError):
            problem = "the file did not come along: choose it again"
            return await run_in_threadpool(_page, site, request, name, problem)

        def applying() -> Response:
            try:
                plan_files.apply_import(
                    workspace, name, content, fields.get("file", ""), fields.get("reason", "")
                )
            except PlanError as error:
                return _page(site, request, name, str(error))
            return RedirectResponse(f"{of_plan(name)}?done=imported", 303)

        return await run_in_threadpool(applying)


def _look(site: Site, request: Request, name: str, content: bytes, title: str) -> Response:
    if len(content) > MOST_BYTES:
        return _page(site, request, name, f"{title} is larger than {MOST_BYTES // 2**20} MiB")
    try:
        found = plan_files.preview_import(site.workspace, name, content, title)
    except PlanError as error:
        return _page(site, request, name, str(error))
    return _page(site, request, name, found=found, title=title, content=content)


def _page(
    site: Site,
    request: Request,
    name: str,
    problem: str = "",
    found: Preview | None = None,
    title: str = "",
    content: bytes = b"",
) -> Response:
    plan = plans.get_plan(site.workspace, name)
    money = [change for change in found.changes if change.of == "amount"] if found else []
    return site.page(
        request,
        "plans/import.html",
        409 if problem else 200,
        active="plans",
        title=f"Upload · {plan.title}",
        plan=plan,
        base=of_plan(name),
        problem=problem,
        found=found,
        file=title,
        changes=found.changes[:_MOST_ROWS] if found else (),
        more=max(len(found.changes) - _MOST_ROWS, 0) if found else 0,
        before=total([change.now for change in money]) if money else None,
        after=total([change.after for change in money]) if money else None,
        less=MONEY_CONTEXT.subtract,
        path_text=path_text,
        content=base64.b64encode(content).decode(),
    )
