"""The settings of a plan: title, owner, who approves, how far the outlook may leave the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.app.planning import plans
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.kind import PLAN
from outlay.resources import ResourceError
from outlay.web.plans import choices
from outlay.web.plans.address import PLANS, of_plan
from outlay.web.plans.listing import percent
from outlay.web.render import Site
from outlay.web.views import form


def add(routes: APIRouter, site: Site) -> None:
    """The addresses of settings."""

    @routes.get(f"{PLANS}/{{name}}/settings", response_class=HTMLResponse)
    def settings(request: Request, name: str) -> Response:
        """The settings, with their history."""
        return _page(site, request, name)

    @routes.post(f"{PLANS}/{{name}}/settings")
    async def keep(request: Request, name: str) -> Response:
        """Keep other settings; not over those of somebody who was faster."""
        fields = await form(request)

        def keeping() -> Response:
            try:
                _keep(site, name, fields)
            except (PlanError, ResourceError) as error:
                return _page(site, request, name, str(error), fields)
            return RedirectResponse(f"{of_plan(name)}?done=settings", 303)

        return await run_in_threadpool(keeping)


def _keep(site: Site, name: str, fields: Mapping[str, str]) -> None:
    plan = plans.get_plan(site.workspace, name)
    spec: dict[str, Any] = plan.spec.model_dump(mode="json")
    for key in ("title", "description", "owner"):
        spec[key] = fields.get(key, "").strip()
    spec["approvers"] = [part for part in fields.get("approvers", "").replace(",", " ").split()]
    spec["tolerance"] = str(percent(fields.get("tolerance", "")))
    method = fields.get("method", "forecast")
    spec["baseline"] = {"method": method}
    if method == "growth":
        spec["baseline"]["growth"] = str(percent(fields.get("growth", "")))
    spec["archived"] = fields.get("archived") == "1"
    seen = fields.get("seen", "")
    site.workspace.put_resource(
        PLAN.name, name, spec, author=who(),
        expected_version=int(seen) if seen.isdigit() and len(seen) < 9 else None,
    )  # fmt: skip


def _page(
    site: Site,
    request: Request,
    name: str,
    problem: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    plan = plans.get_plan(site.workspace, name)
    spec = plan.spec
    growth = spec.baseline.growth
    known = {
        "title": spec.title,
        "description": spec.description,
        "owner": spec.owner,
        "approvers": ", ".join(spec.approvers),
        "tolerance": f"{spec.tolerance:f}",
        "method": spec.baseline.method,
        "growth": "" if growth is None else f"{growth:f}",
        "archived": "1" if spec.archived else "",
    }
    return site.page(
        request,
        "plans/settings.html",
        409 if problem else 200,
        active="plans",
        title=f"Settings · {plan.title}",
        plan=plan,
        base=of_plan(name),
        problem=problem,
        given=known | {key: value for key, value in (given or {}).items() if key in known},
        methods=choices.methods(),
        changes=site.workspace.history(PLAN.name, name)[::-1],
    )
