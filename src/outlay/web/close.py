"""Month close: what is left to do, the prepaid bridge, the close itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from outlay.access import who
from outlay.app import bridge as bridging
from outlay.app import closing, statements
from outlay.app.closing import MonthView
from outlay.money import BillingPeriod, total
from outlay.resources.errors import ResourceError
from outlay.statements.bridge import CAUSES, Bridge, BridgeMonth, short_name
from outlay.statements.errors import StatementError
from outlay.web.render import Site
from outlay.web.views import form

SHORT = {
    "upfront": "Upfront", "recurring": "Recurring fees", "prepayment": "Prepayments",
    "correction": "Corrections", "amortisation": "Used", "unused": "Unused",
    "drawdown": "Drawn down", "other": "Other",
}  # fmt: skip
"""What moves a balance, as the heading of a column."""

TONES = {"ok": "good", "attention": "warn", "blocking": "bad"}
_FIELDS = ("source", "billing_period", "currency", "amount", "commitment", "note")


def router(site: Site) -> APIRouter:
    """The routes of the close."""
    routes = APIRouter()
    _bridge_routes(site, routes)
    workspace = site.workspace

    @routes.get("/close", response_class=HTMLResponse)
    def overview(request: Request) -> Response:
        """The newest months, and where each stands."""
        plans, lines = closing.overview(workspace)
        return site.page(
            request, "close/overview.html", active="close", title="Month close", plans=plans,
            lines=lines, over=BillingPeriod.of(workspace.today()).previous(),
        )  # fmt: skip

    @routes.get("/close/{month}", response_class=HTMLResponse)
    def one(request: Request, month: str) -> Response:
        """Every check of a month, its bridge, and the button."""
        return _month(site, request, BillingPeriod.parse(month))

    @routes.post("/close/{month}")
    async def run(request: Request, month: str) -> Response:
        """Close the month for good."""
        period = BillingPeriod.parse(month)
        given = await form(request)
        plan = given.get("plan", "")
        try:
            closing.run(workspace, period, plan, author=who(), note=given.get("note", ""))
        except StatementError as error:
            return _month(site, request, period, plan, str(error), status=409)
        return RedirectResponse(f"/close/{period}?{urlencode({'plan': plan})}", 303)

    return routes


def _month(
    site: Site,
    request: Request,
    period: BillingPeriod,
    plan: str = "",
    error: str = "",
    status: int = 200,
) -> Response:
    workspace = site.workspace
    plans = [one.name for one in statements.plans(workspace)]
    context: dict[str, Any] = {
        "active": "close",
        "title": f"Close {period}",
        "period": period,
        "error": error,
    }
    if not plans:
        return site.page(request, "close/month.html", plans=plans, view=None, **context)
    plan = plan or request.query_params.get("plan", "")
    view = closing.view(workspace, period, plan)
    months = view.bridge.of(period)
    return site.page(
        request,
        "close/month.html",
        status,
        plans=plans,
        view=view,
        standing=view.status,
        checks=view.status.checks,
        tones=TONES,
        moving=[one for one in months if one.balances],
        equations=equations(view, months),
        causes=causes_of(months),
        words=SHORT,
        **context,
    )


def causes_of(months: Sequence[BridgeMonth]) -> list[str]:
    """The causes that moved any of the balances, in their order."""
    return [cause for cause in CAUSES if any(cause in one.moves for one in months)]


def equations(view: MonthView, months: Sequence[BridgeMonth]) -> list[dict[str, Any]]:
    """By currency: effective + bridge = billed, + what invoices differ by = invoiced."""
    found = []
    totals = {one.currency: one for one in view.invoices.totals}
    for currency in sorted({one.currency for one in months}):
        here = [one for one in months if one.currency == currency]
        billed = total(one.billed for one in here)
        moved = total(part for one in here for part in (one.closing, one.opening.copy_negate()))
        sums = totals.get(currency)
        compared = sums.compared if sums else Decimal(0)
        found.append(
            {
                "currency": currency,
                "effective": total(one.effective for one in here),
                "bridge": moved,
                "billed": billed,
                "invoiced": sums.invoiced if sums else Decimal(0),
                "compared": compared,
                "without": total((billed, compared.copy_negate())),
            }
        )
    return found


# --- bridge -------------------------------------------------------------------------------------


def _bridge_routes(site: Site, routes: APIRouter) -> None:
    workspace = site.workspace

    @routes.get("/close/bridge", response_class=HTMLResponse)
    def bridge(request: Request) -> Response:
        """Every month of a source, or every source of a month."""
        return _bridge(site, request, {})

    @routes.post("/close/bridge")
    async def state(request: Request) -> Response:
        """State a balance of before the ledger."""
        given = await form(request)
        fields = {name: given.get(name, "").strip() for name in _FIELDS}
        try:
            bridging.state_balance(
                workspace, {name: text for name, text in fields.items() if text}, author=who()
            )
        except ResourceError as error:
            return _bridge(site, request, fields, str(error), status=400)
        return RedirectResponse(f"/close/bridge?{urlencode({'source': fields['source']})}", 303)

    @routes.post("/close/bridge/{name}/remove")
    def remove(name: str) -> Response:
        """Forget a stated balance; its history stays."""
        workspace.resources.delete(bridging.KIND, name, author=who())
        return RedirectResponse("/close/bridge", 303)


def _newest(site: Site, found: Bridge) -> str:
    """The newest month that is over and has a bill; '' where there is none at all."""
    today = BillingPeriod.of(site.workspace.today())
    months = sorted({one.period for one in found.months})
    over = [one for one in months if one < today] or months
    return str(over[-1]) if over else ""


def _bridge(
    site: Site, request: Request, fields: Mapping[str, str], error: str = "", status: int = 200
) -> Response:
    workspace, asked = site.workspace, request.query_params
    found = bridging.prepaid_bridge(workspace)
    period, source = asked.get("period", ""), asked.get("source", fields.get("source", ""))
    if not period and not source:
        period = _newest(site, found)
    months = found.of(BillingPeriod.parse(period)) if period else found.months
    if source:
        workspace.show_source(source)
        months = tuple(one for one in months if one.source == source)
    else:
        months = tuple(one for one in months if one.balances) or months
    gaps = [gap for gap in found.gaps if source in ("", gap.source)]
    first = found.months[0].period if found.months else ""
    blank = {"billing_period": str(first), "source": source, "currency": "", "amount": "",
             "commitment": "", "note": ""}  # fmt: skip
    if gaps and not fields:
        gap = gaps[0]
        blank |= {
            "source": gap.source, "billing_period": str(gap.first), "currency": gap.currency,
            "commitment": gap.commitment or "",
        }  # fmt: skip
    return site.page(
        request,
        "close/bridge.html",
        status,
        active="close",
        title="Prepaid bridge",
        months=sorted(months, key=lambda one: (one.source, one.currency, one.period), reverse=True)
        if source
        else sorted(months, key=lambda one: (one.period, one.source), reverse=True),
        periods=sorted({one.period for one in found.months}, reverse=True),
        sources=sorted({one.source for one in found.months}),
        period=period,
        source=source,
        gaps=gaps,
        conflicts=found.conflicts,
        balances=bridging.balances(workspace),
        fields={**blank, **fields},
        error=error,
        causes=causes_of(months),
        full=CAUSES,
        words=SHORT,
        short_name=short_name,
    )
