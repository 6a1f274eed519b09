"""Statements: a month by value, one value's statement, closing, disputes and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.app import Workspace, disputes, statements
from outlay.money import BillingPeriod, parse_money
from outlay.query import CostQuery, QueryError, equals
from outlay.query.ranges import between
from outlay.resources import ResourceError
from outlay.statements.bill import of_month
from outlay.statements.disputes import Dispute
from outlay.statements.documents import Line, Statement, StatementMonth
from outlay.statements.errors import StatementError
from outlay.statements.model import Plan
from outlay.statements.paper import money, rest_of, sections_of
from outlay.statements.sections import COLUMNS
from outlay.web.allocated import asked
from outlay.web.drivers.address import drivers_url
from outlay.web.explore.address import EXPLORE, address
from outlay.web.render import Site
from outlay.web.typed import number
from outlay.web.views import form

WHY = "/why"
_FORMS = ("pdf", "xlsx", "csv", "json", "html")


@dataclass(frozen=True)
class Asked:
    """A dispute with who should answer it."""

    dispute: Dispute
    owner: str


def router(site: Site) -> APIRouter:
    """The routes of statements."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/statements", response_class=HTMLResponse)
    def overview(request: Request) -> Response:
        """A month of a plan: the newest one that is over, unless the address names another."""
        return _month_page(site, request)

    @routes.post("/statements/{plan}/{month}/close")
    async def close(request: Request, plan: str, month: str) -> Response:
        """Close a month for good."""
        given = await form(request)
        if given.get("sure") != "yes":
            return _month_page(
                site, request, plan, month, "Tick the box: a closed month is never opened again."
            )
        try:
            statements.close(
                workspace,
                plan,
                BillingPeriod.parse(month),
                author=given.get("author", "").strip(),
                note=given.get("note", "").strip(),
            )
        except StatementError as error:
            return _month_page(site, request, plan, month, str(error))
        return RedirectResponse(month_address(plan, month), 303)

    @routes.post("/statements/disputes/{number}/answer")
    async def answer(request: Request, number: int) -> Response:
        """Accept or refuse a dispute; back to the statement."""
        given = await form(request)
        known = disputes.dispute_of(workspace, number)
        try:
            disputes.answer(
                workspace,
                number,
                accept=given.get("answer") == "accept",
                reason=given.get("reason", ""),
                proposed=given.get("proposed", ""),
                author=given.get("author", "").strip(),
            )
        except (StatementError, QueryError) as error:
            where = (known.plan, str(known.month), known.value)
            return _statement_page(site, request, *where, problem=str(error))
        return RedirectResponse(value_address(known.plan, known.month, known.value), 303)

    @routes.get("/statements/{plan}/{month}", response_class=HTMLResponse)
    def one_month(plan: str, month: str) -> Response:
        """The month's page."""
        return RedirectResponse(month_address(plan, month), 303)

    @routes.get("/statements/{plan}/{month}/{value:path}", response_class=HTMLResponse)
    def statement(request: Request, plan: str, month: str, value: str) -> Response:
        """One value's statement."""
        return _statement_page(site, request, plan, month, value)

    @routes.post("/statements/{plan}/{month}/{value:path}")
    async def dispute(request: Request, plan: str, month: str, value: str) -> Response:
        """Dispute one of its lines."""
        given = await form(request)
        try:
            amount = given.get("amount", "").strip()
            disputes.dispute(
                workspace,
                plan,
                BillingPeriod.parse(month),
                value,
                line=given.get("line", ""),
                amount=parse_money(number(amount)) if amount else None,
                reason=given.get("reason", ""),
                proposed=given.get("proposed", ""),
                author=given.get("author", "").strip(),
            )
        except (StatementError, ValueError, QueryError, ResourceError) as error:
            return _statement_page(
                site, request, plan, month, value, problem=str(error), given=given
            )
        return RedirectResponse(value_address(plan, month, value) + "#disputes", 303)

    return routes


def month_address(plan: str, month: object) -> str:
    """The page of a month."""
    return "/statements?" + urlencode({"tag": plan, "month": str(month)})


def value_address(plan: str, month: object, value: str) -> str:
    """The page of a value's statement."""
    return f"/statements/{quote(plan, safe='')}/{month}/{quote(value, safe='')}"


# --- a month ------------------------------------------------------------------------------------


def _month_page(
    site: Site,
    request: Request,
    name: str | None = None,
    month: str | None = None,
    problem: str = "",
) -> Response:
    workspace = site.workspace
    name = name or request.query_params.get("tag", "")
    month = month or request.query_params.get("month", "")
    plans = statements.plans(workspace)
    if not plans:
        return _empty(site, request, plans, "tags")
    plan = statements.plan_of(workspace, name) if name else _first(plans)
    months = statements.months(workspace, plan.name)
    if not months:
        return _empty(site, request, plans, "charges")
    period = BillingPeriod.parse(month) if month else _newest_over(workspace, months)
    whole = statements.month(workspace, plan.name, period)
    known = disputes.disputes(workspace, plan.name)
    return site.page(
        request,
        "statements/month.html",
        400 if problem else 200,
        active="statements",
        title=f"{plan.title}, {period}",
        plans=plans,
        plan=plan,
        months=months,
        month=whole,
        columns=COLUMNS,
        money=money,
        drivers=_drivers(whole),
        value_address=value_address,
        files=_files(plan.name, period),
        journal=f"/api/v1/journals/{quote(plan.name)}/{period}",
        problem=problem,
        disputes=[Asked(d, disputes.owner_of(workspace, d)) for d in known if d.state != "settled"],
        events=list(reversed(disputes.events(workspace, plan.name)))[:40],
    )


def _first(plans: list[Plan]) -> Plan:
    """The plan that is shown unasked: a configured one, else the one of the tag `team`."""
    return min(plans, key=lambda plan: (plan.version == 0, plan.name != "team", plan.name))


def _newest_over(workspace: Workspace, months: list[tuple[BillingPeriod, str]]) -> BillingPeriod:
    """The newest month that is over; the newest one at all if none is."""
    today = workspace.today()
    return next((month for month, _ in months if month.end <= today), months[0][0])


def _empty(site: Site, request: Request, plans: list[Plan], lacks: str) -> Response:
    return site.page(
        request,
        "statements/empty.html",
        active="statements",
        title="Statements",
        lacks=lacks,
        plans=plans,
    )


def _files(plan: str, period: BillingPeriod, value: str | None = None) -> dict[str, str]:
    """The addresses of the forms that can be had."""
    path = f"/api/v1/statements/{quote(plan, safe='')}/{period}"
    path += f"/{quote(value, safe='')}" if value is not None else ""
    return {name: f"{path}?format={name}" for name in _FORMS}


# --- one statement ------------------------------------------------------------------------------


def _statement_page(
    site: Site,
    request: Request,
    name: str,
    month: str,
    value: str,
    *,
    problem: str = "",
    given: Mapping[str, str] | None = None,
) -> Response:
    workspace = site.workspace
    period = BillingPeriod.parse(month)
    whole, one = statements.statement(workspace, name, period, value)
    mine = [
        d
        for d in disputes.disputes(workspace, whole.plan)
        if d.month == period and value in (d.value, d.proposed)
    ]
    fields = dict.fromkeys(("amount", "reason", "proposed", "author"), "")
    fields |= {"line": request.query_params.get("line", ""), **(given or {})}
    return site.page(
        request,
        "statements/statement.html",
        400 if problem else 200,
        active="statements",
        title=f"{one.label}, {period}",
        month=whole,
        statement=one,
        sections=[(section, *rest_of(lines)) for section, lines in sections_of(one)],
        money=money,
        address_of=value_address,
        behind=_behind(whole, one),
        month_address=month_address(whole.plan, period),
        value_address=value_address(whole.plan, period, value),
        files=_files(whole.plan, period, value),
        problem=problem,
        given=fields,
        values=sorted({other.value for other in whole.statements} - {value}),
        disputes=[Asked(d, disputes.owner_of(workspace, d)) for d in mine],
        neighbours=_neighbours(whole, one),
        drivers=_drivers(whole, value),
    )


def _drivers(whole: StatementMonth, value: str = "") -> str:
    """What drove the month: against the one before, of a value or by every value."""
    query = CostQuery(
        measures=(whole.spec["measure"],),
        by=("ServiceName",) if value else (whole.tag,),
        range=between(whole.month.start, whole.month.end),
        where=equals(whole.tag, value) if value else "",
        currency=whole.currency,
    )
    return drivers_url(query)


def _behind(whole: StatementMonth, one: Statement) -> Any:
    """A function that gives the address of what is behind a line: the charges of a direct one, the
    explanation of a shared one; '' where there is neither."""
    pinned: dict[str, str] = {}
    if whole.state == "closed":
        pinned = {"as_of": str(whole.snapshot), "rules_as_of": whole.rules_at.isoformat() + "Z"}
    query = CostQuery.model_validate({"measures": (whole.spec["measure"],), **pinned})

    def of(line: Line) -> str:
        if not line.where:
            return ""
        if line.splits == "applied":
            of_the_month = query.but(where=of_month(whole.month))
            return address(WHY, asked.kept(of_the_month, tag=whole.tag, value=one.value))
        direct = query.but(by=("ResourceId",), where=line.where, splits="direct")
        return address(EXPLORE, direct.to_params())

    return of


def _neighbours(whole: StatementMonth, one: Statement) -> tuple[Statement | None, Statement | None]:
    """The statements before and after this one in the month."""
    place = whole.statements.index(one)
    before = whole.statements[place - 1] if place else None
    after = whole.statements[place + 1] if place + 1 < len(whole.statements) else None
    return before, after
