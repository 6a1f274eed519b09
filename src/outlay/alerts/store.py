"""The table of alerts: each signal once, what state it is in, and every step that was taken.

Safe between threads, processes and hosts: the key of a signal is unique, and every change of an
alert is made in one transaction that has read it first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.alerts.signal import SEVERITIES, Owner, Signal, SignalKind, from_json, to_json
from outlay.reports.document import Severity
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import alert_steps as s
from outlay.resources.tables import alerts as t

State = Literal["open", "acknowledged", "settled"]
STATES: tuple[State, ...] = ("open", "acknowledged", "settled")

TELLING = ("tell", "hold", "remind", "escalate", "digest", "follow", "routed", "nobody")
"""What the router does; these steps name what they are about and whom they reach."""

_NAME = 256


@dataclass(frozen=True)
class Step:
    """One thing that happened to an alert. `action` is raised, severity, reopened, acknowledged,
    reopen, snoozed, assigned, settled, or one of the router's. `about` is what a telling is about
    (a severity, the number of a reminder or escalation, a digest's moment), `address` whom it
    reaches by a channel of mail ('' the channel's own), `delivery` its row in the outbox."""

    action: str
    at: datetime
    author: str = ""
    route: str = ""
    channel: str = ""
    address: str = ""
    about: str = ""
    note: str = ""
    delivery: int | None = None
    id: int = 0
    alert: int = 0


@dataclass(frozen=True)
class Alert:
    """An alert as it stands. Moments are UTC, naive. `ended_by` is ``person`` or ``product`` for
    one that is settled; `assignee` who looks after it."""

    id: int
    key: str
    severity: Severity
    state: State
    raised_at: datetime
    updated_at: datetime
    snoozed_until: datetime | None
    acknowledged_by: str
    escalation: int
    next_step_at: datetime | None
    signal: Signal
    assignee: str = ""
    ended_by: str = ""

    def snoozed(self, now: datetime) -> bool:
        """Whether it is put aside for a while."""
        return self.state == "open" and self.snoozed_until is not None and now < self.snoozed_until

    def shown_state(self, now: datetime) -> str:
        """Its state for people: open, acknowledged, snoozed or settled."""
        return "snoozed" if self.snoozed(now) else self.state


@dataclass(frozen=True)
class Look:
    """The looks so far: `at` when sources were last looked at (UTC), at which `snapshot` of the
    lake every step was last done, and when (`whole_at`); `failed`: why steps did not work when
    they were last done, by their names."""

    at: datetime
    snapshot: str
    whole_at: datetime
    failed: Mapping[str, str] = field(default_factory=dict)


class AlertStore:
    """The alerts of one workspace."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # --- raising and settling ---------------------------------------------------------------

    def put(self, signal: Signal, now: datetime, author: str) -> bool:
        """Keep a signal; True when it is new. See `outlay.app.alerts.raising.raise_signal`."""
        known = self.find(signal.key)
        if known is not None and not _differs(known, signal):
            return False
        if known is None:
            try:
                with writing(self.engine) as connection:
                    self._insert(connection, signal, now, author)
                return True
            except IntegrityError:
                pass  # another process was first: bring its alert up to date
        with self.locked(signal.key) as (connection, before):
            self._bring_up_to_date(connection, before, signal, now, author)
        return False

    def _insert(self, connection: Connection, signal: Signal, now: datetime, author: str) -> None:
        _check(signal)
        done = connection.execute(
            insert(t).values(
                key=signal.key,
                kind=signal.kind,
                subject=signal.subject,
                occurrence=signal.occurrence,
                severity=signal.severity,
                state="open",
                owner=_owner(signal.owner),
                title=signal.title,
                raised_at=now,
                updated_at=now,
                snoozed_until=None,
                acknowledged_by="",
                escalation=0,
                next_step_at=now,
                document={"signal": to_json(signal)},
            )
        )
        key = done.inserted_primary_key
        assert key is not None
        add_step(connection, int(key[0]), Step("raised", now, author, note=signal.title))

    def _bring_up_to_date(
        self, connection: Connection, before: Alert, signal: Signal, now: datetime, author: str
    ) -> None:
        rose = SEVERITIES.index(signal.severity) > SEVERITIES.index(before.severity)
        if before.state == "settled" and before.ended_by == "person" and not rose:
            return  # what a person ended stays ended
        values: dict[str, Any] = {
            "severity": signal.severity,
            "owner": _owner(signal.owner),
            "title": signal.title,
            "updated_at": now,
        }
        if before.state == "settled":
            values |= {"state": "open", "snoozed_until": None, "acknowledged_by": ""}
            add_step(connection, before.id, Step("reopened", now, author, note=signal.title))
        if rose:
            values |= {"state": "open", "snoozed_until": None, "acknowledged_by": ""}
            told = f"{before.severity} to {signal.severity}"
            add_step(connection, before.id, Step("severity", now, author, note=told))
        if "state" in values:
            values["next_step_at"] = now
        change(connection, before, values, signal=signal, ended_by="")

    def settle(
        self, kind: SignalKind, subject: str, note: str, now: datetime, author: str, by: str
    ) -> int:
        """End every alert of a subject that has not ended; gives their number."""
        wanted = (t.c.kind == kind) & (t.c.subject == subject) & (t.c.state != "settled")
        with self.engine.connect() as connection:
            keys = list(connection.execute(select(t.c.key).where(wanted)).scalars())
        ended = 0
        for key in keys:
            with self.locked(key) as (connection, alert):
                ended += _end(connection, alert, note, now, author, by)
        return ended

    def end(self, ident: int, note: str, now: datetime, author: str, by: str = "person") -> bool:
        """A person (or the product) ends one alert; False when it had ended before."""
        with self.locked(self.get(ident).key) as (connection, alert):
            return _end(connection, alert, note, now, author, by)

    # --- changing ---------------------------------------------------------------------------

    @contextmanager
    def locked(self, key: str) -> Iterator[tuple[Connection, Alert]]:
        """A transaction in which nobody else changes the alert of a key."""
        with writing(self.engine) as connection:
            row = connection.execute(select(t).where(t.c.key == key).with_for_update()).one()
            yield connection, _alert(row)

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction beside which nobody else makes up a digest."""
        with writing(self.engine) as connection:
            one_writer(connection)
            yield connection

    def delivered(self, steps: Sequence[int], delivery: int) -> None:
        """Note by which delivery some steps were done."""
        with writing(self.engine) as connection:
            connection.execute(update(s).where(s.c.id.in_(list(steps))).values(delivery=delivery))

    # --- the looks themselves ---------------------------------------------------------------

    def note_look(self, look: Look) -> None:
        """Keep the last look, in place of the one before it (as a step of no alert)."""
        note = json.dumps({"snapshot": look.snapshot, "failed": dict(look.failed),
                           "whole_at": look.whole_at.isoformat()})  # fmt: skip
        with writing(self.engine) as connection:
            one_writer(connection)
            connection.execute(delete(s).where(s.c.alert == 0, s.c.action == "look"))
            add_step(connection, 0, Step("look", look.at, "outlay", note=note))

    def last_look(self) -> Look | None:
        """The last look; None when there was none."""
        wanted = (s.c.alert == 0) & (s.c.action == "look")
        with self.engine.connect() as connection:
            row = connection.execute(select(s).where(wanted).order_by(s.c.id.desc())).first()
        if row is None:
            return None
        told = json.loads(row.note)
        whole_at = datetime.fromisoformat(told["whole_at"])
        return Look(row.at, told["snapshot"], whole_at, told["failed"])

    # --- looking ----------------------------------------------------------------------------

    def find(self, key: str) -> Alert | None:
        """The alert of a key, or None."""
        with self.engine.connect() as connection:
            row = connection.execute(select(t).where(t.c.key == key)).one_or_none()
        return None if row is None else _alert(row)

    def get(self, ident: int) -> Alert:
        """One alert by its number; AlertNotFoundError when there is none."""
        with self.engine.connect() as connection:
            row = connection.execute(select(t).where(t.c.id == ident)).one_or_none()
        if row is None:
            raise AlertNotFoundError(
                f"there is no alert {ident}; `outlay alerts list` shows those there are."
            )
        return _alert(row)

    def unsettled(
        self, kind: SignalKind | None = None, connection: Connection | None = None
    ) -> list[Alert]:
        """Every alert that has not ended, the oldest first; within a transaction where one is
        given."""
        wanted = t.c.state != "settled"
        if kind is not None:
            wanted &= t.c.kind == kind
        query = select(t).where(wanted).order_by(t.c.id)
        with self._reading(connection) as reading:
            return [_alert(row) for row in reading.execute(query)]

    def pending(self, now: datetime) -> list[Alert]:
        """What the router looks at: what has not ended, and what ended and was not followed yet."""
        wanted = or_(t.c.state != "settled", t.c.next_step_at <= now)
        with self.engine.connect() as connection:
            return [_alert(r) for r in connection.execute(select(t).where(wanted).order_by(t.c.id))]

    def many(self, idents: Collection[int]) -> list[Alert]:
        """Some alerts by their numbers."""
        query = select(t).where(t.c.id.in_(list(idents))).order_by(t.c.id)
        with self.engine.connect() as connection:
            return [_alert(row) for row in connection.execute(query)]

    @contextmanager
    def _reading(self, connection: Connection | None) -> Iterator[Connection]:
        if connection is not None:
            yield connection
        else:
            with self.engine.connect() as own:
                yield own

    def listed(self, wanted: ColumnElement[bool] | None = None, limit: int = 1000) -> list[Alert]:
        """Alerts that meet a condition on the table, the newest first; those that have ended come
        last, so that none that is open is cut off for them."""
        ended = case((t.c.state == "settled", 1), else_=0)
        query = select(t).order_by(ended, t.c.raised_at.desc(), t.c.id.desc()).limit(limit)
        if wanted is not None:
            query = query.where(wanted)
        with self.engine.connect() as connection:
            return [_alert(row) for row in connection.execute(query)]

    def raised_since(self, moment: datetime) -> list[Alert]:
        """Alerts that were raised from a moment on, the oldest first."""
        query = select(t).where(t.c.raised_at >= moment).order_by(t.c.raised_at, t.c.id)
        with self.engine.connect() as connection:
            return [_alert(row) for row in connection.execute(query)]

    def any_due(self, now: datetime) -> bool:
        """Whether the router has something to do with an alert, or a step was cut off."""
        due = select(t.c.id).where(t.c.next_step_at <= now).limit(1)
        with self.engine.connect() as connection:
            return connection.execute(due).first() is not None or bool(
                connection.execute(select(s.c.id).where(_cut_off()).limit(1)).first()
            )

    def steps(self, alerts: Sequence[int]) -> dict[int, list[Step]]:
        """The steps of some alerts, the oldest first."""
        found: dict[int, list[Step]] = {ident: [] for ident in alerts}
        if not found:
            return found
        query = select(s).where(s.c.alert.in_(list(found))).order_by(s.c.id)
        with self.engine.connect() as connection:
            for row in connection.execute(query):
                found[row.alert].append(_step(row))
        return found

    def steps_within(self, connection: Connection, alert: int) -> list[Step]:
        """The steps of one alert as a transaction sees them, the oldest first."""
        query = select(s).where(s.c.alert == alert).order_by(s.c.id)
        return [_step(row) for row in connection.execute(query)]

    def digest_made(self, route: str, due: datetime, connection: Connection | None = None) -> bool:
        """Whether the digests of a route for a moment were made, also where nothing was open."""
        wanted = (s.c.alert == 0) & (s.c.action == "digests") & (s.c.route == route)
        query = select(s.c.id).where(wanted, s.c.note == _stamp(due)).limit(1)
        with self._reading(connection) as reading:
            return reading.execute(query).first() is not None

    def note_digest(self, connection: Connection, route: str, due: datetime, now: datetime) -> None:
        """Note that a route's digests for a moment were made, some or none (kept as a step of no
        alert)."""
        made = Step("digests", now, "outlay", route, note=_stamp(due))
        add_step(connection, 0, made)

    def undelivered(self) -> list[Step]:
        """Steps that were meant to reach somebody and have no delivery yet."""
        with self.engine.connect() as connection:
            return [
                _step(row)
                for row in connection.execute(select(s).where(_cut_off()).order_by(s.c.id))
            ]

    def open_count(self, now: datetime) -> int:
        """How many are open and not snoozed."""
        awake = or_(t.c.snoozed_until.is_(None), t.c.snoozed_until <= now)
        query = select(func.count()).select_from(t).where(t.c.state == "open", awake)
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _cut_off() -> ColumnElement[bool]:
    return s.c.delivery.is_(None) & s.c.action.in_(
        ("tell", "remind", "escalate", "digest", "follow")
    )


def change(
    connection: Connection,
    alert: Alert,
    values: Mapping[str, Any],
    *,
    signal: Signal | None = None,
    **document: str,
) -> None:
    """Write columns of an alert, its signal, and what its document keeps beside it (`assignee`,
    `ended_by`)."""
    kept = {
        "signal": to_json(signal or alert.signal),
        "assignee": alert.assignee,
        "ended_by": alert.ended_by,
    } | document
    connection.execute(update(t).where(t.c.id == alert.id).values(document=kept, **values))


def add_step(connection: Connection, alert: int, step: Step) -> int:
    """Write a step of an alert; gives its number."""
    note = step.note
    if step.action in TELLING:
        note = json.dumps({"about": step.about, "to": step.address, "note": step.note})
    done = connection.execute(
        insert(s).values(
            alert=alert,
            at=step.at,
            author=step.author[:200],
            action=step.action,
            route=step.route,
            channel=step.channel,
            delivery=step.delivery,
            note=note,
        )
    )
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def _end(
    connection: Connection, alert: Alert, note: str, now: datetime, author: str, by: str
) -> bool:
    if alert.state == "settled":
        return False
    values = {"state": "settled", "updated_at": now, "snoozed_until": None, "next_step_at": now}
    change(connection, alert, values, ended_by=by)
    add_step(connection, alert.id, Step("settled", now, author, note=note))
    return True


def _differs(known: Alert, signal: Signal) -> bool:
    return known.state == "settled" or to_json(known.signal) != to_json(signal)


def _check(signal: Signal) -> None:
    for name, most in (("subject", _NAME), ("occurrence", 128)):
        if len(getattr(signal, name)) > most:
            raise AlertError(f"the {name} of a signal has {most} characters at most.")


def _owner(owner: Owner | None) -> str:
    return "" if owner is None else owner.text[:_NAME]


def _alert(row: Row[Any]) -> Alert:
    document = row.document
    return Alert(
        id=row.id,
        key=row.key,
        severity=row.severity,
        state=row.state,
        raised_at=row.raised_at,
        updated_at=row.updated_at,
        snoozed_until=row.snoozed_until,
        acknowledged_by=row.acknowledged_by,
        escalation=row.escalation,
        next_step_at=row.next_step_at,
        signal=from_json(document["signal"]),
        assignee=document.get("assignee", ""),
        ended_by=document.get("ended_by", ""),
    )


def _step(row: Row[Any]) -> Step:
    about = address = ""
    note = row.note
    if row.action in TELLING:
        found = json.loads(row.note)
        about, address, note = found["about"], found["to"], found["note"]
    return Step(
        action=row.action,
        at=row.at,
        author=row.author,
        route=row.route,
        channel=row.channel,
        address=address,
        about=about,
        note=note,
        delivery=row.delivery,
        id=row.id,
        alert=row.alert,
    )
