"""ServiceNow by its table API. The marker is the record's `correlation_id`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from outlay.app.tickets.errors import GoneError
from outlay.app.tickets.http import Answer, Client, path_part
from outlay.app.tickets.model import Meaning, TicketSystemSpec
from outlay.app.tickets.systems.contract import (
    Draft,
    External,
    Read,
    TicketComment,
    authorization,
    moment,
    of,
    several,
    text,
)
from outlay.sources.reach import Reach

_FIELDS = "sys_id,number,state,close_code,close_notes,sys_updated_on"
_MOVED = "resolved_at,closed_at"
_PAGE = 200
_LONGEST_TITLE = 160
_NAMES = {"1": "New", "2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed",
          "8": "Canceled"}  # fmt: skip
"""The states of an incident as ServiceNow comes; others are shown as their value."""


class ServiceNow:
    """One table."""

    two_way = True

    def __init__(self, spec: TicketSystemSpec, *, reach: Reach, shown: str) -> None:
        self._spec = spec
        self._client = Client(spec.address, authorization(spec, shown), reach=reach, shown=shown)
        self._table = f"/api/now/table/{path_part(spec.project)}"

    def find(self, marker: str) -> External | None:
        """As `TicketApi.find`: the oldest record."""
        query = f"correlation_id={marker}^ORDERBYsys_created_on"
        found = several(
            of(
                self._client.get(
                    self._table, sysparm_query=query, sysparm_fields=_FIELDS, sysparm_limit=2
                )
            ).get("result")
        )
        return self._external(found[0]) if found else None

    def create(self, draft: Draft) -> External:
        """As `TicketApi.create`."""
        lines = [*draft.paragraphs, "", *(f"{name}: {value}" for name, value in draft.facts)]
        if draft.link:
            lines += ["", draft.link]
        body: dict[str, Any] = {
            "short_description": " ".join(draft.title.split())[:_LONGEST_TITLE],
            "description": "\n".join(lines),
            "correlation_id": draft.marker,
            "correlation_display": "Outlay",
        }
        if self._spec.amount_field:
            body[self._spec.amount_field] = f"{draft.amount:f}"
        made = self._client.ask("POST", self._table, body)
        return self._external(of(of(made.data).get("result")))

    def read(self, ticket: External, tag: str = "") -> Read:
        """As `TicketApi.read`."""
        answer = of(self._client.get(self._path(ticket), sysparm_fields=_FIELDS))
        record = of(answer.get("result"))
        if not record:
            raise GoneError(f"{ticket.key} is not there any more")
        state = text(record.get("state"))
        notes = text(record.get("close_notes")) or text(record.get("close_code"))
        return Read(
            _NAMES.get(state, state),
            self._spec.meaning(state),
            notes,
            moment(record.get("sys_updated_on")),
        )

    def move(self, ticket: External, meaning: Meaning, reason: str) -> str:
        """As `TicketApi.move`; what is over says why, which ServiceNow insists on."""
        state = self._spec.words(meaning)[0]
        body = {"state": state}
        if meaning in ("done", "dismissed"):
            body["close_notes"] = reason or "Said in Outlay"
            body["close_code"] = "Resolved by caller" if meaning == "done" else "Not solved"
        self._client.ask("PATCH", self._path(ticket), body)
        return _NAMES.get(state, state)

    def comment(self, ticket: External, text: str) -> None:
        """As `TicketApi.comment`: a work note, which the caller of an incident does not see."""
        self._client.ask("PATCH", self._path(ticket), {"work_notes": text})

    def comments(
        self, ticket: External, after: datetime | None
    ) -> Iterator[Sequence[TicketComment]]:
        """As `TicketApi.comments`: the journal, in pages. Who may not read an entry is given less
        than a page, so that the end is where ServiceNow says that it is."""
        since = f"^sys_created_on>={after:%Y-%m-%d %H:%M:%S}" if after is not None else ""
        query = (
            f"element_id={ticket.handle}^elementINcomments,work_notes{since}"
            # A second has several entries: without an order among them a page would miss some.
            "^ORDERBYsys_created_on^ORDERBYsys_id"
        )
        offset = 0
        while True:
            answer = self._client.ask(
                "GET",
                "/api/now/table/sys_journal_field",
                parameters={
                    "sysparm_query": query,
                    "sysparm_fields": "sys_id,value,sys_created_by,sys_created_on,element",
                    "sysparm_limit": _PAGE,
                    "sysparm_offset": offset,
                },
            )
            found = several(of(answer.data).get("result"))
            if found:
                yield [_entry(one) for one in found]
            offset += _PAGE
            if not _goes_on(answer, offset, len(found)):
                return

    def moved_at(self, ticket: External, read: Read) -> datetime | None:
        """As `TicketApi.moved_at`: when it was resolved or closed, for one that is; else when it
        was last changed at all, as its audit is for administrators alone."""
        if read.meaning not in ("done", "dismissed"):
            return read.changed_at
        answer = of(self._client.get(self._path(ticket), sysparm_fields=_MOVED))
        record = of(answer.get("result"))
        over = [moment(record.get(name)) for name in _MOVED.split(",")]
        return max((at for at in over if at is not None), default=read.changed_at)

    def _path(self, ticket: External) -> str:
        return f"{self._table}/{path_part(ticket.handle)}"

    def _external(self, record: Mapping[str, object]) -> External:
        number, handle = text(record.get("number")), text(record.get("sys_id"))
        if not handle:
            raise GoneError("ServiceNow gives a record without a sys_id")
        page = f"{self._spec.address}/nav_to.do?uri={self._spec.project}.do%3Fsys_id%3D{handle}"
        return External(number or handle, handle, page)


def _entry(one: Mapping[str, object]) -> TicketComment:
    return TicketComment(
        text(one.get("sys_id")),
        text(one.get("sys_created_by")) or "somebody",
        text(one.get("value")),
        moment(one.get("sys_created_on")),
    )


def _goes_on(answer: Answer, offset: int, found: int) -> bool:
    """Whether there is more after a page: by the count, the links, else by a full page."""
    total = answer.headers.get("X-Total-Count") or ""
    if total.isdigit():
        return offset < int(total)
    return answer.has_next if answer.has_next is not None else found >= _PAGE
