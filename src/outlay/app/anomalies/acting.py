"""What people do with events: acknowledge, resolve, reopen, say what it was, comment, assign.

Each is a step with its author and moment. A word of feedback changes what is raised next, from the
next look on, and can be taken back:

- ``expected``: changes of this size are normal here. The event's days count as history, and the
  same series, in the same direction, is raised again only for a change that is in per cent more
  than a quarter larger.
- ``too-small``: the same series is raised again only for a larger impact in money.
- ``known``: a known event. Its days are neither judged nor counted as history.
- ``unexpected``: it was a true anomaly: its level is not taken for normal after two weeks.

What is not raised for it is kept, as quiet, and says by whose word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require, who
from outlay.app.anomalies.detecting import store
from outlay.app.anomalies.errors import AnomalyError
from outlay.app.anomalies.events import QUIET, VERDICTS, Event, State, Step, Verdict
from outlay.app.anomalies.listing import anomaly_seen
from outlay.app.anomalies.seeing import as_seen
from outlay.app.anomalies.series import horizon
from outlay.app.anomalies.signals import is_news, raised, settled
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import near_names

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MOST = 2000
"""Characters of a note."""

WORDS: dict[str, str] = {
    "expected": "It is expected",
    "unexpected": "It is not expected",
    "too-small": "It is too small",
    "known": "It is a known event",
}
"""Each verdict in words."""


@served("POST /anomalies/{number}/acknowledge")
def acknowledge(workspace: Workspace, number: int, note: str = "") -> Event:
    """Say that it is being looked at: it leaves the digests, and stays in sight."""

    def done(event: Event) -> Event:
        if event.state in ("acknowledged", "resolved"):
            raise AnomalyError(f"anomaly {number} is {event.state} already; reopen it first")
        return replace(event, state="acknowledged")

    event = _changed(workspace, number, "acknowledge", done, note)
    settled(workspace, event, _by("Acknowledged", note), utc_now())
    return event


@served("POST /anomalies/{number}/resolve")
def resolve(workspace: Workspace, number: int, note: str = "") -> Event:
    """Say that it is dealt with."""

    def done(event: Event) -> Event:
        if event.state == "resolved":
            raise AnomalyError(f"anomaly {number} is resolved already; reopen it first")
        return replace(event, state="resolved")

    event = _changed(workspace, number, "resolve", done, note)
    settled(workspace, event, _by("Resolved", note), utc_now())
    return event


@served("POST /anomalies/{number}/reopen")
def reopen(workspace: Workspace, number: int, note: str = "") -> Event:
    """Open one again that was acknowledged or resolved; people are told anew where it is recent."""

    def done(event: Event) -> Event:
        if event.state not in ("acknowledged", "resolved"):
            raise AnomalyError(f"anomaly {number} is {event.state}: it is open")
        state: State = "active" if event.ongoing else "ended"
        return replace(event, state=state, reopened=event.reopened + 1)

    event = _changed(workspace, number, "reopen", done, note)
    _tell(workspace, event)
    return event


@served("POST /anomalies/{number}/feedback")
def feedback(workspace: Workspace, number: int, verdict: str, note: str = "") -> Event:
    """Say what it was (see the module); the newest word counts."""
    if verdict not in VERDICTS:
        near = near_names(verdict, VERDICTS)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise AnomalyError(f"{verdict!r} is no feedback. Allowed: {', '.join(VERDICTS)}.{hint}")

    def done(event: Event) -> Event:
        return replace(event, feedback=verdict)

    event = _changed(workspace, number, "feedback", done, note, verdict)
    if verdict in QUIET:
        settled(workspace, event, _by(WORDS[verdict], note), utc_now())
    return event


@served("DELETE /anomalies/{number}/feedback")
def withdraw(workspace: Workspace, number: int, note: str = "") -> Event:
    """Take feedback back: the next look raises what it kept quiet."""
    said: list[Verdict] = []

    def done(event: Event) -> Event:
        if not event.feedback:
            raise AnomalyError(f"nothing was said of anomaly {number}: there is no feedback on it")
        said.append(event.feedback)
        return replace(event, feedback="")

    event = _changed(workspace, number, "withdraw", done, note)
    if said[0] in QUIET:
        _tell(workspace, event)
    return event


@served("POST /anomalies/{number}/comment")
def comment(workspace: Workspace, number: int, note: str) -> Event:
    """Say something that others see."""
    if not note.strip():
        raise AnomalyError("a comment needs words")
    return _changed(workspace, number, "comment", lambda event: event, note)


@served("POST /anomalies/{number}/assign")
def assign(workspace: Workspace, number: int, person: str, note: str = "") -> Event:
    """Say who looks after it: the name of an account, or any name where there are no accounts; ''
    for nobody."""
    from outlay.access.people import People

    name = " ".join(person.split())
    if len(name) > 200:
        raise AnomalyError("a name has at most 200 characters")
    people = People(workspace.resources)
    if name and people.all() and people.find(name) is None:
        raise AnomalyError(f"there is no account {name!r} to whom the anomaly could be assigned")
    return _changed(
        workspace, number, "assign", lambda event: replace(event, assignee=name), note, "",
        {"to": name},
    )  # fmt: skip


def learned(workspace: Workspace, monitor: str) -> list[tuple[Event, Step]]:
    """The feedback that counts for a monitor, the newest word first: each event and the step."""
    words = {step.event: step for step in store(workspace).steps(actions=("feedback",))}
    events = [one for one in store(workspace).events(monitor=monitor) if one.feedback]
    found = [(one, words[one.id]) for one in events if one.id in words]
    return sorted(found, key=lambda pair: -pair[1].id)


def _changed(
    workspace: Workspace,
    number: int,
    action: str,
    change: Callable[[Event], Event],
    note: str,
    verdict: str = "",
    detail: dict[str, Any] | None = None,
) -> Event:
    require(Level.EDITOR, "changing an anomaly")
    if len(note) > MOST:
        raise AnomalyError(f"a note has at most {MOST} characters; this one has {len(note)}")
    anomaly_seen(workspace, number)
    now = utc_now()
    with store(workspace).changing() as books:
        event = replace(change(books.event(number)), updated_at=now)
        books.put(event)
        books.step(number, now, who(), action, verdict=verdict, note=note.strip(), detail=detail)
    shown = as_seen(workspace, event)
    assert shown is not None
    return shown


def _tell(workspace: Workspace, event: Event) -> None:
    now: datetime = utc_now()
    known = horizon(workspace.pin().slices, now.date())
    until = now.date() if known is None else known.until
    if is_news(event, until):
        raised(workspace, event, now)


def _by(what: str, note: str) -> str:
    return f"{what} by {who()}{f': {note.strip()}' if note.strip() else ''}"
