"""Dashboards and annotations over HTTP: what there is, what panels answer, copies.

They are written as resources: ``PUT /resources/Dashboard/{name}``.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.annotations import marks
from outlay.app.annotations.events import product_events
from outlay.app.annotations.marks import Sought, annotation_json
from outlay.app.annotations.model import CATEGORIES
from outlay.app.dashboards import keeping
from outlay.app.dashboards import views as saved
from outlay.app.dashboards.answers import answers
from outlay.app.dashboards.keeping import Board, board_json
from outlay.app.dashboards.shapes import answers_json
from outlay.app.dashboards.shipped import offered
from outlay.app.dashboards.variables import KEYS, params_of, variables_of
from outlay.app.runs import utc_now
from outlay.app.shapes import change_json, resource_json
from outlay.money import DateRange
from outlay.query import QueryError, ranges

_Name = Annotated[str, Path(description="The dashboard's name", examples=["aws"])]
_Annotation = Annotated[str, Path(description="The annotation's name", examples=["checkout-v2"])]
_EXAMPLE = {
    "from": "2026-03-03",
    "text": "Checkout v2 went live",
    "category": "deploy",
    "where": "ServiceName = 'AmazonEC2'",
}


class Copying(BaseModel):
    """The title of a copy; empty: the dashboard's own."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(default="", max_length=120, examples=["AWS of the shop"])


class Renaming(BaseModel):
    """The new name."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(min_length=1, max_length=64, examples=["compute-by-squad"])


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, responses=RESPONSES)
    _add_boards(router, workspace)
    _add_annotations(router, workspace)

    @router.post("/views/{name}/rename", tags=["Views"], summary="Give a view another name")
    def rename(name: str, wanted: Renaming) -> Response:
        """Together with every dashboard that shows it: all of it, or nothing."""
        return json_response(resource_json(saved.rename(workspace, name, wanted.to)))

    @router.get("/views/{name}/uses", tags=["Views"], summary="What shows a view")
    def uses(name: str) -> Response:
        """Dashboards and others that name it."""
        workspace.view(name)
        found = saved.used_by(workspace, name)
        return json_response(
            [{"kind": use.kind, "name": use.name, "title": use.title} for use in found]
        )

    return router


def _add_boards(router: APIRouter, workspace: Workspace) -> None:
    tags: list[Any] = ["Dashboards"]

    @router.get("/dashboards", tags=tags, summary="Every dashboard")
    def listed(
        persona: Annotated[str, Query(description="Only those for a persona")] = "",
        provider: Annotated[str, Query(description="Only those about a provider's cost")] = "",
    ) -> Response:
        """Those of the workspace, then the ready-made ones that its charges have something
        for."""
        own = keeping.boards(workspace)
        names = {board.name for board in own}
        ready = [
            Board(name, spec, shipped=True)
            for name, spec in offered(workspace).items()
            if name not in names
        ]
        found = [
            board_json(board)
            for board in (*own, *ready)
            if persona in ("", *board.spec.personas) and provider in ("", *board.spec.providers)
        ]
        return json_response(found)

    @router.get("/dashboards/{name}", tags=tags, summary="One dashboard")
    def one(name: _Name) -> Response:
        """Its spec as `PUT /resources/Dashboard/{name}` takes it, and its history."""
        board = keeping.find(workspace, name)
        changes = [] if board.shipped else workspace.history("Dashboard", name)
        history = [change_json(change) for change in changes]
        headers = {} if board.shipped else {"ETag": f'"{board.version}"'}
        return json_response(board_json(board) | {"history": history}, headers=headers)

    @router.get("/dashboards/{name}/answers", tags=tags, summary="What its panels answer")
    def answered(
        request: Request,
        name: _Name,
        range: Annotated[str, Query(description="For all panels", examples=["last-month"])] = "",
        from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
        to: Annotated[str, Query(description="Day after the last one")] = "",
        until: Annotated[str, Query(description="The last day, in place of `to`")] = "",
        compare: Annotated[str, Query(description="previous, previous-year or none")] = "",
        where: Annotated[str, Query(description="A condition joined to every panel's")] = "",
        currency: Annotated[str, Query(description="For all panels", examples=["EUR"])] = "",
    ) -> Response:
        """Each panel by itself: one that fails says so in `state` and `error`, and the others
        are answered."""
        unknown = sorted(set(request.query_params) - set(KEYS))
        if unknown:
            raise QueryError(f"{unknown[0]!r} is not a parameter", field=unknown[0], allowed=KEYS)
        over = variables_of(dict(request.query_params))
        board = keeping.find(workspace, name)
        found = answers(workspace, board.spec, utc_now(), over)
        return json_response(
            {
                "name": board.name,
                "title": board.title,
                "variables": params_of(over.over(board.spec.variables)),
                "panels": answers_json(found),
            }
        )

    @router.post("/dashboards/{name}/copy", tags=tags, status_code=201, summary="Copy a dashboard")
    def copy(name: _Name, wanted: Copying | None = None) -> Response:
        """Own or ready-made; the copy can be changed."""
        board = keeping.copy(workspace, name, wanted.title if wanted else "")
        return json_response(board_json(board), 201, {"ETag": f'"{board.version}"'})


def _add_annotations(router: APIRouter, workspace: Workspace) -> None:
    tags: list[Any] = ["Annotations"]

    @router.get("/annotations", tags=tags, summary="What happened on which day")
    def listed(
        from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
        to: Annotated[str, Query(description="Day after the last one")] = "",
        category: Annotated[str, Query(description=", ".join(CATEGORIES))] = "",
        q: Annotated[str, Query(description="Words of the text")] = "",
        events: Annotated[
            bool, Query(description="With what the product did: changed rules, closed months")
        ] = False,
    ) -> Response:
        """Newest day first. Who sees a part of the ledger gets those without a condition and
        those whose condition lies within that part."""
        if category and category not in CATEGORIES:
            raise QueryError(
                f"{category!r} is not a category", field="category", text=category,
                allowed=CATEGORIES,
            )  # fmt: skip
        sought = Sought(_days(from_, to), category, q)
        found = [annotation_json(one) for one in marks.listed(workspace, sought)]
        if events:
            made = marks.sought_of(product_events(workspace), sought)
            found += [annotation_json(one) | {"author": None} for one in made]
        return json_response(found)

    @router.post("/annotations", tags=tags, status_code=201, summary="Annotate a day")
    def add(spec: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])]) -> Response:
        """The name is made from day and text. `PUT /resources/Annotation/{name}` changes it."""
        one = marks.add(workspace, spec)
        return json_response(annotation_json(one), 201, {"ETag": f'"{one.version}"'})

    @router.get("/annotations/{name}", tags=tags, summary="One annotation")
    def one(name: _Annotation) -> Response:
        """As it is kept."""
        found = marks.find(workspace, name)
        return json_response(annotation_json(found), headers={"ETag": f'"{found.version}"'})

    @router.delete("/annotations/{name}", tags=tags, status_code=204, summary="Remove one")
    def remove(name: _Annotation) -> Response:
        """Its history stays."""
        marks.remove(workspace, name)
        return Response(status_code=204)


def _days(start: str, end: str) -> DateRange | None:
    if not (start or end):
        return None
    first, last = ranges.parse_day(start, "from"), ranges.parse_day(end, "to")
    ranges.between(first, last)
    return DateRange(first or date.min, last or date.max)
