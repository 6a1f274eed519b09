"""Native recommendations: sources, how fresh each is, what it says, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current
from outlay.app.native import reading, syncing
from outlay.app.native.model import API, API_OPTIONS
from outlay.money import total
from outlay.resources import ResourceError
from outlay.savings.native.formats import FORMATS
from outlay.web.render import Site
from outlay.web.savings.view import EFFORT_WORDS
from outlay.web.views import form

NATIVE = "/native"
TONES = {"fresh": "good", "late": "warn", "missing": "warn", "manual": "", "failed": "bad",
         "paused": ""}  # fmt: skip
_CADENCES = ("daily", "hourly", "monthly", "manual")
_FIELDS = ("name", "format", "location", "options", "cadence")
_SHOWN = 200


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _one(routes, site)
    return routes


def _list(routes: APIRouter, site: Site) -> None:
    @routes.get(NATIVE, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every source with its freshness, its items and sums; the form for a new one."""
        return _page(site, request, {})

    @routes.post(NATIVE)
    async def add(request: Request) -> Response:
        """Keep a new source, and read it at once."""
        given = await form(request)
        return await run_in_threadpool(_added, site, request, given)


def _page(site: Site, request: Request, given: Mapping[str, str], problem: str = "") -> Response:
    found = reading.statuses(site.workspace)
    return site.page(
        request,
        "native/list.html",
        400 if problem else 200,
        active="savings",
        title="Native recommendations",
        sources=found,
        sums=_sums(found),
        tones=TONES,
        formats=list(FORMATS.values()),
        titles={key: one.title for key, one in FORMATS.items()},
        apis=API_OPTIONS,
        cadences=_CADENCES,
        given={name: given.get(name, "") for name in _FIELDS},
        problem=problem,
        may_add=current().may("admin"),
        may_sync=current().may("editor"),
    )


def _sums(found: tuple[reading.NativeStatus, ...]) -> dict[str, Decimal]:
    """The findings' savings over all sources, by currency."""
    codes = sorted({code for one in found if one.spec.enabled for code in one.sums})
    return {
        code: total(one.sums[code] for one in found if one.spec.enabled and code in one.sums)
        for code in codes
    }


def _added(site: Site, request: Request, given: Mapping[str, str]) -> Response:
    try:
        name = given.get("name", "").strip()
        syncing.add(
            site.workspace,
            name,
            given.get("location", "").strip(),
            given.get("format") or "auto",
            _options(given.get("options", "")),
            given.get("cadence") or "daily",
        )
    except (ResourceError, AccessError) as error:
        return _page(site, request, given, str(error))
    return _synced(site, name)


def _options(text: str) -> dict[str, str]:
    """Options as ``name=value``, one a line; ResourceError for a line that is none."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        key, mark, value = line.partition("=")
        if not mark or not key.strip():
            raise ResourceError(f"the option {line.strip()!r} has no value: write name=value")
        found[key.strip()] = value.strip()
    return found


def _synced(site: Site, name: str) -> Response:
    """Read a source: beside the pages where something runs there, else now."""
    asks = syncing.spec_of(site.workspace.resources.get(syncing.KIND, name)).location == API
    if site.syncer is not None and asks:
        site.syncer.request(syncing.run_name(name))
    else:
        syncing.sync(site.workspace, [name])
    return RedirectResponse(f"{NATIVE}/{name}", 303)


def _one(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{NATIVE}/{{name}}", response_class=HTMLResponse)
    def source(request: Request, name: str) -> Response:
        """One source: what it says, what was left out, its deliveries and runs."""
        found = reading.source(site.workspace, name)
        return site.page(
            request,
            "native/source.html",
            active="savings",
            title=found.status.title,
            found=found,
            stands=found.status,
            spec=found.status.spec,
            findings=_dearest(found)[:_SHOWN],
            left=max(0, len(found.findings) - _SHOWN),
            told=found.told[:_SHOWN],
            told_left=max(0, len(found.told) - _SHOWN),
            sums=reading.sums_of(found.findings),
            tones=TONES,
            titles={key: one.title for key, one in FORMATS.items()},
            efforts=EFFORT_WORDS,
            waits=site.syncer is not None and site.syncer.waits(syncing.run_name(name)),
            may_add=current().may("admin"),
            may_sync=current().may("editor"),
        )

    @routes.post(f"{NATIVE}/{{name}}/sync")
    def sync(name: str) -> Response:
        """Read it now."""
        reading.source(site.workspace, name)
        return _synced(site, name)

    @routes.post(f"{NATIVE}/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a source; its deliveries stay on record."""
        syncing.remove(site.workspace, name)
        return RedirectResponse(NATIVE, 303)


def _dearest(found: reading.NativeSource) -> list[Any]:
    return sorted(found.findings, key=lambda one: (one.currency, -one.monthly_saving))
