"""The outbox: a row for each delivery, written before anything is sent.

What is due is put in once (its key is unique), claimed by one sender at a time (one conditional
update, on SQLite and PostgreSQL alike), tried again with growing pauses, and given up with its
reason. A sender that dies keeps its claim only as long as its lease: the delivery is then tried
again under the same key, which travels with it, so that a receiver can tell it from a second one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from outlay.reports.errors import ReportError
from outlay.resources.database import writing
from outlay.resources.tables import report_runs as t

Kind = Literal["scheduled", "now", "test", "notice"]
State = Literal["waiting", "sending", "sent", "failed", "skipped"]

LEASE = timedelta(seconds=120)
"""How long a claim holds without being renewed."""

PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
"""Pauses before the second and each further attempt."""

MOST_ATTEMPTS = len(PAUSES) + 1
_LONGEST_PAUSE = timedelta(hours=6)
_MESSAGE = 2000


@dataclass(frozen=True)
class Entry:
    """What is put in. `due_at` is UTC, naive; `payload` is plain JSON data without secrets."""

    key: str
    kind: Kind
    report: str
    channel: str
    due_at: datetime
    author: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    state: State = "waiting"
    message: str = ""


@dataclass(frozen=True)
class Delivery:
    """A row of the outbox. Moments are UTC, naive. `log` has an entry for each attempt: at,
    outcome, message."""

    id: int
    key: str
    kind: Kind
    report: str
    channel: str
    due_at: datetime
    state: State
    attempts: int
    next_attempt_at: datetime | None
    claim: str
    started_at: datetime | None
    ended_at: datetime | None
    author: str
    message: str
    payload: Mapping[str, Any]
    files: Sequence[Mapping[str, Any]]
    log: Sequence[Mapping[str, Any]]

    @property
    def is_open(self) -> bool:
        """Whether it is still to come to an end."""
        return self.state in ("waiting", "sending")


def key_of(*parts: object) -> str:
    """The key of a delivery: the same parts always give the same."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:40]


class Outbox:
    """The deliveries of one workspace. Safe between threads, processes and hosts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- putting in -------------------------------------------------------------------------

    def put(self, entries: Sequence[Entry], now: datetime) -> list[int]:
        """Write deliveries; those whose key is known already are left as they are. Gives the ids
        of those that are new."""
        found = []
        for entry in entries:
            values = {
                "key": entry.key,
                "kind": entry.kind,
                "report": entry.report,
                "channel": entry.channel,
                "due_at": entry.due_at,
                "state": entry.state,
                "attempts": 0,
                "next_attempt_at": now if entry.state == "waiting" else None,
                "claim": "",
                "ended_at": None if entry.state == "waiting" else now,
                "author": entry.author[:200],
                "message": entry.message[:_MESSAGE],
                "payload": dict(entry.payload),
                "files": [],
                "log": [],
            }
            try:
                with writing(self._engine) as connection:
                    result = connection.execute(insert(t).values(**values))
                    key = result.inserted_primary_key
            except IntegrityError:
                continue  # another process was first, or it is there since before
            assert key is not None
            found.append(int(key[0]))
        return found

    # --- sending ----------------------------------------------------------------------------

    def waits(self, now: datetime) -> bool:
        """Whether a delivery could be claimed."""
        with self._engine.connect() as connection:
            return (
                connection.execute(select(t.c.id).where(_ready(now)).limit(1)).first() is not None
            )

    def claim(
        self, claimant: str, now: datetime, ids: Sequence[int] | None = None
    ) -> Delivery | None:
        """Take the next delivery that is ready (of `ids`, where given); nobody else has it then.

        Counts as an attempt, also when the sender dies before it has tried.
        """
        wanted = _ready(now) if ids is None else and_(_ready(now), t.c.id.in_(list(ids)))
        query = select(t).where(wanted).order_by(t.c.next_attempt_at, t.c.id).limit(20)
        with self._engine.connect() as connection:
            candidates = list(connection.execute(query))
        for row in candidates:
            with writing(self._engine) as connection:
                taken = connection.execute(
                    update(t)
                    .where(
                        t.c.id == row.id,
                        t.c.state == row.state,
                        t.c.claim == row.claim,
                        t.c.attempts == row.attempts,
                    )
                    .values(
                        state="sending",
                        claim=claimant,
                        attempts=row.attempts + 1,
                        started_at=now,
                        next_attempt_at=now + LEASE,
                    )
                )
                if taken.rowcount == 1:
                    kept = connection.execute(select(t).where(t.c.id == row.id)).one()
                    return _delivery(kept)
        return None

    def renew(self, delivery: Delivery, now: datetime) -> bool:
        """Hold the claim for another lease; False when it was lost meanwhile."""
        return self._change(delivery, next_attempt_at=now + LEASE)

    def sent(
        self,
        delivery: Delivery,
        now: datetime,
        files: Sequence[Mapping[str, Any]] = (),
        message: str = "",
    ) -> bool:
        """It arrived. False when the claim was lost meanwhile: another has it to tell."""
        return self._end(delivery, now, "sent", message, files=[dict(one) for one in files])

    def skipped(self, delivery: Delivery, now: datetime, message: str) -> bool:
        """There was no reason to send it."""
        return self._end(delivery, now, "skipped", message)

    def failed(self, delivery: Delivery, now: datetime, message: str) -> bool:
        """It will never arrive by itself; a person may ask for it again."""
        return self._end(delivery, now, "failed", message)

    def later(
        self,
        delivery: Delivery,
        now: datetime,
        message: str,
        wait: int | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> bool:
        """It failed for now: tried again after a pause, or given up after the last attempt.

        `wait` is how many seconds the other side asked for; `payload` replaces what is to be sent
        (those that are still to get it).
        """
        if delivery.attempts >= MOST_ATTEMPTS:
            reason = f"given up after {delivery.attempts} attempts: {message}"
            return self._end(delivery, now, "failed", reason)
        pause = PAUSES[max(0, delivery.attempts - 1)]
        if wait is not None:
            pause = min(_LONGEST_PAUSE, max(pause, timedelta(seconds=wait)))
        changes: dict[str, Any] = {"next_attempt_at": now + pause}
        if payload is not None:
            changes["payload"] = dict(payload)
        return self._change(
            delivery,
            state="waiting",
            claim="",
            message=message[:_MESSAGE],
            log=_logged(delivery, now, "tried", message),
            **changes,
        )

    def retry(self, ident: int, now: datetime) -> Delivery:
        """Try a failed or waiting delivery at once, with all its attempts again; ReportError when
        it is under way or was sent."""
        with writing(self._engine) as connection:
            changed = connection.execute(
                update(t)
                .where(t.c.id == ident, t.c.state.in_(("failed", "waiting", "skipped")))
                .values(
                    state="waiting",
                    attempts=0,
                    claim="",
                    next_attempt_at=now,
                    ended_at=None,
                    message="",
                )
            )
        found = self.get(ident)
        if changed.rowcount != 1:
            raise ReportError(
                f"delivery {ident} is {found.state}: only one that failed, waits or was skipped "
                "can be tried again."
            )
        return found

    def _end(
        self, delivery: Delivery, now: datetime, state: State, message: str, **more: Any
    ) -> bool:
        return self._change(
            delivery,
            state=state,
            claim="",
            ended_at=now,
            next_attempt_at=None,
            message=message[:_MESSAGE],
            log=_logged(delivery, now, state, message),
            **more,
        )

    def _change(self, delivery: Delivery, **values: Any) -> bool:
        with writing(self._engine) as connection:
            done = connection.execute(
                update(t)
                .where(
                    t.c.id == delivery.id,
                    t.c.state == "sending",
                    t.c.claim == delivery.claim,
                    t.c.attempts == delivery.attempts,
                )
                .values(**values)
            )
        return done.rowcount == 1

    def forget(self, before: datetime) -> int:
        """Remove deliveries that ended before a moment, but for the newest of each report and
        channel, by which one knows what was due. Gives their number."""
        newest = select(func.max(t.c.id)).group_by(t.c.report, t.c.channel)
        with self._engine.connect() as connection:
            kept = [int(ident) for ident in connection.execute(newest).scalars()]
        old = and_(t.c.ended_at < before, t.c.state.in_(("sent", "failed", "skipped")))
        with writing(self._engine) as connection:
            return int(connection.execute(delete(t).where(old, t.c.id.not_in(kept))).rowcount)

    # --- looking ----------------------------------------------------------------------------

    def get(self, ident: int) -> Delivery:
        """One delivery; ReportError when there is none of that number."""
        with self._engine.connect() as connection:
            row = connection.execute(select(t).where(t.c.id == ident)).one_or_none()
        if row is None:
            raise ReportError(f"there is no delivery {ident}; the log lists those there are.")
        return _delivery(row)

    def find(self, key: str) -> Delivery | None:
        """The delivery of a key, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(t).where(t.c.key == key)).one_or_none()
        return None if row is None else _delivery(row)

    def many(self, idents: Sequence[int]) -> dict[int, Delivery]:
        """Some deliveries by their numbers; those that are forgotten are left out."""
        if not idents:
            return {}
        with self._engine.connect() as connection:
            rows = connection.execute(select(t).where(t.c.id.in_(list(idents))))
            return {row.id: _delivery(row) for row in rows}

    def listed(
        self,
        *,
        report: str | None = None,
        channel: str | None = None,
        states: Sequence[str] = (),
        limit: int = 50,
    ) -> list[Delivery]:
        """Deliveries, the newest first."""
        query = select(t).order_by(t.c.id.desc()).limit(limit)
        if report is not None:
            query = query.where(t.c.report == report)
        if channel is not None:
            query = query.where(t.c.channel == channel)
        if states:
            query = query.where(t.c.state.in_(states))
        with self._engine.connect() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def newest(self, column: Literal["report", "channel"]) -> dict[str, Delivery]:
        """The last delivery of each report or channel; tests of a report do not count."""
        by = t.c[column]
        counted = t.c.kind != "test" if column == "report" else t.c.id > 0
        last = select(func.max(t.c.id)).where(counted).group_by(by)
        with self._engine.connect() as connection:
            rows = connection.execute(select(t).where(t.c.id.in_(last)))
            return {str(row._mapping[column]): _delivery(row) for row in rows}

    def last_due(self, report: str) -> datetime | None:
        """The newest moment at which a report was due that was looked at already."""
        query = select(func.max(t.c.due_at)).where(t.c.report == report, t.c.kind == "scheduled")
        with self._engine.connect() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found


def _ready(now: datetime) -> ColumnElement[bool]:
    """Waiting and due, or left behind by a sender whose lease ran out."""
    return and_(
        or_(t.c.state == "waiting", t.c.state == "sending"),
        t.c.next_attempt_at <= now,
    )


def _logged(delivery: Delivery, now: datetime, outcome: str, message: str) -> list[dict[str, Any]]:
    entry = {
        "attempt": delivery.attempts,
        "at": now.isoformat(timespec="seconds") + "Z",
        "outcome": outcome,
        "message": message[:_MESSAGE],
    }
    return [*map(dict, delivery.log), entry]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**{name: getattr(row, name) for name in Delivery.__dataclass_fields__})
