"""Where measurements come from: each source's state, and the form for a new one."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current, who
from outlay.app import WorkspaceError
from outlay.app.utilization import sources
from outlay.resources import ResourceError
from outlay.web.render import Site
from outlay.web.sources import FRESHNESS_TONES
from outlay.web.views import form

PAGE = "/utilization/sources"
_CADENCES = ("daily", "hourly", "monthly", "manual")
_FIELDS = ("name", "tool", "location", "options", "cadence")
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "cloudwatch": ("role", "external_id", "linked_accounts"),
    "azure-monitor": ("tenant", "client_id", "client_secret", "token", "subscriptions"),
    "cloud-monitoring": ("token", "projects"),
    "prometheus": ("token", "user", "password", "tenant", "resource_label", "queries"),
    "any": ("days", "step", "reread", "metrics", "endpoint"),
}
"""Tool → the options that matter to it, for the form's help."""


def router(site: Site) -> APIRouter:
    """The routes of sources of measurements."""
    routes = APIRouter()

    @routes.get(PAGE, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every source with its state; the form for a new one."""
        return _page(site, request, {})

    @routes.post(PAGE)
    async def add(request: Request) -> Response:
        """Keep a new source, and ask it at once."""
        given = await form(request)
        return await run_in_threadpool(_added, site, request, given)

    @routes.post(f"{PAGE}/{{name}}/sync")
    def sync(name: str) -> Response:
        """Ask for new measurements now."""
        return _synced(site, name)

    return routes


def _page(site: Site, request: Request, given: Mapping[str, str], problem: str = "") -> Response:
    from outlay.sources.utilization import UtilizationOptions

    fields = UtilizationOptions.model_fields
    return site.page(
        request,
        "utilization/sources.html",
        400 if problem else 200,
        active="usage",
        title="Sources of measurements",
        sources=sources.sources(site.workspace),
        tool_of=sources.tool_of,
        tones=FRESHNESS_TONES,
        tools=[(name, title) for name, (_, title) in sources.TOOLS.items()],
        options={
            tool: [(name, fields[name].description or "") for name in names]
            for tool, names in _OPTIONS.items()
        },
        cadences=_CADENCES,
        given={name: given.get(name, "") for name in _FIELDS},
        problem=problem,
        may_add=current().may("admin"),
        may_sync=current().may("editor"),
        waits=lambda name: site.syncer is not None and site.syncer.waits(name),
    )


def _added(site: Site, request: Request, given: Mapping[str, str]) -> Response:
    name = given.get("name", "").strip()
    tool = given.get("tool", "")
    location = tool if tool in sources.TOOLS else given.get("location", "").strip()
    try:
        sources.add(
            site.workspace, name, location, _options(given.get("options", "")),
            given.get("cadence") or "daily", author=who(),
        )  # fmt: skip
    except (ResourceError, AccessError, WorkspaceError) as error:
        return _page(site, request, given, str(error))
    return _synced(site, name)


def _options(text: str) -> dict[str, object]:
    """Options as ``name=value``, one a line; ResourceError for a line that is none. Lines of
    ``queries.cpu maximum=…`` are expressions of Prometheus."""
    found: dict[str, object] = {}
    queries: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        key, mark, value = (part.strip() for part in line.partition("="))
        if not mark or not key:
            raise ResourceError(f"the option {line.strip()!r} has no value: write name=value")
        if key.startswith("queries."):
            queries[key.removeprefix("queries.")] = value
        else:
            found[key] = {"true": True, "false": False}.get(value.lower(), value)
    return {**found, "queries": queries} if queries else found


def _synced(site: Site, name: str) -> Response:
    """Ask a source: beside the pages where something runs there, else now."""
    status = site.workspace.show_source(name)
    if site.syncer is not None:
        if status.configured and status.enabled:
            site.syncer.request(name)
    else:
        sources.sync(site.workspace, [name])
    return RedirectResponse(PAGE, 303)
