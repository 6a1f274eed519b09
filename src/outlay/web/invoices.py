"""Invoices: what issuers ask for, against what their charges come to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from outlay.access import who
from outlay.app import invoices
from outlay.app.invoices import Reconciliation
from outlay.money import BillingPeriod
from outlay.resources.errors import ResourceError
from outlay.statements.invoices import STATES, Row
from outlay.web.render import Site
from outlay.web.views import form

TONES = {
    "matched": "good", "explained": "info", "differs": "bad", "no charges": "bad",
    "no invoice": "warn",
}  # fmt: skip
WORDS = {
    "matched": "Charges, rounded to the currency's smallest unit, are what the invoice asks for",
    "explained": "They differ, and what the ledger knows accounts for all of it",
    "differs": "A part of the difference is not explained",
    "no charges": "No charge is of this invoice",
    "no invoice": "Charges for which no invoice was entered",
}
REASONS = {
    "tax": "Tax", "credits": "Credits", "unnamed": "Charges that name no invoice",
    "corrected": "Corrected since the invoice", "held": "Delivery held back",
    "rejected": "Rows rejected", "missing": "Bill missing", "incomplete": "Bill not complete",
    "currency": "Currency", "rounding": "Rounding",
}  # fmt: skip
_FIELDS = (
    "issuer", "invoice_id", "billing_period", "currency", "amount", "tax", "credits", "issued_on",
    "due_on", "account", "rate", "note",
)  # fmt: skip


def router(site: Site) -> APIRouter:
    """The routes of invoices."""
    routes = APIRouter()
    workspace = site.workspace

    @routes.get("/invoices", response_class=HTMLResponse)
    def overview(request: Request) -> Response:
        """A month's invoices and charges, and the form to enter one."""
        asked = request.query_params
        return _overview(site, request, {name: asked.get(name, "") for name in _FIELDS})

    @routes.post("/invoices")
    async def enter(request: Request) -> Response:
        """Enter an invoice, then show it."""
        given = await form(request)
        fields = {name: given.get(name, "").strip() for name in _FIELDS}
        try:
            done = invoices.save(
                workspace,
                {name: text for name, text in fields.items() if text},
                given.get("name", ""),
                author=who(),
            )
        except ResourceError as error:
            return _overview(site, request, fields, str(error), status=400)
        return RedirectResponse(f"/invoices/{done.name}", 303)

    @routes.post("/invoices/import")
    async def import_(request: Request) -> Response:
        """Take a CSV file, then show its invoices."""
        given = await request.form()
        file = given.get("file")
        blank = dict.fromkeys(_FIELDS, "")
        if not isinstance(file, UploadFile) or not file.filename:
            return _overview(site, request, blank, "Choose a CSV file first.", status=400)
        try:
            text = invoices.decoded(await file.read(), file.filename)
            done = invoices.import_csv(workspace, text, file.filename, author=who())
        except ResourceError as error:
            return _overview(site, request, blank, str(error), status=400)
        said = urlencode(
            {"added": len(done.added), "changed": len(done.changed), "same": len(done.unchanged)}
        )
        return RedirectResponse(f"/invoices?period=all&{said}", 303)

    @routes.post("/invoices/{name}/remove")
    def remove(name: str) -> Response:
        """Remove an invoice; its history stays."""
        invoices.remove(workspace, name, author=who())
        return RedirectResponse("/invoices", 303)

    @routes.get("/invoices/{name}", response_class=HTMLResponse)
    def one(request: Request, name: str) -> Response:
        """One invoice: its charges, and why it differs."""
        row = invoices.show(workspace, name)
        assert row.invoice is not None
        return site.page(
            request,
            "invoices/invoice.html",
            active="invoices",
            title=f"Invoice {row.invoice_id}",
            row=row,
            spec=row.invoice.spec,
            history=workspace.history(invoices.KIND, row.invoice.name),
            fields={name: _text(getattr(row.invoice.spec, name)) for name in _FIELDS},
            charges=charges_of(row),
            **_words(),
        )

    return routes


def _words() -> dict[str, Any]:
    return {"tones": TONES, "words": WORDS, "reasons": REASONS}


def _text(value: Any) -> str:
    return "" if value is None else format(value, "f") if hasattr(value, "as_tuple") else str(value)


def _overview(
    site: Site, request: Request, fields: Mapping[str, str], error: str = "", status: int = 200
) -> Response:
    given = dict(request.query_params)
    typed = re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", fields["billing_period"])
    if error and typed:
        given.setdefault("period", fields["billing_period"])
    found, rows = _asked(site, given)
    known = site.workspace.deliveries()
    return site.page(
        request,
        "invoices/invoices.html",
        status,
        active="invoices",
        title="Invoices",
        found=found,
        rows=rows,
        state=request.query_params.get("state", ""),
        states=STATES,
        period=str(found.period) if found.period else "all",
        fields={**fields, "billing_period": fields["billing_period"] or str(found.period or "")},
        filled=any(fields[name] for name in ("issuer", "amount", "invoice_id"))
        or "enter" in request.query_params,
        error=error,
        issuers=sorted({row.issuer for row in found.rows if row.issuer}),
        said={name: request.query_params.get(name) for name in ("added", "changed", "same")},
        empty=not known and not found.rows,
        enter=enter_link,
        charges=charges_of,
        query=urlencode({} if found.period is None else {"period": str(found.period)}),
        **_words(),
    )


def _asked(site: Site, given: Mapping[str, str]) -> tuple[Reconciliation, list[Row]]:
    """The month that is asked for: by default the newest that is over, `all` for every one."""
    text = given.get("period", "") or given.get("billing_period", "")
    if text == "all":
        found = invoices.reconciliation(site.workspace)
    elif text:
        found = invoices.reconciliation(site.workspace, BillingPeriod.parse(text))
    else:
        over = BillingPeriod.of(site.workspace.today()).previous()
        found = invoices.reconciliation(site.workspace, over)
        if not found.rows and found.periods:
            found = invoices.reconciliation(site.workspace, found.periods[0])
    state = given.get("state", "")
    return found, [row for row in found.rows if state in ("", row.state)]


def enter_link(row: Row) -> str:
    """The address of the form, filled in from charges without an invoice."""
    fields = {
        "period": str(row.period),
        "billing_period": str(row.period),
        "issuer": row.issuer or "",
        "invoice_id": row.invoice_id or "",
        "currency": row.charged_currency,
    }
    return f"/invoices?{urlencode({key: text for key, text in fields.items() if text})}#enter"


def charges_of(row: Row) -> str:
    """The address of the charges that a row is the sum of."""
    from outlay.focus.sql import literal

    named = row.invoice_id
    if row.invoice is not None and any("names no invoice" in note for note in row.notes):
        named = None
    issuer = "IS NULL" if row.issuer is None else f"= {literal(row.issuer)}"
    number = "IS NULL" if named is None else f"= {literal(named)}"
    where = f"InvoiceIssuerName {issuer} AND InvoiceId {number}"
    if named is None:
        where += f" AND x_BillingPeriod = '{row.period.start}'"
    if row.invoice is not None and row.invoice.spec.account:
        where += f" AND BillingAccountId = {literal(row.invoice.spec.account)}"
    return "/charges?" + urlencode({"m": "BilledCost", "where": where})
