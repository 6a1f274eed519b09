"""Commitments: how they are used, what they save, when they end, and what to buy."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.commitments import overview, planning, shapes
from outlay.expression.errors import QueryError
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money.display import amount, share

_VIEWS = ("overview", "ending", "benefits", "plan")


class CommitmentsInput(Input):
    """What is asked of commitments."""

    view: str = Field(
        default="overview",
        description="overview (figures and each commitment), ending, benefits (who pays, who "
        "benefits), plan (what to buy)",
    )
    days: int = Field(default=overview.DAYS, ge=1, le=overview.MOST_DAYS)
    by: str = Field(
        default="family",
        description="Overview: provider, service, family, region, account or type",
    )
    tag: str = Field(default="", description="Benefits: a virtual tag; left out: that of owners")
    plan: str = Field(
        default="", description="Plan: a kept PurchasePlan's name; left out: the default one"
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class CommitmentsOutput(Output):
    """Commitments."""

    summary: list[dict[str, Any]] = Field(
        description="by currency: coverage, utilisation, effective_savings_rate, saved, unused; of "
        "a plan: now, planned, saved"
    )
    rows: list[dict[str, Any]] = Field(
        description="commitments, endings, payers, or the plan of each paying account"
    )
    notes: list[str]
    truncation: Truncation
    links: list[Link]


@tool("commitments", "Commitments", "GET /commitments", CommitmentsOutput, input=CommitmentsInput)
def commitments(context: Context, asked: CommitmentsInput) -> Answer:
    """Reserved Instances, Savings Plans, committed use discounts and reservations: coverage,
    utilisation, effective savings rate and waste by currency, each commitment with its break-even
    day and end, who pays and who benefits, and what to buy by simulation."""
    workspace, today = context.workspace, context.workspace.today()
    summary: list[Json] = []
    notes: list[str] = []
    if asked.view == "overview":
        found = overview.overview(workspace, asked.days, asked.by)
        summary = [shapes.figures_json(one.whole) for one in found.currencies]
        rows = [shapes.commitment_json(one, today) for one in found.commitments]
        lines = [
            f"{one.currency}: coverage {share(one.whole.coverage)}, utilisation "
            f"{share(one.whole.utilisation)}, effective savings rate "
            f"{share(one.whole.savings_rate)}, saved {amount(one.whole.saved, one.currency)}, "
            f"unused {amount(one.whole.unused, one.currency)}"
            for one in found.currencies
        ]
        lines += [
            f"- {one.name}: {text}" for one in found.commitments if (text := one.advice(today))
        ]
    elif asked.view == "ending":
        ends = overview.ending(workspace)
        rows = shapes.ending_json(ends, today)
        lines = [f"- {one.commitment.name}: {one.day or 'end not known'}" for one in ends]
    elif asked.view == "benefits":
        told = [shapes.matrix_json(one) for one in
                overview.benefits(workspace, asked.days, asked.tag)]  # fmt: skip
        rows = told
        lines = [f"{one['currency']}: {one['cost']} paid, {one['saved']} saved" for one in told]
    elif asked.view == "plan":
        made = (
            planning.planned_by(workspace, asked.plan)
            if asked.plan
            else planning.planned(workspace, {})
        )
        told = [shapes.planned_json(made)]
        summary, rows, notes = told[0]["sums"], told[0]["plans"], told[0]["notes"]
        lines = [f"{one['currency']}: saves {one['saved']} over the horizon" for one in summary]
    else:
        raise QueryError(
            f"{asked.view!r} is nothing to see", field="view", text=asked.view, allowed=_VIEWS
        )
    kept, left = cut(rows, asked.limit, "the limit")
    planner = asked.view == "plan"
    link = context.links.to(
        "Purchase planner" if planner else "Commitments",
        "/commitments/planner" if planner else "/commitments",
        {"plan": asked.plan} if planner and asked.plan else {},
    )
    data = {
        "summary": summary, "rows": kept, "notes": notes, "truncation": left, "links": [link],
    }  # fmt: skip
    text = "\n".join([*(lines or ["No commitment is held."]), *notes])
    return Answer(data, f"{text}\nPage: {link['url']}")
