"""GitHub issues. The marker is a comment in the body that nobody sees; a label marks what is
accepted, ``state_reason`` what was done and what was not planned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from outlay.app.tickets.errors import GoneError
from outlay.app.tickets.http import Client, path_part
from outlay.app.tickets.model import MEANINGS, Meaning, TicketSystemSpec
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

_PAGE = 100
_RECENT = 3
"""Pages of the newest issues that are looked through: a search finds a new issue only later."""
_LONGEST_TITLE = 250


class GitHub:
    """One repository."""

    two_way = True

    def __init__(self, spec: TicketSystemSpec, *, reach: Reach, shown: str) -> None:
        self._spec = spec
        headers = {
            **authorization(spec, shown),
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._client = Client(spec.address, headers, reach=reach, shown=shown)
        words = "/".join("|".join(spec.words(meaning)) for meaning in MEANINGS)
        self._words = hashlib.sha256(words.encode()).hexdigest()[:12]
        """What the kept answers were read by: other words read them anew."""
        owner, _, name = spec.project.partition("/")
        self._repository = f"/repos/{path_part(owner)}/{path_part(name)}"

    def find(self, marker: str) -> External | None:
        """As `TicketApi.find`: among the newest issues of ours, then by a search."""
        label = {"labels": self._spec.labels[0]} if self._spec.labels else {}
        for page in range(1, _RECENT + 1):
            found = several(
                self._client.get(
                    f"{self._repository}/issues", state="all", sort="created", direction="desc",
                    per_page=_PAGE, page=page, **label,
                )
            )  # fmt: skip
            for issue in found:
                if _hidden(marker) in text(issue.get("body")):
                    return self._external(issue)
            if len(found) < _PAGE:
                return None
        query = f'repo:{self._spec.project} is:issue in:body "{marker}"'
        issues = several(of(self._client.get("/search/issues", q=query, per_page=5)).get("items"))
        for issue in issues:
            if _hidden(marker) in text(issue.get("body")):
                return self._external(issue)
        return None

    def create(self, draft: Draft) -> External:
        """As `TicketApi.create`."""
        body = {
            "title": " ".join(draft.title.split())[:_LONGEST_TITLE],
            "body": markdown(draft),
            "labels": list(self._spec.labels),
        }
        made = self._client.ask("POST", f"{self._repository}/issues", body)
        return self._external(of(made.data))

    def read(self, ticket: External, tag: str = "") -> Read | None:
        """As `TicketApi.read`. GitHub does not count a question against the limit whose answer is
        that nothing changed."""
        known, _, etag = tag.partition(" ")
        asked = {"If-None-Match": etag} if etag and known == self._words else {}
        answer = self._client.ask("GET", self._path(ticket), headers=asked)
        if answer.status == 304:
            return None
        issue = of(answer.data)
        state, reason = text(issue.get("state")), text(issue.get("state_reason"))
        labels = [text(one.get("name")) for one in several(issue.get("labels"))]
        meaning: Meaning | None
        if state == "closed":
            meaning = self._spec.meaning(reason) or "done"
        else:
            accepted = {word.casefold() for word in self._spec.words("accepted")}
            meaning = "accepted" if accepted & {one.casefold() for one in labels} else "open"
        changed = moment(issue.get("closed_at")) or moment(issue.get("updated_at"))
        word = f"{state} as {reason}" if reason and state == "closed" else state
        etag = answer.headers.get("ETag") or ""
        return Read(
            word, meaning, reason.replace("_", " "), changed,
            tag=f"{self._words} {etag}" if etag else "",
        )  # fmt: skip

    def move(self, ticket: External, meaning: Meaning, reason: str) -> str:
        """As `TicketApi.move`."""
        if meaning in ("done", "dismissed"):
            why = self._spec.words(meaning)[0]
            self._patch(ticket, {"state": "closed", "state_reason": why})
            return f"closed as {why}"
        issue = of(self._client.get(self._path(ticket)))
        labels = [text(one.get("name")) for one in several(issue.get("labels"))]
        accepted = self._spec.words("accepted")[0]
        kept = [one for one in labels if one.casefold() != accepted.casefold()]
        if meaning == "accepted":
            kept.append(accepted)
        self._patch(ticket, {"state": "open", "labels": kept})
        return "open"

    def comment(self, ticket: External, text: str) -> None:
        """As `TicketApi.comment`."""
        body = {"body": "\n\n".join(escaped(line) for line in text.splitlines() if line)}
        self._client.ask("POST", f"{self._path(ticket)}/comments", body)

    def _patch(self, ticket: External, body: Mapping[str, Any]) -> None:
        self._client.ask("PATCH", self._path(ticket), dict(body))

    def comments(
        self, ticket: External, after: datetime | None
    ) -> Iterator[Sequence[TicketComment]]:
        """As `TicketApi.comments`; what was edited since comes along."""
        since = {} if after is None else {"since": f"{after:%Y-%m-%dT%H:%M:%S}Z"}
        for issue in self._pages(f"{self._path(ticket)}/comments", since):
            yield [
                TicketComment(
                    text(one.get("id")),
                    text(of(one.get("user")).get("login")) or "somebody",
                    text(one.get("body")).replace("\r\n", "\n"),
                    moment(one.get("created_at")),
                )
                for one in issue
            ]

    def moved_at(self, ticket: External, read: Read) -> datetime | None:
        """As `TicketApi.moved_at`: by the issue's events; `updated_at` moves with every word."""
        accepted = {word.casefold() for word in self._spec.words("accepted")}
        found = None
        for events in self._pages(f"{self._path(ticket)}/events", {}):
            for one in events:
                label = text(of(one.get("label")).get("name")).casefold()
                kind = text(one.get("event"))
                if kind in ("closed", "reopened") or (
                    kind in ("labeled", "unlabeled") and label in accepted
                ):
                    found = moment(one.get("created_at")) or found
        return found or read.changed_at

    def _pages(
        self, path: str, parameters: Mapping[str, str]
    ) -> Iterator[Sequence[Mapping[str, object]]]:
        """Every page of a list, as its Link headers go on."""
        page = 1
        while True:
            answer = self._client.ask(
                "GET", path, parameters={**parameters, "per_page": _PAGE, "page": page}
            )
            found = several(answer.data)
            if found:
                yield found
            more = answer.has_next
            if not (len(found) >= _PAGE if more is None else more):
                return
            page += 1

    def _path(self, ticket: External) -> str:
        return f"{self._repository}/issues/{path_part(ticket.handle)}"

    def _external(self, issue: Mapping[str, object]) -> External:
        number = text(issue.get("number"))
        if not number:
            raise GoneError("GitHub gives an issue without a number")
        given = text(issue.get("html_url"))
        page = given if given.startswith(("https://", "http://")) else ""
        return External(f"{self._spec.project}#{number}", number, page)


def _hidden(marker: str) -> str:
    return f"<!-- {marker} -->"


def markdown(draft: Draft) -> str:
    """The body of an issue; what tools say is shown as text, and calls nobody."""
    parts = [escaped(one) for one in draft.paragraphs]
    if draft.facts:
        rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in draft.facts]
        parts.append("\n".join(["| | |", "|---|---|", *rows]))
    if draft.link:
        parts.append(f"[Open it in Outlay]({draft.link})")
    return "\n\n".join([*parts, _hidden(draft.marker)])


def _cell(value: str) -> str:
    return escaped(" ".join(value.split())).replace("|", "\\|")


def escaped(value: str) -> str:
    """A text that Markdown shows as it is: no markup, no mention of a person, no reference."""
    found = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for sign in ("\\", "`", "*", "_", "[", "]"):
        found = found.replace(sign, f"\\{sign}")
    return found.replace("@", "@\u200b").replace("#", "#\u200b")
