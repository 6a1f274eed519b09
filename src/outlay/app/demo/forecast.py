"""The demo's planned changes: what its people know and its bills do not tell yet."""

from __future__ import annotations

from datetime import timedelta

from outlay.app.demo.story import Story
from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace
from outlay.query.ranges import step


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's planned changes, each not where there is or was one."""
    this = story.today.replace(day=1)
    soon = step(this, "month", 1) + timedelta(days=9)
    days = {"soon": soon, "soon_end": soon + timedelta(days=14), "later": step(this, "month", 2)}
    put_file(workspace, "forecast.yaml", days)
