"""The books: closed months, disputes and the trail of both, in the workspace's database.

They are kept in the database and not as files because closing a month is one transaction over its
statements, the disputes that it settles and the audit trail: all of it, or none. A closed document
is written once and never updated; its digest, and the chain of digests from month to month, tell
whether someone changed it from outside.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from outlay.money import BillingPeriod
from outlay.resources import tables
from outlay.resources.database import writing
from outlay.statements.disputes import Dispute
from outlay.statements.documents import Statement, StatementMonth, digest_of
from outlay.statements.errors import StatementError


@dataclass(frozen=True)
class Event:
    """Something that was done: closed, disputed, accepted, refused or settled. `at` is UTC."""

    at: datetime
    author: str
    action: str
    plan: str
    month: str
    dispute: int | None
    note: str


def utc_now() -> datetime:
    """Now, UTC, naive."""
    return datetime.now(UTC).replace(tzinfo=None)


def no_dispute(number: int) -> StatementError:
    """The error of a number under which who asks finds no dispute."""
    return StatementError(f"there is no dispute {number}; `outlay statements disputes` lists them")


class Books:
    """What was closed and disputed. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # --- closed months --------------------------------------------------------------------

    def plans(self) -> list[str]:
        """The names of plans that have closed months."""
        t = tables.statement_months
        with self.engine.connect() as connection:
            rows = connection.execute(select(t.c.plan).distinct().order_by(t.c.plan))
            return [str(row.plan) for row in rows]

    def closed(self, plan: str) -> list[StatementMonth]:
        """The closed months of a plan, oldest first; StatementError where a document is not what
        was closed."""
        t, of = tables.statement_months, tables.statements
        with self.engine.connect() as connection:
            months = connection.execute(
                select(t).where(t.c.plan == plan).order_by(t.c.month)
            ).fetchall()
            kept = connection.execute(
                select(of).where(of.c.plan == plan).order_by(of.c.month, of.c.value)
            ).fetchall()
        by_month: dict[str, list[Row[Any]]] = {}
        for row in kept:
            by_month.setdefault(row.month, []).append(row)
        found: list[StatementMonth] = []
        for row in months:
            previous = found[-1].digest if found else ""
            found.append(_month(row, by_month.get(row.month, ()), previous))
        return found

    def closed_text(self, plan: str, month: BillingPeriod, value: str | None) -> str | None:
        """The document of a closed month, or of a value's statement, byte for byte; None if the
        month is not closed or has no such value."""
        t = tables.statement_months if value is None else tables.statements
        query = select(t).where(t.c.plan == plan, t.c.month == str(month))
        if value is not None:
            query = query.where(t.c.value == value)
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else str(row.document)

    def close(self, month: StatementMonth, settles: Sequence[int]) -> None:
        """Keep a closed month, and settle the disputes that it carries, in one transaction.

        StatementError when the month was closed, or one of the disputes settled, meanwhile.
        """
        assert month.closed_at is not None
        key = {"plan": month.plan, "month": str(month.month)}
        common = {**key, "author": month.closed_by, "at": month.closed_at}
        try:
            with writing(self.engine) as connection:
                last = _last_digest(connection, month.plan)
                if last != month.previous:
                    raise _closed_meanwhile(month)
                connection.execute(
                    insert(tables.statement_months).values(
                        **key,
                        closed_at=month.closed_at,
                        author=month.closed_by,
                        digest=month.digest,
                        document=month.text,
                    )
                )
                for one in month.statements:
                    connection.execute(
                        insert(tables.statements).values(
                            **key, value=one.value, digest=digest_of(one.text), document=one.text
                        )
                    )
                _event(connection, **common, action="closed", note=month.note)
                for number in settles:
                    _settle(connection, number, month)
        except IntegrityError:
            raise _closed_meanwhile(month) from None

    # --- disputes -------------------------------------------------------------------------

    def disputes(self, plan: str) -> list[Dispute]:
        """Every dispute of a plan, oldest first."""
        t = tables.statement_disputes
        with self.engine.connect() as connection:
            rows = connection.execute(select(t).where(t.c.plan == plan).order_by(t.c.id))
            return [_dispute(row) for row in rows]

    def dispute(self, number: int) -> Dispute:
        """One dispute; StatementError when there is none of that number."""
        t = tables.statement_disputes
        with self.engine.connect() as connection:
            row = connection.execute(select(t).where(t.c.id == number)).one_or_none()
        if row is None:
            raise no_dispute(number)
        return _dispute(row)

    def raise_dispute(self, dispute: Dispute, author: str) -> Dispute:
        """Keep a new dispute; gives it with its number."""
        t = tables.statement_disputes
        values = {
            column.name: _plain(getattr(dispute, column.name))
            for column in t.columns
            if column.name != "id"
        }
        with writing(self.engine) as connection:
            key = connection.execute(insert(t).values(**values)).inserted_primary_key
            number = int(key[0]) if key else 0
            _event(
                connection,
                at=utc_now(),
                author=author,
                action="disputed",
                plan=dispute.plan,
                month=str(dispute.month),
                dispute=number,
                note=dispute.reason,
            )
        return replace(dispute, id=number)

    def answer(
        self, number: int, *, accept: bool, proposed: str, reason: str, author: str
    ) -> Dispute:
        """Answer an open dispute; StatementError when it is answered already."""
        t = tables.statement_disputes
        answer = "accepted" if accept else "refused"
        before = self.dispute(number)
        with writing(self.engine) as connection:
            done = connection.execute(
                update(t)
                .where(t.c.id == number, t.c.state == "open")
                .values(state="answered", answer=answer, answer_reason=reason, proposed=proposed)
            )
            if done.rowcount != 1:
                raise StatementError(f"dispute {number} is {before.answer or 'answered'} already")
            _event(
                connection,
                at=utc_now(),
                author=author,
                action=answer,
                plan=before.plan,
                month=str(before.month),
                dispute=number,
                note=reason,
            )
        return self.dispute(number)

    def events(self, plan: str, month: BillingPeriod | None = None) -> list[Event]:
        """The trail of a plan (or one of its months), oldest first."""
        t = tables.statement_events
        query = select(t).where(t.c.plan == plan).order_by(t.c.id)
        if month is not None:
            query = query.where(t.c.month == str(month))
        with self.engine.connect() as connection:
            return [
                Event(r.at, r.author, r.action, r.plan, r.month, r.dispute, r.note)
                for r in connection.execute(query)
            ]


def _read(row: Row[Any]) -> dict[str, Any]:
    if digest_of(row.document) != row.digest:
        raise StatementError(
            f"the closed statement of {row.plan} for {row.month} is not what was closed: it was "
            "changed in the database from outside. Restore the database from a backup."
        )
    data: dict[str, Any] = json.loads(row.document)
    return data


def _month(row: Row[Any], kept: Sequence[Row[Any]], previous: str) -> StatementMonth:
    data = _read(row)
    said = [(one["value"], one["digest"]) for one in data["statements"]]
    if data["previous"] != previous or said != [(one.value, one.digest) for one in kept]:
        raise StatementError(
            f"the closed month {row.month} of {row.plan} does not fit its statements or the month "
            "before it: rows were changed from outside. Restore the database from a backup."
        )
    statements = tuple(Statement.from_json(_read(one)) for one in kept)
    return replace(StatementMonth.from_json(data, statements), digest=str(row.digest))


def _last_digest(connection: Connection, plan: str) -> str:
    t = tables.statement_months
    query = select(t.c.digest).where(t.c.plan == plan).order_by(t.c.month.desc()).limit(1)
    return str(connection.execute(query).scalar() or "")


def _closed_meanwhile(month: StatementMonth) -> StatementError:
    return StatementError(
        f"{month.month} of {month.plan} was closed by someone else at the same moment; look at "
        "what was closed"
    )


def _settle(connection: Connection, number: int, month: StatementMonth) -> None:
    t = tables.statement_disputes
    done = connection.execute(
        update(t)
        .where(t.c.id == number, t.c.state == "answered")
        .values(state="settled", settled_month=str(month.month))
    )
    if done.rowcount != 1:
        raise StatementError(f"dispute {number} changed while the month was closed; try again")
    _event(
        connection,
        at=month.closed_at,
        author=month.closed_by,
        action="settled",
        plan=month.plan,
        month=str(month.month),
        dispute=number,
        note=f"on the statements of {month.month}",
    )


def _event(connection: Connection, **values: Any) -> None:
    connection.execute(insert(tables.statement_events).values(**{"dispute": None, **values}))


def _dispute(row: Row[Any]) -> Dispute:
    values = {**row._mapping}
    values["month"] = BillingPeriod.parse(row.month)
    values["amount"] = Decimal(row.amount)
    return Dispute(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, BillingPeriod) else value
