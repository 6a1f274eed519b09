"""Looking at routes before they count: what would have gone where, a test, digests as of now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, require
from outlay.access.principal import whole_only
from outlay.alerts.digests import Digest, digests
from outlay.alerts.errors import AlertError
from outlay.alerts.model import ALERT_ROUTE, AlertRouteSpec
from outlay.alerts.routing import quiet_until
from outlay.alerts.signal import SEVERITIES
from outlay.alerts.store import Alert
from outlay.alerts.targets import Directory, Route, Target, matching, reached
from outlay.app import events
from outlay.app.alerts.documents import digest_document, digest_payload
from outlay.app.alerts.raising import store
from outlay.app.alerts.routes import directory, route_of, routes
from outlay.app.notify import Message, notify
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.reports.document import Document
from outlay.resources import Resource

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

DAYS = 30
_KIND = ALERT_ROUTE.name


@dataclass(frozen=True)
class RouteLine:
    """A route as it is listed: `next_digest` (UTC; None: it has none), and how many alerts of the
    last thirty days go by it with how many targets."""

    name: str
    version: int
    spec: AlertRouteSpec
    next_digest: datetime | None
    alerts: int
    targets: tuple[Target, ...]
    problems: tuple[str, ...]

    @property
    def title(self) -> str:
        """The title, else the name."""
        return self.spec.title or self.name


@dataclass(frozen=True)
class WouldGo:
    """An alert of the last days under a route: `at_once` when it would have been told (UTC; None:
    in the digest alone), to whom, and whom it would not have reached."""

    alert: Alert
    at_once: datetime | None
    targets: tuple[Target, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What would have gone where by a route since a moment (UTC)."""

    since: datetime
    rows: tuple[WouldGo, ...]
    looked_at: int

    @property
    def by_target(self) -> Mapping[Target, tuple[int, int]]:
        """How many would have gone to each target: at once, and in digests alone."""
        found: dict[Target, list[int]] = {}
        for row in self.rows:
            for target in row.targets:
                counts = found.setdefault(target, [0, 0])
                counts[row.at_once is None] += 1
        return {target: (one, two) for target, (one, two) in sorted(found.items())}


@served("GET /alerts/routes")
def listed(workspace: Workspace) -> list[RouteLine]:
    """Every route in its order, with what went by it in the last thirty days."""
    whole_only("the routes of alerts")
    now, every = utc_now(), routes(workspace)
    if not every:
        return []
    raised = store(workspace).raised_since(now - timedelta(days=DAYS))
    book = directory(workspace)
    lines = [_line(found, every, raised, book, now) for found in workspace.resources.list(_KIND)]
    return sorted(lines, key=lambda one: (one.spec.order, one.name))


@served("GET /alerts/routes/{name}")
def route(workspace: Workspace, name: str) -> RouteLine:
    """One route with what went by it in the last thirty days."""
    whole_only("the routes of alerts")
    found, now = workspace.resources.get(_KIND, name), utc_now()
    raised = store(workspace).raised_since(now - timedelta(days=DAYS))
    return _line(found, routes(workspace), raised, directory(workspace), now)


def _line(
    found: Resource,
    every: Sequence[Route],
    raised: Sequence[Alert],
    book: Directory,
    now: datetime,
) -> RouteLine:
    route = route_of(found)
    rows = _would_go(route, every, raised, book)
    targets = dict.fromkeys(target for row in rows for target in row.targets)
    problems = dict.fromkeys(problem for row in rows for problem in row.problems)
    off = [name for name in route.spec.channels() if name not in book.channels]
    problems |= dict.fromkeys(f"the channel {name!r} is turned off or not there" for name in off)
    schedule = route.spec.when() if route.spec.enabled else None
    return RouteLine(
        name=found.name,
        version=found.version,
        spec=route.spec,
        next_digest=schedule.next_after(now) if schedule else None,
        alerts=len(rows),
        targets=tuple(targets),
        problems=tuple(problems),
    )


@served("POST /alerts/routes/preview")
def preview(
    workspace: Workspace, name: str = "", spec: Mapping[str, object] | None = None, days: int = DAYS
) -> Preview:
    """What would have gone where in the last days by a route: one that is kept (`name`), or as it
    is written in `spec`, beside the others that are kept. ResourceError for a spec that is not
    right."""
    whole_only("the preview of a route")
    if not 1 <= days <= 366:
        raise AlertError("a preview looks back 1 to 366 days.")
    known = {one.name: one for one in routes(workspace)}
    if spec is not None:
        typed = ALERT_ROUTE.parse(spec)
        assert isinstance(typed, AlertRouteSpec)
        wanted = Route(name or "_new", typed)
    else:
        wanted = route_of(workspace.resources.get(_KIND, name))
    known[wanted.name] = wanted
    since = utc_now() - timedelta(days=days)
    raised = store(workspace).raised_since(since)
    rows = _would_go(wanted, list(known.values()), raised, directory(workspace))
    return Preview(since, tuple(reversed(rows)), len(raised))


def _would_go(
    route: Route, every: Sequence[Route], raised: Sequence[Alert], book: Directory
) -> list[WouldGo]:
    rows = []
    for alert in raised:
        if route not in matching(every, alert.signal, alert.severity):
            continue
        targets, problems = reached(route.spec.to, alert.signal, book)
        at: datetime | None = None
        if SEVERITIES.index(alert.severity) >= route.spec.at_once_from():
            at = quiet_until(route, alert.severity, alert.raised_at) or alert.raised_at
        rows.append(WouldGo(alert, at, tuple(targets), tuple(problems)))
    return rows


@served("POST /alerts/routes/{name}/test")
def test_route(workspace: Workspace, name: str) -> list[int]:
    """Have a short message sent by every channel that a route names (its own, its fallback and its
    escalations), which says that it is a test; gives the ids of the deliveries."""
    require(Level.EDITOR, "testing a route", whole=True)
    found = workspace.resources.get(_KIND, name)
    spec = route_of(found).spec
    # A channel of mail by which only people are told has recipients of its own or none.
    names = [
        one
        for aim in (spec.to, *(escalation.to for escalation in spec.escalate))
        for one in (*aim.channels, *aim.fallback)
    ]
    if not names:
        raise AlertError(
            f"the route {name!r} names no channel: it reaches contacts and people alone. Test the "
            "channels by which they get it on the page of channels."
        )
    message = Message(
        title=f"Test of the alert route {spec.title or name}",
        lines=(f"Alerts that fit the route {name} come this way. This is none.",),
        link="/alerts/routes",
    )
    ids = notify(workspace, message, names, test=True)
    events.record(workspace, "send", f"alert route {name}", test=True, deliveries=ids)
    return ids


@dataclass(frozen=True)
class DigestPreview:
    """A digest as it would be now: of a route, for a target."""

    route: str
    target: Target
    document: Document


@served("GET /alerts/digest")
def digest_preview(workspace: Workspace, route: str = "") -> list[DigestPreview]:
    """The digests of every route that has one (or of the one that is named), as they would be sent
    now: those that are empty are left out, as nothing is sent then."""
    whole_only("digests")
    now, every = utc_now(), routes(workspace)
    if route:
        workspace.resources.get(_KIND, route)
    wanted = [one for one in every if one.spec.digest and (not route or one.name == route)]
    if not wanted:
        return []
    book, alerts = directory(workspace), store(workspace).unsettled()
    return [
        _shown(workspace, one, found, now)
        for one in wanted
        for found in digests(one, every, alerts, book, now, now)
    ]


def _shown(workspace: Workspace, route: Route, digest: Digest, now: datetime) -> DigestPreview:
    payload = digest_payload(digest, route.spec.title or route.name)
    return DigestPreview(route.name, digest.target, digest_document(workspace, payload, now))
