"""Utilisation: how busy resources are, and how much of the bill is measured at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from outlay.app.utilization import asking
from outlay.app.utilization.asking import Coverage
from outlay.focus.utilization import METRICS
from outlay.query import QueryError
from outlay.query.utilization import UtilizationQuery, UtilizationResult, UtilizationRow
from outlay.web import words
from outlay.web.explore.address import address
from outlay.web.render import Site
from outlay.web.sparks import Spark, spark
from outlay.web.utilization import sources

UTILIZATION = "/utilization"
RANGES = ("last-7-days", "last-14-days", "last-30-days", "last-90-days", "last-month", "all")
_MOST = 200
_SERVICES = 12
_FULL = Decimal(100)


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()

    @routes.get(UTILIZATION, response_class=HTMLResponse)
    def utilization(request: Request) -> Response:
        """Coverage and every measured resource, or one resource with its days."""
        params = {key: value for key, value in request.query_params.items() if value}
        try:
            return _page(site, request, UtilizationQuery.of(params))
        except QueryError as error:
            return _misunderstood(site, request, params, error)

    routes.include_router(sources.router(site))
    return routes


def url(query: UtilizationQuery, path: str = UTILIZATION) -> str:
    """The address of a question."""
    return address(path, query.to_params())


def _page(site: Site, request: Request, query: UtilizationQuery) -> Response:
    workspace, now = site.workspace, datetime.now(UTC).replace(tzinfo=None)
    one = len(query.resources) == 1 and query.by == ("ResourceId",)
    found = asking.measurements(workspace, query, now=now)
    covered = None if one else asking.coverage(workspace, query.range, now=now)
    days = asking.measurements(workspace, query.but(grain="day"), now=now) if one else None
    everything = UtilizationQuery()
    there = bool(found.rows) or bool(
        asking.measurements(workspace, everything.but(range="all", limit=1), now=now).rows
    )
    return site.page(
        request,
        "utilization/page.html",
        active="usage",
        title=_title(query, one=one),
        query=query,
        one=one,
        rows=found.rows[:_MOST],
        groups=_groups(query, found.rows[:_MOST]),
        hidden=found.left_out + max(0, len(found.rows) - _MOST),
        there=there,
        measured=len({row.values for row in found.rows}),
        sparks={} if days is None else _sparks(days),
        shown=metric_words,
        value=value_words,
        bar=bar,
        address=url,
        until=lambda row: (row.last - timedelta(microseconds=1)).date(),
        columns=[words.dimension(name) for name in query.by],
        metrics=[(name, metric_words(name)) for name in METRICS],
        ranges=_ranges(query),
        range_title=words.range_(query.range),
        clear=url(UtilizationQuery(range=query.range)),
        everything=url(query.but(range="all")),
        api=url(query, "/api/v1/utilization"),
        csv=url(query, "/api/v1/utilization.csv"),
        **_coverage(covered),
    )


def _title(query: UtilizationQuery, *, one: bool) -> str:
    return f"Utilisation of {query.resources[0]}" if one else "Utilisation"


@dataclass(frozen=True)
class Group:
    """The metrics of one resource (or of one value of what is grouped by), and its page."""

    name: str
    href: str
    rows: list[UtilizationRow]


def _groups(query: UtilizationQuery, rows: Sequence[UtilizationRow]) -> list[Group]:
    found = []
    for values, own in groupby(rows, lambda row: row.values):
        name = " · ".join("(none)" if value is None else value for value in values)
        linked = query.by == ("ResourceId",) and values[0] is not None
        href = url(query.but(resources=(str(values[0]),))) if linked else ""
        found.append(Group(name, href, list(own)))
    return found


def _ranges(query: UtilizationQuery) -> list[tuple[str, str, bool]]:
    """The choices of days: value, text, chosen; with the question's own where it is another."""
    names = RANGES if query.range in RANGES or ".." in query.range else (query.range, *RANGES)
    return [(name, words.range_(name), name == query.range) for name in names]


def _coverage(covered: Coverage | None) -> dict[str, Any]:
    if covered is None:
        return {"coverage": None, "services": [], "more_services": 0}
    # What is not measured at all and never can be tells nothing: the dearest of the others do.
    rows = [row for row in covered.rows if row.cost > 0 and row.resources]
    rows.sort(key=lambda row: (not row.measured_resources, row.cost.copy_negate()))
    totals = sorted(covered.totals, key=lambda total: total.cost.copy_negate())
    return {
        "coverage": replace(covered, totals=tuple(totals)),
        "services": rows[:_SERVICES],
        "more_services": max(0, len(rows) - _SERVICES),
    }


def _sparks(days: UtilizationResult) -> dict[str, Spark | None]:
    """A line of each metric over its days: the highest values, else the averages."""
    found: dict[str, list[Decimal | None]] = {}
    for row in days.rows:
        value = row.maximum if row.maximum is not None else row.average
        found.setdefault(row.metric, []).append(value)
    return {metric: spark(values) for metric, values in found.items()}


def metric_words(metric: str) -> str:
    """`memory_available` → *Memory available*."""
    text = metric.replace("_", " ")
    for word in ("cpu", "gpu", "iops", "dtu"):
        text = " ".join(part.upper() if part == word else part for part in text.split(" "))
    return text[:1].upper() + text[1:]


_BYTES = ("bytes", "kB", "MB", "GB", "TB", "PB")


def value_words(value: Decimal | None, row: UtilizationRow) -> str:
    """A measured value with its unit for people; a dash where nothing was measured."""
    if value is None:
        return "–"
    if row.unit == "Percent":
        return f"{value:.1f} %"
    if row.unit == "State":
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if row.unit.startswith("Bytes"):
        step = 0
        while abs(value) >= 1000 and step < len(_BYTES) - 1:
            value, step = value / 1000, step + 1
        per = "/s" if row.unit.endswith("Second") else ""
        return f"{value:,.1f} {_BYTES[step]}{per}"
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def bar(value: Decimal | None, row: UtilizationRow) -> str | None:
    """The width in percent of the bar of a percentage; None for other units."""
    if value is None or row.unit != "Percent":
        return None
    return f"{max(Decimal(0), min(value, _FULL)):.1f}"


def _misunderstood(
    site: Site, request: Request, params: dict[str, str], error: QueryError
) -> Response:
    without = {key: value for key, value in params.items() if key != error.field}
    try:
        way_out = url(UtilizationQuery.of(without))
    except QueryError:
        way_out = UTILIZATION
    return site.page(
        request,
        "utilization/misunderstood.html",
        400,
        active="usage",
        title="This question cannot be answered",
        error=error,
        where_text="",
        params=params,
        without=way_out,
    )
