"""Usage: the metrics that there are, one metric by time and group, and the provisional lane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.app import usage as usages
from outlay.money import BillingPeriod
from outlay.query import QueryError, ranges
from outlay.query.usage import MetricInfo, UsageQuery
from outlay.web import words
from outlay.web.render import Site
from outlay.web.usage import view
from outlay.web.usage.view import USAGE, Link, url

_MOST_ROWS = 200
_MOST_PROVISIONAL = 60


def router(site: Site) -> APIRouter:
    """The routes of usage."""
    routes = APIRouter()

    @routes.get(USAGE, response_class=HTMLResponse)
    def usage(request: Request) -> Response:
        """The metrics and the provisional lane, or one metric with chart and table."""
        params = dict(request.query_params)
        try:
            query = UsageQuery.of(params, others=("page",))
            if query.metrics:
                return _metric(site, request, query)
            return _overview(site, request, query)
        except QueryError as error:
            return _misunderstood(site, request, params, error)

    @routes.get(f"{USAGE}/ask")
    def ask(request: Request) -> Response:
        """Target of the pickers' form: to the address of the question they make."""
        fields = request.query_params
        given: dict[str, Any] = {
            key: fields[key] for key in ("metric", "grain", "where", "range", "from", "to")
            if fields.get(key)
        }  # fmt: skip
        given["by"] = [name for name in dict.fromkeys(fields.getlist("by")) if name]
        if fields.get("until"):
            day = ranges.parse_day(fields["until"], "to")
            assert day is not None
            given["to"] = str(day + timedelta(days=1))
        if given.get("from") or given.get("to"):
            given.pop("range", None)
        return RedirectResponse(url(UsageQuery.of(given)), 303)

    return routes


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _overview(site: Site, request: Request, query: UsageQuery) -> Response:
    """Every metric, and what is provisional."""
    workspace = site.workspace
    metrics = usages.metrics(workspace)
    # Two months tell what is open; `outlay provisional` reads all of the past.
    newest = max((one.last for one in metrics), default=_now())
    since = BillingPeriod.of(newest.date()).previous().start
    lane = usages.provisional(workspace, UsageQuery.of({"from": str(since)}))
    open_ = [row for row in lane.rows if row.provisional]
    return site.page(
        request,
        "usage/overview.html",
        active="usage",
        title="Usage",
        metrics=metrics,
        urls={
            (one.metric, one.unit): url(UsageQuery.of({"metric": one.metric, "by": _first(one)}))
            for one in metrics
        },
        last_days={
            (one.metric, one.unit): (one.last - timedelta(microseconds=1)).date() for one in metrics
        },
        currencies=sorted({code for one in metrics for code in one.estimates}),
        lane=lane,
        since=since,
        open=open_[-_MOST_PROVISIONAL:],
        hidden=max(0, len(open_) - _MOST_PROVISIONAL),
        metric_words=view.metric_words,
    )


def _first(metric: MetricInfo) -> str:
    """What a metric is best looked at by, before anyone has chosen."""
    name = metric.metric
    if name.startswith("node_"):
        return "x_Node"
    if name.startswith(("cpu", "memory", "gpu", "network", "volume", "load", "vm_")):
        return "x_Namespace"
    return "x_Model" if "token" in name else "x_SourceName"


def _metric(site: Site, request: Request, query: UsageQuery) -> Response:
    """One metric: the first, where the address names several."""
    workspace, now = site.workspace, _now()
    query = query.but(metrics=query.metrics[:1])
    metrics = usages.metrics(workspace)
    there = [one for one in metrics if one.metric == query.metrics[0]]
    if not there:
        # Asking says which metric is meant.
        usages.usage(workspace, query, now=now)
    metric = there[0] if there else metrics[0]
    dimensions = usages.dimensions(workspace)
    query = query.but(by=tuple(name for name in query.by if name in dimensions or query.where))
    grain = query.grain if query.grain != "none" else view.fitting_grain(metric, query, now.date())
    table = usages.usage(workspace, query.but(grain="none", limit=None), now=now)
    drawn = usages.usage(workspace, query.but(grain=grain, limit=view.TOP), now=now)
    everything = usages.usage(workspace, UsageQuery(metrics=query.metrics, by=query.by), now=now)
    chart, painted = view.chart(drawn, grain, view.ranked(everything))
    rows = view.lines(table, painted)
    days = ranges.resolve(query.range, now.date())
    return site.page(
        request,
        "usage/metric.html",
        active="usage",
        title=view.title(query),
        query=query,
        metric=metric,
        metrics=metrics,
        chart=chart,
        grain=grain,
        rows=rows[:_MOST_ROWS],
        row_count=len(rows),
        totals=table.totals,
        currencies=table.currencies,
        chips=view.chips(query),
        clear=url(query.but(where="")),
        everything=url(query.but(where="", range=ranges.ALL, grain="none")),
        ranges=[
            Link(words.range_(name), url(query.but(range=name)), name == query.range)
            for name in view.RANGES
        ],
        range_title=words.range_(query.range),
        range_from="" if days.start is None else str(days.start),
        range_until="" if days.end is None else str(days.end - timedelta(days=1)),
        grains=[
            Link(text, url(query.but(grain=name)), name == grain)
            for name, text in view.GRAINS.items()
        ],
        groups=_groups(query, dimensions),
        params={k: v for k, v in query.to_params().items() if k not in ("by", "where")},
        metric_words=view.metric_words,
        words=words,
        api=url(query, "/api/v1/usage"),
        csv=url(query, "/api/v1/usage.csv"),
    )


def _groups(query: UsageQuery, dimensions: list[str]) -> list[list[Link]]:
    """The choices of each of the two pickers."""
    slots = [*query.by[:2], ""][:2]
    return [
        [
            Link(words.dimension(name), "", name == chosen, name)
            for name in dimensions
            if name == chosen or name not in query.by
        ]
        for chosen in slots
    ]


def _misunderstood(
    site: Site, request: Request, params: dict[str, str], error: QueryError
) -> Response:
    without = {key: value for key, value in params.items() if key != error.field}
    try:
        way_out = url(UsageQuery.of(without, others=("page",)))
    except QueryError:
        way_out = USAGE
    return site.page(
        request,
        "usage/misunderstood.html",
        400,
        active="usage",
        title="This question cannot be answered",
        error=error,
        where_text=params.get("where", ""),
        params={key: value for key, value in params.items() if key != "where"},
        without=way_out,
    )
