"""The web server: pages at ``/``, the API at ``/api/v1``, security around both."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Scope

import outlay
from outlay.app import Workspace
from outlay.app.access.login import Login
from outlay.app.scheduling import Syncer
from outlay.web import (
    charges,
    close,
    errors,
    export,
    find,
    invoices,
    kubernetes,
    reference,
    restatements,
    sources,
    statements,
    usecases,
    views,
    vocabulary,
)
from outlay.web.alerts import routes as alerts
from outlay.web.allocated import coverage, platforms, replay, why
from outlay.web.anomalies import routes as anomalies
from outlay.web.budgets import routes as budgets
from outlay.web.commitments import routes as commitments
from outlay.web.contracts import routes as contracts
from outlay.web.dashboards import routes as dashboards
from outlay.web.design import routes as design
from outlay.web.detectors import routes as detectors
from outlay.web.drivers import routes as drivers
from outlay.web.explore import routes as explore
from outlay.web.forecast import routes as forecast
from outlay.web.gate import Gate
from outlay.web.home import routes as home
from outlay.web.kpis import routes as kpis
from outlay.web.metrics import routes as metrics
from outlay.web.native import routes as native
from outlay.web.people import routes as people
from outlay.web.plans import routes as plans
from outlay.web.realised import routes as realised
from outlay.web.render import Site
from outlay.web.reports import routes as reports
from outlay.web.savings import routes as savings
from outlay.web.security import LOOPBACK_HOSTS, Guard
from outlay.web.splits import routes as splits
from outlay.web.tags import routes as tags
from outlay.web.tickets import routes as tickets
from outlay.web.units import routes as units
from outlay.web.usage import routes as usage
from outlay.web.utilization import routes as utilization

API_PREFIX = "/api/v1"
_STATIC = Path(__file__).parent / "static"
_GZIP_FROM_BYTES = 800


class _Static(StaticFiles):
    """Static files may be kept for a year: their addresses change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if versioned else "no-cache"
        )
        return response


def create_app(
    workspace: Workspace,
    api: APIRouter | None = None,
    hosts: Collection[str] = LOOPBACK_HOSTS,
    syncer: Syncer | None = None,
    mcp: BaseRoute | None = None,
    login: Login | None = None,
) -> FastAPI:
    """The server of one workspace.

    `api` is mounted at ``/api/v1`` (the faces do not know each other: the caller brings it).
    `mcp` is the address of the assistants' server, brought by the caller as well.
    `syncer` keeps the sources up to date meanwhile; the caller starts and stops it.
    `hosts` are the host names under which it may be asked, ``*`` for any.
    `login` is how people log in; None: everybody who reaches the server is its administrator.
    """
    app = FastAPI(
        title="Outlay",
        version=getattr(outlay, "__version__", "0"),
        description="Any bill, read exactly, with history. Money is text with all its decimals; "
        "ranges end exclusively; days are UTC.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    site = Site(workspace, syncer, login)
    app.mount("/static", _Static(directory=_STATIC), name="static")
    if api is not None:
        app.include_router(api, prefix=API_PREFIX)
    if mcp is not None:
        app.router.routes.append(mcp)
    rooms = (
        explore, charges, usage, sources, restatements, views, usecases, vocabulary, export,
        tags, splits, platforms, coverage, why, replay, invoices, close, statements, metrics,
        units, kubernetes, home, drivers, dashboards, reports, people, design, reference, find,
        anomalies, forecast, budgets, plans, alerts, savings, detectors, native, tickets,
        utilization, realised, commitments, contracts, kpis,
    )  # fmt: skip
    for room in rooms:
        app.include_router(room.router(site), include_in_schema=False)
    errors.install(app, site)
    if workspace.settings.api.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=workspace.settings.api.origins,
            allow_methods=["GET", "HEAD"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=["ETag", "Link", "Retry-After"],
        )
    app.add_middleware(GZipMiddleware, minimum_size=_GZIP_FROM_BYTES, compresslevel=6)
    app.add_middleware(Gate, site=site, login=login)
    app.add_middleware(Guard, hosts=hosts)
    return app
