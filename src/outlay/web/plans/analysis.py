"""What came of a plan: variance and its bridge, the year's outlook, versions beside each other,
and what was done to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from outlay.access import current
from outlay.app import Workspace
from outlay.app.planning import plans
from outlay.money import MONEY_CONTEXT, BillingPeriod
from outlay.money.quotients import quotient
from outlay.planning.plans.compare import ComparedLine
from outlay.planning.plans.errors import PlanError, PlanNotFoundError
from outlay.planning.plans.model import EFFECTS, Path, path_text
from outlay.planning.plans.results import Bridge, BridgeError, BridgeRow, Outlook, OutlookRow
from outlay.query import QueryError
from outlay.query.titles import dimension
from outlay.web import numbers
from outlay.web.plans import choices
from outlay.web.plans.address import PLANS, number, of_plan
from outlay.web.render import Site
from outlay.web.views import form
from outlay.web.waterfall import HEIGHT, WIDTH, Step, bars, starts_above_nought

_EFFECT_NAMES = {"price": "Price", "volume": "Volume", "mix": "Mix", "one-off": "One-off"}
_MOST_LINES = 400
_BAND = 80


@dataclass(frozen=True)
class Told:
    """A row of a hierarchy on these pages: `href` leads to the line."""

    name: str
    depth: int
    row: Any
    group: bool
    missing: bool
    href: str = ""


def add(routes: APIRouter, site: Site) -> None:
    """The addresses of what came of a plan."""

    @routes.get(f"{PLANS}/{{name}}/variance", response_class=HTMLResponse)
    def variance(request: Request, name: str) -> Response:
        """Actual against plan, and the bridge between them."""
        return _variance(site, request, name)

    @routes.get(f"{PLANS}/{{name}}/outlook", response_class=HTMLResponse)
    def outlook(request: Request, name: str) -> Response:
        """The full year: actual, latest estimate, approved plan."""
        return _outlook(site, request, name)

    @routes.get(f"{PLANS}/{{name}}/versions", response_class=HTMLResponse)
    def versions(request: Request, name: str) -> Response:
        """Every version, and a form to compare two."""
        return _versions(site, request, name)

    @routes.get(f"{PLANS}/{{name}}/compare", response_class=HTMLResponse)
    def compare(request: Request, name: str) -> Response:
        """Two versions beside each other."""
        return _compare(site, request, name)

    @routes.get(f"{PLANS}/{{name}}/history", response_class=HTMLResponse)
    def history(request: Request, name: str) -> Response:
        """What was done to a version, and the notes on the plan."""
        return _history(site, request, name)

    @routes.post(f"{PLANS}/{{name}}/notes")
    async def note(request: Request, name: str) -> Response:
        """Note something on the plan."""
        fields = await form(request)

        def noting() -> Response:
            try:
                plans.add_note(site.workspace, name, "", None, fields.get("text", ""))
            except PlanError as error:
                return _history(site, request, name, str(error))
            return RedirectResponse(of_plan(name, "history"), 303)

        return await run_in_threadpool(noting)


def _page(
    site: Site, request: Request, template: str, plan: plans.Plan, tab: str, **more: Any
) -> Response:
    return site.page(
        request,
        f"plans/{template}.html",
        409 if more.get("problem") else 200,
        active="plans",
        title=f"{tab} · {plan.title}",
        plan=plan,
        base=of_plan(plan.name),
        effect_names=_EFFECT_NAMES,
        level_titles=[dimension(level) for level in plan.frame.hierarchy],
        **more,
    )


# --- variance -------------------------------------------------------------------------------------


def _variance(site: Site, request: Request, name: str) -> Response:
    from outlay.app.planning.plan_bridge import bridge

    params = request.query_params
    workspace = site.workspace
    plan = plans.get_plan(workspace, name)
    found: Bridge | None = None
    problem, empty = "", ""
    version = number(params, "version")
    if plan.current is None or not plan.current.document.live:
        empty = "The plan has no lines yet: make its baseline first."
    else:
        try:
            found = bridge(
                workspace, name, version, first=_month(params, "first"), last=_month(params, "last")
            )
        except BridgeError as error:
            problem = str(error)
        except PlanNotFoundError:
            raise  # a version or month that there is not is no plan without figures
        except (PlanError, QueryError) as error:
            empty = _sentence(error)
    steps = _steps(found) if found else []
    rows = _told(plan, found.groups(), _depth(params)) if found else []
    return _page(
        site, request, "variance", plan, "Variance",
        bridge=found, empty=empty, problem=problem, version=version,
        rows=rows[:_MOST_LINES], more=max(len(rows) - _MOST_LINES, 0),
        bars=bars(steps) if steps else (), cut=bool(steps) and starts_above_nought(steps),
        width=WIDTH, height=HEIGHT, steps=steps, effects=EFFECTS,
        months=plan.frame.months, depth=_depth(params), levels=len(plan.frame.hierarchy),
        drivers=_drivers_url(plan, found) if found else "",
        share=_share,
    )  # fmt: skip


def _steps(found: Bridge) -> list[Step]:
    """Planned, each effect, actual."""
    whole = found.total.check()
    return [
        Step("planned", "Plan", whole.planned, whole=True),
        *(Step(key, _EFFECT_NAMES[key], whole.effects.get(key, Decimal(0))) for key in EFFECTS),
        Step("actual", "Actual", whole.actual, whole=True),
    ]


def _drivers_url(plan: plans.Plan, found: Bridge) -> str:
    """The page that takes the charges themselves apart: these months against the reference."""
    from outlay.query import CostQuery, ranges
    from outlay.web.drivers.address import drivers_url

    if found.reference is None:
        return ""
    frame = plan.frame
    query = CostQuery(
        measures=(frame.measure,), by=frame.hierarchy[:1], where=frame.where,
        currency=frame.currency, rates=frame.rates,
        range=ranges.between(found.first.start, found.last.end),
    )  # fmt: skip
    return drivers_url(query, against=ranges.between(found.reference.start, found.reference.end))


# --- outlook --------------------------------------------------------------------------------------


def _outlook(site: Site, request: Request, name: str) -> Response:
    from outlay.app.planning.plan_outlook import outlook

    workspace, params = site.workspace, request.query_params
    plan = plans.get_plan(workspace, name)
    found: Outlook | None = None
    empty = ""
    if plan.current is None or not plan.current.document.live:
        empty = "The plan has no lines yet: make its baseline first."
    else:
        try:
            found = outlook(workspace, name, number(params, "version"))
        except PlanNotFoundError:
            raise
        except (PlanError, QueryError) as error:
            empty = _sentence(error)
    whole = found.total if found else None
    rows = _told(plan, found.groups(), _depth(params)) if found else []
    low, high = _year_band(workspace, found) if found else (None, None)
    return _page(
        site, request, "outlook", plan, "Outlook",
        outlook=found, whole=whole, empty=empty, low=low, high=high,
        rows=rows[:_MOST_LINES], more=max(len(rows) - _MOST_LINES, 0),
        depth=_depth(params), levels=len(plan.frame.hierarchy), version=number(params, "version"),
        chart=_chart(workspace, found, whole) if found and whole else None,
        labels=[f"{month.start:%b %Y}" for month in plan.frame.months],
        origins=_ORIGINS, share=_share, less=MONEY_CONTEXT.subtract,
    )  # fmt: skip


_ORIGINS = {
    "actual": "actual",
    "mixed": "actual so far and forecast",
    "forecast": "forecast",
    "drivers": "volume × unit cost",
    "plan": "as planned",
    "none": "not known",
}


def _chart(workspace: Workspace, found: Outlook, whole: OutlookRow) -> dict[str, Any]:
    """Actual months, the latest estimate dashed with its band, and the plan's line."""
    currency = found.frame.currency
    months = found.frame.months
    complete = len(found.complete)

    def text(value: Decimal) -> str:
        return f"{numbers.amount(value, currency)} {currency}"

    def line(name: str, colour: str, values: list[Decimal | None], dashed: bool) -> dict[str, Any]:
        return {
            "name": name, "colour": colour, "dashed": dashed,
            "values": [None if value is None else float(value) for value in values],
            "texts": [None if value is None else text(value) for value in values],
        }  # fmt: skip

    actual = [amount if at < complete else None for at, amount in enumerate(whole.estimate)]
    # The estimate begins where the actual line ends, so that nothing is missing between them.
    first = max(complete - 1, 0)
    estimate = [amount if at >= first else None for at, amount in enumerate(whole.estimate)]
    shown = [amount if at >= complete else None for at, amount in enumerate(whole.estimate)]
    chart: dict[str, Any] = {
        "kind": "lines",
        "labels": [f"{month.start:%b %Y}" for month in months],
        "ticks": [f"{month.start:%b %y}" for month in months],
        "incomplete_from": len(months),
        "series": [
            line("Actual", "s1", list(actual), False),
            line(found.version.name, "s2", list(whole.planned), False),
        ],
        "totals": None,
        "links": False,
    }
    if complete < len(months):
        chart["forecast"] = {
            "name": "Latest estimate",
            "values": [None if value is None else float(value) for value in estimate],
            "texts": [None if value is None else text(value) for value in shown],
            "bands": _bands(workspace, found, whole, first, complete),
            "note": "actual to date, forecast, adjustments of months to come",
        }
    return chart


def _bands(
    workspace: Workspace, found: Outlook, whole: OutlookRow, first: int, complete: int
) -> list[dict[str, Any]]:
    """The band of the forecast around the estimate, by month; none where there is no forecast."""
    from outlay.app.forecasting.forecasting import forecast
    from outlay.app.planning.plan_actuals import question

    frame = found.frame
    try:
        answer = forecast(
            workspace, question(frame), until=frame.months[-1].end, cut=found.complete_until
        )
    except QueryError:
        return []
    total = answer.total(frame.currency)
    if total is None or total.reason:
        return []
    by_month = {month.period: month for month in total.months if month.whole}
    lower: list[float | None] = []
    upper: list[float | None] = []
    texts: list[str | None] = []
    for at, month in enumerate(frame.months):
        told = by_month.get(month)
        ends: tuple[Decimal, Decimal] | None = None
        if first <= at < complete:
            ends = (whole.estimate[at], whole.estimate[at])
        elif at >= complete and told is not None and _BAND in told.bands:
            ends = _around(whole.estimate[at], told.outlook, told.bands[_BAND])
        lower.append(None if ends is None else float(ends[0]))
        upper.append(None if ends is None else float(ends[1]))
        texts.append(None if ends is None else _range(ends, frame.currency))
    return [{"name": f"{_BAND} %", "lower": lower, "upper": upper, "texts": texts}]


def _around(
    estimate: Decimal, outlook: Decimal, band: tuple[Decimal, Decimal]
) -> tuple[Decimal, Decimal]:
    """A forecast's band laid around an estimate, which has people's adjustments as well."""
    add, less = MONEY_CONTEXT.add, MONEY_CONTEXT.subtract
    low, high = (add(estimate, less(end, outlook)) for end in band)
    return low, high


def _range(ends: tuple[Decimal, Decimal], currency: str) -> str:
    return f"{numbers.amount(ends[0], currency)} – {numbers.amount(ends[1], currency)}"


def _year_band(workspace: Workspace, found: Outlook) -> tuple[Decimal | None, Decimal | None]:
    """The band of the whole year around the estimate; None where there is no forecast."""
    from outlay.app.forecasting.totals import forecast_total

    frame, estimate = found.frame, found.total.year.actual
    if not frame.currency or found.complete_until is None:
        return None, None
    try:
        told = forecast_total(
            workspace, frame.where, frame.measure, frame.currency, frame.months[0].start,
            frame.months[-1].end, cut=found.complete_until,
        )  # fmt: skip
    except QueryError:
        return None, None
    if told.low is None or told.high is None or told.outlook is None or told.low == told.high:
        return None, None
    return _around(estimate, told.outlook, (told.low, told.high))


# --- versions -------------------------------------------------------------------------------------


def _versions(site: Site, request: Request, name: str) -> Response:
    plan = plans.get_plan(site.workspace, name)
    listed = list(reversed(plan.versions))
    return _page(
        site, request, "versions", plan, "Versions",
        versions=[(info, replace_version(name, info.version), _duration(info)) for info in listed],
        first=plan.approved.info.version if plan.approved else
        (plan.versions[0].version if plan.versions else 0),
        last=plan.versions[-1].version if plan.versions else 0,
    )  # fmt: skip


def replace_version(name: str, version: int) -> str:
    """The address of a version's grid."""
    from outlay.web.plans.address import Shown

    return replace(Shown(name), version=version).url()


def _duration(info: Any) -> str:
    """How long a decision took, in days; '' while there is none."""
    if not info.submitted_at or not info.approved_at:
        return ""
    passed: timedelta = info.approved_at - info.submitted_at
    return "the same day" if passed.days < 1 else f"after {passed.days} days"


def _compare(site: Site, request: Request, name: str) -> Response:
    params = request.query_params
    plan = plans.get_plan(site.workspace, name)
    before, after = number(params, "before"), number(params, "after")
    if before is None or after is None:
        raise QueryError("say which two versions, as before=1 and after=2", field="before", text="",
                         allowed=tuple(str(v.version) for v in plan.versions))  # fmt: skip
    found = plans.compare(site.workspace, name, before, after)
    changed = found.changed
    return _page(
        site, request, "compare", plan, "Compare",
        found=found, changed=changed[:_MOST_LINES], more=max(len(changed) - _MOST_LINES, 0),
        cells=sum(sum(1 for amount in one.change if amount) for one in changed),
        labels=[f"{month.start:%b %y}" for month in found.months],
        where=_where, href=lambda one: of_plan(name, "lines", one.line), share=_share,
    )  # fmt: skip


def _where(one: ComparedLine) -> str:
    return path_text(one.path)


# --- history --------------------------------------------------------------------------------------


def _history(site: Site, request: Request, name: str, problem: str = "") -> Response:
    plan = plans.get_plan(site.workspace, name)
    wanted = number(request.query_params, "version")
    version = None if plan.current is None else plans.version(site.workspace, name, wanted)
    document = version.document if version else None
    return _page(
        site, request, "history", plan, "History",
        version=version, problem=problem,
        steps=plans.history(document)[:_MOST_LINES] if document else (),
        notes=[
            (note, document.line(note.line).title if note.line else "")
            for note in reversed(document.notes)
        ] if document else [],
        may_note=current().may("editor") and plan.draft is not None
        and plan.draft.info.state == "draft" and wanted in (None, plan.draft.info.version),
        line_href=lambda line: of_plan(name, "lines", line),
        method_titles=choices.METHOD_TITLES,
    )  # fmt: skip


# --- helpers --------------------------------------------------------------------------------------


def _told(
    plan: plans.Plan,
    groups: tuple[tuple[int, BridgeRow], ...] | tuple[tuple[int, OutlookRow], ...],
    depth: int,
) -> list[Told]:
    """Rows below the whole, down to a depth."""
    levels = len(plan.frame.hierarchy)
    found = []
    for at, row in _ordered(list(groups)):
        if not 0 < at <= depth:
            continue
        path: Path = row.path
        value = path[at - 1]
        name = (row.name if at == levels and row.name and row.line else None) or value or "(none)"
        if at == levels and row.line and row.name == path_text(path):
            name = value or "(none)"
        found.append(
            Told(name, at - 1, row, at < levels, value is None,
                 of_plan(plan.name, "lines", row.line) if row.line else "")
        )  # fmt: skip
    return found


def _ordered(groups: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Rows below their groups, the largest difference to the plan first."""
    if not groups:
        return []
    at = groups[0][0]
    parts: list[list[tuple[int, Any]]] = []
    for one in groups:
        if one[0] == at:
            parts.append([one])
        else:
            parts[-1].append(one)
    parts.sort(key=lambda part: _difference(part[0][1]).copy_abs(), reverse=True)
    return [row for part in parts for row in (part[0], *_ordered(part[1:]))]


def _difference(row: Any) -> Decimal:
    found: Decimal = row.year.variance if isinstance(row, OutlookRow) else row.variance
    return found


def _depth(params: Mapping[str, str]) -> int:
    return number(params, "depth") or 1


def _month(params: Mapping[str, str], key: str) -> BillingPeriod | None:
    text = params.get(key, "")
    return BillingPeriod.parse(text) if text else None


def _sentence(error: Exception) -> str:
    """An error as a sentence of its own."""
    text = str(error).removesuffix(".")
    return f"{text[:1].upper()}{text[1:]}."


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    """A part as a share of a whole; None where the whole is nought."""
    return quotient(part, whole.copy_abs())
