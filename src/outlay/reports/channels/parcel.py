"""What is sent, and what a sender needs to know of the place it sends from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from outlay.reports.document import Document, File
from outlay.sources.reach import PUBLIC, Reach

Event = Literal["trigger", "acknowledge", "resolve"]
"""What became of the matter of a notice."""


@dataclass(frozen=True)
class Parcel:
    """One delivery. `key` is the same at every attempt: receivers tell repetitions by it.

    `recipients` replace those of a mail channel; `due_at` (UTC, naive) is the moment for which it
    was made; `report` is the report's name, '' for a notice. For channels of incidents, `incident`
    names the matter of a notice ('': the notice is a matter of its own) and `event` says what
    became of it.
    """

    key: str
    document: Document
    due_at: datetime
    report: str = ""
    files: tuple[File, ...] = ()
    recipients: tuple[str, ...] = ()
    test: bool = False
    event: Event = "trigger"
    incident: str = ""

    @property
    def subject(self) -> str:
        """One line: what, and of when."""
        found = self.document
        marks = {"critical": "Critical: ", "warning": "Warning: ", "info": ""}
        mark = "Test: " if self.test else marks[found.severity]
        text = f"{mark}{found.title}, {found.period}" if found.period else f"{mark}{found.title}"
        return " ".join(text.split())[:200]

    @property
    def stamp(self) -> str:
        """The moment as a part of a file's name."""
        return f"{self.due_at:%Y-%m-%dT%H%M}Z"


@dataclass(frozen=True)
class Ways:
    """`folder` is the workspace's; `reach` says which addresses webhooks may go to beside those of
    the open internet."""

    folder: Path
    reach: Reach = PUBLIC


@dataclass(frozen=True)
class Delivered:
    """How it arrived, in words without a secret."""

    message: str = ""
