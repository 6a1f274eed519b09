"""Where versions of plans are kept: one row a version, its document beside it.

A plan's settings are a resource; its lines are not, since they change cell by cell. The working
draft is the newest row in state ``draft``: each edit reads, changes and writes it in one
transaction, so that an edit is there as a whole or not at all. A version that was submitted keeps
the digest of its document and is only read after that; an approved one is written once more, with
who approved it and the digest of the version approved before, which chains them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from outlay.planning.plans.codec import digest_of, from_json, text_of
from outlay.planning.plans.errors import PlanError, PlanNotFoundError, PlanStateError
from outlay.planning.plans.model import Document, State, Version, VersionInfo, VersionKind
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import plan_versions as t

MOST_TITLE = 200
FROZEN: tuple[State, ...] = ("submitted", "approved", "rejected", "superseded")


@dataclass(frozen=True)
class Signed:
    """Who does something, when (UTC, naive), and what they say."""

    author: str
    at: datetime
    note: str = ""


class PlanStore:
    """The versions of every plan. Safe to share between threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # --- reading ---

    def plans(self) -> list[str]:
        """The names of plans that have versions."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(t.c.plan).distinct().order_by(t.c.plan))
            return [str(row.plan) for row in rows]

    def versions(self, plan: str) -> list[Version]:
        """Every version, oldest first; PlanError where a frozen one was changed from outside."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(t).where(t.c.plan == plan).order_by(t.c.version))
            return [_version(row) for row in rows]

    def version(self, plan: str, number: int) -> Version:
        """One version; PlanNotFoundError lists those there are."""
        with self.engine.connect() as connection:
            row = connection.execute(
                select(t).where(t.c.plan == plan, t.c.version == number)
            ).one_or_none()
        if row is None:
            raise _no_version(plan, number, [v.info.version for v in self.versions(plan)])
        return _version(row)

    def newest(self, plan: str, *states: State) -> Version | None:
        """The newest version in one of the states (none: in any)."""
        query = select(t).where(t.c.plan == plan).order_by(t.c.version.desc()).limit(1)
        if states:
            query = query.where(t.c.state.in_(states))
        with self.engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _version(row)

    def text(self, plan: str, number: int) -> str:
        """A version's document, byte for byte."""
        self.version(plan, number)
        with self.engine.connect() as connection:
            row = connection.execute(
                select(t.c.document).where(t.c.plan == plan, t.c.version == number)
            ).one()
        return str(row.document)

    # --- writing ---

    def start(self, document: Document, kind: VersionKind, title: str, by: Signed) -> Version:
        """Keep a new draft. PlanStateError when there is one that is not decided yet; PlanError
        for a title that is too long."""
        plan = document.frame.plan
        if len(title) > MOST_TITLE:
            raise PlanError(f"a version's title has at most {MOST_TITLE} characters")
        with writing(self.engine) as connection:
            one_writer(connection)
            held = connection.execute(
                select(t.c.version, t.c.state).where(
                    t.c.plan == plan, t.c.state.in_(("draft", "submitted"))
                )
            ).first()
            if held is not None:
                raise PlanStateError(
                    f"version {held.version} of {plan!r} is a {_noun(held.state)} already: go on "
                    "with it, or have it approved or rejected first"
                )
            last = connection.execute(select(func.max(t.c.version)).where(t.c.plan == plan))
            number = int(last.scalar() or 0) + 1
            connection.execute(
                insert(t).values(
                    plan=plan,
                    version=number,
                    title=title,
                    kind=kind,
                    state="draft",
                    revision=document.revision,
                    created_at=by.at,
                    author=by.author,
                    submitter="",
                    approver="",
                    note=by.note,
                    digest="",
                    document=text_of(document),
                )
            )
        return self.version(plan, number)

    def change(self, plan: str, make: Callable[[Document], Document]) -> Version:
        """Change the draft in one transaction: `make` gets the document as it is and gives the new
        one (the same: nothing is written). PlanStateError where there is no draft."""
        with writing(self.engine) as connection:
            one_writer(connection)
            row = _draft(connection, plan)
            before = from_json(json.loads(row.document))
            after = make(before)
            if after is not before:
                connection.execute(
                    update(t)
                    .where(t.c.id == row.id)
                    .values(document=text_of(after), revision=after.revision)
                )
            number = int(row.version)
        return self.version(plan, number)

    def submit(self, plan: str, revision: int | None, by: Signed) -> Version:
        """Freeze the draft until somebody decides. PlanStateError when it is at another revision
        than the one that was seen, since nobody then has looked at what would be submitted."""
        with writing(self.engine) as connection:
            one_writer(connection)
            row = _draft(connection, plan)
            if revision is not None and revision != row.revision:
                raise PlanStateError(
                    f"the draft is at revision {row.revision}, not {revision}: look at it as it is "
                    "now and submit it then"
                )
            connection.execute(
                update(t)
                .where(t.c.id == row.id)
                .values(
                    state="submitted",
                    submitted_at=by.at,
                    submitter=by.author,
                    note=by.note,
                    digest=digest_of(row.document),
                )
            )
            number = int(row.version)
        return self.version(plan, number)

    def approve(self, plan: str, number: int, by: Signed) -> Version:
        """Approve a submitted version and supersede the one approved before, in one transaction."""
        with writing(self.engine) as connection:
            one_writer(connection)
            row = _in_state(connection, plan, number, "submitted")
            _checked(row)
            before = connection.execute(
                select(t).where(t.c.plan == plan, t.c.state == "approved")
            ).one_or_none()
            document = text_of(
                from_json(json.loads(row.document)), "" if before is None else before.digest
            )
            if before is not None:
                connection.execute(update(t).where(t.c.id == before.id).values(state="superseded"))
            connection.execute(
                update(t)
                .where(t.c.id == row.id)
                .values(
                    state="approved",
                    approved_at=by.at,
                    approver=by.author,
                    note=by.note or row.note,
                    document=document,
                    digest=digest_of(document),
                )
            )
        return self.version(plan, number)

    def reject(self, plan: str, number: int, by: Signed) -> Version:
        """Reject a submitted version, with the reason; it stays as it was submitted."""
        with writing(self.engine) as connection:
            one_writer(connection)
            row = _in_state(connection, plan, number, "submitted")
            connection.execute(
                update(t)
                .where(t.c.id == row.id)
                .values(state="rejected", approved_at=by.at, approver=by.author, note=by.note)
            )
        return self.version(plan, number)

    def discard(self, plan: str, number: int) -> None:
        """Throw a draft away; what was submitted once stays."""
        with writing(self.engine) as connection:
            row = _in_state(connection, plan, number, "draft")
            connection.execute(delete(t).where(t.c.id == row.id))


def versions_kept(connection: Connection, plan: str) -> dict[str, int]:
    """How many versions of a plan there are by state, in a transaction of the caller's."""
    query = select(t.c.state, func.count()).where(t.c.plan == plan).group_by(t.c.state)
    return {str(state): int(count) for state, count in connection.execute(query)}


def forget_drafts(connection: Connection, plan: str) -> None:
    """Remove a plan's drafts, in a transaction of the caller's."""
    connection.execute(delete(t).where(t.c.plan == plan, t.c.state == "draft"))


def _version(row: Row[Any]) -> Version:
    data = _checked(row)
    document = from_json(data)
    info = VersionInfo(
        plan=row.plan,
        version=int(row.version),
        title=row.title,
        kind=row.kind,
        state=row.state,
        revision=int(row.revision),
        total=document.total,
        currency=document.frame.currency,
        created_at=row.created_at,
        author=row.author,
        submitted_at=row.submitted_at,
        submitter=row.submitter,
        approved_at=row.approved_at,
        approver=row.approver,
        note=row.note,
        digest=row.digest,
    )
    return Version(info, document, data["previous"])


def _checked(row: Row[Any]) -> dict[str, Any]:
    """The document of a row; PlanError when a frozen one is not what was frozen."""
    if row.state in FROZEN and digest_of(row.document) != row.digest:
        raise PlanError(
            f"version {row.version} of the plan {row.plan!r} is not what was {row.state}: it was "
            "changed in the database from outside. Restore the database from a backup."
        )
    data: dict[str, Any] = json.loads(row.document)
    return data


def _draft(connection: Connection, plan: str) -> Row[Any]:
    row = connection.execute(
        select(t).where(t.c.plan == plan, t.c.state == "draft").order_by(t.c.version.desc())
    ).first()
    if row is not None:
        return row
    held = connection.execute(
        select(t.c.version).where(t.c.plan == plan, t.c.state == "submitted")
    ).first()
    if held is not None:
        raise PlanStateError(
            f"version {held.version} of {plan!r} is submitted and cannot be changed until it is "
            "approved or rejected"
        )
    raise PlanStateError(
        f"the plan {plan!r} has no draft to change: what was decided stays as it is. Start one: "
        f"outlay plans draft {plan}"
    )


def _in_state(connection: Connection, plan: str, number: int, state: State) -> Row[Any]:
    row = connection.execute(select(t).where(t.c.plan == plan, t.c.version == number)).one_or_none()
    if row is None:
        query = select(t.c.version).where(t.c.plan == plan).order_by(t.c.version)
        raise _no_version(plan, number, list(connection.execute(query).scalars()))
    if row.state != state:
        raise PlanStateError(
            f"version {number} of {plan!r} is {row.state}, not {state}: this is for a "
            f"{_noun(state)} alone"
        )
    return row


def _noun(state: str) -> str:
    return "draft" if state == "draft" else f"{state} version"


def _no_version(plan: str, number: int, known: list[int]) -> PlanNotFoundError:
    there = ", ".join(str(one) for one in known) or "none yet"
    return PlanNotFoundError(f"the plan {plan!r} has no version {number}. Versions: {there}.")
