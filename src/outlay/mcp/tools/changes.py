"""Changing what is configured, where it is allowed: seen as a plan first, then done."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from outlay.access import who
from outlay.app import ascode
from outlay.app.shapes import resource_json
from outlay.mcp.links import part
from outlay.mcp.registry import Answer, Context, Input, Output, tool
from outlay.mcp.shapes import Link, Question, cost_query

_NOTE = "by an assistant"
_DOCUMENT = {"kind": "View", "name": "compute", "spec": {"query": {"by": ["ServiceName"]}}}


class SaveViewInput(Question):
    """A question and the name under which it is kept."""

    name: str = Field(description="Lower-case letters, digits and hyphens", examples=["compute"])
    title: str = Field(default="", description="For people")
    description: str = Field(default="", description="What it is for")
    limit: int | None = Field(default=None, ge=1, description="Groups; default all")  # type: ignore[assignment]
    expected_version: int = Field(
        default=0, ge=0, description="0: the name must be new; else the version that is replaced"
    )


class ResourceOutput(Output):
    """The resource as it is kept now."""

    kind: str
    name: str
    version: int
    author: str
    spec: dict[str, Any]
    links: list[Link]


@tool("save_view", "Save a question as a view", "PUT /views/{name}", ResourceOutput,
      input=SaveViewInput, needs="writes")  # fmt: skip
def save_view(context: Context, asked: SaveViewInput) -> Answer:
    """Keep a question under a name, so that people find it among the views. A view of that name is
    replaced only if expected_version is its version."""
    query = cost_query(asked)
    spec = {
        "title": asked.title or asked.name,
        "description": asked.description,
        "query": query.to_json(),
    }
    kept = context.workspace.put_resource(
        "View", asked.name, spec, author=who(), note=_NOTE, expected_version=asked.expected_version
    )
    link = context.links.to(asked.title or asked.name, f"/views/{part(asked.name)}")
    data = resource_json(kept) | {"links": [link]}
    return Answer(data, f"The view {kept.name} is saved (version {kept.version}). {link['url']}")


class PlanInput(Input):
    """Resources as data."""

    documents: list[dict[str, Any]] = Field(
        description="Each with kind, name and spec, as in a resource file",
        examples=[
            [{"kind": "View", "name": "compute", "spec": {"query": {"by": ["ServiceName"]}}}]
        ],
    )


class PlanOutput(Output):
    """What would change, and the versions that it would change."""

    counts: dict[str, int]
    steps: list[dict[str, Any]]
    versions: dict[str, int] = Field(description="Give these to apply_resources, unchanged")
    effects: dict[str, Any] | None = Field(description="The effect in money")
    done: bool


@tool("plan_resources", "What a change of resources would do", "POST /plan", PlanOutput,
      input=PlanInput)  # fmt: skip
def plan_resources(context: Context, asked: PlanInput) -> Answer:
    """What documents (virtual tags, splits, metrics, views, dashboards…) would change, with the
    effect in money. Nothing is changed. Show it to the person before apply_resources."""
    plan = _planned(context, asked)
    data = ascode.plan_json(plan) | {"done": False}
    return Answer(data, "Nothing was changed. It would:\n" + _steps(plan))


class ApplyInput(PlanInput):
    """The documents, and the versions that their plan named."""

    versions: dict[str, int] = Field(
        description="versions of the answer of plan_resources: it is refused if it is another now"
    )
    note: str = Field(default="", description="Why; kept with each version")


class ApplyOutput(PlanOutput):
    """What was changed."""

    written: list[dict[str, Any]]


@tool("apply_resources", "Change resources as planned", "POST /apply", ApplyOutput,
      input=ApplyInput, needs="writes", destructive=True)  # fmt: skip
def apply_resources(context: Context, asked: ApplyInput) -> Answer:
    """Do what plan_resources said, all of it or nothing. `versions` must be those of the plan that
    a person has seen; when something was changed meanwhile it is refused. History is kept: every
    version can be restored."""
    plan = _planned(context, asked)
    ascode.expect(plan, asked.versions)
    note = f"{asked.note} ({_NOTE})" if asked.note else _NOTE
    done = context.workspace.apply_resources(plan, author=who(), note=note)
    data = ascode.plan_json(plan) | {
        "done": True,
        "written": [resource_json(one) for one in done.written],
    }
    return Answer(data, "Done:\n" + _steps(plan))


def _planned(context: Context, asked: PlanInput) -> ascode.Plan:
    return context.workspace.plan_resources(
        ascode.read_documents(context.workspace, asked.documents)
    )


def _steps(plan: ascode.Plan) -> str:
    lines = [f"- {step.action} {step.kind} {step.name}" for step in plan.steps]
    return "\n".join(lines) or "- nothing: everything is as it is there"
