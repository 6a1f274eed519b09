"""Metrics over HTTP: what there is, their values, and values that come in."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.api.answers import CSV, json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace
from outlay.app.metric_status import (
    delivery_json,
    metric_json,
    put_json,
    restatement_json,
    sync_json,
    values_json,
)
from outlay.app.metrics import Asked, days_text
from outlay.query import CostQuery, QueryError
from outlay.query.model import moment_text
from outlay.sources.documents import decode

_Name = Annotated[str, Path(description="The metric's name", examples=["orders"])]
_VALUES = {
    "values": [
        {"date": "2026-10-31", "value": "1204", "labels": {"channel": "web"}},
        {"date": "2026-10-31", "value": "87", "labels": {"channel": "shop"}},
    ]
}
_FORMATS = ("json", "csv")


def routes(workspace: Workspace) -> APIRouter:
    """The routes of metrics."""
    router = APIRouter(route_class=ProblemRoute, tags=["Metrics"], responses=RESPONSES)
    _reading(router, workspace)
    _writing(router, workspace)
    return router


def _reading(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/metrics", summary="Every metric")
    def listed() -> Response:
        """With its freshness, the days that it knows, and its gaps."""
        return json_response([metric_json(m) for m in workspace.metrics.statuses()])

    @router.get("/metrics/{name}", summary="One metric")
    def metric(name: _Name) -> Response:
        """With its deliveries, newest first."""
        history = [delivery_json(one) for one in workspace.metrics.history(name)]
        return json_response(metric_json(workspace.metrics.show(name)) | {"history": history})

    @router.get("/metrics/{name}/values", summary="Values of a metric")
    def values(
        name: _Name,
        by: Annotated[str, Query(description="Labels, comma-separated")] = "",
        grain: Annotated[str, Query(description="day, week, month, quarter, year or all")] = "day",
        range: Annotated[str, Query(description="A relative range; default all")] = "",
        from_: Annotated[str, Query(alias="from", description="First day, UTC")] = "",
        to: Annotated[str, Query(description="Day after the last one")] = "",
        as_of: Annotated[str, Query(description="A day or UTC time: what was known then")] = "",
        format: Annotated[str, Query(description="json or csv")] = "json",
    ) -> Response:
        """By period and label; `value` is text with all its digits, and null where nothing is
        known. `days` and `days_known` tell what the period has."""
        _one_of(format, "format", _FORMATS)
        labels = tuple(part.strip() for part in by.split(",") if part.strip())
        asked = Asked(labels, grain, days_text(range, from_, to), _moment(as_of))
        answer = workspace.metrics.values(name, asked)
        rows = values_json(labels, answer.periods)
        if format == "csv":
            return _csv(labels, rows, name)
        return json_response(
            {
                "metric": name,
                "by": list(labels),
                "grain": grain,
                "from": None if answer.start is None else str(answer.start),
                "to": None if answer.end is None else str(answer.end),
                "values": rows,
            }
        )

    @router.get("/metrics/{name}/deliveries/{sequence}", summary="What a delivery changed")
    def delivery(name: _Name, sequence: int) -> Response:
        """Each value with what was known before it (null: nothing) and after (null: withdrawn)."""
        return json_response(
            [restatement_json(change) for change in workspace.metrics.restated(name, sequence)]
        )


def _writing(router: APIRouter, workspace: Workspace) -> None:
    @router.post(
        "/metrics/{name}/values",
        summary="Push values",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"type": "object"}, "example": _VALUES},
                    "text/csv": {
                        "schema": {"type": "string"},
                        "example": "date,channel,value\n2026-10-31,web,1204\n",
                    },
                },
            }
        },
    )
    async def push(request: Request, name: _Name) -> Response:
        """JSON or CSV (`Content-Type: text/csv`), whole or not at all: a row that is not right
        refuses the delivery and is named. The same values again change nothing; others for the
        same day and labels restate; null withdraws."""
        content = await request.body()
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/csv":
            put = await run_in_threadpool(
                workspace.metrics.load, name, content, file="the body", author=who()
            )
        else:
            workspace.metrics.spec(name)
            data = await run_in_threadpool(_json, content)
            put = await run_in_threadpool(workspace.metrics.push, name, data, author=who())
        return json_response(put_json(put))

    @router.post("/metrics/{name}/sync", summary="Fetch a metric")
    def sync(
        name: _Name,
        since: Annotated[dict[str, str] | None, Body(examples=[{"from": "2026-10-01"}])] = None,
    ) -> Response:
        """From some days before the newest known value, or from a day on."""
        from outlay.query.ranges import parse_day

        first = parse_day((since or {}).get("from", ""), "from")
        (done,) = workspace.metrics.sync([name], since=first)
        return json_response(sync_json(done), 502 if done.outcome == "failed" else 200)


def _json(content: bytes) -> Any:
    """The body, its fractions as text: no number passes through a double."""
    from outlay.allocation.metrics import MetricDataError
    from outlay.sources.contract import SourceError

    try:
        return decode(content, "the body")
    except SourceError as error:
        raise MetricDataError(str(error)) from None


def _moment(text: str) -> Any:
    if not text:
        return None
    at = CostQuery(as_of=moment_text(text, "as_of")).as_of_moment()
    if isinstance(at, int):
        raise QueryError(
            "a metric is of a moment, not of a snapshot of the lake",
            field="as_of",
            text=text,
            allowed=("YYYY-MM-DD", "YYYY-MM-DDTHH:MM:SSZ"),
        )
    return at


def _one_of(text: str, field: str, allowed: tuple[str, ...]) -> None:
    if text not in allowed:
        raise QueryError(f"{text!r} is not known", field=field, text=text, allowed=allowed)


def _csv(labels: tuple[str, ...], rows: list[dict[str, Any]], name: str) -> Response:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["period", *labels, "value", "days", "days_known"])
    for row in rows:
        named = [row["labels"][label] or "" for label in labels]
        value = "" if row["value"] is None else row["value"]
        writer.writerow([row["period"], *named, value, row["days"], row["days_known"]])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(buffer.getvalue(), media_type=CSV, headers=headers)
