"""Use cases that a command line on another machine may call.

`outlay --server URL …` runs the ordinary command; its workspace is a `RemoteWorkspace`, so that
each use case it calls is done by the server and its answer comes back as the same objects, to the
last digit. What a command prints, refuses and exits with is therefore the same.

A function that takes the workspace first is marked where it stands (``@served("GET /usage")``);
methods of the workspace and of its parts are listed in `outlay.app.served.calls`. Each names the
operation of the API that does the same: its rule decides who may call it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")
_W = TypeVar("_W")

FUNCTIONS: dict[str, Served] = {}
"""The functions by the name of their call, `usage.usage`; filled as modules are imported."""


@dataclass(frozen=True)
class Served:
    """A use case: what is called, and the operation of the API whose rule it keeps."""

    name: str
    function: Callable[..., Any]
    operation: str


def served(
    operation: str,
) -> Callable[[Callable[Concatenate[_W, _P], _R]], Callable[Concatenate[_W, _P], _R]]:
    """Mark a function of `outlay.app` whose first argument is the workspace.

    `operation` is the method and path below ``/api/v1`` that does the same.
    """

    def mark(
        function: Callable[Concatenate[_W, _P], _R],
    ) -> Callable[Concatenate[_W, _P], _R]:
        name = f"{function.__module__.removeprefix('outlay.app.')}.{function.__name__}"

        @functools.wraps(function)
        def called(workspace: _W, /, *given: _P.args, **named: _P.kwargs) -> _R:
            if getattr(workspace, "is_remote", False):
                found: _R = workspace.call(name, given, named)  # type: ignore[attr-defined]
                return found
            return function(workspace, *given, **named)

        FUNCTIONS[name] = Served(name, function, operation)
        return called

    return mark
