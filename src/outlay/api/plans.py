"""Plans: a year by month over a hierarchy, its versions and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from outlay.api.answers import json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.planning import (
    plan_actuals,
    plan_baseline,
    plan_bridge,
    plan_drivers,
    plan_files,
    plan_outlook,
    plan_shapes,
    plans,
)
from outlay.money import BillingPeriod, parse_money
from outlay.planning.plans.codec import driver_json
from outlay.planning.plans.errors import PlanError

_Name = Annotated[str, Path(description="The plan's name", examples=["fy2027"])]
_Number = Annotated[int, Path(description="The version's number", examples=[1])]
_Line = Annotated[str, Path(description="The line's id", examples=["l1"])]
_Version = Annotated[
    int | None, Query(description="A version's number; without it the one in force")
]
_SPEC = {
    "title": "Cloud plan",
    "starts": "2026-10",
    "currency": "USD",
    "hierarchy": ["team", "ServiceName"],
    "baseline": {"method": "flat"},
}
_NEW = {"name": "fy2027", "spec": _SPEC}
_CELLS = {
    "cells": [
        {"line": "l1", "month": "2027-02", "amount": "1200.00"},
        {"path": [], "month": "2027-03", "amount": "-50.00", "how": "add", "effect": "price"},
    ],
    "reason": "the new region",
}
_LINE = {
    "path": ["search", "Vector index"],
    "name": "Vector search",
    "amounts": {"2027-02": "300.00", "2027-03": "450.00"},
    "reason": "launch in February",
}
_DRIVER = {
    "driver": {
        "metric": "",
        "unit": "index",
        "only": {},
        "basis": "the vendor's offer",
        "volumes": [None] * 4 + ["2"] * 8,
        "unit_costs": [None] * 4 + ["175.5"] * 8,
    },
    "reason": "priced by index",
}
_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            plan_files.FORMS["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
_Given = dict[str, Any]
_File = Annotated[str, Query(description="The file's name: .xlsx or .csv")]
_Json = Annotated[_Given | None, Body()]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of this room."""
    router = APIRouter(route_class=ProblemRoute, tags=["Plans"], responses=RESPONSES)
    _read(router, workspace)
    _results(router, workspace)
    _make(router, workspace)
    _edit(router, workspace)
    _lines(router, workspace)
    _decide(router, workspace)
    _files(router, workspace)
    return router


def _read(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/plans", summary="Every plan with its versions")
    def listed(
        archived: Annotated[bool, Query(description="Those put away too")] = False,
    ) -> Response:
        """Without the versions' content."""
        found = plans.plans(workspace, archived=archived)
        return json_response([plan_shapes.plan_json(one) for one in found])

    @router.get("/plans/{name}", summary="A plan")
    def plan(name: _Name) -> Response:
        """Its settings and versions; `draft` and `approved` are version numbers."""
        return json_response(plan_shapes.plan_json(plans.get_plan(workspace, name)))

    @router.get("/plans/{name}/versions", summary="The versions of a plan")
    def versions(name: _Name) -> Response:
        """Oldest first, without their content."""
        found = plans.versions(workspace, name)
        return json_response([plan_shapes.info_json(one) for one in found])

    @router.get("/plans/{name}/versions/{version}", summary="A version with its content")
    def version(name: _Name, version: _Number) -> Response:
        """Lines with their cells, adjustments, notes and history. A `digest` is of the document
        that was frozen, `previous` that of the version approved before."""
        found = plans.version(workspace, name, version)
        return json_response(plan_shapes.version_json(found))

    @router.get("/plans/{name}/compare", summary="Two versions line by line")
    def compare(
        name: _Name,
        before: Annotated[int, Query(description="The earlier version", examples=[1])],
        after: Annotated[int, Query(description="The later version", examples=[2])],
    ) -> Response:
        """The lines that differ, largest change of the year first."""
        found = plans.compare(workspace, name, before, after)
        return json_response(plan_shapes.comparison_json(found))


def _results(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/plans/{name}/actuals", summary="What was spent, by the plan's lines")
    def actuals(name: _Name, version: _Version = None) -> Response:
        """Complete days alone; `line` is empty for cost that no line has."""
        found = plan_actuals.actuals(workspace, name, version)
        return json_response(plan_shapes.actuals_json(found))

    @router.get("/plans/{name}/variance", summary="Actual against planned, by line and month")
    def variance(name: _Name, version: _Version = None) -> Response:
        """`to_date` is of complete months; above nought is over the plan."""
        found = plan_actuals.variance(workspace, name, version)
        return json_response(plan_shapes.variance_json(found))

    @router.get("/plans/{name}/bridge", summary="A variance taken apart")
    def bridge(
        name: _Name,
        version: _Version = None,
        first: Annotated[str, Query(description="The first month, YYYY-MM")] = "",
        last: Annotated[str, Query(description="The last month, YYYY-MM")] = "",
    ) -> Response:
        """Planned + price + volume + mix + one-off = actual, exactly, for complete months."""
        found = plan_bridge.bridge(workspace, name, version, first=_month(first), last=_month(last))
        return json_response(plan_shapes.bridge_json(found))

    @router.get("/plans/{name}/outlook", summary="The full year's latest estimate")
    def outlook(name: _Name, version: _Version = None) -> Response:
        """Actual to date, forecast of the rest, adjustments of months to come."""
        found = plan_outlook.outlook(workspace, name, version)
        return json_response(plan_shapes.outlook_json(found))

    @router.get("/plans/{name}/driver", summary="Volume and unit cost by a metric's forecast")
    def driver(
        name: _Name,
        metric: Annotated[str, Query(description="A metric", examples=["orders"])],
        path: Annotated[list[str], Query(description="The line's values, level by level")] = [],  # noqa: B006
        only: Annotated[list[str], Query(description="LABEL=VALUE of the series that count")] = [],  # noqa: B006
        where: Annotated[str, Query(description="The line's condition")] = "",
    ) -> Response:
        """What `POST …/lines/{line}/driver` takes."""
        found = plan_drivers.propose_driver(
            workspace, name, tuple(path), metric, only=plan_drivers.only_of(only), where=where
        )
        return json_response(driver_json(found))


def _make(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/plans", status_code=201, summary="Make a plan")
    def make(body: Annotated[_Given, Body(examples=[_NEW])]) -> Response:
        """`name` and `spec`; 409 when there is one of that name. Its lines come with a baseline."""
        spec = body.get("spec")
        if not isinstance(spec, dict) or not body.get("name"):
            raise PlanError("a plan has a name and a spec")
        made = plans.new_plan(workspace, str(body["name"]), spec)
        return json_response(plan_shapes.plan_json(made), 201)

    @router.post("/plans/{name}/baseline", summary="Make the draft's baseline")
    def baseline(name: _Name, body: _Json = None) -> Response:
        """`method` (forecast, last-year, growth, flat) and `growth` in per cent, in place of the
        plan's own; `cut` a day from which nothing is known; `revision` that was looked at."""
        given = _fields(body, "method", "growth", "cut", "revision")
        growth, cut = given.get("growth"), given.get("cut")
        done = plan_baseline.make_baseline(
            workspace,
            name,
            method=given.get("method"),
            growth=None if growth is None else Decimal(parse_money(str(growth))),
            cut=None if cut is None else _day(str(cut)),
            revision=_revision(given),
        )
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/draft", status_code=201, summary="Start a draft")
    def draft(name: _Name, body: _Json = None) -> Response:
        """With the content of the version `of` (the approved one); `kind` is budget or estimate."""
        given = _fields(body, "of", "kind", "title")
        kind = given.get("kind")
        if kind not in (None, "budget", "estimate"):
            raise PlanError(f"a version is a budget or an estimate, not {kind!r}")
        done = plans.start_draft(
            workspace, name, of=given.get("of"), kind=kind, title=str(given.get("title") or "")
        )
        return json_response(plan_shapes.info_json(done.info), 201)

    @router.delete("/plans/{name}/draft", status_code=204, summary="Throw the draft away")
    def discard(name: _Name) -> Response:
        """What was submitted once stays."""
        plans.discard_draft(workspace, name)
        return Response(status_code=204)


def _edit(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/plans/{name}/cells", summary="Change cells")
    def cells(name: _Name, body: Annotated[_Given, Body(examples=[_CELLS])]) -> Response:
        """All or none, with a `reason`. A cell is of a `line` or, for a sum, below a `path`; `how`
        is set (default) or add, `of` is amount, volume or unit_cost, `effect` is volume, price, mix
        or one-off. With `revision`, 409 when somebody else changed one of the cells since."""
        given = _fields(body, "cells", "reason", "revision")
        done = plans.edit_cells(
            workspace, name, plan_shapes.edits_of(given), str(given.get("reason") or ""),
            revision=_revision(given),
        )  # fmt: skip
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/take-back", summary="Take adjustments back")
    def take_back(
        name: _Name,
        body: Annotated[_Given, Body(examples=[{"adjustments": [1], "reason": "not so"}])],
    ) -> Response:
        """By their numbers; both the adjustment and its opposite are kept."""
        given = _fields(body, "adjustments", "reason", "revision")
        numbers = given.get("adjustments")
        if not isinstance(numbers, list) or not all(isinstance(one, int) for one in numbers):
            raise PlanError("adjustments is a list of their numbers")
        done = plans.take_back(
            workspace, name, numbers, str(given.get("reason") or ""), revision=_revision(given)
        )
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/undo", summary="Undo")
    def undo(name: _Name, body: _Json = None) -> Response:
        """Take back one's own newest edit of cells."""
        done = plans.undo(workspace, name, revision=_revision(_fields(body, "revision")))
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/redo", summary="Redo")
    def redo(name: _Name, body: _Json = None) -> Response:
        """Do one's own newest undone edit again."""
        done = plans.redo(workspace, name, revision=_revision(_fields(body, "revision")))
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/notes", status_code=201, summary="Note something")
    def note(
        name: _Name,
        body: Annotated[_Given, Body(examples=[{"line": "l1", "text": "Ask the team."}])],
    ) -> Response:
        """On a `line`, one of its months (`month`), or the plan."""
        given = _fields(body, "line", "month", "text")
        done = plans.add_note(
            workspace, name, str(given.get("line") or ""), _month(str(given.get("month") or "")),
            str(given.get("text") or ""),
        )  # fmt: skip
        return json_response(plan_shapes.info_json(done.info), 201)


def _lines(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/plans/{name}/lines", status_code=201, summary="Add a line")
    def add(name: _Name, body: Annotated[_Given, Body(examples=[_LINE])]) -> Response:
        """What is not there yet: a `path` with a value for each level, `amounts` by month, and
        perhaps `name`, a condition (`where`), `note`, `driver`."""
        given = _fields(body, "path", "name", "amounts", "where", "note", "effect", "driver",
                        "reason", "revision")  # fmt: skip
        done = plans.add_line(
            workspace, name, plan_shapes.new_line_of(given), str(given.get("reason") or ""),
            revision=_revision(given),
        )  # fmt: skip
        line = done.document.lines[-1]
        return json_response(plan_shapes.line_json(done.document, line), 201)

    @router.patch("/plans/{name}/lines/{line}", summary="Change a line")
    def change(
        name: _Name, line: _Line, body: Annotated[_Given, Body(examples=[{"name": "Search"}])]
    ) -> Response:
        """Its `name`, or its condition (`where`)."""
        given = _fields(body, "name", "where", "revision")
        done = plans.change_line(
            workspace, name, line, title=given.get("name"), where=given.get("where"),
            revision=_revision(given),
        )  # fmt: skip
        return json_response(plan_shapes.line_json(done.document, done.document.line(line)))

    @router.delete("/plans/{name}/lines/{line}", summary="Remove a line")
    def remove(
        name: _Name,
        line: _Line,
        reason: Annotated[str, Query(description="Why", examples=["ends in March"])],
        revision: Annotated[
            int | None, Query(description="The revision looked at", examples=[3])
        ] = None,
    ) -> Response:
        """It is kept, and can be restored."""
        done = plans.remove_line(workspace, name, line, reason, revision=revision)
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/lines/{line}/restore", summary="Restore a line")
    def restore(
        name: _Name, line: _Line, body: Annotated[_Given, Body(examples=[{"reason": "it stays"}])]
    ) -> Response:
        """Put a removed line back."""
        given = _fields(body, "reason", "revision")
        done = plans.remove_line(
            workspace, name, line, str(given.get("reason") or ""), restore=True,
            revision=_revision(given),
        )  # fmt: skip
        return json_response(plan_shapes.line_json(done.document, done.document.line(line)))

    @router.post("/plans/{name}/lines/{line}/driver", summary="Drive a line")
    def drive(
        name: _Name, line: _Line, body: Annotated[_Given, Body(examples=[_DRIVER])]
    ) -> Response:
        """Make it volume × unit cost by month (`GET …/driver` proposes them), or no longer so
        (`driver` null)."""
        given = _fields(body, "driver", "reason", "revision")
        driver = given.get("driver")
        read = None if driver is None else plan_shapes.driver_given(driver)
        done = plans.drive_line(
            workspace, name, line, read, str(given.get("reason") or ""), revision=_revision(given)
        )
        return json_response(plan_shapes.line_json(done.document, done.document.line(line)))


def _decide(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/plans/{name}/submit", summary="Submit the draft")
    def submit(name: _Name, body: _Json = None) -> Response:
        """It cannot be changed until somebody decides. `note`, and the `revision` looked at."""
        given = _fields(body, "note", "revision")
        done = plans.submit(
            workspace, name, str(given.get("note") or ""), revision=_revision(given)
        )
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/versions/{version}/approve", summary="Approve a version")
    def approve(name: _Name, version: _Number, body: _Json = None) -> Response:
        """It never changes again. Not by who submitted it, unless nobody else could."""
        given = _fields(body, "note")
        done = plans.approve(workspace, name, version, str(given.get("note") or ""))
        return json_response(plan_shapes.info_json(done.info))

    @router.post("/plans/{name}/versions/{version}/reject", summary="Reject a version")
    def reject(
        name: _Name,
        version: _Number,
        body: Annotated[_Given, Body(examples=[{"reason": "too high"}])],
    ) -> Response:
        """With the `reason`; a new draft of it goes on."""
        given = _fields(body, "reason")
        done = plans.reject(workspace, name, version, str(given.get("reason") or ""))
        return json_response(plan_shapes.info_json(done.info))


def _files(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/plans/{name}/export", summary="A version as a file")
    def export(
        name: _Name,
        format: Annotated[str, Query(description="xlsx, csv or json", examples=["csv"])] = "xlsx",
        version: _Version = None,
    ) -> Response:
        """A workbook holds all of the version, and can be imported again."""
        found = plan_files.export(workspace, name, format, version)
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, media_type=found.media, headers=headers)

    @router.post("/plans/{name}/import/preview", summary="What an import would do",
                 openapi_extra=_FILE)  # fmt: skip
    async def preview(request: Request, name: _Name, file: _File = "plan.xlsx") -> Response:
        """The body is the file; nothing is changed."""
        content = await request.body()
        found = await run_in_threadpool(plan_files.preview_import, workspace, name, content, file)
        return json_response(plan_shapes.preview_json(found))

    @router.post("/plans/{name}/import", summary="Import a file", openapi_extra=_FILE)
    async def import_(
        request: Request,
        name: _Name,
        file: _File = "plan.xlsx",
        reason: Annotated[str, Query(description="Why, beside spreadsheet import")] = "",
    ) -> Response:
        """The body is the file. What was changed in it becomes adjustments, all or none."""
        content = await request.body()
        done = await run_in_threadpool(
            plan_files.apply_import, workspace, name, content, file, reason
        )
        return json_response(plan_shapes.info_json(done.info))


def _fields(body: Mapping[str, Any] | None, *allowed: str) -> dict[str, Any]:
    """The fields of a body; PlanError for one that there is not."""
    unknown = sorted(set(body or {}) - set(allowed))
    if unknown:
        raise PlanError(f"{unknown[0]!r} is no field of it; there are {', '.join(allowed)}")
    return dict(body or {})


def _revision(given: Mapping[str, Any]) -> int | None:
    found = given.get("revision")
    if found is None or (isinstance(found, int) and not isinstance(found, bool)):
        return found
    raise PlanError(f"revision is a whole number, not {found!r}")


def _month(text: str) -> BillingPeriod | None:
    return BillingPeriod.parse(text) if text else None


def _day(text: str) -> date:
    from outlay.query.ranges import parse_day

    found = parse_day(text, "cut")
    assert found is not None
    return found
