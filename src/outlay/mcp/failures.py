"""What a tool says when it cannot answer: what, where, what is allowed, what to do next.

A failure is an answer of the protocol (`isError`), so that the assistant can read it and ask
better; the server goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from outlay.access import AccessError
from outlay.allocation.metrics.values import MetricDataError
from outlay.app import WorkspaceError
from outlay.expression.errors import QueryError, near_names
from outlay.lake import LakeError
from outlay.mcp.registry import Input
from outlay.money import MoneyError, PeriodError
from outlay.planning.plans.errors import PlanError
from outlay.resources import ResourceError
from outlay.sources.contract import SourceError
from outlay.statements.errors import StatementError

log = logging.getLogger("outlay.mcp")

_KNOWN = (
    AccessError,
    QueryError,
    PeriodError,
    MoneyError,
    ResourceError,
    WorkspaceError,
    MetricDataError,
    SourceError,
    LakeError,
    StatementError,
    PlanError,
)


def message(error: Exception) -> str:
    """The failure in words; one that nobody expected is logged with its trace."""
    if isinstance(error, _KNOWN):
        return str(error)
    log.exception("a tool failed", exc_info=error)
    return f"The server failed: {type(error).__name__}: {error}. It is noted in the server's log."


def details(error: Exception) -> dict[str, Any]:
    """The parts of the failure for a program, where it has any."""
    if not isinstance(error, QueryError):
        return {}
    return {key: value for key, value in error.to_dict().items() if value not in (None, [])}


def parsed(kind: type[Input], given: dict[str, Any]) -> Input:
    """The arguments of a tool; QueryError names the one that is wrong."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise _problem(kind, error) from None


def unknown(name: str, names: Iterable[str]) -> QueryError:
    """There is no such tool, prompt or resource."""
    known = tuple(names)
    return QueryError(
        f"there is no {name!r}", field="name", near=near_names(name, known), allowed=known
    )


def _problem(kind: type[Input], error: ValidationError) -> QueryError:
    names = [field.alias or name for name, field in kind.model_fields.items()]
    first = error.errors(include_url=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return QueryError(
            f"{field!r} is not an argument",
            near=near_names(field, names),
            allowed=names or ["no arguments"],
        )
    if first["type"] == "missing":
        return QueryError(f"{field!r} is missing", field=field)
    return QueryError(first["msg"], field=field, text=str(first.get("input", "")))
