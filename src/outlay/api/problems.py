"""One body for everything that goes wrong: `application/problem+json` (RFC 9457).

`type`, `title`, `status`, `detail`, and where they are known `field`, `text`, `position`,
`length`, `near`, `allowed`, `hint` and `retryable`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from outlay.access import AccessDeniedError, AccessError, LoginRequiredError
from outlay.access.errors import NotFoundError, ThrottledError
from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.allocation.metrics.values import MetricDataError
from outlay.api.conditional import NotModifiedError, not_modified, tagged
from outlay.app import WorkspaceError
from outlay.app.served.wire import WireError
from outlay.lake import LakeError
from outlay.money import MoneyError, PeriodError
from outlay.planning.plans.errors import PlanConflictError, PlanError, PlanNotFoundError
from outlay.query import QueryError
from outlay.reports.errors import DeliveryError, ReportError
from outlay.resources import ResourceError
from outlay.resources.errors import (
    ResourceConflictError,
    ResourceInUseError,
    ResourceNotFoundError,
)
from outlay.sources.contract import SourceError
from outlay.statements.errors import StatementError

log = logging.getLogger("outlay.api")

MEDIA_TYPE = "application/problem+json"
_TYPE = "urn:outlay:problem:"


class Problem(BaseModel):
    """What went wrong, where, what is allowed, what to do next."""

    type: str = Field(examples=["urn:outlay:problem:query"])
    title: str = Field(examples=["The question cannot be answered"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["where: there is no column 'ServiceNam' (at character 1)"])
    field: str | None = Field(default=None, examples=["where"])
    text: str | None = Field(default=None, examples=["ServiceNam = 'AmazonEC2'"])
    position: int | None = Field(
        default=None, description="0-based character of `text` that is meant", examples=[0]
    )
    length: int | None = Field(default=None, description="How many characters are meant")
    near: list[str] | None = Field(default=None, examples=[["ServiceName"]])
    allowed: list[str] | None = None
    hint: str | None = None
    retryable: bool | None = None
    rows: list[dict[str, Any]] | None = Field(
        default=None, description="Rows of values that are not right: row, field, message"
    )
    count: int | None = Field(default=None, description="How many rows are not right")


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
    for status, text in (
        (400, "The request cannot be understood"),
        (404, "There is no such thing"),
        (409, "It was changed meanwhile, or others need it"),
        (422, "The request does not have the right shape"),
        (500, "The server failed"),
    )
}

_KINDS: tuple[tuple[type[Exception], str, str, int], ...] = (
    (LoginRequiredError, "login", "Somebody must be logged in", 401),
    (AccessDeniedError, "denied", "This is not allowed", 403),
    (NotFoundError, "not-found", "There is no such account, token or session", 404),
    (ThrottledError, "rate", "Too many attempts", 429),
    (AccessError, "access", "The account, role or token is refused", 400),
    (WireError, "call", "The call is not understood", 400),
    (QueryError, "query", "The question cannot be answered", 400),
    (PeriodError, "period", "This is no period", 400),
    (MoneyError, "money", "This is no amount", 400),
    (ResourceNotFoundError, "not-found", "There is no such resource", 404),
    (ResourceConflictError, "conflict", "The resource was changed meanwhile", 409),
    (ResourceInUseError, "in-use", "Others need the resource", 409),
    (ResourceError, "resource", "The resource is refused", 400),
    (WorkspaceError, "workspace", "The workspace refuses", 404),
    (MetricDataError, "values", "The values are not right", 422),
    (SourceError, "source", "The source cannot be read", 502),
    (LakeError, "lake", "The ledger cannot answer", 404),
    (StatementError, "statement", "The statements refuse", 409),
    (PlanNotFoundError, "not-found", "There is no such part of the plan", 404),
    (PlanConflictError, "conflict", "The plan was changed meanwhile", 409),
    (PlanError, "plan", "The plan refuses", 409),
    (ReportError, "report", "The report refuses", 409),
    (AlertNotFoundError, "not-found", "There is no such alert", 404),
    (AlertError, "alert", "The alert refuses", 409),
    (DeliveryError, "delivery", "The report cannot be made", 409),
)


def problem(error: Exception, request: Request) -> Response:
    """The response for an exception."""
    for kind, name, title, status in _KINDS:
        if isinstance(error, kind):
            if isinstance(error, LakeError) and not _names_a_part(request):
                status = 500
            return _response(name, title, status, str(error), _details(error))
    if isinstance(error, RequestValidationError):
        return _response("request", "The request has a wrong shape", 422, _shape(error), {})
    if _beyond_any_id(error):
        detail = "a number is larger than any id, version or count there is"
        return _response("request", "The request has a wrong shape", 422, detail, {})
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        return _response("http", title, error.status_code, str(error.detail or title), {})
    log.exception("the API failed: %s", request.url.path, exc_info=error)
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return _response("internal", "The server failed", 500, detail, {})


def _beyond_any_id(error: Exception) -> bool:
    """Whether the database could not even compare a number: SQLite and PostgreSQL say it so."""
    named = isinstance(error, OverflowError) or type(error).__name__ == "DataError"
    return named and any(words in str(error) for words in ("too large to convert", "out of range"))


def _names_a_part(request: Request) -> bool:
    """Whether the request names a moment or record of the ledger, which may not be there."""
    moments = {"as_of", "from", "to"} & set(request.query_params)
    return bool(moments or {"file", "delivery"} & set(request.path_params))


def _details(error: Exception) -> dict[str, Any]:
    if isinstance(error, QueryError):
        details: dict[str, Any] = {**error.to_dict()}
        details.pop("error", None)
        if error.position is not None:
            details["length"] = error.length
        return details
    if isinstance(error, MetricDataError):
        return error.to_dict()
    return {"retryable": error.retryable} if isinstance(error, SourceError) else {}


def _shape(error: RequestValidationError) -> str:
    parts = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        parts.append(f"{where}: {item['msg']}")
    return "; ".join(parts)


def _response(name: str, title: str, status: int, detail: str, details: dict[str, Any]) -> Response:
    body = {"type": _TYPE + name, "title": title, "status": status, "detail": detail}
    body |= {key: value for key, value in details.items() if value not in (None, [], ())}
    return Response(orjson.dumps(body), status, media_type=MEDIA_TYPE)


class ProblemRoute(APIRoute):
    """A route whose failures are problems, whatever application it is mounted in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The ordinary handler with its exceptions turned into responses."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return tagged(request, await handler(request))
            except NotModifiedError as found:
                return not_modified(found.tag)
            except Exception as error:  # every failure has the one body
                return problem(error, request)

        return handled
