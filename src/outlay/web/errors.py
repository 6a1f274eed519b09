"""Failures as pages: what failed, why, and what to do next. Never a number, never a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outlay.access import AccessDeniedError, AccessError, LoginRequiredError
from outlay.access.errors import NotFoundError
from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.app import WorkspaceError, events
from outlay.lake import LakeError
from outlay.money import MoneyError, PeriodError
from outlay.planning.plans.errors import PlanError, PlanNotFoundError
from outlay.query import QueryError
from outlay.reports.errors import DeliveryError, ReportError
from outlay.resources import ResourceError
from outlay.resources.errors import ResourceNotFoundError
from outlay.sources.contract import SourceError
from outlay.statements.errors import StatementError
from outlay.web.gate import refused
from outlay.web.render import Site

log = logging.getLogger("outlay.web")

_EXPECTED: tuple[tuple[type[Exception], int], ...] = (
    (LoginRequiredError, 401),
    (AccessDeniedError, 403),
    (NotFoundError, 404),
    (AccessError, 400),
    (QueryError, 400),
    (PeriodError, 400),
    (MoneyError, 400),
    (ResourceNotFoundError, 404),
    (ResourceError, 400),
    (WorkspaceError, 404),
    (SourceError, 502),
    (LakeError, 500),
    (StatementError, 409),
    (PlanNotFoundError, 404),
    (PlanError, 409),
    (ReportError, 409),
    (AlertNotFoundError, 404),
    (AlertError, 409),
    (DeliveryError, 409),
)


_HEADINGS = {403: "This is not yours to see", 404: "There is no such page"}


def install(app: FastAPI, site: Site) -> None:
    """Show every failure of a page as a page."""

    def known(request: Request, error: Exception) -> Response:
        if isinstance(error, AccessDeniedError):
            events.record(site.workspace, "refuse", f"{request.method} {request.url.path}")
            return refused(site, request, 403, str(error))
        status = next(code for kind, code in _EXPECTED if isinstance(error, kind))
        return failure(site, request, status, str(error))

    def unknown(request: Request, error: Exception) -> Response:
        log.exception("a page failed: %s", request.url.path, exc_info=error)
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return failure(site, request, 500, what)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return failure(site, request, error.status_code, _sentence(error, request))

    def shapeless(request: Request, error: Exception) -> Response:
        """An address with text where a number belongs leads to no page; a form may lack a field."""
        assert isinstance(error, RequestValidationError)
        wrong = [(place[0], place[-1]) for place in (one["loc"] for one in error.errors())]
        if any(kind == "path" for kind, _ in wrong):
            return failure(site, request, 404, f"Nothing is kept at {request.url.path}.")
        fields = ", ".join(str(name) for _, name in wrong)
        return failure(
            site, request, 422, f"These fields are missing or not as expected: {fields}."
        )

    for kind, _ in _EXPECTED:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, shapeless)
    app.add_exception_handler(Exception, unknown)


def failure(site: Site, request: Request, status: int, reason: str) -> Response:
    """The page of a failure, with the way to try again."""
    retry = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    heading = _HEADINGS.get(status, "This could not be shown")
    return site.page(
        request,
        "failed.html",
        status,
        active="",
        title=heading,
        reason=reason,
        retry=retry if request.method == "GET" and status not in _HEADINGS else None,
    )


def _sentence(error: HTTPException, request: Request) -> str:
    if error.detail and error.detail != HTTPStatus(error.status_code).phrase:
        return str(error.detail)
    if error.status_code == 404:
        return f"Nothing is kept at {request.url.path}."
    return f"{HTTPStatus(error.status_code).phrase} ({error.status_code})."
