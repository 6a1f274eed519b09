"""What people do with reports and channels: the one way in for pages, commands and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from outlay.access import AccessDeniedError, Level, current, require
from outlay.alerts.model import ALERT_ROUTE, AlertRouteSpec
from outlay.app import events
from outlay.app.reports import delivering, owners
from outlay.app.reports.compose import Composed, compose
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.reports.document import File
from outlay.reports.errors import ReportError
from outlay.reports.model import CHANNEL, FORMS, REPORT, ChannelSpec, ReportSpec
from outlay.reports.outbox import Delivery
from outlay.reports.render import mail
from outlay.resources import Resource

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

PREVIEWS = (*FORMS, "text")
"""The forms in which a report can be looked at: those of its files, and the mail's plain text."""


@dataclass(frozen=True)
class ReportLine:
    """A report as it is listed. `next_due` is in words, `next_at` UTC (None: no clock decides),
    `last` the newest delivery that was no test, `failing` those whose newest one failed."""

    name: str
    version: int
    spec: ReportSpec
    owner: str
    next_due: str | None
    next_at: datetime | None
    last: Delivery | None
    failing: tuple[Delivery, ...] = ()

    @property
    def title(self) -> str:
        """The title, else the name."""
        return self.spec.title or self.name


@dataclass(frozen=True)
class ChannelLine:
    """A channel as it is listed, with its newest delivery."""

    name: str
    version: int
    spec: ChannelSpec
    last: Delivery | None
    reports: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The title, else the name."""
        return self.spec.title or self.name

    @property
    def failing(self) -> bool:
        """Whether the newest delivery by it did not arrive."""
        last = self.last
        return last is not None and (
            last.state == "failed" or (last.state == "waiting" and bool(last.message))
        )

    @property
    def target(self) -> str:
        """Where it goes, without a secret."""
        spec = self.spec
        if spec.type == "mail":
            return ", ".join(spec.to) or f"recipients of reports, by {spec.server}"
        usual = "events.pagerduty.com" if spec.type == "pagerduty" else ""
        return spec.location or spec.folder or spec.url or usual


# --- reports ------------------------------------------------------------------------------------


@served("GET /reports")
def reports(workspace: Workspace) -> list[ReportLine]:
    """Every report, those that fail first, then by what is due next."""
    newest = _newest_of_each(workspace)
    lines = [
        _line(workspace, resource, newest.get(resource.name, {}))
        for resource in workspace.resources.list(REPORT.name)
    ]
    far = datetime.max
    return sorted(lines, key=lambda one: (not one.failing, one.next_at or far, one.name))


@served("GET /reports/{name}")
def report(workspace: Workspace, name: str) -> ReportLine:
    """One report; ResourceNotFoundError lists the names there are."""
    resource = workspace.resources.get(REPORT.name, name)
    return _line(workspace, resource, _newest_of_each(workspace, name).get(name, {}))


def _newest_of_each(
    workspace: Workspace, name: str | None = None
) -> dict[str, dict[str, Delivery]]:
    """Report → channel → newest delivery that was no test."""
    found: dict[str, dict[str, Delivery]] = {}
    for one in delivering.outbox(workspace).listed(report=name, limit=500):
        if one.report and one.kind != "test":
            found.setdefault(one.report, {}).setdefault(one.channel, one)
    return found


def _line(workspace: Workspace, resource: Resource, newest: dict[str, Delivery]) -> ReportLine:
    spec = resource.spec
    assert isinstance(spec, ReportSpec)
    now = utc_now()
    shown = [_shown(one, resource) for one in newest.values()]
    return ReportLine(
        name=resource.name,
        version=resource.version,
        spec=spec,
        owner=owners.owner_name(resource),
        next_due=delivering.next_due(workspace, resource, now),
        next_at=spec.when().next_after(now) if spec.enabled else None,
        last=max(shown, key=lambda one: one.id, default=None),
        failing=tuple(one for one in shown if one.state == "failed"),
    )


def _shown(delivery: Delivery, resource: Resource | None) -> Delivery:
    """A delivery as the reader may see it: why a condition did not hold is a figure of the owner's
    part of the ledger."""
    reader = current()
    own = resource is not None and owners.owner_name(resource) == reader.name
    if delivery.state != "skipped" or reader.whole or own:
        return delivery
    hidden = "the condition did not hold"
    log = [{**one, "message": hidden} for one in delivery.log]
    return replace(delivery, message=hidden, log=log)


@served("GET /reports/{name}/preview")
def preview(workspace: Workspace, name: str, form: str = "html") -> list[File]:
    """A report in one of its forms, exactly as it would be sent now, narrowed to what the reader
    may see. A form with several tables has a file for each."""
    if form not in PREVIEWS:
        raise ReportError(f"{form!r} is no form. Allowed: {', '.join(PREVIEWS)}.")
    composed = preview_document(workspace, name)
    if form == "text":
        text = mail.text(composed.document)
        found = [File(f"{name}.txt", "text/plain; charset=utf-8", text.encode())]
    else:
        found = composed.files([form])
    events.record(workspace, "export", f"report {name}", form=form, preview=True)
    return found


def preview_document(workspace: Workspace, name: str) -> Composed:
    """The document of a report as it would be now, for the reader."""
    resource = workspace.resources.get(REPORT.name, name)
    assert isinstance(resource.spec, ReportSpec)
    eyes = owners.for_reader(owners.owner_of(workspace, resource))
    return compose(workspace, name, resource.spec, eyes)


def preview_unsaved(workspace: Workspace, name: str, spec: ReportSpec) -> Composed:
    """The document of a report that is not saved yet, with the reader's own eyes."""
    return compose(workspace, name, spec, current())


@served("POST /reports/{name}/send")
def put_now(workspace: Workspace, name: str, channels: Sequence[str] = ()) -> list[int]:
    """Have a report sent at once; gives the ids of its deliveries. `deliver` sends them."""
    require(Level.EDITOR, "sending a report")
    ids = delivering.put_now(workspace, name, tuple(channels))
    events.record(workspace, "send", f"report {name}", channels=list(channels), deliveries=ids)
    return ids


@served("POST /reports/{name}/test")
def put_test(workspace: Workspace, name: str, channel: str, address: str = "") -> list[int]:
    """Have a report sent as a test by one channel (a mail: to one address); shows what the person
    who asks may see."""
    require(Level.EDITOR, "sending a test")
    ids = delivering.put_test(workspace, name, channel, address)
    events.record(workspace, "send", f"report {name}", test=True, channel=channel)
    return ids


@served("POST /reports/run")
def deliver(workspace: Workspace, ids: Sequence[int] | None = None) -> list[Delivery]:
    """Send deliveries that wait: those named, else everything that is due. What became of them."""
    require(Level.EDITOR, "sending reports")
    return delivering.run(workspace, ids=None if ids is None else tuple(ids))


@served("GET /deliveries/log")
def deliveries(
    workspace: Workspace,
    report: str | None = None,
    channel: str | None = None,
    states: Sequence[str] = (),
    limit: int = 50,
) -> list[Delivery]:
    """The log, the newest first."""
    known = {one.name: one for one in workspace.resources.list(REPORT.name)}
    if report and report not in known:
        workspace.resources.get(REPORT.name, report)
    found = delivering.outbox(workspace).listed(
        report=report, channel=channel, states=tuple(states), limit=limit
    )
    return [_shown(one, known.get(one.report)) for one in found]


@served("GET /deliveries/log/{delivery}")
def delivery(workspace: Workspace, delivery: int) -> Delivery:
    """One delivery with its attempts."""
    found = delivering.outbox(workspace).get(delivery)
    return _shown(found, workspace.resources.find(REPORT.name, found.report or "-"))


@served("POST /deliveries/log/{delivery}/retry")
def retry(workspace: Workspace, delivery: int) -> Delivery:
    """Try a delivery again that failed or waits; `deliver` sends it."""
    require(Level.EDITOR, "trying a delivery again")
    found = delivering.outbox(workspace).retry(delivery, utc_now())
    events.record(workspace, "retry", f"{found.report or 'notice'} by {found.channel}", id=delivery)
    return found


# --- channels -----------------------------------------------------------------------------------


@served("GET /channels")
def channels(workspace: Workspace) -> list[ChannelLine]:
    """Every channel, those that fail first."""
    newest = delivering.outbox(workspace).newest("channel")
    users: dict[str, list[str]] = {}
    for resource in workspace.resources.list(REPORT.name):
        assert isinstance(resource.spec, ReportSpec)
        for name in resource.spec.channels:
            users.setdefault(name, []).append(resource.name)
    routes: dict[str, list[str]] = {}
    for resource in workspace.resources.list(ALERT_ROUTE.name):
        assert isinstance(resource.spec, AlertRouteSpec)
        for name in resource.spec.channels():
            routes.setdefault(name, []).append(resource.name)
    lines = []
    for resource in workspace.resources.list(CHANNEL.name):
        assert isinstance(resource.spec, ChannelSpec)
        last = newest.get(resource.name)
        lines.append(
            ChannelLine(
                resource.name,
                resource.version,
                resource.spec,
                None if last is None else _shown(last, None),
                tuple(users.get(resource.name, ())),
                tuple(routes.get(resource.name, ())),
            )
        )
    return sorted(lines, key=lambda one: (not one.failing, one.name))


@served("POST /channels/{name}/test")
def test_channel(workspace: Workspace, name: str) -> list[int]:
    """Have a short message sent that says that the channel works. For administrators."""
    from outlay.app.notify import test_channel as put

    require(Level.ADMIN, "testing a channel")
    return put(workspace, name)


def may_keep(spec: ReportSpec) -> None:
    """Refuse a report that would see more than who saves it; AccessDeniedError says why.

    Asked in the transaction of every write, whoever makes it.
    """
    person = current()
    if spec.owner and spec.owner != person.name:
        require(Level.ADMIN, "naming another owner of a report", whole=True)
    if person.via == "token" and not person.whole:
        raise AccessDeniedError(
            "a token that sees a part of the ledger cannot keep a report: the report would be made "
            "with its owner's eyes. Save it logged in, or with a token of the owner's scope."
        )
