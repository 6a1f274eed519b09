"""Metrics: the list with freshness and gaps, one metric with its history, and values by a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.allocation.metrics import MetricDataError
from outlay.allocation.metrics.values import expected_header
from outlay.app.metric_status import MetricStatus
from outlay.app.metrics import Asked, days_text, run_name
from outlay.query import QueryError, ranges
from outlay.query.model import CostQuery, moment_text
from outlay.resources import ResourceError
from outlay.web import words
from outlay.web.explore.address import address
from outlay.web.metrics import view
from outlay.web.metrics.view import METRICS, Link, url
from outlay.web.render import Site
from outlay.web.sparks import spark
from outlay.web.views import form

_MOST_CHANGES = 200
_FIELDS = ("name", "title", "unit", "currency", "labels", "grain", "aggregation", "missing")


def router(site: Site) -> APIRouter:
    """The routes of metrics."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get(METRICS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every metric: freshness, sparkline, gaps, restatements."""
        return _list(site, request)

    @routes.post(METRICS)
    async def define(request: Request) -> Response:
        """Define a metric whose values are pushed."""
        fields = await form(request)
        given = {key: fields.get(key, "").strip() for key in _FIELDS}
        spec: dict[str, Any] = {
            key: given[key] for key in ("title", "unit", "grain", "aggregation", "missing")
            if given[key]
        }  # fmt: skip
        spec["labels"] = [part for part in given["labels"].replace(",", " ").split() if part]
        if given["currency"]:
            spec["currency"] = given["currency"]
        try:
            workspace.metrics.define(given["name"], spec, author=who())
        except ResourceError as error:
            return await run_in_threadpool(_list, site, request, given, str(error))
        return RedirectResponse(f"{METRICS}/{given['name']}", 303)

    @routes.get(f"{METRICS}/{{name}}/ask")
    def ask(request: Request, name: str) -> Response:
        """Target of the pickers' form: to the address of what they choose."""
        fields = dict(request.query_params)
        if fields.get("until"):
            day = ranges.parse_day(fields.pop("until"), "to")
            assert day is not None
            fields["to"] = str(day + timedelta(days=1))
        if fields.get("from") or fields.get("to"):
            fields.pop("range", None)
        return RedirectResponse(url(name, **fields), 303)

    @routes.get(f"{METRICS}/{{name}}", response_class=HTMLResponse)
    def metric(request: Request, name: str) -> Response:
        """One metric: chart, table, history, definition."""
        return _metric(site, request, name)

    @routes.post(f"{METRICS}/{{name}}/values")
    async def upload(request: Request, name: str, file: Annotated[UploadFile, File()]) -> Response:
        """Take the values of a CSV file, whole or not at all."""
        content = await file.read()
        title = (file.filename or "the file").rpartition("/")[2]
        try:
            put = await run_in_threadpool(
                workspace.metrics.load, name, content, file=title, author=who()
            )
        except MetricDataError as error:
            return await run_in_threadpool(_metric, site, request, name, error)
        taken = put.delivery.sequence if put.delivery else "none"
        return RedirectResponse(url(name, taken=taken) + "#history", 303)

    @routes.post(f"{METRICS}/{{name}}/sync")
    def sync(name: str) -> Response:
        """Ask for a sync as soon as may be; the page shows its run."""
        status = workspace.metrics.show(name)
        if site.syncer is not None and status.spec.source.kind != "push":
            site.syncer.request(run_name(name))
        return RedirectResponse(f"{METRICS}/{name}", 303)

    return routes


def _list(
    site: Site, request: Request, given: dict[str, str] | None = None, refused: str = ""
) -> Response:
    found = site.workspace.metrics.statuses()
    return site.page(
        request,
        "metrics/metrics.html",
        400 if refused else 200,
        active="metrics",
        title="Metrics",
        metrics=found,
        sparks={one.name: spark([value for _, value in one.recent]) for one in found},
        tones=view.STATE_TONES,
        given=given or dict.fromkeys(_FIELDS, ""),
        refused=refused,
    )


def _metric(
    site: Site, request: Request, name: str, refused: MetricDataError | None = None
) -> Response:
    workspace, params = site.workspace, {} if refused else dict(request.query_params)
    status = workspace.metrics.show(name)
    asked, given = _asked(site, status, params)
    answer = workspace.metrics.values(name, asked)
    delivery = int(params["delivery"]) if params.get("delivery", "").isdigit() else None
    changes = workspace.metrics.restated(name, delivery, _MOST_CHANGES + 1) if delivery else ()
    history = workspace.metrics.history(name)
    return site.page(
        request,
        "metrics/metric.html",
        422 if refused else 200,
        active="metrics",
        title=status.title,
        metric=status,
        tones=view.STATE_TONES,
        shown=view.shown(status.spec, answer),
        asked=asked,
        range_title=words.range_(asked.range),
        range_from="" if answer.start is None else str(answer.start),
        range_until=view.last_day(answer),
        given=given,
        ranges=[
            Link(words.range_(text), url(name, **_but(given, range=text)), text == asked.range)
            for text in view.RANGES
        ],
        grains=[
            Link(text, url(name, **_but(given, grain=grain)), grain == asked.grain)
            for grain, text in view.GRAINS.items()
        ],
        labels=[
            Link(label or "Nothing", "", label == (asked.by[0] if asked.by else ""),
                 label or "none")
            for label in ("", *status.spec.labels)
        ],
        history=history,
        then={one.sequence: url(name, as_of=f"{one.known_at.isoformat()}Z") for one in history},
        delivery=delivery,
        changes=changes[:_MOST_CHANGES],
        more_changes=len(changes) > _MOST_CHANGES,
        refused=refused,
        taken=params.get("taken"),
        header=expected_header(status.spec),
        background=site.syncer is not None,
        waits=site.syncer is not None and site.syncer.waits(run_name(name)),
        csv=_api(name, asked, given, "csv"),
        api=_api(name, asked, given, "json"),
        number=view.exact,
    )  # fmt: skip


def _asked(
    site: Site, status: MetricStatus, params: dict[str, str]
) -> tuple[Asked, dict[str, str]]:
    """What the address asks, and its parts."""
    text = days_text(params.get("range"), params.get("from"), params.get("to"))
    if text == "all" and not params.get("range"):
        text = view.DEFAULT_RANGE
    by = params.get("by") or (status.spec.labels[0] if status.spec.labels else "")
    labels = () if by in ("", "none") else (by,)
    at = _moment(params.get("as_of", ""))
    grain = params.get("grain") or _grain(site, status, text)
    given = {key: params[key] for key in ("range", "from", "to", "grain", "by", "as_of")
             if params.get(key)}  # fmt: skip
    return Asked(labels, grain, text, at), given


def _grain(site: Site, status: MetricStatus, text: str) -> str:
    days = ranges.resolve(ranges.range_text(text), site.workspace.today())
    start, end = days.start or status.coverage.first, days.end or status.coverage.last
    return view.fitting_grain((end - start).days if start and end else 0)


def _moment(text: str) -> datetime | None:
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


def _but(given: dict[str, str], **changes: str) -> dict[str, str]:
    kept = dict(given)
    if "range" in changes:
        for key in ("from", "to"):
            kept.pop(key, None)
    return kept | changes


def _api(name: str, asked: Asked, given: dict[str, str], format: str) -> str:
    """The address of the same answer as data."""
    days = {key: given[key] for key in ("from", "to", "as_of") if given.get(key)}
    if not (days.get("from") or days.get("to")):
        days["range"] = asked.range
    parts = {"by": ",".join(asked.by), "grain": asked.grain, "format": format}
    return address(f"/api/v1/metrics/{name}/values", days | {k: v for k, v in parts.items() if v})
