"""Dashboards, and what happened on a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from outlay.app.annotations import marks
from outlay.app.dashboards import changes, keeping
from outlay.app.dashboards.answers import PanelAnswer, answer, answers
from outlay.app.dashboards.model import Variables
from outlay.app.dashboards.shipped import shipped
from outlay.expression.errors import QueryError
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Json, Nothing, Output, tool
from outlay.mcp.shapes import DEFAULT_LIMIT, MOST_ROWS, Link, Truncation, cut
from outlay.money import DateRange
from outlay.query import ranges
from outlay.query.drivers import sentence

_PANEL_ROWS = 12
"""Rows of a panel, where all panels are shown; alone it has as many as any answer."""


class DashboardsOutput(Output):
    """The dashboards of the workspace, and the ready-made ones."""

    dashboards: list[dict[str, Any]] = Field(
        description="name, title, description, personas, providers, number of panels, ready_made"
    )
    links: list[Link]


@tool("list_dashboards", "List the dashboards", "GET /dashboards", DashboardsOutput)
def list_dashboards(context: Context, asked: Nothing) -> Answer:
    """The company's own dashboards, and ready-made ones per persona and provider."""
    ready = [
        keeping.Board(name, spec, shipped=True) for name, spec in shipped(context.workspace).items()
    ]
    rows = []
    for board in [*keeping.boards(context.workspace), *ready]:
        told = keeping.board_json(board)
        del told["spec"]
        rows.append(told)
    lines = [
        f"- {row['name']}: {row['title']}{' (ready-made)' if row['ready_made'] else ''}"
        for row in rows
    ]
    data = {"dashboards": rows, "links": [context.links.to("Dashboards", "/dashboards")]}
    return Answer(data, "\n".join(lines))


class DashboardInput(Input):
    """A dashboard, and what moves all its panels."""

    name: str = Field(description="A name from list_dashboards")
    panel: str = Field(default="", description="The id of one panel, to have it whole")
    range: str = Field(default="", description="For all panels, e.g. last-month")
    where: str = Field(default="", description="A condition, joined to that of each panel")
    currency: str = ""
    compare: Literal["", "none", "previous", "previous-year"] = ""


class DashboardOutput(Output):
    """Every panel with what it shows."""

    name: str
    title: str
    panels: list[dict[str, Any]] = Field(
        description="id, title, kind, state (answered, empty, no-data, failed with its error), and "
        "the answer: result as query gives it, unit, drivers, or text"
    )
    links: list[Link]


@tool("show_dashboard", "Show a dashboard", "GET /dashboards/{name}/answers", DashboardOutput,
      input=DashboardInput)  # fmt: skip
def show_dashboard(context: Context, asked: DashboardInput) -> Answer:
    """What every panel of a dashboard shows now, in reading order; tables and charts by their first
    rows, with exact totals. With `panel`, that one whole. A panel that fails says why by itself;
    the others stand."""
    board = keeping.find(context.workspace, asked.name)
    over = Variables(
        range=asked.range, compare=asked.compare, where=asked.where, currency=asked.currency
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    if asked.panel:
        one = changes.known(board.spec, asked.panel)
        found = [answer(context.workspace, board.spec, one, now, over)]
    else:
        found = answers(context.workspace, board.spec, now, over)
    link = context.links.to(board.title, f"/dashboards/{part(board.name)}")
    panels = [_panel(context, one, whole=bool(asked.panel)) for one in found]
    data: Json = {
        "name": board.name,
        "title": board.title,
        "description": board.spec.description,
        "panels": panels,
        "links": [link],
    }
    lines = [board.title, *(f"- {one['title']}: {one['told']}" for one in panels)]
    return Answer(data, "\n".join([*lines, f"Page: {link['url']}"]))


def _panel(context: Context, one: PanelAnswer, *, whole: bool) -> Json:
    told = one.text or one.error or one.state
    data: Json = {
        "id": one.panel.id,
        "title": one.title,
        "kind": one.kind,
        "state": one.state,
        "error": one.error or None,
        "notes": list(one.notes),
        "text": one.text or None,
    }
    if one.result is not None:
        result = one.result.to_json()
        most = MOST_ROWS if whole else _PANEL_ROWS
        result["rows"], left = cut(result["rows"], most, "the panel, or name it alone")
        data |= {"result": result, "truncation": left}
        data["url"] = context.links.question(one.title, one.result.query)["url"]
        if one.state == "answered":
            told = "; ".join(
                ", ".join(f"{name} {value}" for name, value in row.items())
                for row in result["totals"]
            )
            told += f" {result['currency']}" if result["currency"] else ""
    if one.unit is not None:
        data["unit"] = one.unit.to_json()
        told = f"unit cost of {len(data['unit']['periods'])} periods"
        if not whole:
            data["unit"]["periods"] = [
                period | {"rows": []} for period in data["unit"]["periods"][-_PANEL_ROWS:]
            ]
    if one.drivers is not None:
        told = sentence(one.drivers)
        data["drivers"] = {"sentence": told, **one.drivers.to_json()}
        if not whole:
            for bridge in data["drivers"]["bridges"]:
                bridge |= {"groups": bridge["groups"][:_PANEL_ROWS], "items": []}
    return data | {"told": told}


class AnnotationsInput(Input):
    """Which annotations."""

    range: str = Field(default="", description="Only of these days, e.g. last-3-months")
    text: str = Field(default="", description="Only with this text in them")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MOST_ROWS)


class AnnotationsOutput(Output):
    """Annotations, newest day first."""

    annotations: list[dict[str, Any]]
    truncation: Truncation
    links: list[Link]


@tool("list_annotations", "List what happened on a day", "GET /annotations", AnnotationsOutput,
      input=AnnotationsInput)  # fmt: skip
def list_annotations(context: Context, asked: AnnotationsInput) -> Answer:
    """Deploys, incidents, changes of price and other events that people noted on a date. Look here
    when spend jumps on a day."""
    days: DateRange | None = None
    if asked.range:
        found = ranges.resolve(ranges.range_text(asked.range), context.workspace.today())
        if found.start is None or found.end is None:
            raise QueryError("name a range with two ends", field="range", text=asked.range)
        days = DateRange(found.start, found.end)
    kept = marks.listed(context.workspace, marks.Sought(days=days, text=asked.text))
    rows, left = cut([marks.annotation_json(one) for one in kept], asked.limit, "the range")
    link = context.links.to("Annotations", "/annotations")
    lines = [f"- {row['from']}: {row['text']} ({row['category']})" for row in rows[:20]]
    data = {"annotations": rows, "truncation": left, "links": [link]}
    return Answer(data, "\n".join(lines) or "Nothing is noted.")


class AnnotateInput(Input):
    """What happened, and when."""

    from_: str = Field(alias="from", description="The day, or the first one, YYYY-MM-DD, UTC")
    until: str = Field(default="", description="The day AFTER the last one; left out: one day")
    text: str = Field(description="What happened, at most 280 characters")
    category: Literal["deploy", "incident", "price-change", "event"] = "event"
    link: str = Field(default="", description="An address that tells more")
    where: str = Field(default="", description="A condition on the charges that it is about")


class AnnotateOutput(Output):
    """The annotation as it is kept."""

    name: str
    version: int
    author: str
    links: list[Link]


@tool("annotate", "Note what happened on a day", "POST /annotations", AnnotateOutput,
      input=AnnotateInput, needs="writes")  # fmt: skip
def annotate(context: Context, asked: AnnotateInput) -> Answer:
    """Keep a note on a date; it is marked on every chart that it concerns. Nothing else changes."""
    given = asked.model_dump(by_alias=True)
    done = marks.add(context.workspace, {name: value for name, value in given.items() if value})
    link = context.links.to("Annotations", "/annotations")
    data = marks.annotation_json(done) | {"links": [link]}
    return Answer(data, f"Noted on {asked.from_}: {asked.text}. {link['url']}")
