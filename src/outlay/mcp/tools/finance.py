"""What finance closes: statements, invoices against charges, the month's close."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from outlay.app import close_shapes, closing, invoice_shapes, invoices, statement_files, statements
from outlay.expression.errors import QueryError
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import BillingPeriod, money_text
from outlay.statements.invoices import STATES

_TOLD = 20
_Month = Field(default="", description="A billing period, YYYY-MM", examples=["2026-10"])


class StatementsInput(Input):
    """Which statements."""

    plan: str = Field(
        default="", description="A plan's name; left out: the plans there are", examples=["team"]
    )
    month: str = Field(default="", description="YYYY-MM; left out: the months of the plan")
    value: str = Field(default="", description="One value's statement, with all its lines")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class StatementsOutput(Output):
    """Plans, or the months of a plan, or a month, or one statement. Amounts are in whole units of
    the currency (cents)."""

    links: list[Link]


@tool("statements", "Statements (showback and chargeback)", "GET /statements/{plan}/{month}",
      StatementsOutput, input=StatementsInput)  # fmt: skip
def statements_tool(context: Context, asked: StatementsInput) -> Answer:
    """What each value of a virtual tag (team, product…) owes for a month: direct, shared in,
    credits, tax, commitment effects, corrections. A closed month never changes; a draft is of this
    moment. Without plan: the plans; with plan: its months; with month: the total of each value;
    with value: its lines."""
    if not asked.plan:
        return _plans(context)
    plan = statements.plan_of(context.workspace, asked.plan)
    path = f"/statements/{part(plan.name)}"
    if not asked.month:
        months = statements.months(context.workspace, plan.name)
        rows = [{"month": str(month), "state": state} for month, state in months]
        kept, left = cut(rows, asked.limit, "the months")
        data = statement_files.plan_json(plan) | {
            "months": kept,
            "truncation": left,
            "links": [context.links.to("Statements", "/statements")],
        }
        lines = [f"- {row['month']}: {row['state']}" for row in kept[:_TOLD]]
        return Answer(data, "\n".join([f"Statements by {plan.title}:", *lines]))
    period = BillingPeriod.parse(asked.month)
    if asked.value:
        return _one(context, asked.plan, period, asked.value)
    whole = statements.month(context.workspace, asked.plan, period)
    link = context.links.to(f"{plan.title}, {period}", f"{path}/{period}")
    rows = [
        {"value": one.value, "title": one.title, "owner": one.owner, "total": money_text(one.total)}
        | {column: money_text(amount) for column, amount in one.columns.items()}
        for one in whole.statements
    ]
    kept, left = cut(rows, asked.limit, "the month by value")
    data = {
        "plan": whole.plan,
        "tag": whole.tag,
        "month": str(whole.month),
        "state": whole.state,
        "currency": whole.currency,
        "measure": plan.spec.measure,
        "snapshot": None if whole.snapshot is None else str(whole.snapshot),
        "total": money_text(whole.total),
        "bill": money_text(whole.bill),
        "adjustments": money_text(whole.adjustments),
        "statements": kept,
        "truncation": left,
        "problems": list(whole.problems),
        "warnings": list(whole.warnings),
        "links": [link],
    }
    lines = [f"{whole.title} {period} ({whole.state}): {data['total']} {whole.currency}."]
    lines += [f"- {row['value']}: {row['total']} {whole.currency}" for row in kept[:_TOLD]]
    lines += [f"Problem: {problem}" for problem in whole.problems]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


def _plans(context: Context) -> Answer:
    found = statements.plans(context.workspace)
    data = {
        "plans": [statement_files.plan_json(plan) for plan in found],
        "links": [context.links.to("Statements", "/statements")],
    }
    lines = [f"- {plan.name}: by {plan.tag}, {plan.currency}" for plan in found]
    return Answer(data, "\n".join(lines) or "There are no statements: define a virtual tag first.")


def _one(context: Context, plan: str, period: BillingPeriod, value: str) -> Answer:
    whole, one = statements.statement(context.workspace, plan, period, value)
    path = f"/statements/{part(whole.plan)}/{period}/{part(value)}"
    link = context.links.to(f"{one.label}, {period}", path)
    data = json.loads(one.text) | {"links": [link]}
    lines = [f"{whole.tag} {value} {period} ({whole.state}): {money_text(one.total)} "
             f"{whole.currency}."]  # fmt: skip
    lines += [f"- {name}: {money_text(amount)}" for name, amount in one.columns.items()]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class InvoicesInput(Input):
    """Which invoices."""

    period: str = _Month
    state: str = Field(default="", description=f"Only in this state: {', '.join(STATES)}")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class InvoicesOutput(Output):
    """Invoices against charges."""

    states: dict[str, int]
    totals: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    snapshot: str | None
    truncation: Truncation
    links: list[Link]


@tool("invoices", "Invoices against charges", "GET /invoices", InvoicesOutput,
      input=InvoicesInput)  # fmt: skip
def invoices_tool(context: Context, asked: InvoicesInput) -> Answer:
    """Every invoice with what its charges come to, the difference and what explains it; and
    charges that no invoice has asked for yet. The totals are of all rows of the period."""
    if asked.state and asked.state not in STATES:
        raise QueryError(f"{asked.state!r} is no state", field="state", allowed=STATES)
    period = BillingPeriod.parse(asked.period) if asked.period else None
    found = invoices.reconciliation(context.workspace, period)
    wanted = [row for row in found.rows if asked.state in ("", row.state)]
    kept, left = cut(wanted, asked.limit, "the period or state")
    params = {"period": asked.period} if asked.period else {}
    link = context.links.to("Invoices", "/invoices", params)
    data = invoice_shapes.reconciliation_json(found, kept) | {"truncation": left, "links": [link]}
    lines = [", ".join(f"{count} {state}" for state, count in data["states"].items())]
    lines += [
        f"- {row['issuer']} {row['invoice_id']} {row['billing_period']}: {row['state']}, "
        f"invoiced {row['amount']} {row['currency']}, charges {row['charged']['BilledCost']} "
        f"{row['charged']['currency']}, unexplained {row['unexplained']}"
        for row in data["rows"][:_TOLD]
    ]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class CloseInput(Input):
    """Which month."""

    month: str = Field(default="", description="YYYY-MM; left out: the newest months")
    plan: str = Field(default="", description="A statement plan; default the only one")


class CloseOutput(Output):
    """The newest months, or every check of one."""

    links: list[Link]


@tool("close_status", "Where a month's close stands", "GET /close/{month}", CloseOutput,
      input=CloseInput)  # fmt: skip
def close_status(context: Context, asked: CloseInput) -> Answer:
    """Whether a month can be closed: missing deliveries, rejected rows, invoice differences,
    unallocated spend, the prepaid bridge, disputes, each with its amounts and the page where it
    is put right."""
    if not asked.month:
        plans, months = closing.overview(context.workspace)
        rows = [close_shapes.line_json(line) for line in months]
        months_data: Json = {
            "plans": list(plans),
            "months": rows,
            "links": [context.links.to("Month close", "/close")],
        }
        return Answer(months_data, "\n".join(f"- {row['month']}: {row['plans']}" for row in rows))
    period = BillingPeriod.parse(asked.month)
    status = closing.status(context.workspace, period, asked.plan)
    link = context.links.to(f"Close {period}", f"/close/{period}", {"plan": status.plan})
    data: Json = close_shapes.status_json(status) | {"links": [link]}
    for check in data["checks"]:
        for finding in check["findings"]:
            if finding["link"]:
                finding["link"] = context.links.to("", finding["link"])["url"]
    lines = [f"{status.plan} {period}: {data['state']}, {'ready' if data['ready'] else 'not ready'}"
             f" to close; {data['total']} {status.currency}."]  # fmt: skip
    for check in data["checks"]:
        lines.append(f"- {check['check']}: {check['state']} ({check['text']})")
        lines += [f"  - {one['text']} {one['amounts'] or ''}" for one in check["findings"][:5]]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))
