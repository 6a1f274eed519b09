"""Answers of the API: boards."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.configured import Change
from outlay.client.shapes.values import Day, Moment


class Dashboard(TypedDict):
    """The answer of `list_dashboards`, `copy_dashboard`."""

    name: str
    title: str
    description: str
    owner: str
    personas: list[str]
    providers: list[str]
    panels: int
    ready_made: bool
    version: int
    updated_at: Moment | None
    spec: dict[str, Any]


class DashboardWithHistory(Dashboard):
    """The answer of `get_dashboard`."""

    history: list[Change]


class DashboardAnswers(TypedDict):
    """The answer of `get_dashboard_answers`."""

    name: str
    title: str
    variables: dict[str, Any]
    panels: list[dict[str, Any]]


Annotation = TypedDict(
    "Annotation",
    {
        "name": str,
        "author": str | None,
        "version": int,
        "updated_at": Moment,
        "from": Day,
        "until": Day | None,
        "text": str,
        "category": str,
        "link": str,
        "where": str,
        "dashboard": str,
        "view": str,
    },
)
"""The answer of `list_annotations`, `add_annotation`, `get_annotation`."""


class ViewUse(TypedDict):
    """The answer of `list_view_uses`."""

    kind: str
    name: str
    title: str
