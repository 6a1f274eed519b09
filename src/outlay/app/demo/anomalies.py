"""What is unusual in the demo's bills, found as everywhere else, and what Kestrel's people did."""

from __future__ import annotations

from outlay.access import Level, Principal
from outlay.access import acting as as_person
from outlay.app.anomalies import acting, detecting
from outlay.app.anomalies.events import Event
from outlay.app.demo.story import Story
from outlay.app.runs import utc_now
from outlay.app.workspace import Workspace

_LOGS, _GPUS = "Runaway debug logs", "GPU fleet left on over a weekend"


def configure(workspace: Workspace, story: Story) -> None:
    """Look for anomalies; at the first look the two mishaps of the story are taken care of, which
    a person may undo."""
    keeping = detecting.store(workspace)
    first = not keeping.runs(1, detecting.DONE)
    detecting.look(workspace, utc_now())
    if not first:
        return
    events = keeping.events()
    for one in story.anomalies:
        found = next(
            (e for e in events if e.is_open and e.range.start <= one.end and one.start <= e.last
             and e.direction == "up" and e.owner), None,
        )  # fmt: skip
        if found is not None and one.name == _LOGS:
            _logs(workspace, found, one.cause)
        elif found is not None and one.name == _GPUS:
            _gpus(workspace, found, one.cause)


def _logs(workspace: Workspace, event: Event, cause: str) -> None:
    with as_person(_owner(workspace, event)):
        acting.comment(workspace, event.id, cause)
        acting.feedback(workspace, event.id, "unexpected")
        acting.resolve(workspace, event.id, "Debug logging is off again.")


def _gpus(workspace: Workspace, event: Event, cause: str) -> None:
    owner = _owner(workspace, event)
    with as_person(owner):
        acting.assign(workspace, event.id, owner.name)
        acting.acknowledge(workspace, event.id, cause)


def _owner(workspace: Workspace, event: Event) -> Principal:
    """Whoever answers for the value of the virtual tag that owns an event."""
    tag = workspace.rules().tags[event.owner_tag]
    known = tag.values.get(event.owner)
    return Principal(known.owner if known else "outlay demo", Level.EDITOR, via="system")
