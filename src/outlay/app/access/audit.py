"""The audit log: changes of resources, events of statements and everything else that was done, in
one list, newest first."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, and_, or_, select

from outlay.access import Level, require
from outlay.access.errors import AccessError
from outlay.app.served import served
from outlay.resources.tables import audit, events, statement_events

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

COLUMNS = (
    "at",
    "author",
    "via",
    "address",
    "action",
    "kind",
    "target",
    "version",
    "note",
    "detail",
)
PAGE = 50
EVENT, STATEMENT = "Event", "Statement"
"""The kinds of what is no change of a resource."""

_AT_ONCE = 500


@dataclass(frozen=True)
class Entry:
    """One thing done. `at` is UTC, naive. `detail` is what was changed (field → before, after) or
    what explains it."""

    at: datetime
    author: str
    action: str
    kind: str
    target: str
    via: str = ""
    address: str = ""
    version: int | None = None
    note: str = ""
    changes: tuple[tuple[str, Any, Any], ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    id: int = 0

    @property
    def cursor(self) -> str:
        """Where the next page goes on."""
        return f"{self.at.isoformat()}~{self.source}~{self.id}"


@dataclass(frozen=True)
class Asked:
    """What is looked for. `since` and `until` are days, UTC, both inclusive; `before` is the
    cursor of the last entry that was shown."""

    author: str = ""
    kind: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    before: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Asked:
        """From the parameters of an address; AccessError names the one that is wrong."""
        return cls(
            author=given.get("author", "").strip(),
            kind=given.get("kind", "").strip(),
            action=given.get("action", "").strip(),
            since=_day(given.get("since", ""), "since"),
            until=_day(given.get("until", ""), "until"),
            before=given.get("before", ""),
        )


@dataclass(frozen=True)
class Page:
    """Some entries, and where to go on ('' at the end)."""

    entries: list[Entry]
    more: str


@dataclass(frozen=True)
class Choices:
    """What the log holds, to choose from."""

    authors: list[str]
    kinds: list[str]
    actions: list[str]


@served("GET /audit")
def page(workspace: Workspace, asked: Asked, limit: int = PAGE) -> Page:
    """The newest entries that are asked for."""
    _require()
    with workspace.resources.engine.connect() as connection:
        found = _entries(connection, asked, limit + 1)
    more = found[limit - 1].cursor if len(found) > limit else ""
    return Page(found[:limit], more)


def walk(workspace: Workspace, asked: Asked) -> Iterator[Entry]:
    """All entries that are asked for, newest first."""
    first = page(workspace, asked, _AT_ONCE)
    return _walk(workspace, asked, first)


def _walk(workspace: Workspace, asked: Asked, found: Page) -> Iterator[Entry]:
    while True:
        yield from found.entries
        if not found.more:
            return
        found = page(workspace, replace(asked, before=found.more), _AT_ONCE)


def choices(workspace: Workspace) -> Choices:
    """The authors, kinds and actions that the log holds."""
    _require()
    with workspace.resources.engine.connect() as connection:

        def distinct(*columns: Any) -> set[str]:
            found: set[str] = set()
            for column in columns:
                found |= {str(v) for v in connection.execute(select(column).distinct()).scalars()}
            return found - {""}

        return Choices(
            sorted(distinct(audit.c.author, events.c.author, statement_events.c.author)),
            sorted(distinct(audit.c.kind) | {EVENT, STATEMENT}),
            sorted(distinct(audit.c.action, events.c.action, statement_events.c.action)),
        )


def csv_text(entries: Iterator[Entry]) -> Iterator[str]:
    """The entries as CSV with a header, line by line. A cell never begins as a formula would."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    yield buffer.getvalue()
    for entry in entries:
        buffer.seek(0)
        buffer.truncate()
        shown = entry_json(entry)
        detail = shown["changes"] or shown["detail"]
        cells = {**shown, "detail": json.dumps(detail, ensure_ascii=False) if detail else ""}
        writer.writerow([_cell(cells[name]) for name in COLUMNS])
        yield buffer.getvalue()


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry for machines."""
    return {
        "at": entry.at.isoformat(timespec="seconds") + "Z",
        "author": entry.author,
        "via": entry.via,
        "address": entry.address,
        "action": entry.action,
        "kind": entry.kind,
        "target": entry.target,
        "version": entry.version,
        "note": entry.note,
        "changes": [
            {"field": name, "before": before, "after": after}
            for name, before, after in entry.changes
        ],
        "detail": dict(entry.detail),
    }


# --- the three tables -------------------------------------------------------------------------


def _entries(connection: Connection, asked: Asked, limit: int) -> list[Entry]:
    before = _cursor(asked.before)
    found: list[Entry] = []
    for rank, (table, kinds, entry) in enumerate(_TABLES):
        if asked.kind and not kinds(asked.kind):
            continue
        query = select(table)
        if table is audit and asked.kind:
            query = query.where(audit.c.kind == asked.kind)
        if asked.author:
            query = query.where(table.c.author == asked.author)
        if asked.action:
            query = query.where(table.c.action == asked.action)
        if asked.since is not None:
            query = query.where(table.c.at >= _midnight(asked.since))
        if asked.until is not None:
            query = query.where(table.c.at < _midnight(asked.until) + timedelta(days=1))
        if before is not None:
            query = query.where(_older(table, rank, before))
        query = query.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
        found.extend(entry(row) for row in connection.execute(query))
    found.sort(key=lambda e: (e.at, -_RANK[e.source], e.id), reverse=True)
    return found[:limit]


def _older(table: Any, rank: int, before: tuple[datetime, int, int]) -> Any:
    """After the cursor in the order of the list: older, else of a later table, else a lower id."""
    at, cursor_rank, id = before
    same = table.c.at == at
    if rank > cursor_rank:
        return table.c.at <= at
    if rank < cursor_rank:
        return table.c.at < at
    return or_(table.c.at < at, and_(same, table.c.id < id))


def _change(row: Row[Any]) -> Entry:
    return Entry(
        row.at,
        row.author,
        row.action,
        row.kind,
        row.name,
        version=row.version,
        note=row.note,
        changes=tuple((str(item[0]), item[1], item[2]) for item in row.diff),
        source="change",
        id=row.id,
    )


def _event(row: Row[Any]) -> Entry:
    return Entry(
        row.at,
        row.author,
        row.action,
        EVENT,
        row.target,
        via=row.via,
        address=row.address,
        detail=dict(row.detail),
        source="event",
        id=row.id,
    )


def _statement(row: Row[Any]) -> Entry:
    dispute = {"dispute": row.dispute} if row.dispute is not None else {}
    return Entry(
        row.at,
        row.author,
        row.action,
        STATEMENT,
        f"{row.plan} {row.month}".strip(),
        note=row.note,
        detail=dispute,
        source="statement",
        id=row.id,
    )


def _of_resources(kind: str) -> bool:
    return kind not in (EVENT, STATEMENT)


def _of_events(kind: str) -> bool:
    return kind == EVENT


def _of_statements(kind: str) -> bool:
    return kind == STATEMENT


_TABLES = (
    (audit, _of_resources, _change),
    (events, _of_events, _event),
    (statement_events, _of_statements, _statement),
)
_RANK = {"change": 0, "event": 1, "statement": 2}


def _require() -> None:
    require(Level.ADMIN, "the audit log", whole=True)


def _cursor(text: str) -> tuple[datetime, int, int] | None:
    if not text:
        return None
    try:
        at, source, id = text.split("~")
        return datetime.fromisoformat(at).replace(tzinfo=None), _RANK[source], int(id)
    except (ValueError, KeyError):
        raise AccessError(
            f"before: {text[:80]!r} is no place in the log. Begin without it and go on with what "
            "the answer gives."
        ) from None


def _day(text: str, name: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise AccessError(f"{name}: {text[:40]!r} is no day such as 2026-11-28.") from None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _cell(value: Any) -> Any:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
