"""The demo's budgets: by group and team, of AI, of a project, in euros."""

from __future__ import annotations

from outlay.app.demo.story import Story
from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace
from outlay.query.ranges import step

_LAUNCH_MONTHS = 6


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's budgets, each not where there is or was one."""
    first = story.months()[0].start
    launch = max(first, story.assistant_launch.replace(day=1))
    end = step(launch, "month", _LAUNCH_MONTHS)
    put_file(workspace, "budgets.yaml", {"first": first, "launch": launch, "launch_end": end})
