"""Bring alerts to those whose matter they are: at once, in a digest, after quiet hours.

What is meant to be told is written first, in the transaction that decided it, then put into the
outbox under a key of its own, then sent. Whoever is killed in between leaves what the next look
puts in and sends; the key makes it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.alerts.digests import Digest, digest_due, digests
from outlay.alerts.routing import decide
from outlay.alerts.store import Alert, AlertStore, Step, add_step, change
from outlay.alerts.targets import Directory, Route, Target
from outlay.app.alerts.documents import digest_payload, message_of
from outlay.app.alerts.raising import store
from outlay.app.alerts.routes import digests_since, directory, routes
from outlay.app.notify import put_once
from outlay.app.watching import StepOutcome

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

NOTHING = "nothing was open"


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """Bring alerts to those whose matter they are: at once, in a digest, after quiet hours."""
    known, known_routes = store(workspace), routes(workspace)
    pending = known.pending(now)
    due = [(route, at) for route in known_routes if (at := _due(workspace, route, now))]
    if pending or due:
        book = directory(workspace)
        steps = known.steps([alert.id for alert in pending])
        for alert in pending:
            _decide(known, alert, steps[alert.id], known_routes, book, now)
        for route, at in due:
            _make_digests(known, route, known_routes, book, at, now)
    told = _put_in(workspace, known, now)
    notes = (f"{told} {'delivery' if told == 1 else 'deliveries'} put in",) if told else ()
    return StepOutcome("alerts", notes=notes)


def is_due(workspace: Workspace, now: datetime) -> bool:
    """Whether a look would have something to do; cheap enough to be asked every few seconds."""
    if store(workspace).any_due(now):
        return True
    return any(_due(workspace, route, now) is not None for route in routes(workspace))


# --- deciding: what is meant to be told is written ----------------------------------------------


def _decide(
    known: AlertStore,
    seen: Alert,
    history: Sequence[Step],
    known_routes: Sequence[Route],
    book: Directory,
    now: datetime,
) -> None:
    decision = decide(seen, history, known_routes, book, now)
    if not decision.steps and decision.next_at == seen.next_step_at:
        return
    with known.locked(seen.key) as (connection, alert):
        # Decided anew: another process may have been at it since it was read.
        before = known.steps_within(connection, alert.id)
        decision = decide(alert, before, known_routes, book, now)
        for step in decision.steps:
            add_step(connection, alert.id, step)
        escalated = {s.about for s in (*before, *decision.steps) if s.action == "escalate"}
        change(connection, alert, {"next_step_at": decision.next_at, "escalation": len(escalated)})


def _due(workspace: Workspace, route: Route, now: datetime) -> datetime | None:
    """When a digest was due that was not made yet."""
    if not route.spec.digest or not route.spec.enabled:
        return None
    due = digest_due(route, digests_since(workspace, route.name), now)
    if due is None or store(workspace).digest_made(route.name, due):
        return None
    return due


def _make_digests(
    known: AlertStore,
    route: Route,
    known_routes: Sequence[Route],
    book: Directory,
    due: datetime,
    now: datetime,
) -> None:
    with known.alone() as connection:
        if known.digest_made(route.name, due, connection):
            return  # another process was first
        alerts = known.unsettled(connection=connection)
        made = digests(route, known_routes, alerts, book, due, now)
        for one in made:
            target, about = one.target, due.isoformat(timespec="seconds")
            step = Step("digest", now, "outlay", route.name, target.channel, target.address, about)
            for alert in one.alerts:
                add_step(connection, alert.id, step)
        known.note_digest(connection, route.name, due, now)


# --- putting in: what is meant goes into the outbox, once ---------------------------------------


def _put_in(workspace: Workspace, known: AlertStore, now: datetime) -> int:
    """Put every step that has no delivery yet into the outbox; gives the number of deliveries."""
    waiting = known.undelivered()
    if not waiting:
        return 0
    alerts = {alert.id: alert for alert in known.many({step.alert for step in waiting})}
    groups: dict[tuple[str, ...], list[Step]] = {}
    for step in waiting:
        number = () if step.action == "digest" else (str(step.id),)
        key = (step.action, step.route, step.channel, step.address, step.about, *number)
        groups.setdefault(key, []).append(step)
    for steps in groups.values():
        told = [alerts[step.alert] for step in steps]
        first = steps[0]
        if first.action == "digest":
            about, payload = _digest(workspace, first, told)
        else:
            about, payload = _message(workspace, first, told[0])
        if first.address:
            payload["to"] = [first.address]
        delivery = put_once(workspace, first.channel, about, payload, now)
        known.delivered([step.id for step in steps], delivery)
    return len(groups)


def _message(workspace: Workspace, step: Step, alert: Alert) -> tuple[str, dict[str, Any]]:
    about = f"alert {alert.key} {step.action} {step.about} {step.address}"
    event = step.about.partition(" ")[0] if step.action == "follow" else "trigger"
    action = event if step.action == "follow" else step.action
    if step.action == "tell":  # what waited is told of the severity for which it waited
        alert = replace(alert, severity=step.about)  # type: ignore[arg-type]
    message = message_of(workspace, alert, action)
    return about, {"message": message.to_json(), "event": event, "incident": alert.key}


def _digest(
    workspace: Workspace, step: Step, alerts: Sequence[Alert]
) -> tuple[str, dict[str, Any]]:
    target = Target(step.channel, step.address)
    digest = Digest(step.route, target, datetime.fromisoformat(step.about), tuple(alerts))
    title = _title(workspace, step.route)
    about = f"digest {step.route} {step.about} {step.address}"
    return about, {"digest": digest_payload(digest, title)}


def _title(workspace: Workspace, name: str) -> str:
    found = {route.name: route for route in routes(workspace)}.get(name)
    return found.spec.title or name if found else name
