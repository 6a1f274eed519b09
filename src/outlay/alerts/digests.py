"""Digests: what is open, told together at a fixed time of a route's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outlay.alerts.store import Alert
from outlay.alerts.targets import PAGED, Directory, Route, Target, matching, reached


@dataclass(frozen=True)
class Digest:
    """One digest: of a route, for a target, due at a moment (UTC), with its alerts: the open ones
    that are neither snoozed nor acknowledged."""

    route: str
    target: Target
    due: datetime
    alerts: tuple[Alert, ...]


def digest_due(route: Route, since: datetime, now: datetime) -> datetime | None:
    """The newest moment after `since` and up to now at which a route's digest was due; what was
    missed before it is in it."""
    schedule = route.spec.when()
    if schedule is None or not route.spec.enabled:
        return None
    missed = schedule.missed(since, now)
    return missed.due if missed else None


def digests(
    route: Route,
    routes: Sequence[Route],
    alerts: Sequence[Alert],
    directory: Directory,
    due: datetime,
    now: datetime,
) -> list[Digest]:
    """A route's digests of a moment, one for each target that has something to be told.

    `now` is when they are made, from which a snooze is judged; what was raised after `due` waits
    for the next.
    """
    parts: dict[Target, list[Alert]] = {}
    for alert in alerts:
        if alert.state != "open" or alert.snoozed(now) or alert.raised_at > due:
            continue
        if route not in matching(routes, alert.signal, alert.severity):
            continue
        targets, _ = reached(route.spec.to, alert.signal, directory)
        for target in targets:
            if directory.channels.get(target.channel) != PAGED:
                parts.setdefault(target, []).append(alert)
    return [Digest(route.name, target, due, tuple(parts[target])) for target in sorted(parts)]
