"""Calls of a command line on another machine (`outlay --server URL …`)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

import outlay
from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, WorkspaceError
from outlay.app.served.calls import answer


class OtherVersionError(WorkspaceError):
    """The command line is of another version than the server."""


class Message(BaseModel):
    """The arguments of a call, as `outlay.app.served.wire` writes them."""

    model_config = ConfigDict(extra="forbid")

    given: list[Any] = Field(default_factory=list, description="By position")
    named: dict[str, Any] = Field(default_factory=dict, description="By name")


def routes(workspace: Workspace) -> APIRouter:
    """The one route of calls."""
    router = APIRouter(route_class=ProblemRoute, tags=["Command line"], responses=RESPONSES)

    @router.post("/calls/{name}", summary="Do a use case for a command line elsewhere")
    def call(
        name: Annotated[str, Path(description="The use case", examples=["source_kinds"])],
        message: Message,
        outlay_version: Annotated[
            str | None, Header(description="The version of the command line", examples=["0.1.0"])
        ] = None,
    ) -> Response:
        """What `outlay --server URL` uses, for the same version of Outlay on both sides. Programs
        take the other operations: each call does what one of them does, under its rule.

        The answer has `result`, or `raised` with the error that the command shall show.
        """
        if outlay_version not in (None, outlay.__version__):
            raise OtherVersionError(
                f"this server is Outlay {outlay.__version__}, the command line "
                f"{outlay_version}. Install the same version here and there."
            )
        return json_response(answer(workspace, name, message.model_dump()))

    return router
