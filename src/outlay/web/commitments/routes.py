"""Commitments: how they are used, when they end, who pays and benefits, what to buy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current, who
from outlay.app.commitments import overview, planning
from outlay.app.commitments.benefits import ACCOUNT, default_tag
from outlay.app.commitments.figures import DIMENSIONS
from outlay.app.commitments.model import PURCHASE_PLAN, PurchasePlanSpec
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money.quotients import quotient
from outlay.resources import ResourceError
from outlay.resources.names import valid_name
from outlay.savings.planner.model import PAYMENT_TITLES
from outlay.web import numbers
from outlay.web.commitments import chart
from outlay.web.commitments.form import Given, choices, given, of_spec
from outlay.web.render import Site

PAGE = "/commitments"
PLANNER = f"{PAGE}/planner"
PERIODS = (7, 30, 90, 180)
_REFUSED = (ResourceError, QueryError, AccessError, LakeError)
_LONGEST_NAME = 56
_MOST_DIGITS = 9


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _overview(routes, site)
    _planner(routes, site)
    return routes


def url(params: Mapping[str, str]) -> str:
    """The page with these parameters, those without a value left out."""
    kept = {name: value for name, value in params.items() if value}
    return f"{PAGE}?{urlencode(kept)}" if kept else PAGE


def _number(text: str, default: int, field: str) -> int:
    if not text:
        return default
    if not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise QueryError(f"{text!r} is no whole number", field=field, text=text)
    return int(text)


def _overview(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(PAGE, response_class=HTMLResponse)
    def commitments(request: Request) -> Response:
        """Figures, coverage by day and hour of the week, each commitment, ends, benefits."""
        names = ("days", "by", "currency", "tag", "commitment")
        asked = {name: request.query_params.get(name, "").strip() for name in names}
        days = _number(asked["days"], overview.DAYS, "days")
        by = asked["by"] or "family"
        found = overview.overview(workspace, days, by)
        codes = [one.currency for one in found.currencies]
        if asked["currency"] and asked["currency"] not in codes:
            raise QueryError(
                f"nothing in these days is in {asked['currency']}", field="currency",
                text=asked["currency"], allowed=codes,
            )  # fmt: skip
        code = asked["currency"] or (codes[0] if codes else "")
        shown = next((one for one in found.currencies if one.currency == code), None)
        tag = asked["tag"] or default_tag(workspace)
        matrices = overview.benefits(workspace, days, tag) if found.commitments else ()
        return site.page(
            request,
            "commitments/overview.html",
            active="commitments",
            title="Commitments",
            found=found,
            shown=shown,
            codes=codes,
            code=code,
            asked=asked,
            days=days,
            by=by,
            periods=PERIODS,
            dimensions={name: title for name, (title, _) in DIMENSIONS.items()},
            drawn=chart.day_chart(shown.days) if shown else None,
            week=chart.week(shown.week) if shown else {},
            weekdays=chart.WEEKDAYS,
            width=chart.WIDTH,
            height=chart.HEIGHT,
            held=[one for one in found.commitments if one.currency == code],
            endings=overview.ending(workspace) if found.commitments else (),
            matrix=next((one for one in matrices if one.currency == code), None),
            tag=tag,
            tags=[*sorted(workspace.rules().tags), ACCOUNT],
            today=workspace.today(),
            url=lambda **change: url(asked | change),
            span=numbers.days(found.start, found.end),
            charges=bool(found.currencies) or workspace.holds_charges(),
            may_edit=current().may("editor"),
        )


def _planner(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(PLANNER, response_class=HTMLResponse)
    def planner(request: Request) -> Response:
        """What to buy: the assumptions in the address, the portfolio and what it comes to."""
        fields, name = given(request.url.query), request.query_params.get("plan", "").strip()
        spec: PurchasePlanSpec | None = None
        if name and not fields.asked:
            spec = planning.kept_plan(workspace, name)
            fields = of_spec(spec)
        try:
            found = planning.planned(workspace, spec if spec is not None else fields.spec())
        except QueryError as error:
            return _page(site, request, fields, name, problem=str(error))
        return _page(site, request, fields, name, found)

    @routes.post(PLANNER)
    async def keep(request: Request) -> Response:
        """Keep the assumptions as a PurchasePlan, under a name from its title."""
        body = (await request.body()).decode("utf-8", "replace")
        return await run_in_threadpool(_kept, site, request, body)

    @routes.post(f"{PAGE}/plans/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a purchase plan; its history stays."""
        workspace.delete_resource(PURCHASE_PLAN.name, name, author=who())
        return RedirectResponse(PLANNER, 303)


def _kept(site: Site, request: Request, body: str) -> Response:
    workspace = site.workspace
    fields = given(body)
    titled = [text.strip() for text in parse_qs(body).get("title", [""])]
    try:
        if not titled[-1]:
            raise QueryError("a plan that is kept needs a title", field="title")
        spec = fields.spec() | {"title": titled[-1]}
        name = _free_name(site, titled[-1])
        workspace.put_resource(PURCHASE_PLAN.name, name, spec, author=who(), expected_version=0)
    except _REFUSED as error:
        return _page(site, request, fields, "", problem=str(error))
    return RedirectResponse(f"{PLANNER}?plan={quote(name, safe='')}", 303)


def _free_name(site: Site, title: str) -> str:
    base = valid_name(title, "plan")[:_LONGEST_NAME].strip("-")
    known, number, name = set(site.workspace.resources.names(PURCHASE_PLAN.name)), 1, base
    while name in known:
        number += 1
        name = f"{base}-{number}"
    return name


def _page(
    site: Site,
    request: Request,
    fields: Given,
    name: str,
    found: planning.PurchasePlanned | None = None,
    problem: str = "",
) -> Response:
    workspace = site.workspace
    services: list[Any] = sorted(
        {one.service for plan in (found.plans if found else ()) for one in plan.demand.classes}
    )
    return site.page(
        request,
        "commitments/planner.html",
        400 if problem else 200,
        active="commitments",
        title="Purchase planner",
        given=fields,
        name=name,
        found=found,
        problem=problem,
        kept=planning.plans(workspace),
        choices=choices(),
        payments=PAYMENT_TITLES,
        services=services,
        curves={
            f"{one.demand.payer}/{one.demand.currency}": chart.curve(one.curve)
            for one in (found.plans if found else ())
        },
        width=chart.WIDTH,
        height=chart.HEIGHT,
        charges=workspace.holds_charges(),
        may_edit=current().may("editor"),
        quote=quote,
        ratio=quotient,
        pairs=fields.pairs,
    )
