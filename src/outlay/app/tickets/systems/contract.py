"""What a ticket system can do, in one vocabulary."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from outlay.app.tickets.model import Meaning, TicketSystemSpec
from outlay.sources.secrets import read_secret

STAMP = "Outlay ·"
"""How a comment of ours begins its last line: it never comes back as somebody else's."""


@dataclass(frozen=True)
class Draft:
    """A ticket to open. `marker` is found again by a search, whatever happens to us meanwhile;
    `facts` are pairs of words, `paragraphs` sentences, `link` leads back ('' where we have no
    address that people can open)."""

    marker: str
    title: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    link: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class External:
    """A ticket there: its key for people, what its API calls it, and where people see it."""

    key: str
    handle: str
    url: str


@dataclass(frozen=True)
class TicketComment:
    """What somebody said there (UTC)."""

    id: str
    author: str
    text: str
    at: datetime | None


@dataclass(frozen=True)
class Read:
    """Where a ticket stands: the system's word, what it means (None: not known), why (a resolution,
    closing notes), and when it changed last (UTC). `mark` is what the system calls the state
    whatever its name is now ('' where it has nothing such), `tag` what it is asked with next time
    so that it need not repeat itself ('' where it always does)."""

    state: str
    meaning: Meaning | None
    reason: str
    changed_at: datetime | None
    mark: str = ""
    tag: str = ""


class TicketApi(Protocol):
    """One system. Every call may raise BusyError, RefusedError and GoneError."""

    two_way: bool

    def find(self, marker: str) -> External | None:
        """The ticket that carries a marker, if there is one."""
        ...

    def create(self, draft: Draft) -> External:
        """Open a ticket."""
        ...

    def read(self, ticket: External, tag: str = "") -> Read | None:
        """Where it stands now; None where nothing at all changed, comments included, since the
        answer that gave the tag."""
        ...

    def comments(
        self, ticket: External, after: datetime | None
    ) -> Iterator[Sequence[TicketComment]]:
        """What was said since a moment (UTC; None: ever), page by page, oldest first, all of it.
        Some that is older may come along. A page is asked for when the one before was taken."""
        ...

    def moved_at(self, ticket: External, read: Read) -> datetime | None:
        """When it came to the state that was read (UTC): not when something was said or noted."""
        ...

    def move(self, ticket: External, meaning: Meaning, reason: str) -> str:
        """Bring it to a state of a meaning; the system's word for it. RefusedError, with what is
        offered, where no such state can be reached from where it is."""
        ...

    def comment(self, ticket: External, text: str) -> None:
        """Say something."""
        ...


def authorization(spec: TicketSystemSpec, shown: str) -> dict[str, str]:
    """The header that signs in: a user with a token, or a bearer token."""
    if spec.token is None:
        return {}
    secret = read_secret(spec.token, f"the token of {shown}")
    if spec.user:
        pair = base64.b64encode(f"{spec.user}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {"Authorization": f"Bearer {secret}"}


def moment(text: object) -> datetime | None:
    """A moment as systems write it (ISO 8601, or ``2026-10-20 10:00:00`` in UTC), in UTC without
    zone; None for what is none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def of(data: object) -> Mapping[str, object]:
    """An object of JSON, or an empty one."""
    return data if isinstance(data, Mapping) else {}


def several(data: object) -> Sequence[Mapping[str, object]]:
    """The objects of an array."""
    return [one for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []


def text(data: object) -> str:
    """A text, or that of a number; '' for anything else."""
    return str(data) if isinstance(data, str | int) and not isinstance(data, bool) else ""
