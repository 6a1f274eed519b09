"""Unit costs: the list, and one with its chart, table, margin and what drove the change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import who
from outlay.app.units import UnitCost
from outlay.query import QueryError, ranges
from outlay.query.unit import UnitQuery, UnitResult
from outlay.resources import ResourceError
from outlay.web import numbers, words
from outlay.web.render import Site
from outlay.web.sparks import Spark, spark
from outlay.web.units import view
from outlay.web.units.view import UNITS, Link, url
from outlay.web.units.waterfall import HEIGHT, WIDTH, starts_above_nought, waterfall
from outlay.web.views import form

_FIELDS = ("name", "title", "metric", "where", "label", "dimension", "revenue")
_QUERY = ("range", "from", "to", "grain", "by", "before", "after", "as_of")


@dataclass(frozen=True)
class Row:
    """A unit cost in the list; `problem` says why it cannot be told."""

    unit: UnitCost
    result: UnitResult | None
    newest: view.Newest | None
    line: Spark | None
    problem: str = ""


def router(site: Site) -> APIRouter:
    """The routes of unit costs."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get(UNITS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every unit cost with its newest number."""
        return _list(site, request)

    @routes.post(UNITS)
    async def define(request: Request) -> Response:
        """Keep a unit cost; what cannot be asked is refused with the reason."""
        fields = await form(request)
        given = {key: fields.get(key, "").strip() for key in _FIELDS}
        spec: dict[str, Any] = {
            key: given[key] for key in ("title", "metric", "where", "revenue") if given[key]
        }
        if given["label"] or given["dimension"]:
            spec["by"] = {"label": given["label"], "dimension": given["dimension"]}
        try:
            await run_in_threadpool(workspace.units.define, given["name"], spec, author=who())
        except (ResourceError, QueryError) as error:
            return await run_in_threadpool(_list, site, request, given, str(error))
        return RedirectResponse(f"{UNITS}/{given['name']}", 303)

    @routes.get(f"{UNITS}/{{name}}/ask")
    def ask(request: Request, name: str) -> Response:
        """Target of the pickers' forms: to the address of what they choose."""
        fields = {k: v for k, v in request.query_params.items() if v}
        if fields.get("until"):
            day = ranges.parse_day(fields.pop("until"), "to")
            assert day is not None
            fields["to"] = str(day + timedelta(days=1))
        if fields.get("from") or fields.get("to"):
            fields.pop("range", None)
        return RedirectResponse(url(name, UnitQuery.from_params(fields)), 303)

    @routes.get(f"{UNITS}/{{name}}", response_class=HTMLResponse)
    def unit(request: Request, name: str) -> Response:
        """One unit cost."""
        return _unit(site, request, name)

    return routes


def _list(
    site: Site, request: Request, given: dict[str, str] | None = None, refused: str = ""
) -> Response:
    workspace = site.workspace
    metrics = workspace.metrics.specs()
    return site.page(
        request,
        "units/units.html",
        400 if refused else 200,
        active="units",
        title="Unit costs",
        rows=[_row(site, unit) for unit in workspace.units.all()],
        metrics=metrics,
        money={name: spec for name, spec in metrics.items() if spec.currency},
        labels=sorted({label for spec in metrics.values() for label in spec.labels}),
        tags=sorted(workspace.rules().tags),
        given=given or dict.fromkeys(_FIELDS, ""),
        refused=refused,
        per_unit=view.per_unit,
    )


def _row(site: Site, unit: UnitCost) -> Row:
    """One that cannot be asked any more says why; the others are shown all the same."""
    try:
        result = site.workspace.units.ask(unit.name, UnitQuery(by=False))
    except QueryError as error:
        return Row(unit, None, None, None, str(error))
    line = spark([p.total.unit_cost if p.whole else None for p in result.periods])
    return Row(unit, result, view.newest(result), line)


def _unit(site: Site, request: Request, name: str) -> Response:
    unit = site.workspace.units.show(name)
    query = UnitQuery.from_params(dict(request.query_params))
    result = site.workspace.units.ask(name, query)
    drivers = result.change.drivers if result.change else None
    chosen = query.grain or unit.spec.grain
    start, end = result.range_ or (None, None)
    return site.page(
        request,
        "units/unit.html",
        active="units",
        title=unit.title,
        unit=unit,
        result=result,
        query=query,
        newest=view.newest(result),
        chart=view.chart(result),
        blocks=view.blocks(result),
        paint=view.painted(result),
        by=unit.spec.by if query.by else None,
        range_title=view.range_title(query.range),
        range_from="" if start is None else str(start),
        range_until="" if end is None else str(end - timedelta(days=1)),
        params={k: v for k, v in query.to_params().items()},
        ranges=[
            Link(view.range_title(text), url(name, _plain(query, range=text)), text == query.range)
            for text in view.RANGES
        ],
        grains=[
            Link(text, url(name, _plain(query, grain=grain)), grain == chosen)
            for grain, text in view.GRAINS.items()
        ],
        views=[
            Link("By " + unit.spec.by.label, url(name, replace(query, by=True)), query.by),
            Link("In total", url(name, replace(query, by=False)), not query.by),
        ]
        if unit.spec.by
        else [],
        cost_drivers=view.cost_drivers(unit.spec, result),
        bars=waterfall(drivers) if drivers else (),
        cut=starts_above_nought(drivers) if drivers else False,
        width=WIDTH,
        height=HEIGHT,
        period=lambda day: words.period(day, result.grain),
        csv=url(name, query, "/api/v1/units") + ("&" if query.to_params() else "?") + "format=csv",
        api=url(name, query, "/api/v1/units"),
        per_unit=view.per_unit,
        quotient=view.quotient,
        units_exact=view.units_exact,
        days=numbers.days,
    )


def _plain(query: UnitQuery, **changes: Any) -> UnitQuery:
    """Other days or another grain have other periods: those that were compared are let go."""
    return replace(query, before=None, after=None, **changes)
