"""The demo's planned changes: what its people know and its bills do not tell yet."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources

from outlay.app.demo.story import Story
from outlay.app.forecasting.model import PLANNED_CHANGE
from outlay.app.workspace import Workspace
from outlay.query.ranges import step
from outlay.resources import Write, parse_resources

_FILE = "forecast.yaml"
_AUTHOR = "outlay demo"


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's planned changes, all at once; not where there is or was one."""
    if any(change for change in workspace.history(PLANNED_CHANGE.name, "photo-shoot")):
        return
    text = resources.files("outlay.app.demo").joinpath(_FILE).read_text(encoding="utf-8")
    soon = step(story.today.replace(day=1), "month", 1) + timedelta(days=9)
    days = {
        "{soon}": soon,
        "{soon_end}": soon + timedelta(days=14),
        "{later}": step(story.today.replace(day=1), "month", 2),
    }
    for name, day in days.items():
        text = text.replace(name, day.isoformat())
    workspace.resources.apply(
        [
            Write(document.kind, document.name, document.spec, 0)
            for document in parse_resources(text, _FILE)
        ],
        author=_AUTHOR,
    )
