"""What drove a change between two periods."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.app.drivers import drivers as ask
from outlay.mcp.registry import Answer, Context, Json, Output, tool
from outlay.mcp.shapes import Link, Names, Scoped, Truncation, cost_query, period, truncation
from outlay.query.drivers import sentence

_TOLD = 10


class DriversInput(Scoped):
    """A question about one measure of money, and the days that it is compared with."""

    range: str = Field(
        default="last-month", description="The later period; default last-month. Or from and to."
    )
    measures: Names = Field(
        default_factory=list, description="One measure of money; default EffectiveCost"
    )
    by: Names = Field(
        default_factory=list,
        description="Dimensions to show the effects by",
        examples=[["ServiceName"]],
    )
    compare: str = Field(default="previous", description="previous or previous-year")
    against: str = Field(
        default="",
        description="Other earlier days, their end exclusive: 2026-09-01..2026-10-01",
    )
    currency: str = Field(default="", description="Convert to this currency; default: each alone")
    before_as_of: str = Field(
        default="", description="The earlier period as it was known: then, a day, a snapshot id"
    )
    before_rules_as_of: str = Field(
        default="", description="The earlier period by the rules of: then, or a day"
    )
    limit: int = Field(default=15, ge=1, le=100, description="Groups and items a currency")


class DriversOutput(Output):
    """One bridge a currency: before + effects = after, exactly."""

    sentence: str = Field(description="The change in one sentence, worked out from the bridge")
    query: dict[str, Any]
    measure: str
    range: dict[str, str] | None
    previous_range: dict[str, str] | None
    days: dict[str, int]
    bridges: list[dict[str, Any]] = Field(
        description="currency, before, after, change; effects (new, gone, usage, price, "
        "commitment, credit…) that add up to the change; groups by dimension; items: the largest "
        "single movers"
    )
    snapshot: str | None
    warnings: list[str]
    truncation: Truncation
    links: list[Link]


@tool("drivers", "What drove a change of spend", "GET /drivers", DriversOutput,
      input=DriversInput)  # fmt: skip
def drivers(context: Context, asked: DriversInput) -> Answer:
    """Why spend rose or fell between two periods, split at price and resource into new, gone,
    usage, price, commitment, credit, tax and other, currency, tag-rule and restatement effects
    that add up to the change exactly. The tool for "why did spend change"."""
    given = asked.model_dump(by_alias=True)
    relative = {} if asked.from_ or asked.to else {"range": given["range"]}
    # The default range must not stand beside days that are given.
    query = cost_query(asked, **{"range": "", **relative, "limit": None})
    report = ask(
        context.workspace,
        query,
        against=asked.against,
        before_as_of=asked.before_as_of,
        before_rules_as_of=asked.before_rules_as_of,
    )
    data: Json = {"sentence": sentence(report), **report.to_json()}
    shown, there = 0, 0
    for bridge in data["bridges"]:
        for part in ("groups", "items"):
            there += len(bridge[part])
            bridge[part] = bridge[part][: asked.limit]
            shown += len(bridge[part])
    link = context.links.question("What drove it", query, "/drivers")
    data["truncation"] = truncation(shown, there, "Raise limit, or narrow down with where.")
    data["links"] = [link]
    lines = [
        data["sentence"],
        f"{data['measure']}, {period(data['range'])} against {period(data['previous_range'])}, "
        f"snapshot {data['snapshot']}.",
    ]
    for bridge in data["bridges"]:
        currency = bridge["currency"]
        lines.append(
            f"{bridge['before']} {currency} before, {bridge['change']} change, "
            f"{bridge['after']} after:"
        )
        lines += [f"- {one['title']}: {one['amount']} {currency}" for one in bridge["effects"]]
        lines += [f"  - {_group(one)}" for one in bridge["groups"][:_TOLD]]
    lines += [f"Note: {warning}" for warning in data["warnings"]]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


def _group(group: Json) -> str:
    values = group.get("values") or {}
    named = values.values() if isinstance(values, dict) else values
    name = " / ".join("(none)" if value is None else str(value) for value in named)
    return f"{name or 'all'}: {group.get('change')}"
