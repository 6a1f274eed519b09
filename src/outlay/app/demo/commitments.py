"""The demo's purchase plan: what its people mean to commit to, and on what assumptions."""

from __future__ import annotations

from outlay.app.demo.story import Story
from outlay.app.demo.written import put_file
from outlay.app.workspace import Workspace
from outlay.query.ranges import step


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's purchase plan, if there is or was none."""
    spring = step(story.today.replace(day=1), "month", 5)
    put_file(workspace, "commitments.yaml", {"spring": spring})
