"""A webhook: tickets go out, signed; nothing comes back but what our own API is told.

The answer to an opening may be JSON with `id` and `url`. `Idempotency-Key` is the same at every
attempt of one opening, so that a receiver opens one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from outlay.app.tickets.http import Client
from outlay.app.tickets.model import Meaning, TicketSystemSpec, webhook_address
from outlay.app.tickets.systems.contract import Draft, External, Read, TicketComment, of, text
from outlay.reports.channels.webhook import SIGNATURE, signature
from outlay.sources.reach import Reach
from outlay.sources.secrets import read_secret


class Webhook:
    """One receiver."""

    two_way = False

    def __init__(self, spec: TicketSystemSpec, *, reach: Reach, shown: str) -> None:
        parts = urlsplit(webhook_address(spec, shown))
        self._spec = spec
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = read_secret(spec.token, f"the secret of {shown}") if spec.token else ""
        base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        # What a receiver answers is not told: many repeat the address, which may be a secret.
        self._client = Client(base, _user(parts), reach=reach, shown=shown, quiet=True)

    def find(self, marker: str) -> External | None:
        """As `TicketApi.find`: a receiver is not asked; the key of the opening is the same."""
        return None

    def create(self, draft: Draft) -> External:
        """As `TicketApi.create`."""
        answer = of(self._send("ticket.opened", draft.marker, {
            "title": draft.title,
            "paragraphs": list(draft.paragraphs),
            "facts": dict(draft.facts),
            "link": draft.link,
            "monthly_saving": f"{draft.amount:f}",
            "currency": draft.currency,
        }))  # fmt: skip
        given = text(answer.get("url"))
        page = given if given.startswith(("https://", "http://")) else ""
        return External(text(answer.get("id")) or draft.marker, draft.marker, page)

    def read(self, ticket: External, tag: str = "") -> Read:
        """As `TicketApi.read`: nothing is known of it."""
        return Read("sent", None, "", None)

    def comments(
        self, ticket: External, after: datetime | None
    ) -> Iterator[Sequence[TicketComment]]:
        """As `TicketApi.comments`: it says nothing."""
        return iter(())

    def moved_at(self, ticket: External, read: Read) -> datetime | None:
        """As `TicketApi.moved_at`: it is not known."""
        return None

    def move(self, ticket: External, meaning: Meaning, reason: str) -> str:
        """As `TicketApi.move`."""
        self._send("ticket.changed", ticket.handle, {"state": meaning, "reason": reason})
        return self._spec.words(meaning)[0]

    def comment(self, ticket: External, text: str) -> None:
        """As `TicketApi.comment`."""
        self._send("ticket.commented", ticket.handle, {"text": text})

    def _send(self, kind: str, marker: str, more: dict[str, Any]) -> object:
        body = json.dumps({"type": kind, "ticket": marker, **more}).encode()
        # Openings of one ticket are one; what is said later differs by its content.
        key = marker if kind == "ticket.opened" else hashlib.sha256(body).hexdigest()
        headers = {"Idempotency-Key": key}
        if self._secret:
            headers[SIGNATURE] = signature(self._secret, body, int(time.time()))
        return self._client.ask("POST", self._path, raw=body, headers=headers).data


def _user(parts: SplitResult) -> dict[str, str]:
    """The header of a user and password that stand in the address."""
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
