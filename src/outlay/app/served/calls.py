"""What may be called from another machine, and how a call is done here.

`METHODS` are those of the workspace and of its parts, each with the operation of the API that does
the same; functions say theirs where they stand (`outlay.app.served.served`).
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

from outlay.access import require, who
from outlay.access.rules import Rule, rules
from outlay.app.errors import WorkspaceError
from outlay.app.served import FUNCTIONS, Served
from outlay.app.served.wire import WireError, decode, encode

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

PREFIX = "/api/v1"
_WHOLE = "GET /snapshots"
"""The operation that stands for reading the store itself: it keeps to no scope."""

METHODS: dict[str, str] = {
    "query": "GET /query",
    "charges": "GET /charges",
    "explain": "GET /explain",
    "values": "GET /values",
    "dimensions": "GET /dimensions",
    "sql": "POST /sql",
    "sources": "GET /sources",
    "show_source": "GET /sources/{name}",
    "source_kinds": "GET /kinds",
    "add_source": "POST /sources",
    "remove_source": "DELETE /sources/{name}",
    "load": "POST /sources",
    "sync": "POST /sync",
    "runs": "GET /runs",
    "deliveries": "GET /deliveries",
    "held": "GET /held",
    "snapshots": "GET /snapshots",
    "restatements": "GET /restatements",
    "raw_record": "GET /quarantine/{delivery}",
    "quarantine": "GET /quarantine/{delivery}",
    "checks": "GET /checks",
    "views": "GET /views",
    "view": "GET /views/{name}",
    "view_query": "GET /views/{name}",
    "save_view": "PUT /views/{name}",
    "delete_view": "DELETE /views/{name}",
    "today": "GET /kinds",
    "history": _WHOLE,
    "put_resource": "PUT /resources/{kind}/{name}",
    "delete_resource": "DELETE /resources/{kind}/{name}",
    "restore_resource": "POST /resources/{kind}/{name}/restore",
    "plan_resources": "POST /plan",
    "apply_resources": "POST /apply",
    "resources.get": _WHOLE,
    "resources.find": _WHOLE,
    "resources.list": _WHOLE,
    "resources.names": _WHOLE,
    "resources.put": "PUT /resources/{kind}/{name}",
    "resources.history": _WHOLE,
    "resources.delete": "DELETE /resources/{kind}/{name}",
    "resources.restore": "POST /resources/{kind}/{name}/restore",
    "metrics.statuses": "GET /metrics",
    "metrics.show": "GET /metrics/{name}",
    "metrics.spec": "GET /metrics/{name}",
    "metrics.values": "GET /metrics/{name}/values",
    "metrics.history": "GET /metrics/{name}",
    "metrics.restated": "GET /metrics/{name}/deliveries/{sequence}",
    "metrics.define": "PUT /resources/{kind}/{name}",
    "metrics.push": "POST /metrics/{name}/values",
    "metrics.load": "POST /metrics/{name}/values",
    "metrics.sync": "POST /metrics/{name}/sync",
    "units.all": "GET /units",
    "units.show": "GET /units/{name}",
    "units.ask": "GET /units/{name}",
    "units.define": "PUT /resources/{kind}/{name}",
}

_NEVER_SENT = ("progress",)
"""Arguments that live where the command runs."""


class UnknownCallError(WorkspaceError):
    """There is no such call: the server is of another version."""


@cache
def _functions() -> Mapping[str, Served]:
    """Every marked function, wherever it stands in `outlay.app`."""
    import outlay.app as app

    for found in walk_packages(app.__path__, f"{app.__name__}."):
        if not found.name.startswith("outlay.app.demo"):
            importlib.import_module(found.name)
    return FUNCTIONS


def operation_of(name: str) -> str:
    """The operation that does the same as a call; UnknownCallError when there is none such."""
    if name in METHODS:
        return METHODS[name]
    if name in (known := _functions()):
        return known[name].operation
    raise UnknownCallError(
        f"this server knows no {name!r}: it is of another version. Install the same version of "
        "Outlay here and there."
    )


def every() -> dict[str, str]:
    """Every call with its operation."""
    return {**METHODS, **{name: one.operation for name, one in _functions().items()}}


def rule_of(name: str) -> Rule:
    """The rule of a call: that of its operation."""
    method, _, path = operation_of(name).partition(" ")
    return rules()[f"{method} {PREFIX}{path}"]


def answer(workspace: Workspace, name: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Do a call for the current principal: ``{"result": …}``, or ``{"raised": …}`` with the error.

    `message` has `given` and `named`, the arguments as `wire.encode` made them. Raises
    UnknownCallError, WireError, and AccessError before anything is done.
    """
    rule = rule_of(name)
    require(rule.level, _what(name), whole=rule.reach == "whole")
    given, named = decode(message.get("given") or []), decode(message.get("named") or {})
    if not isinstance(given, list) or not isinstance(named, dict):
        raise WireError("`given` is a list and `named` an object")
    function = _function(workspace, name)
    if "author" in named:
        # Whoever calls is known by the login, not by what the call says.
        named["author"] = who()
    try:
        inspect.signature(function).bind(*given, **named)
    except TypeError as error:
        raise WireError(f"{name} is not called so: {error}") from None
    try:
        found = function(*given, **named)
    except Exception as error:
        try:
            return {"raised": encode(error)}
        except WireError:
            raise error from None
    return {"result": encode(found)}


def arguments(given: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call as they are sent."""
    kept = {key: value for key, value in named.items() if key not in _NEVER_SENT}
    if "author" in kept:
        kept["author"] = ""
    return {
        "given": encode([None if callable(value) else value for value in given]),
        "named": encode(kept),
    }


def _function(workspace: Workspace, name: str) -> Callable[..., Any]:
    if name in METHODS:
        found: Any = workspace
        for part in name.split("."):
            found = getattr(found, part)
        return found  # type: ignore[no-any-return]
    function = _functions()[name].function

    def bound(*given: Any, **named: Any) -> Any:
        return function(workspace, *given, **named)

    signature = inspect.signature(function)
    bound.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=list(signature.parameters.values())[1:]
    )
    return bound


def _what(name: str) -> str:
    return f"what {name.replace('_', ' ').replace('.', ' ')} tells"
