"""Where the numbers come from: sources and freshness, usage, the use-case library."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from outlay.app import usage as usages
from outlay.app import usecases
from outlay.app.shapes import source_json
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Json, Nothing, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Names, Truncation, cut
from outlay.query import CostQuery
from outlay.query.usage import UsageQuery

_TOLD = 20
_SECRETIVE = ("location", "root", "options")


class SourcesOutput(Output):
    """The sources of bills with their freshness."""

    sources: list[dict[str, Any]] = Field(
        description="name, kind, freshness (fresh, late, missing, manual) and its reason, last "
        "delivery, newest period, slices, rows, rejected, reconciled, error"
    )
    links: list[Link]


@tool("list_sources", "List the sources of bills, and how fresh they are", "GET /sources",
      SourcesOutput)  # fmt: skip
def list_sources(context: Context, asked: Nothing) -> Answer:
    """Every bill that is read: how new it is, whether it is late and why, whether its totals
    reconcile with the vendor's. Say it when figures are of bills that are late or not complete."""
    rows = [
        {name: value for name, value in source_json(one).items() if name not in _SECRETIVE}
        for one in context.workspace.sources()
    ]
    lines = [
        f"- {row['name']} ({row['kind']}): {row['freshness']}, {row['freshness_reason']}; "
        f"newest period {row['newest_period']}"
        + ("" if row["reconciled"] else "; NOT reconciled")
        + (f"; error: {row['error']}" if row["error"] else "")
        for row in rows
    ]
    data = {"sources": rows, "links": [context.links.to("Sources", "/sources")]}
    return Answer(data, "\n".join(lines) or "No bill is read yet.")


class UsageInput(Input):
    """A question about usage."""

    metric: Names = Field(default_factory=list, description="Metrics; default all")
    by: Names = Field(default_factory=list, description="Usage columns, tags.KEY or x_ columns")
    grain: Literal["", "none", "hour", "day", "week", "month", "quarter", "year"] = ""
    range: str = Field(default="", description="A relative range; default all")
    from_: str = Field(default="", alias="from", description="First day, UTC, YYYY-MM-DD")
    to: str = Field(default="", description="The day AFTER the last one")
    where: str = Field(default="", description="A condition over usage")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS, description="Groups a metric")
    as_of: str = ""


class UsageOutput(Output):
    """Sums of quantities by metric and unit."""

    rows: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    truncation: Truncation
    snapshot: str | None
    links: list[Link]


@tool("usage", "Ask what was used", "GET /usage", UsageOutput, input=UsageInput)
def usage(context: Context, asked: UsageInput) -> Answer:
    """Quantities that were used (tokens, pod hours, requests…) by metric and unit, which no bill
    has to have. Estimated costs stand beside them by currency: they are no charges, and are in no
    answer of query."""
    query = UsageQuery.of(asked.model_dump(by_alias=True))
    found = usages.usage(context.workspace, query)
    data = found.to_json()
    kept, left = cut(data["rows"], MOST_ROWS, "with a coarser grain")
    link = context.links.to("Usage", "/usage", query.to_params())
    data |= {"rows": kept, "truncation": left, "links": [link]}
    lines = [f"- {row['metric']}: {row['quantity']} {row['unit']}" for row in data["totals"]]
    return Answer(data, "\n".join([*lines[:_TOLD], f"Page: {link['url']}"]))


class UseCaseInput(Input):
    """A use case and its parameters."""

    name: str = Field(default="", description="Its name; left out: those that search finds")
    search: str = Field(default="", description="Words that title or question must have")
    parameters: dict[str, str] = Field(
        default_factory=dict, description="As the use case lists them", examples=[{"tag": "team"}]
    )
    as_of: str = ""
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class UseCaseOutput(Output):
    """Use cases, or the answer of one."""

    truncation: Truncation
    links: list[Link]


@tool("use_case", "Answer a use case of the FOCUS library", "GET /usecases/{name}", UseCaseOutput,
      input=UseCaseInput)  # fmt: skip
def use_case(context: Context, asked: UseCaseInput) -> Answer:
    """The FOCUS use-case library (commitments, discounts, marketplace, tags, unit economics…):
    without a name the list, with one its answer as a table with the SQL that was run."""
    if not asked.name:
        cases = [usecases.case_json(case) for case in usecases.listed(asked.search)]
        kept, left = cut(cases, asked.limit, "with search")
        listed: Json = {
            "use_cases": kept,
            "truncation": left,
            "links": [context.links.to("Use cases", "/usecases")],
        }
        return Answer(listed, "\n".join(f"- {case['name']}: {case['title']}" for case in kept))
    moment = CostQuery(as_of=asked.as_of or None).as_of_moment()
    found = usecases.answer(context.workspace, asked.name, asked.parameters, as_of=moment)
    data: Json = found.to_json()
    kept, left = cut(data["rows"], asked.limit, "its parameters")
    path = f"/usecases/{part(asked.name)}"
    link = context.links.to(data["title"], path, dict(found.parameters))
    data |= {"rows": kept, "truncation": left, "links": [link]}
    lines = [f"{data['title']}: {left['total']} rows."]
    lines += ["- " + ", ".join(f"{k} {v}" for k, v in row.items()) for row in kept[:_TOLD]]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))
