"""Budgets: where each stands, one with its chart and past, the form, suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import AccessError, current, who
from outlay.app.planning import budget_drafts, budgets
from outlay.app.planning.budget_words import driver, unconverted_text
from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money.display import places
from outlay.planning.budgets.model import BUDGET
from outlay.planning.budgets.periods import following, previous
from outlay.query import equals
from outlay.resources import ResourceError
from outlay.resources.names import valid_name
from outlay.web import numbers
from outlay.web.budgets import view
from outlay.web.budgets.bars import HEIGHT as BAR_HEIGHT
from outlay.web.budgets.bars import WIDTH as BAR_WIDTH
from outlay.web.budgets.bars import bar
from outlay.web.budgets.chart import HEIGHT, WIDTH, chart, label
from outlay.web.budgets.form import SEVERITIES, Given, empty, of_spec, posted
from outlay.web.budgets.view import BUDGETS, budget_url
from outlay.web.render import Site
from outlay.web.typed import number

_REFUSED = (ResourceError, QueryError, AccessError, LakeError)
_LONGEST_NAME = 56


def router(site: Site) -> APIRouter:
    """The routes of this room."""
    routes = APIRouter()
    _list(routes, site)
    _suggest(routes, site)
    _forms(routes, site)
    _one(routes, site)
    return routes


def _words() -> dict[str, Any]:
    """What every template of budgets needs."""
    return {
        "states": view.STATES,
        "days": numbers.days,
        "bar_width": BAR_WIDTH,
        "bar_height": BAR_HEIGHT,
        "budget_url": budget_url,
        "missing_text": unconverted_text,
        "may_edit": current().may("editor") and current().whole,
    }


def _list(routes: APIRouter, site: Site) -> None:
    @routes.get(BUDGETS, response_class=HTMLResponse)
    def listed(request: Request) -> Response:
        """Every budget as a tree, with its bar, its state and totals."""
        params = {key: request.query_params.get(key, "") for key in view.FILTERS}
        now = utc_now()
        try:
            found = budgets.statuses(site.workspace, now, at=params["at"])
        except QueryError as error:
            return _page(site, request, params, (), str(error), status=400)
        return _page(site, request, params, found)


def _page(
    site: Site,
    request: Request,
    params: Mapping[str, str],
    found: tuple[budgets.BudgetStatus, ...],
    problem: str = "",
    status: int = 200,
) -> Response:
    shown = view.rows(found, params)
    return site.page(
        request,
        "budgets/list.html",
        status,
        active="budgets",
        title="Budgets",
        params=params,
        found=found,
        rows=shown,
        sums=view.sums(shown),
        choices=view.state_choices(found, params),
        owners=view.owners(found),
        lengths=sorted({one.budget.spec.period for one in found}),
        length_titles=view.LENGTHS,
        months=view.months(site.workspace.today(), params["at"]),
        clear=view.url({}),
        problem=problem,
        charges=bool(found) or site.workspace.holds_charges(),
        narrowed="" if current().whole else current().scope,
        tags=sorted(site.workspace.rules().tags) if current().whole else [],
        **_words(),
    )


def _one(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{BUDGETS}/{{name}}", response_class=HTMLResponse)
    def budget(request: Request, name: str) -> Response:
        """One budget: chart, past periods, children, thresholds that were passed."""
        now = utc_now()
        period = request.query_params.get("period", "")
        own, *children = budgets.show(workspace, name, period, now)
        return site.page(
            request,
            "budgets/budget.html",
            active="budgets",
            title=own.budget.title,
            own=own,
            budget=own.budget,
            spec=own.budget.spec,
            chart=(drawn := chart(own.status, own.budget.spec) if own.status else None),
            chart_label=label(drawn, own.status) if drawn and own.status else "",
            width=WIDTH,
            height=HEIGHT,
            sentence=driver(workspace, own.budget, own.status, now) if own.status else "",
            explore=view.explore_url(own),
            drivers=view.change_url(own),
            children=view.rows(children, {"at": period}),
            past=budgets.history(workspace, name, now),
            bar=bar,
            facts=view.facts(own.budget),
            threshold_text=view.threshold_text,
            around=_around(own),
            present=not period,
            **_words(),
        )

    @routes.post(f"{BUDGETS}/{{name}}/delete")
    def delete(name: str) -> Response:
        """Remove a budget; its history stays."""
        workspace.delete_resource(BUDGET.name, name, author=who())
        return RedirectResponse(BUDGETS, 303)


def _around(own: budgets.BudgetStatus) -> tuple[str, str]:
    """The periods before and after, by their keys; '' where there is none."""
    if own.status is None:
        return "", ""
    spec, period = own.budget.spec, own.status.period
    before, after = previous(spec, period), following(spec, period)
    return before.key if before else "", after.key if after else ""


def _forms(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    @routes.get(f"{BUDGETS}/_new", response_class=HTMLResponse)
    def new(request: Request) -> Response:
        """The form of a new budget, for what the address names."""
        asked = dict(request.query_params)
        if asked.get("tag") and asked.get("value"):
            tag, value = asked["tag"], asked["value"]
            asked |= {"scope": equals(tag, value), "owner_tag": tag, "owner": value}
            asked.setdefault("title", value)
        return _form(site, request, empty(workspace.currency, asked), "")

    @routes.post(BUDGETS)
    async def create(request: Request) -> Response:
        """Preview a new budget or keep it, under a name from its title."""
        given, action, _ = await posted(request)
        return await run_in_threadpool(_saved, site, request, given, action, "", 0)

    @routes.get(f"{BUDGETS}/{{name}}/edit", response_class=HTMLResponse)
    def edit(request: Request, name: str) -> Response:
        """The form of a budget that is there."""
        one = budgets.budget(workspace, name)
        return _form(site, request, of_spec(one.spec, name), name, version=one.version)

    @routes.post(f"{BUDGETS}/{{name}}")
    async def change(request: Request, name: str) -> Response:
        """Preview a change or keep it."""
        given, action, version = await posted(request)
        return await run_in_threadpool(_saved, site, request, given, action, name, version)


def _saved(
    site: Site, request: Request, given: Given, action: str, name: str, version: int
) -> Response:
    workspace = site.workspace
    try:
        if name:
            budgets.budget(workspace, name)
        spec = given.spec()
        if action == "preview":
            found = budget_drafts.preview(workspace, name, spec)
            return _form(site, request, given, name, version=version, previewed=found)
        kept = name or _free_name(site, given["title"] or given["scope"])
        workspace.put_resource(
            BUDGET.name, kept, spec, author=who(), expected_version=version if name else 0
        )
    except _REFUSED as error:
        return _form(site, request, given, name, version=version, problem=str(error))
    return RedirectResponse(budget_url(kept), 303)


def _free_name(site: Site, title: str) -> str:
    """A name from the title that no budget has."""
    base = valid_name(title, "budget")[:_LONGEST_NAME].strip("-")
    known, number, name = set(site.workspace.resources.names(BUDGET.name)), 1, base
    while name in known:
        number += 1
        name = f"{base}-{number}"
    return name


def _form(
    site: Site,
    request: Request,
    given: Given,
    name: str,
    *,
    version: int = 0,
    previewed: tuple[budgets.BudgetStatus, ...] | None = None,
    problem: str = "",
) -> Response:
    workspace = site.workspace
    return site.page(
        request,
        "budgets/form.html",
        400 if problem else 200,
        active="budgets",
        title=f"Change {name}" if name else "New budget",
        given=given,
        name=name,
        version=version,
        previewed=previewed,
        problem=problem,
        parents=[one for one in budgets.budgets(workspace) if one.name != name],
        tags=sorted(workspace.rules().tags),
        rates=workspace.resources.names("ExchangeRates"),
        severities=SEVERITIES,
        back=budget_url(name) if name else BUDGETS,
        bar=bar,
        **_words(),
    )


def _suggest(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{BUDGETS}/_suggest", response_class=HTMLResponse)
    def suggest(request: Request) -> Response:
        """Budgets to begin with: one for each value of a virtual tag, to choose from."""
        asked = dict(request.query_params)
        problem, found = "", None
        if asked.get("tag"):
            try:
                found = _suggested(site, asked)
            except _REFUSED as error:
                problem = str(error)
        return _suggestions(site, request, asked, found, problem)

    @routes.post(f"{BUDGETS}/_suggest")
    async def keep(request: Request) -> Response:
        """Keep those that were chosen, all or none."""
        body = (await request.body()).decode("utf-8", "replace")
        many = parse_qs(body, keep_blank_values=True)
        return await run_in_threadpool(_kept, site, request, many)


def _suggested(site: Site, asked: Mapping[str, str]) -> budget_drafts.Suggested:
    try:
        months = int(asked.get("months") or "3")
        margin = Decimal(asked.get("margin") or "5")
    except (ValueError, InvalidOperation):
        raise QueryError("months and margin are numbers", field="months") from None
    return budget_drafts.suggest(
        site.workspace,
        asked["tag"],
        basis=asked.get("basis") or "actual",
        months=months,
        margin=margin,
        parent=asked.get("parent", ""),
    )


def _kept(site: Site, request: Request, many: Mapping[str, list[str]]) -> Response:
    asked = {name: many[name][-1] for name in ("tag", "basis", "months", "margin", "parent")
             if many.get(name)}  # fmt: skip
    try:
        found = _suggested(site, asked)
        wanted = set(many.get("name", []))
        specs: dict[str, dict[str, Any]] = {}
        for one in found.suggestions:
            if one.name in wanted and not one.taken:
                spec = one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
                amount = number(many.get(f"amount-{one.name}", [""])[-1], places(found.currency))
                specs[one.name] = spec | ({"amount": amount} if amount else {})
        if not specs:
            raise ResourceError("no budget is chosen. Choose at least one, then keep them.")
        budget_drafts.keep(site.workspace, specs, author=who())
    except _REFUSED as error:
        again = None
        if asked.get("tag"):
            try:
                again = _suggested(site, asked)
            except _REFUSED:
                again = None
        return _suggestions(site, request, asked, again, str(error))
    return RedirectResponse(BUDGETS, 303)


def _suggestions(
    site: Site,
    request: Request,
    asked: Mapping[str, str],
    found: budget_drafts.Suggested | None,
    problem: str,
) -> Response:
    workspace = site.workspace
    return site.page(
        request,
        "budgets/suggest.html",
        400 if problem else 200,
        active="budgets",
        title="Suggest budgets",
        asked={"tag": "", "basis": "actual", "months": "3", "margin": "5", "parent": "", **asked},
        found=found,
        problem=problem,
        tags=sorted(workspace.rules().tags),
        parents=budgets.budgets(workspace),
        **_words(),
    )
