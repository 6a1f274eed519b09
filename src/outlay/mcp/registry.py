"""What a tool is, and all there are.

A capability adds its tools in a file of its own in `outlay.mcp.tools`; nothing else names them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from outlay.access import current
from outlay.access.rules import all_rules, check
from outlay.app import Workspace
from outlay.mcp.links import Links

Json = dict[str, Any]
API = "/api/v1"


class Input(BaseModel):
    """The arguments of a tool. An argument that there is not is refused: a misspelt filter must
    not widen an answer."""

    model_config = ConfigDict(extra="forbid")


class Output(BaseModel):
    """The declared part of an answer; what is declared is checked, more may stand beside it."""

    model_config = ConfigDict(extra="allow")


class Nothing(Input):
    """No arguments."""


@dataclass(frozen=True)
class Options:
    """What the person who starts the server allows beyond reading through questions."""

    writes: bool = False
    sql: bool = False


@dataclass(frozen=True)
class Context:
    """What a tool works with: the workspace, what is allowed, and addresses of pages."""

    workspace: Workspace
    options: Options = field(default_factory=Options)
    links: Links = field(default_factory=Links)


@dataclass(frozen=True)
class Answer:
    """What a tool says: data in the shape of its output, and a few lines that tell it."""

    data: Json
    text: str


@dataclass(frozen=True)
class Tool:
    """A tool. `route` is the route of the API that tells the same: its rule is the tool's rule.

    `needs` names the option without which the tool is not there; `destructive` whether it may
    change what is there rather than add to it.
    """

    name: str
    title: str
    description: str
    route: str
    input: type[Input]
    output: type[Output]
    run: Callable[[Context, Any], Answer]
    needs: str = ""
    destructive: bool = False

    @property
    def reads_only(self) -> bool:
        """Whether it changes nothing."""
        return self.needs != "writes"

    def offered(self, options: Options) -> bool:
        """Whether the options let it be there at all."""
        return not self.needs or bool(getattr(options, self.needs))

    def admit(self) -> None:
        """Let who asks go on if the rule of the route lets them; raises AccessError as the API
        would."""
        check(current(), all_rules().get(self.route), f"the tool {self.name}")


def tool(
    name: str,
    title: str,
    route: str,
    output: type[Output],
    *,
    input: type[Input] = Nothing,
    needs: str = "",
    destructive: bool = False,
) -> Callable[[Callable[[Context, Any], Answer]], Tool]:
    """Declare a function as a tool; its docstring is what an assistant reads.

    `route` is the method and the path below the API's prefix.
    """
    method, _, path = route.partition(" ")

    def declare(run: Callable[[Context, Any], Answer]) -> Tool:
        text = " ".join((run.__doc__ or "").split())
        return Tool(
            name, title, text, f"{method} {API}{path}", input, output, run, needs, destructive
        )

    return declare


@cache
def tools() -> Mapping[str, Tool]:
    """Every tool by name, in the order of names; ValueError where two files claim a name."""
    from outlay.mcp import tools as folder

    found: dict[str, Tool] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        for value in vars(importlib.import_module(f"{folder.__name__}.{module}")).values():
            if isinstance(value, Tool):
                if found.get(value.name, value) is not value:
                    raise ValueError(f"two files have a tool {value.name}")
                found[value.name] = value
    return dict(sorted(found.items()))
