"""The demo's dashboards and annotations: what its people look at, and what they wrote beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from outlay.app.annotations.model import ANNOTATION
from outlay.app.demo.allocation import AUTHOR
from outlay.app.demo.story import Story
from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace

Parts = dict[str, Any]


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's dashboards and annotations, those that are there already excepted."""
    put_file(workspace, "boards.yaml")
    for name, parts in written(story):
        if not workspace.history(ANNOTATION.name, name):
            workspace.put_resource(ANNOTATION.name, name, parts, author=AUTHOR)


def written(story: Story) -> Iterator[tuple[str, Parts]]:
    """Name and spec of each annotation, of the days that the story is about."""
    logs, weekend = story.anomalies
    told: tuple[tuple[str, date, date | None, str, str, str], ...] = (
        (
            "assistant-launch", story.assistant_launch, None, "deploy",
            "Shopping assistant launched on Amazon Bedrock", "",
        ),
        (
            "graviton-migration", story.graviton_migration, None, "deploy",
            "The storefront moved to Graviton instances", "ServiceCategory = 'Compute'",
        ),
        (
            "growth-plan", story.growth_plan_bought, None, "price-change",
            "Savings Plan for the new instances: lower rates from here on",
            "ServiceCategory = 'Compute'",
        ),
        (
            "runaway-debug-logs", logs.start, logs.end + timedelta(days=1), "incident",
            logs.cause, "SubAccountName = 'platform-shared'",
        ),
        (
            "gpu-weekend", weekend.start, weekend.end + timedelta(days=1), "incident",
            weekend.cause, "SubAccountName = 'ml-research'",
        ),
        (
            "fjellkit", story.acquisition.start, None, "event",
            "Fjellkit's first bills", "",
        ),
    )  # fmt: skip
    first = story.months()[0].start
    for name, start, until, category, text, where in told:
        if first <= start <= story.last_day:
            parts: Parts = {"from": start, "text": text, "category": category}
            parts |= {"until": until} if until else {}
            yield name, parts | ({"where": where} if where else {})
