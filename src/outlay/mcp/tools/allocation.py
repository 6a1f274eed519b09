"""Whose cost it is: virtual tags, coverage, why, unit costs, and rules before they are saved."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from outlay.app import allocating, tags
from outlay.app import why as whys
from outlay.app.shapes_allocation import overview_json
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Json, Nothing, Output, tool
from outlay.mcp.shapes import Link, Scoped, Truncation, amounts, cost_query, cut
from outlay.money import money_text
from outlay.query.unit import UnitQuery

_TOLD = 20
Scope = Field(description="A virtual tag's name from list_tags", examples=["team"])


class TagsOutput(Output):
    """The virtual tags by name."""

    tags: list[dict[str, Any]] = Field(
        description="name, title, description, default, number of rules and values, what it builds "
        "on, its splits, and how much of the money it allocates"
    )
    links: list[Link]


@tool("list_tags", "List the virtual tags", "GET /tags", TagsOutput)
def list_tags(context: Context, asked: Nothing) -> Answer:
    """The company's own dimensions (team, product, cost-center…), made by rules over charges, each
    with how much of the spend it allocates. Group and filter by their names in query."""
    rows = [overview_json(one) for one in tags.overview(context.workspace)]
    lines = [
        f"- {row['name']}: {row['values']} values, {row['rules']} rules"
        + (f", split by {', '.join(row['splits'])}" if row["splits"] else "")
        for row in rows
    ]
    data = {"tags": rows, "links": [context.links.to("Virtual tags", "/tags")]}
    return Answer(data, "\n".join(lines) or "There is no virtual tag.")


class CoverageInput(Scoped):
    """A virtual tag and the question within which it is looked at."""

    tag: str = Scope


class CoverageOutput(Output):
    """How much a tag allocates, in all, by month and value, and the largest gaps."""

    links: list[Link]


@tool("coverage", "How much a virtual tag allocates", "GET /coverage", CoverageOutput,
      input=CoverageInput)  # fmt: skip
def coverage(context: Context, asked: CoverageInput) -> Answer:
    """The part of the money that a virtual tag gives a value to: in all, by month, by value, with
    the largest unallocated spend and what would catch it."""
    found = allocating.coverage(context.workspace, asked.tag, cost_query(asked))
    link = context.links.to("Coverage", "/coverage", {"tag": asked.tag})
    data = found.to_json() | {"links": [link]}
    covered = found.covered
    lines = [
        f"{asked.tag} allocates {amounts(covered.allocated)} of {amounts(covered.total)}.",
        *(f"- gap: {gap}" for gap in map(_gap, data["gaps"][:5])),
        f"Page: {link['url']}",
    ]
    return Answer(data, "\n".join(lines))


def _gap(gap: dict[str, Any]) -> str:
    """A gap in words: what it is, and the money of it."""
    money = gap.get("money") or {}
    name = gap.get("title") or gap.get("value") or gap.get("kind")
    return f"{name}: " + ", ".join(f"{amount} {c}" for c, amount in money.items())


class WhyInput(Scoped):
    """A virtual tag, and one of its values."""

    tag: str = Scope
    value: str = Field(
        default="", description="Its value; left out: the values there are", examples=["storefront"]
    )


class WhyOutput(Output):
    """The values of a tag, or the rules and splits behind one."""

    tag: str
    links: list[Link]


@tool("why", "Why is this mine?", "GET /why", WhyOutput, input=WhyInput)
def why(context: Context, asked: WhyInput) -> Answer:
    """Why a virtual tag gives a value its cost: the rules that gave it (number, condition, who
    saved which version when, what they saw in the charges), what splits gave and took with their
    weights, and the largest charges with file and line."""
    within = cost_query(asked)
    params = {"tag": asked.tag} | ({"value": asked.value} if asked.value else {})
    link = context.links.to("Why is this mine?", "/why", params)
    if not asked.value:
        found = whys.values(context.workspace, asked.tag, within)
        rows = [
            {"value": v.value, "amounts": {c: money_text(a) for c, a in v.amounts.items()}}
            for v in found
        ]
        lines = [f"- {v.value}: {amounts(v.amounts)}" for v in found[:_TOLD]]
        return Answer({"tag": asked.tag, "values": rows, "links": [link]}, "\n".join(lines))
    answer = whys.why(context.workspace, asked.tag, asked.value, within)
    lines = [
        f"{asked.tag} = {asked.value}: {amounts({g.currency: g.amount})}" for g in answer.groups
    ]
    for rule in answer.why.rules:
        name = f"rule {rule.number}" if rule.number else "no rule (the default)"
        lines.append(f"- {name}: {amounts(rule.caught.money)} in {rule.caught.lines} lines")
    for group in answer.groups:
        for given in group.shared:
            weight = ""
            if given.pool is not None and given.share is not None:
                weight = f" (weight {given.share:f} of {money_text(given.pool)})"
            gave = amounts({group.currency: given.amount})
            lines.append(f"- split {given.split} gave {gave}{weight}")
    data = answer.to_json() | {"tag": asked.tag, "links": [link]}
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class UnitInput(Input):
    """A unit cost and the periods of it."""

    name: str = Field(
        default="", description="Its name; left out: the unit costs there are",
        examples=["cost-per-order"],
    )  # fmt: skip
    range: str = Field(default="", description="A relative range; default last-12-months")
    from_: str = Field(default="", alias="from", description="First day, UTC, YYYY-MM-DD")
    to: str = Field(default="", description="The day AFTER the last one")
    grain: Literal["", "day", "week", "month", "quarter", "year"] = ""
    by: Literal["", "label", "none"] = Field(default="", description="By its label, or in total")
    before: str = Field(default="", description="A day of the period that a change is from")
    after: str = Field(default="", description="A day of the period that a change is to")
    as_of: str = Field(default="", description="What was known then: a day or UTC time")


class UnitOutput(Output):
    """The unit costs, or one by period and label."""

    links: list[Link]


@tool("unit_cost", "What one unit costs", "GET /units/{name}", UnitOutput, input=UnitInput)
def unit_cost(context: Context, asked: UnitInput) -> Answer:
    """Cost per unit of business (per order, customer, request…) by period and label: cost and
    units exactly, unit_cost rounded to twelve decimals, margin where revenue is known, and the
    parts of the change between two periods. Without a name: which unit costs there are. More spend
    is right where it bought more: look here before you call a rise a problem."""
    if not asked.name:
        rows = [
            {"name": one.name, "title": one.title, "description": one.spec.description,
             "metric": one.spec.metric, "measure": one.spec.measure, "where": one.spec.where}
            for one in context.workspace.units.all()
        ]  # fmt: skip
        lines = [f"- {row['name']}: {row['title']} ({row['measure']} per {row['metric']})"
                 for row in rows]  # fmt: skip
        listed = {"units": rows, "links": [context.links.to("Unit costs", "/units")]}
        return Answer(listed, "\n".join(lines) or "There is no unit cost.")
    given = asked.model_dump(by_alias=True, exclude={"name"})
    query = UnitQuery.from_params(given)
    result = context.workspace.units.ask(asked.name, query)
    link = context.links.to(asked.name, f"/units/{part(asked.name)}", query.to_params())
    data: Json = {**result.to_json(), "links": [link]}
    lines = [f"Unit cost {asked.name}, {data.get('currency')}:"]
    for entry in data["periods"][-_TOLD:]:
        cell = entry["total"]
        lines.append(
            f"- {entry['period']}: {cell['unit_cost']} = {cell['cost']} / {cell['units']} "
            f"({cell['status']})"
        )
    lines += [f"Note: {warning}" for warning in result.warnings]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class PreviewInput(Scoped):
    """A virtual tag's name and the spec that it would have."""

    tag: str = Field(description="The virtual tag's name, one that is or a new one")
    spec: dict[str, Any] = Field(
        description="The whole spec: rules (when: a condition, value: text or {from: dimension, "
        "transform: […]}), default, title. The rules that are there must be given again.",
        examples=[{"rules": [{"when": "SubAccountId = '1111'", "value": "platform"}]}],
    )


class PreviewOutput(Output):
    """What saving it would do."""

    saved: bool = Field(description="Always false: nothing was changed")
    links: list[Link]


@tool("preview_rule", "What a virtual tag's rules would change", "POST /tags/{name}/preview",
      PreviewOutput, input=PreviewInput)  # fmt: skip
def preview_rule(context: Context, asked: PreviewInput) -> Answer:
    """Try rules of a virtual tag without saving them: what each rule catches, dead and shadowed
    rules, money by value before and after, coverage before and after, and the tags that build on
    it. Nothing is changed; a person saves rules on the page."""
    found = allocating.preview_tag(context.workspace, asked.tag, asked.spec, cost_query(asked))
    link = context.links.to("Virtual tag", f"/tags/{part(asked.tag)}")
    data = found.to_json() | {"saved": False, "links": [link]}
    lines = [f"Nothing was saved. {asked.tag} would do this:"]
    for rule in found.rules:
        lines.append(
            f"- rule {rule.number} ({rule.state}): {amounts(rule.first.money)} in "
            f"{rule.first.lines} lines"
        )
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class SuggestInput(Scoped):
    """A virtual tag."""

    tag: str = Scope
    limit: int = Field(default=10, ge=1, le=100)


class SuggestOutput(Output):
    """Rules that the data suggests."""

    suggestions: list[dict[str, Any]]
    truncation: Truncation
    links: list[Link]


@tool("suggest_rules", "Rules that the data suggests", "GET /tags/{name}/suggestions",
      SuggestOutput, input=SuggestInput)  # fmt: skip
def suggest_rules(context: Context, asked: SuggestInput) -> Answer:
    """Rules that would allocate what a virtual tag leaves out, each with its reason and the money
    that it would catch, the largest first. None is applied."""
    found = allocating.suggestions(context.workspace, asked.tag, cost_query(asked))
    rows, left = cut([one.to_json() for one in found], asked.limit, "the range")
    link = context.links.to("Virtual tag", f"/tags/{part(asked.tag)}")
    data = {"suggestions": rows, "truncation": left, "links": [link]}
    return Answer(data, f"{len(found)} suggestions for {asked.tag}. Page: {link['url']}")
