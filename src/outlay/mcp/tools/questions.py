"""Questions: sums, charges, explanations, and the names to ask with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from outlay.app.shapes import dimension_json, plain, value_json
from outlay.expression.errors import QueryError
from outlay.mcp.registry import Answer, Context, Input, Json, Output, tool
from outlay.mcp.shapes import (
    DEFAULT_LIMIT,
    MOST_ROWS,
    Cell,
    Link,
    Money,
    Question,
    Scoped,
    Truncation,
    amounts,
    cost_query,
    cut,
    measures_used,
    period,
    truncation,
)
from outlay.query import MEASURES, CostQuery, Result

_TOLD = 20
_KINDS = ("virtual", "tag", "label", "focus", "source")
Row = dict[str, Cell]


class QueryOutput(Money):
    """Rows + other = totals, exactly. Money is text with all its decimals."""

    query: dict[str, Any] = Field(description="The question as it was understood")
    columns: list[dict[str, Any]] = Field(description="Name, role, type and title of each column")
    rows: list[Row]
    other: list[Row] = Field(description="The sum of the groups beyond the limit, exactly")
    total: Row | None = Field(description="The sum of all rows; null: see totals")
    totals: list[Row] = Field(description="The same, one a currency")
    previous_range: dict[str, str] | None
    groups: int = Field(description="Groups before the limit")
    unconverted: list[dict[str, str]] = Field(description="Amounts that no rate could convert")
    rates: list[dict[str, Any]]
    warnings: list[str]
    truncation: Truncation


@tool("query", "Ask what was spent", "POST /query", QueryOutput, input=Question)
def query(context: Context, asked: Question) -> Answer:
    """Sums of cost (or quantities) by dimensions and time over any range, with filter and
    comparison: the tool for nearly every question about spend. Amounts are exact decimals as
    text: add them as decimals, never as floats. `to` is exclusive. Groups beyond `limit` are
    summed in `other`, so that rows + other = total. Ask list_dimensions and list_values for
    names before you filter by them."""
    return told(context, fitting(context, cost_query(asked)))


def fitting(context: Context, asked: CostQuery) -> Result:
    """The answer with at most `MOST_ROWS` rows: fewer groups where there are many periods, so
    that what is left out is summed. QueryError where one group alone has too many periods."""
    result = context.workspace.query(asked)
    rows = result.table.num_rows + len(result.other)
    if rows <= MOST_ROWS:
        return result
    periods = 1
    if asked.grain != "none":
        periods = len(result.table.column("period").unique())
    groups = MOST_ROWS // (periods * max(1, len(result.totals))) - 1
    if groups < 1:
        raise QueryError(
            f"the answer has {rows} rows, {periods} periods of it; an answer has {MOST_ROWS} at "
            "most",
            field="grain",
            text=asked.grain,
            hint="Choose a coarser grain or a shorter range.",
        )
    return context.workspace.query(asked.but(limit=groups))


def told(context: Context, result: Result) -> Answer:
    """An answer to a question as data and in words."""
    shown = result.group_count if not result.other else min(
        result.query.limit or result.group_count, result.group_count
    )  # fmt: skip
    more = "Raise limit, narrow down with where, or open the page; other is the exact rest."
    links = [
        context.links.question("Explore", result.query),
        context.links.question("Charges", result.query, "/charges"),
    ]
    data = result.to_json() | {
        "measures": measures_used(result.query.measures),
        "truncation": truncation(shown, result.group_count, more),
        "links": links,
    }
    return Answer(data, _text(result, data))


def _text(result: Result, data: Json) -> str:
    names = ", ".join(f"{m['title']} ({m['name']})" for m in data["measures"])
    left = data["truncation"]
    lines = [f"{names}, {period(data['range'])}, snapshot {result.snapshot}."]
    for row in data["totals"]:
        lines.append(f"Total: {_sums(row, result)}")
    if not data["totals"]:
        lines.append("No charge is in the question.")
    if result.query.by or result.query.grain != "none":
        lines += [f"- {_row(row, result)}" for row in data["rows"][:_TOLD]]
        if len(data["rows"]) > _TOLD:
            lines.append(f"… {len(data['rows']) - _TOLD} more rows in the data.")
    for row in data["other"]:
        lines.append(f"Other ({left['total'] - left['shown']} groups): {_sums(row, result)}")
    if left["truncated"]:
        lines.append(f"{left['shown']} of {left['total']} groups are shown. {left['hint']}")
    for one in data["unconverted"]:
        lines.append(f"Not converted: {one}")
    lines += [f"Note: {warning}" for warning in result.warnings]
    lines.append(f"Page: {data['links'][0]['url']}")
    return "\n".join(lines)


def _row(row: Json, result: Result) -> str:
    keys = [
        str(row[c.name]) if row[c.name] is not None else "(none)"
        for c in result.columns
        if c.role in ("period", "dimension") and c.name in row
    ]
    return f"{' / '.join(keys)}: {_sums(row, result)}"


def _sums(row: Json, result: Result) -> str:
    currency = row.get("BillingCurrency") or result.currency or ""
    parts = []
    for column in result.columns:
        if column.name not in row or column.role not in ("measure", "previous", "change"):
            continue
        unit = f" {currency}" if column.type == "money" and currency else ""
        parts.append(f"{column.name} {row[column.name]}{unit}")
    return ", ".join(parts)


class ChargesInput(Question):
    """A question, and which page of its charges."""

    limit: int = Field(default=20, ge=1, le=200, description="Charges shown")
    offset: int = Field(default=0, ge=0, description="Charges to pass over")


class ChargesOutput(Output):
    """The largest charges first."""

    query: dict[str, Any] = Field(description="The question as it was understood")
    measure: str
    snapshot: str | None
    links: list[Link]
    offset: int
    lines: int = Field(description="Charges under the question in all")
    amounts: dict[str, str] = Field(description="Their sum by currency, all of them")
    charges: list[dict[str, Any]] = Field(
        description="Each with source, billing period, vendor's file and record number, and its "
        "FOCUS columns"
    )
    warnings: list[str]
    truncation: Truncation


@tool("charges", "List the charges under a question", "GET /charges", ChargesOutput,
      input=ChargesInput)  # fmt: skip
def charges(context: Context, asked: ChargesInput) -> Answer:
    """The single charges under a question's range and condition, largest first, each with the
    vendor's file and line that it was read from. `lines` and `amounts` are of all of them."""
    question = cost_query(asked, limit=None)
    page = context.workspace.charges(question, limit=asked.limit, offset=asked.offset)
    data = page.to_json()
    for item, charge in zip(data["charges"], page.charges, strict=True):
        item["charge"] = {name: plain(_simple(value)) for name, value in charge.values.items()}
    link = context.links.question("Charges", question, "/charges")
    data |= {
        "query": question.to_json(),
        "truncation": truncation(
            min(page.lines, asked.offset + len(page.charges)), page.lines, "Raise offset or limit."
        ),
        "links": [link],
    }
    lines = [
        f"{page.lines} charges, {page.measure} {amounts(page.amounts)}; "
        f"{len(page.charges)} shown from number {asked.offset + 1}."
    ]
    for item in data["charges"][:_TOLD]:
        what = item["charge"]
        lines.append(
            f"- {what.get(page.measure)} {what.get('BillingCurrency')}: "
            f"{what.get('ServiceName')}, {what.get('ChargeDescription')} "
            f"({item['file']} line {item['line']})"
        )
    lines += [f"Note: {note}" for note in page.notes]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


def _simple(value: Any) -> Any:
    """A map as Arrow gives it (pairs) as an object."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return dict(value)
    return value


class ExplainInput(Question):
    """A question whose amounts are taken apart."""

    limit: int = Field(default=3, ge=1, le=50, description="Groups explained")
    lines: int = Field(default=2, ge=0, le=50, description="Lines shown per file")


class ExplainOutput(Output):
    """Group → delivery → file → line, each level adding up exactly."""

    query: dict[str, Any]
    measure: str
    groups: list[dict[str, Any]] = Field(
        description="Each with amount = direct + shared + given; slices (deliveries) with files "
        "(path, sha256) and lines; what splits gave with rule, pool and share (the weight)"
    )
    other: dict[str, str]
    other_groups: int
    totals: dict[str, str]
    direct_totals: dict[str, str]
    tag: str | None
    snapshot: str | None
    links: list[Link]


@tool("explain", "Explain an amount down to file and line", "GET /explain", ExplainOutput,
      input=ExplainInput)  # fmt: skip
def explain(context: Context, asked: ExplainInput) -> Answer:
    """What the amounts of a question are made of: group, delivery, vendor's file, line; and, where
    a virtual tag is split, which split gave or took how much by which share. Use it when somebody
    doubts a figure. For the rules behind a virtual tag's value use why."""
    question = cost_query(asked)
    found = context.workspace.explain(question, lines=asked.lines)
    link = context.links.question("Charges", question, "/charges")
    data = found.to_json() | {"links": [link]}
    lines = [f"{found.measure} {amounts(found.totals)}, snapshot {found.snapshot}."]
    for group in found.groups:
        name = " / ".join(str(v) for v in group.values.values()) or "all"
        lines.append(f"- {name}: {amounts({group.currency: group.amount})}")
        for one in group.slices:
            lines.append(
                f"  - {one.slice.source} {one.slice.billing_period}: "
                f"{amounts({group.currency: one.amount})} in {one.lines} lines of "
                f"{len(one.files)} files"
            )
        for given in group.shared:
            lines.append(f"  - split {given.split} gave {amounts({group.currency: given.amount})}")
    if found.other_groups:
        lines.append(f"{found.other_groups} more groups: {amounts(found.other)}.")
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


class ValuesInput(Scoped):
    """A dimension, and the question within which its values are looked for."""

    dimension: str = Field(description="A name from list_dimensions", examples=["ServiceName"])
    search: str = Field(default="", description="Only values with this text in them")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class ValuesOutput(Output):
    """Values with the money behind them, largest first."""

    dimension: str
    measure: str
    values: list[dict[str, Any]] = Field(
        description="value (null: charges without one), amounts by currency, lines"
    )
    truncation: Truncation
    links: list[Link]


@tool("list_values", "List the values of a dimension", "GET /values", ValuesOutput,
      input=ValuesInput)  # fmt: skip
def list_values(context: Context, asked: ValuesInput) -> Answer:
    """The values of a dimension with their effective cost, largest first. Use it before you filter
    by a name that you do not know exactly."""
    within = cost_query(asked)
    found = context.workspace.values(
        asked.dimension, search=asked.search, limit=asked.limit + 1, within=within
    )
    kept = found[: asked.limit]
    more = len(found) > asked.limit
    link = context.links.question("Explore", within.but(by=(asked.dimension,)))
    data = {
        "dimension": asked.dimension,
        "measure": within.measures[0],
        "values": [value_json(value) for value in kept],
        "truncation": {
            "truncated": more,
            "shown": len(kept),
            "total": None if more else len(kept),
            "hint": "There are more: give search, or a higher limit." if more else "",
        },
        "links": [link],
    }
    lines = [f"{asked.dimension}: {len(kept)}{' or more' if more else ''} values."]
    lines += [
        f"- {'(none)' if v.value is None else v.value}: {amounts(v.amounts)}" for v in kept[:_TOLD]
    ]
    return Answer(data, "\n".join(lines))


class DimensionsInput(Scoped):
    """Which dimensions."""

    kind: Literal["", "focus", "tag", "label", "source", "virtual"] = Field(
        default="", description="Only columns of FOCUS, tag keys, labels, x_ columns, virtual tags"
    )
    search: str = Field(default="", description="Only names with this text in them")
    limit: int = Field(default=80, ge=1, le=MOST_ROWS)


class DimensionsOutput(Output):
    """Dimensions with the money that has a value of them."""

    dimensions: list[dict[str, Any]] = Field(
        description="name, kind, title; covered: money with a value; total: all money"
    )
    truncation: Truncation


@tool("list_dimensions", "List what can be grouped and filtered by", "GET /dimensions",
      DimensionsOutput, input=DimensionsInput)  # fmt: skip
def list_dimensions(context: Context, asked: DimensionsInput) -> Answer:
    """Every dimension that some charge has: FOCUS columns (ServiceName, SubAccountName, RegionId…),
    tags (tags.KEY), virtual tags (the company's own, e.g. team) and x_ columns, each with how much
    of the money has a value of it."""
    found = [
        info
        for info in context.workspace.dimensions(within=cost_query(asked))
        if asked.kind in ("", info.kind) and asked.search.lower() in info.name.lower()
    ]
    # The company's own words first; within a kind as the ledger lists them.
    found.sort(key=lambda info: _KINDS.index(info.kind))
    rows, left = cut([dimension_json(info) for info in found], asked.limit, "with kind or search")
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(row["kind"], []).append(row["name"])
    lines = [f"{kind}: {', '.join(listed)}" for kind, listed in names.items()]
    return Answer({"dimensions": rows, "truncation": left}, "\n".join(lines) or "No dimension.")


class MeasuresOutput(Output):
    """Every measure."""

    measures: list[dict[str, str]]


@tool("list_measures", "List what can be summed", "GET /dimensions", MeasuresOutput)
def list_measures(context: Context, asked: Input) -> Answer:
    """The measures with their meaning: EffectiveCost (amortised, the default), BilledCost (what
    the invoice says), ListCost, ContractedCost, savings, credits, quantities, number of lines."""
    data = measures_used(MEASURES)
    lines = [f"- {one['name']}: {one['description']} ({one['kind']})" for one in data]
    return Answer({"measures": data}, "\n".join(lines))
