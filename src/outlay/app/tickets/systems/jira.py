"""Jira by its REST API, version 3: issues, JQL, transitions, comments in Atlassian's document
format. The marker is a label."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from outlay.app.tickets.errors import GoneError, RefusedError
from outlay.app.tickets.http import Client, path_part
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

_API = "/rest/api/3"
_CATEGORIES: dict[str, Meaning] = {"new": "open", "indeterminate": "accepted", "done": "done"}
_PAGE = 100
_PAGES = 20
_AMOUNT = "@amount@"
_LONGEST_TITLE = 254


class Jira:
    """One project of a Jira."""

    two_way = True

    def __init__(self, spec: TicketSystemSpec, *, reach: Reach, shown: str) -> None:
        self._spec = spec
        self._client = Client(spec.address, authorization(spec, shown), reach=reach, shown=shown)

    def find(self, marker: str) -> External | None:
        """As `TicketApi.find`: the oldest issue with the label."""
        found = of(
            self._client.get(
                f"{_API}/search/jql",
                jql=f'project = "{self._spec.project}" AND labels = "{marker}" ORDER BY created',
                fields="status",
                maxResults=2,
            )
        )
        issues = several(found.get("issues"))
        return self._external(issues[0]) if issues else None

    def create(self, draft: Draft) -> External:
        """As `TicketApi.create`; also a link back, which Jira keeps once."""
        fields: dict[str, Any] = {
            "project": {"key": self._spec.project},
            "issuetype": {"name": self._spec.issue_type},
            "summary": " ".join(draft.title.split())[:_LONGEST_TITLE],
            "description": document(_lines(draft)),
            "labels": [*(one.replace(" ", "-") for one in self._spec.labels), draft.marker],
        }
        body = json.dumps({"fields": fields})
        if self._spec.amount_field:
            # A field of numbers takes a number: exactly the amount, which no binary number is.
            fields[self._spec.amount_field] = _AMOUNT
            body = json.dumps({"fields": fields}).replace(f'"{_AMOUNT}"', f"{draft.amount:f}")
        made = self._client.ask("POST", f"{_API}/issue", raw=body.encode())
        external = self._external(of(made.data))
        if draft.link:
            link = {"globalId": draft.marker, "object": {"url": draft.link, "title": draft.title}}
            # The ticket is there, and its text has the address: it may do without a link.
            with suppress(RefusedError, GoneError):
                self._client.ask("POST", f"{self._path(external)}/remotelink", link)
        return external

    def read(self, ticket: External, tag: str = "") -> Read:
        """As `TicketApi.read`; a state that is not named in the mapping goes by its category, and
        is the same under another name."""
        issue = of(
            self._client.get(
                self._path(ticket), fields="status,resolution,statuscategorychangedate"
            )
        )
        fields = of(issue.get("fields"))
        status = of(fields.get("status"))
        name, resolution = text(status.get("name")), text(of(fields.get("resolution")).get("name"))
        category = text(of(status.get("statusCategory")).get("key"))
        meaning = self._spec.meaning(name) or _CATEGORIES.get(category)
        if meaning == "done" and self._spec.meaning(resolution) == "dismissed":
            meaning = "dismissed"
        changed = moment(fields.get("statuscategorychangedate"))
        mark = f"{text(status.get('id'))} {resolution}"
        return Read(name, meaning, resolution, changed, mark=mark)

    def move(self, ticket: External, meaning: Meaning, reason: str) -> str:
        """As `TicketApi.move`: by the transition that leads to one of the meaning's states; what is
        not done gets its resolution where the transition asks for one."""
        found = of(
            self._client.get(f"{self._path(ticket)}/transitions", expand="transitions.fields")
        )
        offered = several(found.get("transitions"))
        chosen = self._chosen(offered, meaning)
        if chosen is None:
            there = ", ".join(text(of(one.get("to")).get("name")) for one in offered) or "nothing"
            raise RefusedError(
                f"{ticket.key} cannot go to {' or '.join(self._spec.words(meaning)[:3])} from "
                f"where it stands; it can go to {there}. Name one of them as `states.{meaning}`"
            )
        body: dict[str, Any] = {"transition": {"id": text(chosen.get("id"))}}
        resolution = self._resolution(chosen, meaning)
        if resolution:
            body["fields"] = {"resolution": {"name": resolution}}
        self._client.ask("POST", f"{self._path(ticket)}/transitions", body)
        return text(of(chosen.get("to")).get("name"))

    def _chosen(self, offered: Any, meaning: Meaning) -> Mapping[str, object] | None:
        for word in self._spec.words(meaning):
            for one in offered:
                if text(of(one.get("to")).get("name")).casefold() == word.casefold():
                    return of(one)
        wanted = "done" if meaning == "dismissed" else meaning
        for one in offered:
            to = of(one.get("to"))
            category = text(of(to.get("statusCategory")).get("key"))
            known = self._spec.meaning(text(to.get("name")))
            fits = _CATEGORIES.get(category) == wanted and known in (None, wanted)
            # Without a word for it, what is dismissed can only be told by its resolution.
            if fits and (meaning != "dismissed" or self._resolution(one, meaning)):
                return of(one)
        return None

    def _resolution(self, transition: Mapping[str, object], meaning: Meaning) -> str:
        field = of(of(transition.get("fields")).get("resolution"))
        allowed = [text(one.get("name")) for one in several(field.get("allowedValues"))]
        if meaning not in ("done", "dismissed") or not allowed:
            return ""
        fitting = [name for name in allowed if self._spec.meaning(name) == meaning]
        return fitting[0] if fitting else ""

    def comment(self, ticket: External, text: str) -> None:
        """As `TicketApi.comment`."""
        body = {"body": document(text.splitlines())}
        self._client.ask("POST", f"{self._path(ticket)}/comment", body)

    def comments(
        self, ticket: External, after: datetime | None
    ) -> Iterator[Sequence[TicketComment]]:
        """As `TicketApi.comments`. Jira gives no comments since a moment: it is asked for the
        newest first until they are older, then for those in their order."""
        start = 0
        if after is not None:
            newest, total = self._page(ticket, 0, "-created")
            if len(newest) >= total or _older(newest, after):
                yield newest[::-1]
                return
            start = self._start(ticket, after, newest, total)
        while True:
            found, total = self._page(ticket, start, "created")
            if found:
                yield found
            start += len(found)
            if not found or start >= total:
                return

    def _start(
        self, ticket: External, after: datetime, found: list[TicketComment], total: int
    ) -> int:
        """The place of the first comment since a moment, or of one before it."""
        newer = len(found)
        while found and newer < total and not _older(found, after):
            found, total = self._page(ticket, newer, "-created")
            newer += len(found)
        return max(0, total - newer)

    def _page(self, ticket: External, start: int, order: str) -> tuple[list[TicketComment], int]:
        """Comments from a place on, and how many there are."""
        page = of(
            self._client.get(
                f"{self._path(ticket)}/comment", startAt=start, maxResults=_PAGE, orderBy=order
            )
        )
        found = [
            TicketComment(
                text(one.get("id")),
                text(of(one.get("author")).get("displayName")) or "somebody",
                plain(one.get("body")),
                moment(one.get("created")),
            )
            for one in several(page.get("comments"))
        ]
        total = page.get("total")
        return found, total if isinstance(total, int) else start + len(found)

    def moved_at(self, ticket: External, read: Read) -> datetime | None:
        """As `TicketApi.moved_at`: by the changelog, newest first; Jira's own date of a change
        knows changes of the category alone."""
        path = f"{self._path(ticket)}/changelog"
        end = of(self._client.get(path, startAt=0, maxResults=1)).get("total")
        end = end if isinstance(end, int) else 0
        while end > 0:
            start = max(0, end - _PAGE)
            page = of(self._client.get(path, startAt=start, maxResults=end - start))
            for change in reversed(several(page.get("values"))):
                fields = {text(one.get("field")) for one in several(change.get("items"))}
                if fields & {"status", "resolution"}:
                    return moment(change.get("created"))
            end = start
        return read.changed_at

    def _path(self, ticket: External) -> str:
        return f"{_API}/issue/{path_part(ticket.handle or ticket.key)}"

    def _external(self, issue: Mapping[str, object]) -> External:
        key, handle = text(issue.get("key")), text(issue.get("id"))
        if not key or not handle:
            raise GoneError("Jira gives an issue without a key")
        return External(key, handle, f"{self._spec.address}/browse/{path_part(key)}")


def _lines(draft: Draft) -> list[str]:
    facts = [f"{name}: {value}" for name, value in draft.facts]
    return [*draft.paragraphs, *facts, *([draft.link] if draft.link else [])]


def _older(found: Sequence[TicketComment], moment: datetime) -> bool:
    """Whether a page of the newest reaches what was before a moment."""
    return any(one.at is not None and one.at < moment for one in found)


def document(lines: list[str]) -> dict[str, Any]:
    """Lines as a document of Atlassian's format, a paragraph each; addresses are links."""
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [_inline(line)]} for line in lines if line],
    }


def _inline(line: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "text", "text": line}
    if line.startswith(("https://", "http://")) and " " not in line:
        found["marks"] = [{"type": "link", "attrs": {"href": line}}]
    return found


_BLOCKS = ("paragraph", "heading", "listItem", "codeBlock", "blockquote", "tableRow", "rule")


def plain(node: object) -> str:
    """The text of a document of Atlassian's format (or of a plain text)."""
    if isinstance(node, str):
        return node
    return "\n".join(line.rstrip() for line in "".join(_text(node)).splitlines() if line.strip())


def _text(node: object) -> Iterator[str]:
    found = of(node)
    kind, attributes = text(found.get("type")), of(found.get("attrs"))
    if kind == "text":
        yield text(found.get("text"))
    elif kind == "hardBreak":
        yield "\n"
    elif kind in ("mention", "emoji", "status", "date"):
        yield text(attributes.get("text")) or text(attributes.get("shortName"))
    elif kind in ("inlineCard", "blockCard", "embedCard"):
        yield text(attributes.get("url"))
    for inner in several(found.get("content")):
        yield from _text(inner)
    if kind in _BLOCKS:
        yield "\n"
