"""Putting what is due into the outbox, and sending what waits there.

Runs in any number of processes at once: the served workspace's, `outlay reports run --due` from
cron, a page's *Send now*. The outbox decides who sends what.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from outlay.access import Level, Principal, acting, who
from outlay.access.errors import AccessError
from outlay.app import events
from outlay.app.errors import WorkspaceError
from outlay.app.notices import parcel_of, too_late
from outlay.app.reaching import reach_of
from outlay.app.reports import owners
from outlay.app.reports.compose import Composed, compose, dated
from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.reports import channels
from outlay.reports.document import Document
from outlay.reports.errors import DeliveryError, PermanentError, ReportError, TemporaryError
from outlay.reports.model import CHANNEL, REPORT, ChannelSpec, ReportSpec
from outlay.reports.outbox import LEASE, MOST_ATTEMPTS, Delivery, Entry, Outbox, key_of
from outlay.reports.schedule import local
from outlay.resources import Resource, ResourceError
from outlay.statements.errors import StatementError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

log = logging.getLogger("outlay.reports")

KEPT = timedelta(days=400)
"""How long the log tells of a delivery that ended."""

LATE = timedelta(minutes=15)
"""After so long a delivery says that it is late."""

_WRONG = (QueryError, ResourceError, StatementError, WorkspaceError, AccessError)
"""What a content says when it cannot be answered, today or tomorrow."""


def outbox(workspace: Workspace) -> Outbox:
    """The deliveries of a workspace."""
    return Outbox(workspace.resources.engine)


# --- what is due --------------------------------------------------------------------------------


def put_due(workspace: Workspace, now: datetime | None = None) -> list[int]:
    """Write a delivery for each channel of each report that is due; gives the new ones' ids.

    What was missed meanwhile is put in once, for the newest moment, with how many there were
    before it.
    """
    at = now or utc_now()
    found: list[int] = []
    for resource in workspace.resources.list(REPORT.name):
        try:
            found += _put_due(workspace, resource, at)
        except ReportError as error:
            log.warning("the report %s is not well said: %s", resource.name, error)
    return found


def _put_due(workspace: Workspace, resource: Resource, now: datetime) -> list[int]:
    spec = _spec(resource)
    if not spec.enabled:
        return []
    box = outbox(workspace)
    since = since_when(workspace, resource)
    last = box.last_due(resource.name)
    after = max(since, last) if last else since
    due, earlier = _due(workspace, spec, after, now)
    if due is None:
        return []
    payload = {"earlier": earlier} if earlier else {}
    return box.put(
        [
            Entry(
                key=key_of("scheduled", resource.name, channel, due.isoformat()),
                kind="scheduled",
                report=resource.name,
                channel=channel,
                due_at=due,
                author=owners.owner_name(resource),
                payload=payload,
            )
            for channel in spec.channels
        ],
        now,
    )


def _due(
    workspace: Workspace, spec: ReportSpec, after: datetime, now: datetime
) -> tuple[datetime | None, int]:
    """The newest moment at which it was due, and how many were before it."""
    schedule = spec.when()
    if schedule.source:
        moment = delivered_at(workspace, schedule.source)
        return (moment, 0) if moment is not None and after < moment <= now else (None, 0)
    missed = schedule.missed(after, now)
    return (missed.due, missed.earlier) if missed else (None, 0)


def delivered_at(workspace: Workspace, source: str) -> datetime | None:
    """When a source was last brought up to date with something new (UTC, to the second); None
    while a load of it is under way, as more may come."""
    runs = workspace.run_log.list(source, 1)
    if runs and runs[0].outcome == "running":
        return None
    moments = [s.committed_at for s in workspace.pin().slices if s.source == source]
    # Seconds: databases and people know no finer ones.
    return max(moments).replace(microsecond=0) if moments else None


def since_when(workspace: Workspace, resource: Resource) -> datetime:
    """Since when a report has been due as it is now: changing its title does not lose what was
    missed, changing its schedule does not call anything missed."""
    timing = _spec(resource).timing
    since = resource.updated_at
    for change in reversed(workspace.history(REPORT.name, resource.name)):
        if change.action == "delete" or _timing(workspace, resource, change.version) != timing:
            break
        since = change.at
    return since


def _timing(workspace: Workspace, resource: Resource, version: int) -> object:
    """The timing of a version; None of one that this Outlay cannot read."""
    try:
        return _spec(workspace.resources.version(REPORT.name, resource.name, version)).timing
    except ResourceError:
        return None


def next_due(workspace: Workspace, resource: Resource, now: datetime | None = None) -> str | None:
    """When a report is due next, in words; None where nothing will make it due."""
    spec = _spec(resource)
    schedule = spec.when()
    if not spec.enabled:
        return None
    if schedule.source:
        return schedule.text
    moment = schedule.next_after(now or utc_now())
    return local(moment, spec.timezone) if moment else None


# --- by hand ------------------------------------------------------------------------------------


def put_now(workspace: Workspace, name: str, to_channels: Sequence[str] = ()) -> list[int]:
    """Put a report in to be sent at once, by its channels or some of them."""
    resource = workspace.resources.get(REPORT.name, name)
    spec = _spec(resource)
    unknown = [one for one in to_channels if one not in spec.channels]
    if unknown:
        raise ReportError(
            f"the report {name!r} does not go by {unknown[0]!r}. Its channels: "
            f"{', '.join(spec.channels)}."
        )
    now, nonce = utc_now(), uuid.uuid4().hex
    entries = [
        Entry(
            key=key_of("now", name, channel, nonce),
            kind="now",
            report=name,
            channel=channel,
            due_at=now,
            author=who(),
        )
        for channel in to_channels or spec.channels
    ]
    return outbox(workspace).put(entries, now)


def put_test(workspace: Workspace, name: str, channel: str, address: str = "") -> list[int]:
    """Put a report in to be sent as a test by one channel, to one address where it is mail.

    It shows what the person who asks may see, and its subject says that it is a test.
    """
    workspace.resources.get(REPORT.name, name)
    spec = channel_spec(workspace, channel)
    if address:
        if spec.type != "mail":
            raise ReportError(f"{channel!r} is no mail: a test by it takes no address.")
        if not spec.permits(address):
            raise ReportError(
                f"the channel {channel!r} does not permit {address!r}. Its `allow` says which "
                "addresses may get mail by it."
            )
    now = utc_now()
    from outlay.access import current

    reader = current()
    entry = Entry(
        key=key_of("test", name, channel, uuid.uuid4().hex),
        kind="test",
        report=name,
        channel=channel,
        due_at=now,
        author=who(),
        payload={
            "to": [address] if address else [],
            "scope": reader.scope,
            "level": reader.level.word,
        },
    )
    return outbox(workspace).put([entry], now)


def channel_spec(workspace: Workspace, name: str) -> ChannelSpec:
    """A channel as it is configured; ResourceNotFoundError lists the names there are."""
    spec = workspace.resources.get(CHANNEL.name, name).spec
    assert isinstance(spec, ChannelSpec)
    return spec


# --- sending ------------------------------------------------------------------------------------


@dataclass
class _Kept:
    """What was composed in this run: several channels get the same document."""

    composed: dict[tuple[Any, ...], Composed]


def run(
    workspace: Workspace,
    *,
    due: bool = True,
    ids: Sequence[int] | None = None,
    stopping: threading.Event | None = None,
    now: datetime | None = None,
) -> list[Delivery]:
    """Put in what is due, then send everything that is ready (or only `ids`); gives what became
    of each. Never raises for a delivery: its reason stands with it.

    `now` (UTC, naive) is for tests of the clock.
    """
    box = outbox(workspace)
    if due and ids is None:
        put_due(workspace, now)
        box.forget((now or utc_now()) - KEPT)
    claimant = f"{socket.gethostname()[:24]}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    kept = _Kept({})
    done: list[Delivery] = []
    while not (stopping is not None and stopping.is_set()):
        delivery = box.claim(claimant, now or utc_now(), ids)
        if delivery is None:
            break
        with _held(box, delivery):
            _deliver(workspace, box, delivery, kept, now)
        done.append(box.get(delivery.id))
    return done


def _deliver(
    workspace: Workspace, box: Outbox, delivery: Delivery, kept: _Kept, at: datetime | None
) -> None:
    def now() -> datetime:
        return at or utc_now()

    if delivery.attempts > MOST_ATTEMPTS:
        box.failed(delivery, now(), f"given up: its sender ended {MOST_ATTEMPTS} times.")
        return
    try:
        done = _send(workspace, delivery, kept, now())
    except _SkippedError as skip:
        box.skipped(delivery, now(), str(skip))
    except TemporaryError as error:
        payload = {**delivery.payload, "to": list(error.left)} if error.left else None
        box.later(delivery, now(), str(error), error.wait, payload)
    except (PermanentError, ReportError, *_WRONG) as error:
        box.failed(delivery, now(), str(error))
    except (LakeError, OSError) as error:
        box.later(delivery, now(), f"{type(error).__name__}: {error}")
    except Exception as error:
        log.exception("the delivery %s failed", delivery.id)
        box.later(delivery, now(), f"{type(error).__name__}: {error}")
    else:
        box.sent(delivery, now(), done.files, done.message)
        author = replace(done.principal, via="system")
        with acting(author):
            events.record(
                workspace,
                "deliver",
                f"{delivery.report or 'notice'} by {delivery.channel}",
                kind=delivery.kind,
                key=delivery.key,
                files=[file["name"] for file in done.files],
                scope=done.principal.scope,
            )


class _SkippedError(Exception):
    """The condition of the report does not hold, or what a notice tells of is over."""


@dataclass(frozen=True)
class _Done:
    message: str
    files: list[dict[str, Any]]
    principal: Principal


def _send(workspace: Workspace, delivery: Delivery, kept: _Kept, now: datetime) -> _Done:
    spec = channel_spec(workspace, delivery.channel)
    ways = channels.Ways(workspace.path, reach_of(workspace))
    if delivery.kind == "notice" or not delivery.report:
        if late := too_late(workspace, delivery, spec):
            raise _SkippedError(late)
        sent = channels.send(spec, parcel_of(workspace, delivery, spec), ways)
        return _Done(sent.message, [], owners.sender(delivery.author))
    resource = workspace.resources.get(REPORT.name, delivery.report)
    report, principal = _spec(resource), owners.owner_of(workspace, resource)
    if delivery.kind == "test":
        principal = owners.narrowed_to(
            principal,
            str(delivery.payload.get("scope", "")),
            Level.of(str(delivery.payload.get("level", "viewer"))),
        )
    composed = _composed(workspace, resource, principal, delivery, kept, now)
    _check_condition(report, delivery, composed.document)
    files = composed.files(report.formats)
    parcel = channels.Parcel(
        key=delivery.key,
        document=composed.document,
        due_at=delivery.due_at,
        report=delivery.report,
        files=tuple(files),
        recipients=_recipients(spec, report, delivery),
        test=delivery.kind == "test",
    )
    sent = channels.send(spec, parcel, ways)
    sizes = [{"name": f.name, "bytes": len(f.content)} for f in files]
    return _Done(sent.message, sizes, principal)


def _composed(
    workspace: Workspace,
    resource: Resource,
    principal: Principal,
    delivery: Delivery,
    kept: _Kept,
    now: datetime,
) -> Composed:
    key = (resource.name, resource.version, delivery.due_at, delivery.kind, principal)
    if key not in kept.composed:
        spec = _spec(resource)
        late = late_text(spec, delivery, now)
        # Relative ranges count from the moment for which it was made: a retry tells the same.
        found = compose(workspace, resource.name, spec, principal, now=delivery.due_at, late=late)
        kept.composed[key] = dated(found, f"{delivery.due_at:%Y-%m-%d}")
    return kept.composed[key]


def late_text(spec: ReportSpec, delivery: Delivery, now: datetime) -> str:
    """Why a scheduled report comes late; '' when it does not."""
    if delivery.kind != "scheduled" or now - delivery.due_at < LATE or spec.when().source:
        return ""
    earlier = int(delivery.payload.get("earlier", 0))
    told = f"This comes late: it was due {local(delivery.due_at, spec.timezone)}."
    if earlier:
        more = f"{earlier} or more" if earlier >= 100 else str(earlier)
        told += f" {more} before it {'was' if earlier == 1 else 'were'} missed and not sent."
    return told


def _check_condition(spec: ReportSpec, delivery: Delivery, document: Document) -> None:
    condition = spec.condition()
    if condition is None or delivery.kind != "scheduled":
        return
    holds, told = condition.verdict(document)
    if not holds:
        raise _SkippedError(f"only if {condition.text}: {told}")


def _recipients(channel: ChannelSpec, report: ReportSpec, delivery: Delivery) -> tuple[str, ...]:
    if channel.type != "mail":
        return ()
    left = delivery.payload.get("to")
    if left:
        return tuple(str(one) for one in left)
    refused = [one for one in report.recipients if not channel.permits(one)]
    if refused:
        raise PermanentError(
            f"the channel {delivery.channel!r} does not permit the recipient {refused[0]}. Its "
            "`allow` says which addresses a report may name."
        )
    return report.recipients


@contextmanager
def _held(box: Outbox, delivery: Delivery) -> Iterator[None]:
    """Renew the claim while the delivery is worked on, however long that takes."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(LEASE.total_seconds() / 4):
            if not box.renew(delivery, utc_now()):
                return

    thread = threading.Thread(target=renew, name=f"outlay-lease-{delivery.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _spec(resource: Resource) -> ReportSpec:
    assert isinstance(resource.spec, ReportSpec)
    return resource.spec


def is_due(workspace: Workspace, now: datetime | None = None) -> bool:
    """Whether a run would have something to do; cheap enough to be asked every few seconds."""
    at = now or utc_now()
    if outbox(workspace).waits(at):
        return True
    return any(_is_due(workspace, resource, at) for resource in _enabled(workspace))


def _is_due(workspace: Workspace, resource: Resource, now: datetime) -> bool:
    last = outbox(workspace).last_due(resource.name)
    after = max(since_when(workspace, resource), last) if last else since_when(workspace, resource)
    return _due(workspace, _spec(resource), after, now)[0] is not None


def _enabled(workspace: Workspace) -> Iterable[Resource]:
    return [one for one in workspace.resources.list(REPORT.name) if _spec(one).enabled]


__all__ = [
    "DeliveryError",
    "channel_spec",
    "delivered_at",
    "is_due",
    "next_due",
    "outbox",
    "put_due",
    "put_now",
    "put_test",
    "run",
    "since_when",
]
