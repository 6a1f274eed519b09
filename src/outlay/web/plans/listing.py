"""The list of plans, by year, and the form of a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from outlay.app.planning import plans
from outlay.money import BillingPeriod
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import METHODS, VersionInfo
from outlay.query import QueryError
from outlay.query.titles import dimension
from outlay.resources import ResourceError
from outlay.web.plans import choices, told
from outlay.web.plans.address import PLANS, of_plan
from outlay.web.render import Site
from outlay.web.views import name_of

_FIELDS = (
    "name", "title", "starts", "currency", "measure", "where", "method", "growth", "owner",
    "level1", "level2", "level3", "level4",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A plan in the list. `outlook` and `variance` are of the approved version; `problem` says why
    they cannot be told, `waits` that they were not asked for yet."""

    plan: plans.Plan
    href: str
    about: str
    currency: str
    approved: Decimal | None
    outlook: Decimal | None
    variance: Decimal | None
    ratio: Decimal | None
    to_date: Decimal | None
    draft: VersionInfo | None
    owner: str
    problem: str = ""
    waits: bool = False


def page(
    site: Site, request: Request, given: Mapping[str, str] | None = None, refused: str = ""
) -> Response:
    """The list; with what was given when a new plan was refused."""
    at_once = request.query_params.get("outlook") == "1"
    known = plans.plans(site.workspace, archived=True)
    wanted = request.query_params.get("archived") == "1"
    rows = [_row(site, plan, at_once) for plan in known if plan.spec.archived == wanted]
    years: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda one: one.plan.title):
        years.setdefault(row.plan.frame.label, []).append(row)
    return site.page(
        request,
        "plans/list.html",
        400 if refused else 200,
        active="plans",
        title="Plans",
        years=sorted(years.items(), reverse=True),
        away=0 if wanted else sum(1 for plan in known if plan.spec.archived),
        given=_given(site, given),
        refused=refused,
        levels=choices.levels(site.workspace),
        methods=choices.methods(),
        measures=list(choices.MEASURE_TITLES.items()),
        currencies=[site.workspace.currency] if site.workspace.currency else [],
    )


def _given(site: Site, given: Mapping[str, str] | None) -> dict[str, str]:
    """The fields of the form, with what most would choose."""
    year = site.workspace.today().year
    usual = {
        "starts": f"{year + 1}-01",
        "currency": site.workspace.currency or "",
        "measure": "EffectiveCost",
        "method": "forecast",
    }
    return {key: (given or usual).get(key, "") for key in _FIELDS}


def row(site: Site, request: Request, name: str) -> Response:
    """A row of the list with its outlook."""
    plan = plans.get_plan(site.workspace, name)
    return site.page(request, "plans/row.html", row=_row(site, plan, True))


def _row(site: Site, plan: plans.Plan, at_once: bool) -> Row:
    """A row; the outlook, which may take seconds, only where it is asked for."""
    frame = plan.frame
    approved = plan.approved.document.total if plan.approved else None
    told_of = told.Year(None, None, None, None)
    problem = ""
    waits = plan.approved is not None and not at_once
    if plan.approved is not None and at_once:
        try:
            told_of = told.year(site.workspace, plan, plan.approved)
        except (PlanError, QueryError) as error:
            problem = str(error)
    parts = [" › ".join(dimension(name) for name in frame.hierarchy),
             choices.MEASURE_TITLES[frame.measure].lower()]  # fmt: skip
    return Row(
        plan, of_plan(plan.name), ", ".join(parts), frame.currency, approved, told_of.outlook,
        told_of.variance, told_of.ratio, told_of.to_date,
        plan.draft.info if plan.draft else None, plan.spec.owner, problem, waits,
    )  # fmt: skip


def define(site: Site, request: Request, fields: Mapping[str, str]) -> Response:
    """Keep a new plan and make its baseline. A plan whose baseline fails is kept, and its page says
    what failed: the settings were right."""
    given = {key: fields.get(key, "").strip() for key in _FIELDS}
    name = name_of(given["name"])
    try:
        plans.new_plan(site.workspace, name, _spec(given))
    except (PlanError, ResourceError, QueryError) as error:
        return page(site, request, given, str(error))
    try:
        make_baseline(site, name, given)
    except (PlanError, QueryError) as error:
        from outlay.web.plans.address import Shown
        from outlay.web.plans.overview import page as of_one

        return of_one(site, request, Shown(name), str(error))
    return RedirectResponse(f"{PLANS}/{name}?done=baseline", 303)


def _spec(given: Mapping[str, str]) -> dict[str, Any]:
    levels = [given[f"level{place}"] for place in range(1, 5) if given[f"level{place}"]]
    if not levels:
        raise PlanError("choose by what the lines stand, such as a cost center or the service")
    spec: dict[str, Any] = {
        key: given[key] for key in ("title", "currency", "measure", "where", "owner") if given[key]
    }
    spec |= {"starts": _month(given["starts"]), "hierarchy": levels}
    baseline: dict[str, Any] = {"method": given["method"] or "forecast"}
    if baseline["method"] == "growth":
        baseline["growth"] = str(percent(given["growth"]))
    return spec | {"baseline": baseline}


def _month(text: str) -> str:
    try:
        return str(BillingPeriod.parse(text))
    except ValueError:
        raise PlanError(
            f"{text!r} is no month: give the first month of the fiscal year as 2027-01"
        ) from None


def percent(text: str) -> Decimal:
    """A percentage that someone typed; PlanError for what is none."""
    try:
        found = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise PlanError(f"{text!r} is no percentage: growth is said as 5 or -2.5")
    return found


def make_baseline(site: Site, name: str, fields: Mapping[str, str]) -> None:
    """Make the baseline of a plan by the method of a form (none: that of its settings)."""
    from outlay.app.planning.plan_baseline import make_baseline as make

    text = fields.get("method", "")
    method = next((one for one in METHODS if one == text), None)
    growth = percent(fields.get("growth", "")) if method == "growth" else None
    make(site.workspace, name, method=method, growth=growth)
