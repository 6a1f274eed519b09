"""Plans: what is planned by month, what came of it, the year's outlook; notes and adjustments."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from outlay.app.planning import (
    plan_actuals,
    plan_bridge,
    plan_outlook,
    plan_shapes,
    plans,
)
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, cut
from outlay.money import BillingPeriod, money_text
from outlay.planning.plans.model import path_text

_TOLD = 15
What = Literal["lines", "variance", "bridge", "outlook", "history"]


class PlansInput(Input):
    """Which plan, and what of it."""

    plan: str = Field(default="", description="A plan's name; left out: the plans there are")
    what: What = Field(
        default="lines",
        description="lines: planned by month; variance: actual against planned to date; bridge: "
        "that taken apart into price, volume, mix and one-off; outlook: the full year's latest "
        "estimate; history: who changed what",
    )
    version: int | None = Field(default=None, description="A version; left out: the one in force")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class PlansOutput(Output):
    """Plans with their versions, or one plan's lines, variance, bridge, outlook or history."""

    links: list[Link]


@tool("plans", "Plans of finance", "GET /plans/{name}/outlook", PlansOutput, input=PlansInput)
def plans_tool(context: Context, asked: PlansInput) -> Answer:
    """A year's plan by month over a hierarchy (such as department, team, service): versions and
    who approved them, planned amounts with adjustments and reasons, variance to date, what drove
    it, and the full-year outlook. Without plan: the plans there are."""
    if not asked.plan:
        return _listed(context)
    ask = {
        "lines": _lines,
        "variance": _variance,
        "bridge": _bridge,
        "outlook": _outlook,
        "history": _history,
    }[asked.what]
    data, lines = ask(context, asked)
    link = context.links.to(f"Plan {asked.plan}", f"/plans/{part(asked.plan)}")
    return Answer(data | {"links": [link]}, "\n".join([*lines, f"Page: {link['url']}"]))


def _listed(context: Context) -> Answer:
    found = plans.plans(context.workspace)
    data = {
        "plans": [plan_shapes.plan_json(one) for one in found],
        "links": [context.links.to("Plans", "/plans")],
    }
    lines = [
        f"- {one.name}: {one.title}, {one.frame.label}, "
        + (
            f"approved {money_text(one.approved.info.total)} {one.frame.currency}"
            if one.approved
            else "nothing approved yet"
        )
        for one in found
    ]
    return Answer(data, "\n".join(lines) or "There is no plan yet.")


def _cut(data: dict[str, Any], key: str, limit: int, what: str) -> dict[str, Any]:
    kept, left = cut(data[key], limit, what)
    return data | {key: kept, "truncation": left}


def _lines(context: Context, asked: PlansInput) -> tuple[dict[str, Any], list[str]]:
    found = plans.version(context.workspace, asked.plan, asked.version)
    document, info = found.document, found.info
    data = plan_shapes.version_json(found)
    del data["steps"]
    lines = [
        f"{asked.plan} version {info.version} ({info.kind}, {info.state}): "
        f"{money_text(info.total)} {info.currency} for {document.frame.label}."
    ]
    lines += [
        f"- {path_text(group.path)}: {money_text(group.year.total)}"
        for group in document.groups()
        if group.depth == 1
    ][:_TOLD]
    return _cut(data, "lines", asked.limit, "the lines"), lines


def _variance(context: Context, asked: PlansInput) -> tuple[dict[str, Any], list[str]]:
    found = plan_actuals.variance(context.workspace, asked.plan, asked.version)
    sums = found.to_date(found.total)
    lines = [f"No month of {asked.plan} is complete yet: there is nothing to compare."]
    if found.complete:
        lines = [
            f"Complete months of {asked.plan}: planned {money_text(sums.planned)}, actual "
            f"{money_text(sums.actual)}, variance {money_text(sums.variance)} "
            f"{found.frame.currency}."
        ]
        lines += [
            f"- {path_text(row.path)}: {money_text(found.to_date(row).variance)}"
            for depth, row in found.groups()
            if depth == 1
        ][:_TOLD]
    data = plan_shapes.variance_json(found)
    return _cut(data, "lines", asked.limit, "the lines"), lines


def _bridge(context: Context, asked: PlansInput) -> tuple[dict[str, Any], list[str]]:
    found = plan_bridge.bridge(context.workspace, asked.plan, asked.version)
    whole = found.total
    lines = [
        f"{asked.plan}, {found.first} to {found.last}: planned {money_text(whole.planned)}, "
        f"actual {money_text(whole.actual)} {found.frame.currency}."
    ]
    lines += [f"- {name}: {money_text(amount)}" for name, amount in whole.effects.items()]
    data = plan_shapes.bridge_json(found)
    return _cut(data, "lines", asked.limit, "the lines"), lines


def _outlook(context: Context, asked: PlansInput) -> tuple[dict[str, Any], list[str]]:
    found = plan_outlook.outlook(context.workspace, asked.plan, asked.version)
    year = found.total.year
    lines = [
        f"The year of {asked.plan}: planned {money_text(year.planned)}, expected "
        f"{money_text(year.actual)}, {money_text(year.variance)} {found.frame.currency} over "
        f"plan{' (beyond its tolerance)' if found.beyond else ''}."
    ]
    lines += [
        f"- {path_text(row.path)}: {money_text(row.year.variance)}"
        for depth, row in found.groups()
        if depth == 1
    ][:_TOLD]
    data = plan_shapes.outlook_json(found)
    return _cut(data, "lines", asked.limit, "the lines"), lines


def _history(context: Context, asked: PlansInput) -> tuple[dict[str, Any], list[str]]:
    found = plans.version(context.workspace, asked.plan, asked.version)
    steps = plans.history(found.document)
    data = {
        "plan": asked.plan,
        "version": plan_shapes.info_json(found.info),
        "steps": [
            {
                "revision": one.revision,
                "at": one.at.isoformat() + "Z",
                "author": one.author,
                "said": one.said,
                "reason": one.reason,
            }
            for one in steps
        ],
    }
    lines = [
        f"- {one.at:%Y-%m-%d} {one.author} {one.said}{f': {one.reason}' if one.reason else ''}"
        for one in steps[:_TOLD]
    ]
    return _cut(data, "steps", asked.limit, "the history"), lines


class AdjustInput(Input):
    """Which cell, and by how much."""

    plan: str = Field(description="A plan's name")
    line: str = Field(description="The line's id, as plans tells it", examples=["l3"])
    month: str = Field(description="YYYY-MM", examples=["2027-02"])
    add: str = Field(description="What is added, in the plan's currency", examples=["-250.00"])
    reason: str = Field(description="Why; it is kept with the change")
    revision: int = Field(description="The revision that was looked at")
    effect: Literal["price", "volume", "mix", "one-off"] = "volume"


class AdjustOutput(Output):
    """The draft as it is then, without its lines."""

    revision: int
    total: str
    links: list[Link]


@tool("adjust_plan", "Adjust a plan's draft", "POST /plans/{name}/cells", AdjustOutput,
      input=AdjustInput, needs="writes")  # fmt: skip
def adjust_plan(context: Context, asked: AdjustInput) -> Answer:
    """Add an amount to one month of a line of a plan's draft, with a reason. The adjustment is kept
    apart from the baseline and can be taken back; approved versions never change."""
    from outlay.money import parse_money

    edit = plans.CellEdit(
        asked.line, BillingPeriod.parse(asked.month), parse_money(asked.add), how="add",
        effect=asked.effect,
    )  # fmt: skip
    done = plans.edit_cells(
        context.workspace, asked.plan, [edit], asked.reason, revision=asked.revision
    )
    link = context.links.to(f"Plan {asked.plan}", f"/plans/{part(asked.plan)}")
    data = plan_shapes.info_json(done.info) | {"links": [link]}
    said = done.document.steps[-1].said
    return Answer(data, f"{said}: the year is {data['total']} {done.info.currency}.")
