"""What people do with alerts: the one way in for pages, commands, the API and assistants.

People who see a part of the ledger see the alerts whose whole matter lies in it: the condition of
the signal's charges (`where`) must be held by their scope. Others do not exist for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, current, require, who, whole_only
from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.alerts.reach import covers
from outlay.alerts.signal import KINDS, SEVERITIES
from outlay.alerts.store import Alert, Look, Step, add_step, change
from outlay.app import events
from outlay.app.alerts.raising import store
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.reports.outbox import Delivery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

SHOWN_STATES = ("open", "acknowledged", "snoozed", "settled")
_LONGEST_SNOOZE = timedelta(days=366)
_MOST = 2000


@dataclass(frozen=True)
class Asked:
    """Which alerts are wanted: of a state (``all``: any), a kind, from a severity on, of an owner
    (its value, or ``tag = value``; ``none``: those without), with a text in subject or title."""

    state: str = "open"
    kind: str = ""
    severity: str = ""
    owner: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        for name, allowed in (
            ("state", (*SHOWN_STATES, "all", "")),
            ("kind", (*KINDS, "")),
            ("severity", (*SEVERITIES, "")),
        ):
            value = getattr(self, name)
            if value not in allowed:
                named = ", ".join(one for one in allowed if one)
                raise QueryError(
                    f"there is no {name} {value!r}. Allowed: {named}.", field=name, text=value
                )

    def fits(self, alert: Alert, now: datetime) -> bool:
        """Whether an alert is wanted."""
        signal = alert.signal
        if self.state not in ("", "all") and alert.shown_state(now) != self.state:
            return False
        if self.kind and signal.kind != self.kind:
            return False
        if self.severity and SEVERITIES.index(alert.severity) < SEVERITIES.index(self.severity):
            return False
        if self.owner == "none":
            return signal.owner is None
        if self.owner and (
            signal.owner is None or self.owner not in (signal.owner.value, signal.owner.text)
        ):
            return False
        wanted = self.text.lower()
        return not wanted or wanted in signal.subject.lower() or wanted in signal.title.lower()


@dataclass(frozen=True)
class Listing:
    """Alerts that were asked for, the most severe and newest first; `counts` by state and
    `owners` over all that the reader may see; `told` by what deliveries each of the alerts went.
    `now` is when it was looked at (UTC); `doubt` says why alerts may be missing, '' where every
    step of the last look worked."""

    alerts: tuple[Alert, ...]
    counts: Mapping[str, int]
    owners: tuple[str, ...]
    told: Mapping[int, tuple[Delivery, ...]]
    now: datetime
    doubt: str = ""


@dataclass(frozen=True)
class History:
    """An alert with its steps, and the deliveries by which it was told."""

    alert: Alert
    steps: tuple[Step, ...]
    deliveries: Mapping[int, Delivery]
    now: datetime

    @property
    def told(self) -> tuple[Step, ...]:
        """The steps that reach somebody."""
        return tuple(step for step in self.steps if step.channel and step.action != "hold")


def visible(alert: Alert) -> bool:
    """Whether the reader may see an alert."""
    return covers(current().scope, alert.signal.where)


@served("GET /alerts")
def alerts(
    workspace: Workspace,
    state: str = "open",
    kind: str = "",
    severity: str = "",
    owner: str = "",
    text: str = "",
    limit: int = 200,
) -> Listing:
    """The alerts that the reader may see and asks for; see `Asked`."""
    asked, now = Asked(state, kind, severity, owner, text), utc_now()
    seen = [one for one in store(workspace).listed(limit=_MOST) if visible(one)]
    counts = dict.fromkeys(SHOWN_STATES, 0)
    for one in seen:
        counts[one.shown_state(now)] += 1
    found = [one for one in seen if asked.fits(one, now)]
    found.sort(key=lambda one: (one.state == "settled", -SEVERITIES.index(one.severity)))
    owners = sorted({one.signal.owner.text for one in seen if one.signal.owner is not None})
    told = _told(workspace, [one.id for one in found[:limit]])
    doubt = _doubt(store(workspace).last_look())
    return Listing(tuple(found[:limit]), counts, tuple(owners), told, now, doubt)


def _doubt(last: Look | None) -> str:
    """Why alerts may be missing; it names no charge, so that everybody may read it."""
    if last is None:
        return "Nobody has looked yet."
    if last.failed:
        return f"The last look at {', '.join(last.failed)} did not work: alerts may be missing."
    return ""


def _told(workspace: Workspace, idents: Sequence[int]) -> dict[int, tuple[Delivery, ...]]:
    from outlay.app.reports.delivering import outbox

    steps = store(workspace).steps(idents)
    by = {ident: [s.delivery for s in found if s.delivery] for ident, found in steps.items()}
    known = outbox(workspace).many(sorted({one for found in by.values() for one in found}))
    return {
        ident: tuple(known[one] for one in dict.fromkeys(found) if one in known)
        for ident, found in by.items()
    }


@served("GET /alerts/{alert}")
def alert(workspace: Workspace, alert: int) -> History:
    """One alert with everything that happened to it. AlertNotFoundError where there is none, or
    none that the reader may see."""
    from outlay.app.reports.delivering import outbox

    found = _get(workspace, alert)
    steps = store(workspace).steps([alert])[alert]
    idents = [step.delivery for step in steps if step.delivery is not None]
    return History(found, tuple(steps), outbox(workspace).many(idents), utc_now())


@served("POST /alerts/{alert}/acknowledge")
def acknowledge(workspace: Workspace, alert: int, note: str = "") -> Alert:
    """Say that somebody looks after it: it is told to nobody any more and leaves the digests."""
    require(Level.EDITOR, "acknowledging an alert")
    found, person, now = _get(workspace, alert), who(), utc_now()
    with store(workspace).locked(found.key) as (connection, one):
        if one.state == "settled":
            raise AlertError(f"alert {alert} is settled already.")
        if one.state == "acknowledged":
            raise AlertError(f"alert {alert} was acknowledged by {one.acknowledged_by} already.")
        values = {"state": "acknowledged", "acknowledged_by": person, "snoozed_until": None}
        change(connection, one, {**values, "updated_at": now, "next_step_at": now})
        add_step(connection, one.id, Step("acknowledged", now, person, note=note))
    return _done(workspace, alert, "acknowledge", note=note)


@served("POST /alerts/{alert}/snooze")
def snooze(workspace: Workspace, alert: int, until: datetime, note: str = "") -> Alert:
    """Put it aside until a moment (UTC): it is told to nobody meanwhile and comes back then."""
    require(Level.EDITOR, "snoozing an alert")
    found, person, now = _get(workspace, alert), who(), utc_now()
    if not now < until <= now + _LONGEST_SNOOZE:
        raise AlertError("a snooze ends in the future, within a year.")
    with store(workspace).locked(found.key) as (connection, one):
        if one.state == "settled":
            raise AlertError(f"alert {alert} is settled already.")
        values = {"state": "open", "acknowledged_by": "", "snoozed_until": until}
        change(connection, one, {**values, "updated_at": now, "next_step_at": until})
        told = f"until {until:%Y-%m-%d %H:%M} UTC"
        said = f"{told}: {note}" if note else told
        add_step(connection, one.id, Step("snoozed", now, person, note=said))
    return _done(workspace, alert, "snooze", until=until, note=note)


@served("POST /alerts/{alert}/reopen")
def reopen(workspace: Workspace, alert: int, note: str = "") -> Alert:
    """Take back an acknowledgement, a snooze, or that it was settled. Nobody is told again."""
    require(Level.EDITOR, "opening an alert again")
    found, person, now = _get(workspace, alert), who(), utc_now()
    with store(workspace).locked(found.key) as (connection, one):
        if one.state == "open" and not one.snoozed(now):
            raise AlertError(f"alert {alert} is open already.")
        values = {"state": "open", "acknowledged_by": "", "snoozed_until": None}
        change(connection, one, {**values, "updated_at": now, "next_step_at": now}, ended_by="")
        add_step(connection, one.id, Step("reopened", now, person, note=note))
    return _done(workspace, alert, "reopen", note=note)


@served("POST /alerts/{alert}/assign")
def assign(workspace: Workspace, alert: int, person: str) -> Alert:
    """Say who looks after it: the name of an account, or any name where there are no accounts;
    '' takes it away."""
    from outlay.access.people import People

    require(Level.EDITOR, "assigning an alert")
    found, now = _get(workspace, alert), utc_now()
    people = People(workspace.resources)
    name = " ".join(person.split())
    if len(name) > 200:
        raise AlertError("a name has 200 characters at most.")
    if name and people.all() and people.find(name) is None:
        raise AlertError(f"there is no account {name!r} to whom the alert could be assigned.")
    with store(workspace).locked(found.key) as (connection, one):
        change(connection, one, {"updated_at": now}, assignee=name)
        add_step(connection, one.id, Step("assigned", now, who(), note=name or "to nobody"))
    return _done(workspace, alert, "assign", person=name)


@served("POST /alerts/{alert}/settle")
def settle(workspace: Workspace, alert: int, note: str = "") -> Alert:
    """Say that it is over. It stays so until its severity goes up."""
    require(Level.EDITOR, "settling an alert")
    _get(workspace, alert)
    if not store(workspace).end(alert, note, utc_now(), who()):
        raise AlertError(f"alert {alert} is settled already.")
    return _done(workspace, alert, "settle", note=note)


@dataclass(frozen=True)
class Watching:
    """What is watched: the number of each kind of thing, and the last look (None: none yet)."""

    things: Mapping[str, int]
    last: Look | None


@served("GET /alerts")
def watching(workspace: Workspace) -> Watching:
    """What alerts can come from, for those who see no alert; it tells of the whole ledger."""
    whole_only("what is watched")
    kinds = ("Source", "AnomalyMonitor", "Budget", "Plan")
    known = {kind.name for kind in workspace.resources.registry}
    things = {kind: len(workspace.resources.names(kind)) if kind in known else 0 for kind in kinds}
    return Watching(things, store(workspace).last_look())


def open_count(workspace: Workspace) -> int:
    """How many alerts are open, by one small question; 0 for people who see a part of the ledger,
    as theirs would have to be looked at one by one."""
    return store(workspace).open_count(utc_now()) if current().whole else 0


def _get(workspace: Workspace, ident: int) -> Alert:
    found = store(workspace).get(ident)
    if not visible(found):
        raise AlertNotFoundError(
            f"there is no alert {ident}; `outlay alerts list` shows those there are."
        )
    return found


def _done(workspace: Workspace, ident: int, action: str, **detail: object) -> Alert:
    found = store(workspace).get(ident)
    events.record(
        workspace, action, f"alert {ident}", kind=found.signal.kind, subject=found.signal.subject,
        **detail,
    )  # fmt: skip
    return found


def moment_of(text: str, now: datetime | None = None) -> datetime:
    """When a snooze ends (UTC): ``4h``, ``3d``, ``1w``, a day or a UTC time. AlertError says what
    is allowed."""
    plain = text.strip().lower()
    units = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
    if plain[:-1].isdecimal() and plain[-1:] in units and len(plain) <= 5:
        return (now or utc_now()) + int(plain[:-1]) * units[plain[-1]]
    try:
        found = datetime.fromisoformat(text.strip().upper().removesuffix("Z"))
    except ValueError:
        raise AlertError(
            f"{text!r} is no moment. Allowed: 4h, 3d, 1w, a day (2026-12-01) or a UTC time "
            "(2026-12-01T08:00)."
        ) from None
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return found
