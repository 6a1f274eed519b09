"""`/invoices`: what issuers ask for, against what their charges come to."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from outlay.access import who
from outlay.api.answers import csv_response, json_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, invoice_shapes, invoices
from outlay.app.shapes import change_json
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod
from outlay.statements.invoices import STATES, Row

_EXAMPLE = {
    "issuer": "Amazon Web Services, Inc.",
    "invoice_id": "EUINUS26-202609",
    "billing_period": "2026-09",
    "currency": "USD",
    "amount": "1683.94",
    "issued_on": "2026-10-03",
}
_Period = Annotated[str, Query(description="One billing period, YYYY-MM", examples=["2026-09"])]
_State = Annotated[str, Query(description="Only rows in this state", examples=["differs"])]


def routes(workspace: Workspace) -> APIRouter:
    """The routes of invoices."""
    router = APIRouter(route_class=ProblemRoute, tags=["Invoices"], responses=RESPONSES)
    _reading(router, workspace)
    _writing(router, workspace)
    return router


def _reading(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/invoices", summary="Invoices against charges")
    def reconciliation(period: _Period = "", state: _State = "") -> Response:
        """Every invoice and every charge, by issuer, invoice id, billing period and currency."""
        found = invoices.reconciliation(workspace, _period(period))
        rows = _of_state(found.rows, state)
        return json_response(invoice_shapes.reconciliation_json(found, rows))

    @router.get("/invoices.csv", summary="The same as CSV")
    def as_csv(period: _Period = "", state: _State = "") -> Response:
        """Amounts are text with all their digits."""
        found = invoices.reconciliation(workspace, _period(period))
        name = f"invoices-{period}" if period else "invoices"
        return csv_response(invoice_shapes.rows_table(_of_state(found.rows, state)), name)

    @router.get("/invoices/{name}", summary="One invoice")
    def one(name: str) -> Response:
        """By its name or invoice id: its charges, the difference, and the history of versions."""
        row = invoices.show(workspace, name)
        assert row.invoice is not None
        history = workspace.history(invoices.KIND, row.invoice.name)
        return json_response(
            invoice_shapes.row_json(row) | {"history": [change_json(one) for one in history]}
        )


def _writing(router: APIRouter, workspace: Workspace) -> None:
    @router.post("/invoices", status_code=201, summary="Enter an invoice")
    def enter(spec: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])]) -> Response:
        """Its name is made of issuer and id; the one that is known already is corrected."""
        done = invoices.save(workspace, spec, author=who())
        return json_response(invoice_shapes.row_json(invoices.show(workspace, done.name)), 201)

    @router.put("/invoices/{name}", summary="Enter or correct an invoice under a name")
    def save(name: str, spec: Annotated[dict[str, Any], Body(examples=[_EXAMPLE])]) -> Response:
        """A new version where anything differs."""
        done = invoices.save(workspace, spec, name, author=who())
        return json_response(invoice_shapes.row_json(invoices.show(workspace, done.name)))

    @router.post(
        "/invoices/import",
        summary="Import a CSV file",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"text/csv": {"schema": {"type": "string"}}},
            }
        },
    )
    async def import_(request: Request, file: str = "upload.csv") -> Response:
        """The body is the file: a row per invoice, or a FOCUS Invoice Detail dataset. All or none.

        `file` is the name that invoices are said to be from.
        """
        text = invoices.decoded(await request.body(), file)
        done = invoices.import_csv(workspace, text, file, author=who())
        return json_response(
            {
                "added": list(done.added),
                "changed": list(done.changed),
                "unchanged": list(done.unchanged),
            }
        )

    @router.delete("/invoices/{name}", status_code=204, summary="Remove an invoice")
    def remove(name: str) -> Response:
        """Its history stays."""
        invoices.remove(workspace, name, author=who())
        return Response(status_code=204)


def _period(text: str) -> BillingPeriod | None:
    return BillingPeriod.parse(text) if text else None


def _of_state(rows: tuple[Row, ...], state: str) -> list[Row]:
    if state and state not in STATES:
        raise QueryError(
            f"{state!r} is no state of an invoice", field="state", text=state, allowed=STATES
        )
    return [row for row in rows if state in ("", row.state)]
