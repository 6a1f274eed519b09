"""Saved views: which there are, and asking one."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Nothing, Output, tool
from outlay.mcp.shapes import Link
from outlay.mcp.tools.questions import QueryOutput, fitting, told
from outlay.query import CostQuery
from outlay.query.views import ViewSpec


class ViewsOutput(Output):
    """Saved views by name."""

    views: list[dict[str, Any]] = Field(description="name, title, description, query, url, version")
    links: list[Link]


@tool("list_views", "List the saved views", "GET /views", ViewsOutput)
def list_views(context: Context, asked: Nothing) -> Answer:
    """Questions that people of the company have saved under a name. Look here before you make up a
    question of your own: the company's words for it may be there."""
    rows = []
    for one in context.workspace.views():
        assert isinstance(one.spec, ViewSpec)
        rows.append(
            {
                "name": one.name,
                "title": one.spec.title,
                "description": one.spec.description,
                "query": one.spec.query.to_json(),
                "version": one.version,
                "url": context.links.question(one.name, one.spec.query)["url"],
            }
        )
    lines = [f"- {row['name']}: {row['title']}. {row['description']}".rstrip() for row in rows]
    data = {"views": rows, "links": [context.links.to("Views", "/views")]}
    return Answer(data, "\n".join(lines) or "No view is saved.")


class RunViewInput(Input):
    """A saved view, and other days for it."""

    name: str = Field(description="A name from list_views")
    range: str = Field(default="", description="Another range than the saved one")
    from_: str = Field(default="", alias="from", description="First day, YYYY-MM-DD")
    to: str = Field(default="", description="The day AFTER the last one")


class RunViewOutput(QueryOutput):
    """The answer of the view's question."""

    view: str
    title: str


@tool("run_view", "Ask a saved view", "GET /query", RunViewOutput, input=RunViewInput)
def run_view(context: Context, asked: RunViewInput) -> Answer:
    """The answer of a saved view's question, today; the same as query gives."""
    query = context.workspace.view_query(asked.name)
    days = {"range": asked.range, "from": asked.from_, "to": asked.to}
    given = {name: value for name, value in days.items() if value}
    if given:
        query = CostQuery.model_validate(
            {name: getattr(query, name) for name in query.model_fields_set - {"range"}} | given
        )
    answer = told(context, fitting(context, query))
    spec = context.workspace.view(asked.name).spec
    assert isinstance(spec, ViewSpec)
    title = spec.title or asked.name
    link = context.links.to(title, f"/views/{part(asked.name)}")
    data = answer.data | {"view": asked.name, "title": title}
    data["links"] = [*data["links"], link]
    return Answer(data, f"{title}\n{answer.text}")
