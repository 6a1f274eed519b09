"""`/statements`, `/disputes`, `/journals`: what each value of a tag owes for a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Query, Request
from fastapi.responses import Response

from outlay.access import who
from outlay.api import tables
from outlay.api.answers import json_response, parquet_response
from outlay.api.formats import accepted, arrow_response
from outlay.api.problems import RESPONSES, ProblemRoute
from outlay.app import Workspace, disputes, statement_files, statements
from outlay.app.statement_files import StatementFile
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod, parse_money
from outlay.statements.documents import Statement


def _form(
    request: Request,
    format: Annotated[
        str,
        Query(
            description="json (default), csv, xlsx, html or pdf; arrow or parquet: every line as a "
            "table. Goes before the Accept header",
            examples=["csv"],
        ),
    ] = "",
) -> str:
    return format or accepted(request.headers.get("accept", ""))


_Form = Annotated[str, Depends(_form)]
_DISPUTE = {
    "plan": "team",
    "month": "2026-09",
    "value": "storefront",
    "line": "direct/Amazon Simple Storage Service",
    "amount": "12.50",
    "reason": "The bucket belongs to data.",
    "proposed": "data",
}
_ANSWER = {"accept": True, "reason": "Agreed.", "proposed": "data"}


def routes(workspace: Workspace) -> APIRouter:
    """The routes of statements."""
    router = APIRouter(route_class=ProblemRoute, tags=["Statements"], responses=RESPONSES)
    _months(router, workspace)
    _disputes(router, workspace)
    return router


def _months(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/statements", summary="Every plan with its months")
    def plans() -> Response:
        """A plan a virtual tag, and each configured one; months newest first with their state."""
        found = []
        for plan in statements.plans(workspace):
            months = statements.months(workspace, plan.name)
            listed = [{"month": str(month), "state": state} for month, state in months]
            found.append(statement_files.plan_json(plan) | {"months": listed})
        return json_response(found)

    @router.get("/statements/{plan}/{month}", summary="A month of a plan")
    def month(plan: str, month: str, form: _Form) -> Response:
        """All statements of the month: as they were closed, else the draft of this moment."""
        period = BillingPeriod.parse(month)
        if form in ("arrow", "parquet"):
            whole = statements.month(workspace, plan, period)
            return _lines(form, whole.statements, f"statement-{whole.plan}-{period}")
        if form == "json":
            found = statements.month(workspace, plan, period)
            return json_response(statement_files.month_json(found))
        return _file(statement_files.export(workspace, plan, period, form))

    @router.get("/statements/{plan}/{month}/{value:path}", summary="One value's statement")
    def statement(plan: str, month: str, value: str, form: _Form) -> Response:
        """A closed statement as JSON is the same byte for byte, always."""
        period = BillingPeriod.parse(month)
        if form in ("arrow", "parquet"):
            whole, one = statements.statement(workspace, plan, period, value)
            return _lines(form, [one], f"statement-{whole.plan}-{period}")
        return _file(statement_files.export(workspace, plan, period, form, value))

    @router.post("/statements/{plan}/{month}/close", summary="Close a month")
    def close(
        plan: str, month: str, body: Annotated[dict[str, Any] | None, Body()] = None
    ) -> Response:
        """Its statements never change again. The body may have `author` and `note`."""
        given = _fields(body or {}, ("author", "note"))
        done = statements.close(
            workspace,
            plan,
            BillingPeriod.parse(month),
            author=given["author"] or who(),
            note=given["note"],
        )
        return json_response(statement_files.month_json(done))

    @router.get("/journals/{plan}/{month}", summary="A month's journal entries, as CSV")
    def journal(plan: str, month: str) -> Response:
        """Accrual, reversal and charge, each balanced; see docs/allocation/statements.md."""
        period = BillingPeriod.parse(month)
        return _file(statement_files.journal_file(workspace, plan, period))


def _disputes(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/disputes/{plan}", summary="The disputes of a plan, and its trail")
    def listed(plan: str) -> Response:
        """Disputes with who should answer, and every event, oldest first."""
        found = disputes.disputes(workspace, plan)
        return json_response(
            {
                "disputes": [
                    disputes.dispute_json(one) | {"owner": disputes.owner_of(workspace, one)}
                    for one in found
                ],
                "events": [disputes.event_json(e) for e in disputes.events(workspace, plan)],
            }
        )

    @router.post("/disputes", status_code=201, summary="Dispute a line")
    def dispute(body: Annotated[dict[str, Any], Body(examples=[_DISPUTE])]) -> Response:
        """`amount` may be left out: all of the line. `proposed` may be left to the answer."""
        given = _fields(body, (*_DISPUTE, "author"))
        amount: Decimal | None = parse_money(given["amount"]) if given["amount"] else None
        made = disputes.dispute(
            workspace,
            given["plan"],
            BillingPeriod.parse(given["month"]),
            given["value"],
            line=given["line"],
            amount=amount,
            reason=given["reason"],
            proposed=given["proposed"],
            author=given["author"] or who(),
        )
        return json_response(disputes.dispute_json(made), 201)

    @router.post("/disputes/{number}/answer", summary="Accept or refuse a dispute")
    def answer(number: int, body: Annotated[dict[str, Any], Body(examples=[_ANSWER])]) -> Response:
        """An accepted amount moves on the next statement; a refusal needs a reason."""
        given = _fields(body, (*_ANSWER, "author"))
        accept = body.get("accept")
        if not isinstance(accept, bool):
            raise QueryError(
                "say whether it is accepted", field="accept", allowed=("true", "false")
            )
        done = disputes.answer(
            workspace,
            number,
            accept=accept,
            reason=given["reason"],
            proposed=given["proposed"],
            author=given["author"] or who(),
        )
        return json_response(disputes.dispute_json(done))


def _fields(body: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, str]:
    """The fields of a body as text; QueryError for one that there is not."""
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise QueryError(f"{unknown[0]!r} is no field of it", field=unknown[0], allowed=allowed)
    return {name: "" if body.get(name) is None else str(body[name]) for name in allowed}


def _lines(form: str, found: Sequence[Statement], name: str) -> Response:
    """The lines of statements as a table."""
    table = tables.statement_lines(found)
    return arrow_response(table, name) if form == "arrow" else parquet_response(table, name)


def _file(found: StatementFile) -> Response:
    """A file as it is opened by a browser, or kept under its name."""
    way = "inline" if found.media.startswith(("application/json", "text/html")) else "attachment"
    headers = {"Content-Disposition": f'{way}; filename="{found.name}"'}
    return Response(found.content, media_type=found.media, headers=headers)
