"""The demo's budgets: by group and team, of AI, of a project, in euros."""

from __future__ import annotations

from importlib import resources

from outlay.app.demo.story import Story
from outlay.app.workspace import Workspace
from outlay.query.ranges import step
from outlay.resources import Write, parse_resources

_FILE = "budgets.yaml"
_AUTHOR = "outlay demo"
_KIND = "Budget"
_LAUNCH_MONTHS = 6


def configure(workspace: Workspace, story: Story) -> None:
    """Keep the demo's budgets, all at once; not where there is or was one."""
    if any(change for name in ("kestrel",) for change in workspace.history(_KIND, name)):
        return
    text = resources.files("outlay.app.demo").joinpath(_FILE).read_text(encoding="utf-8")
    first = story.months()[0].start
    launch = max(first, story.assistant_launch.replace(day=1))
    days = {
        "{first}": first,
        "{launch}": launch,
        "{launch_end}": step(launch, "month", _LAUNCH_MONTHS),
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
