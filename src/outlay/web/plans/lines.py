"""One line of a plan and one of its amounts: where they are from, and forms to change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import current
from outlay.app.planning import plans
from outlay.money import BillingPeriod, MoneyError, parse_money
from outlay.money.cents import unit_text
from outlay.planning.plans.codec import plain
from outlay.planning.plans.edits import CellEdit, NewLine
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import (
    Adjustment,
    Driver,
    Effect,
    Line,
    Of,
    Version,
    path_text,
)
from outlay.query import QueryError
from outlay.query.titles import dimension
from outlay.resources import ResourceError
from outlay.web import typed
from outlay.web.plans import choices
from outlay.web.plans.address import PLANS, number, of_plan
from outlay.web.render import Site
from outlay.web.views import form, local

_LINE = f"{PLANS}/{{name}}/lines/{{line}}"
_EXACT = 12
_REFUSED = (PlanError, ResourceError, QueryError, MoneyError, ValueError)

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Month:
    """A month of a line: its cell's parts as they are shown and edited."""

    month: BillingPeriod
    label: str
    href: str
    cell: Any
    origin: str
    given: str
    adjustments: int


@dataclass(frozen=True)
class Made:
    """An adjustment with what may be done with it."""

    one: Adjustment
    label: str
    taken_back: bool
    may_take_back: bool


def add(routes: APIRouter, site: Site) -> None:
    """The addresses of lines."""
    _shown(routes, site)
    _changed(routes, site)


def _shown(routes: APIRouter, site: Site) -> None:
    @routes.get(f"{PLANS}/{{name}}/lines/new", response_class=HTMLResponse)
    def new(request: Request, name: str) -> Response:
        """The form of a line that has no history."""
        return _new_page(site, request, name)

    @routes.post(f"{PLANS}/{{name}}/lines")
    async def added(request: Request, name: str) -> Response:
        """Add a planned line."""
        fields = await form(request)
        return await run_in_threadpool(_add_line, site, request, name, fields)

    @routes.get(_LINE, response_class=HTMLResponse)
    def line(request: Request, name: str, line: str) -> Response:
        """One line: months, adjustments, driver, notes."""
        return _line_page(site, request, name, line)

    @routes.get(f"{_LINE}/months/{{month}}", response_class=HTMLResponse)
    def month(request: Request, name: str, line: str, month: str) -> Response:
        """One amount: the panel of a cell."""
        return _line_page(site, request, name, line, month=BillingPeriod.parse(month))


def _changed(routes: APIRouter, site: Site) -> None:
    workspace = site.workspace

    async def run(request: Request, name: str, line: str, act: Callable[[Fields], Any]) -> Response:
        fields = await form(request)

        def doing() -> Response:
            try:
                act(fields)
            except _REFUSED as error:
                return _line_page(site, request, name, line, str(error), fields)
            back = local(fields.get("back", ""), f"{of_plan(name, 'lines', line)}?done=saved")
            return RedirectResponse(back, 303)

        return await run_in_threadpool(doing)

    @routes.post(_LINE)
    async def amounts(request: Request, name: str, line: str) -> Response:
        """Set amounts, or volumes and unit costs, of a line's months."""
        return await run(
            request, name, line,
            lambda f: plans.edit_cells(workspace, name, _edits(site, name, line, f),
                                       f.get("reason", ""), revision=_seen(f)),
        )  # fmt: skip

    @routes.post(f"{_LINE}/take-back")
    async def take_back(request: Request, name: str, line: str) -> Response:
        """Take an adjustment back."""
        return await run(
            request, name, line,
            lambda f: plans.take_back(workspace, name, [int(f.get("adjustment", "0"))],
                                      f.get("reason", ""), revision=_seen(f)),
        )  # fmt: skip

    @routes.post(f"{_LINE}/note")
    async def note(request: Request, name: str, line: str) -> Response:
        """Note something on a line or one of its months."""
        return await run(
            request, name, line,
            lambda f: plans.add_note(
                workspace, name, line,
                BillingPeriod.parse(f["month"]) if f.get("month") else None, f.get("text", "")),
        )  # fmt: skip

    @routes.post(f"{_LINE}/change")
    async def change(request: Request, name: str, line: str) -> Response:
        """Name a line otherwise, or give it another condition."""
        return await run(
            request, name, line,
            lambda f: plans.change_line(workspace, name, line, title=f.get("title"),
                                        where=f.get("where"), revision=_seen(f)),
        )  # fmt: skip

    @routes.post(f"{_LINE}/remove")
    async def remove(request: Request, name: str, line: str) -> Response:
        """Take a line out, or put it back."""
        return await run(
            request, name, line,
            lambda f: plans.remove_line(workspace, name, line, f.get("reason", ""),
                                        restore=f.get("restore") == "1", revision=_seen(f)),
        )  # fmt: skip

    @routes.post(f"{_LINE}/driver")
    async def drive(request: Request, name: str, line: str) -> Response:
        """Make a line volume × unit cost of a metric, or no longer so."""
        return await run(request, name, line, lambda f: _drive(site, name, line, f))


def _seen(fields: Fields) -> int | None:
    text = fields.get("revision", "")
    return int(text) if text.isdigit() and len(text) < 9 else None


def amount(text: str, digits: int = _EXACT) -> Decimal:
    """A number that someone typed: thousands by commas are taken, nothing is rounded. `digits` are
    the decimals of an amount of money; volumes and unit costs have any."""
    return parse_money(typed.number(text, digits))


def _edits(site: Site, name: str, line: str, fields: Fields) -> list[CellEdit]:
    """The cells of a form that differ from what it showed: ``amount-2027-01`` and the like."""
    effect = fields.get("effect", "volume")
    if effect not in get_args(Effect):
        raise PlanError(f"an adjustment is a matter of {', '.join(get_args(Effect))}")
    document = plans.version(site.workspace, name).document
    found = []
    for key, text in fields.items():
        of, _, month = key.partition("-")
        if of not in get_args(Of) or not text.strip() or text == fields.get(f"seen-{key}"):
            continue
        period = BillingPeriod.parse(month)
        document.frame.index(period)
        digits = document.frame.places if of == "amount" else _EXACT
        found.append(CellEdit(line, period, amount(text, digits), of=of, effect=effect))  # type: ignore[arg-type]
    if not found:
        raise PlanError("no amount was changed: type another one, then save")
    return found


def _drive(site: Site, name: str, line_id: str, fields: Fields) -> None:
    """By a metric's own forecast, by a volume and a unit cost of every month, or no longer so."""
    from outlay.app.planning import plan_drivers

    workspace, metric = site.workspace, fields.get("metric", "")
    reason, seen = fields.get("reason", ""), _seen(fields)
    driver: Driver | None = None
    if fields.get("undrive") != "1":
        line = plans.version(workspace, name).document.line(line_id)
        if metric:
            given = filter(None, (part.strip() for part in fields.get("only", "").split(",")))
            driver = plan_drivers.propose_driver(
                workspace, name, line.path, metric, only=plan_drivers.only_of(given),
                where=line.where,
            )  # fmt: skip
        else:
            volume, cost = amount(fields.get("volume", "")), amount(fields.get("unit_cost", ""))
            driver = Driver("", (volume,) * 12, (cost,) * 12, basis="given by hand")
    plans.drive_line(workspace, name, line_id, driver, reason, revision=seen)


def _line_page(
    site: Site,
    request: Request,
    name: str,
    line_id: str,
    problem: str = "",
    given: Fields | None = None,
    month: BillingPeriod | None = None,
) -> Response:
    workspace = site.workspace
    plan = plans.get_plan(workspace, name)
    version = plans.version(workspace, name, number(request.query_params, "version"))
    document = version.document
    line = document.line(line_id)
    may_edit = (
        current().may("editor")
        and version.info.state == "draft"
        and plan.current is not None
        and plan.current.info.version == version.info.version
    )
    if month is not None:
        document.frame.index(month)
    current_ = plan.current is not None and plan.current.info.version == version.info.version
    query = "" if current_ else f"?version={version.info.version}"
    return site.page(
        request,
        "plans/line.html" if month is None else "plans/cell.html",
        409 if problem else 200,
        active="plans",
        title=f"{line.title} · {plan.title}",
        plan=plan,
        base=of_plan(name),
        here=of_plan(name, "lines", line_id),
        query=query,
        version=version,
        month=month,
        month_address="" if month is None
        else of_plan(name, "lines", line_id, "months", str(month)) + query,
        may_edit=may_edit,
        problem=problem,
        done="The line was saved." if request.query_params.get("done") else "",
        effects=choices.effects(),
        method_titles=choices.METHOD_TITLES,
        metrics=workspace.metrics.specs(),
        text=lambda value: unit_text(value, plan.frame.places),
        plain=lambda value: "" if value is None else plain(value),
        **_line(version, line, month, given or {}, query, may_edit),
    )  # fmt: skip


def _line(
    version: Version,
    line: Line,
    month: BillingPeriod | None,
    given: Fields,
    query: str,
    may_edit: bool,
) -> dict[str, Any]:
    """What the page says of the line itself, or of one of its months."""
    document = version.document
    made = [
        one
        for one in reversed(document.adjustments)
        if one.line == line.id and month in (None, one.month)
    ]
    levels = zip(document.frame.hierarchy, line.path, strict=True)
    return {
        "line": line,
        "short": line.name or line.path[-1] or "(none)",
        "place": [(dimension(level), value) for level, value in levels],
        "path": path_text(line.path),
        "months": _months(version, line, given, query),
        "made": [_made(version, one, may_edit) for one in made],
        "notes": [
            note
            for note in reversed(document.notes)
            if note.line == line.id and month in (None, note.month)
        ],
        "year": document.year(line.id),
    }


def _months(version: Version, line: Line, given: Fields, query: str) -> list[Month]:
    document = version.document
    counts: dict[BillingPeriod, int] = {}
    for one in document.adjustments:
        if one.line == line.id:
            counts[one.month] = counts.get(one.month, 0) + 1
    cells = document.cells(line.id)
    digits = document.frame.places
    return [
        Month(
            month,
            f"{month.start:%b %Y}",
            of_plan(document.frame.plan, "lines", line.id, "months", str(month)) + query,
            cell,
            choices.ORIGIN_TITLES[cell.origin],
            _typed(given, f"amount-{month}", unit_text(cell.total, digits)),
            counts.get(month, 0),
        )
        for month, cell in zip(document.months, cells, strict=True)
    ]


def _typed(given: Fields, key: str, now: str) -> str:
    """What a box shows again when a form was refused: what was typed into it, else the amount as it
    is now, which somebody else may have changed meanwhile."""
    text = given.get(key, "")
    return text if text and text != given.get(f"seen-{key}") else now


def _made(version: Version, one: Adjustment, may_edit: bool) -> Made:
    taken = one.id in version.document.taken_back
    return Made(one, f"{one.month.start:%b %Y}", taken, may_edit and not taken)


def _new_page(
    site: Site, request: Request, name: str, problem: str = "", given: Fields | None = None
) -> Response:
    plan = plans.get_plan(site.workspace, name)
    version = plans.version(site.workspace, name)
    known: list[list[str]] = []
    for level in range(len(plan.frame.hierarchy)):
        values = {line.path[level] for line in version.document.live}
        known.append(sorted(value for value in values if value is not None))
    return site.page(
        request,
        "plans/new_line.html",
        400 if problem else 200,
        active="plans",
        title=f"New line · {plan.title}",
        plan=plan,
        base=of_plan(name),
        version=version,
        levels=[(dimension(level), values) for level, values in
                zip(plan.frame.hierarchy, known, strict=True)],
        problem=problem,
        given=given or {},
        effects=choices.effects(),
    )  # fmt: skip


def _add_line(site: Site, request: Request, name: str, fields: Fields) -> Response:
    plan = plans.get_plan(site.workspace, name)
    try:
        path = tuple(
            fields.get(f"path{at}", "").strip() or None for at in range(len(plan.frame.hierarchy))
        )
        amounts = tuple(
            (month, amount(fields[f"amount-{month}"], plan.frame.places))
            for month in plan.frame.months
            if fields.get(f"amount-{month}", "").strip()
        )
        line = NewLine(
            path, fields.get("title", "").strip(), amounts, fields.get("where", "").strip(),
            note=fields.get("note", "").strip(), effect=fields.get("effect", "volume"),  # type: ignore[arg-type]
        )  # fmt: skip
        done = plans.add_line(site.workspace, name, line, fields.get("reason", ""))
    except _REFUSED as error:
        return _new_page(site, request, name, str(error), fields)
    made = done.document.lines[-1]
    return RedirectResponse(of_plan(name, "lines", made.id) + "?done=1", 303)
