"""What asking a monitoring tool is made of: monitors, and the questions that they ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from outlay.sources.utilization.rows import Record

Ask = Callable[[datetime, datetime], Iterator[tuple[str, Record]]]
"""(start, end) in UTC, whole days → measurements, each with the key that it answers."""


class NotThereError(Exception):
    """What was asked about is not there any more, and the tool has forgotten it: what was measured
    of it before stays."""


class NotAllowedError(Exception):
    """What was asked about may not be asked: what is there of it stays, and it is asked again with
    the next sync. The message says why; the others are asked all the same."""


@dataclass(frozen=True)
class Question:
    """One request or a few: `keys` are what it answers for, `what` says it in words."""

    keys: tuple[str, ...]
    what: str
    ask: Ask


class Monitor(Protocol):
    """One monitoring tool, ready to be asked.

    `keys` are what can be asked for: resources of the bill, or groups of metrics where a tool
    answers for all its resources at once. `kept_days` is how far back it has values of an hour.
    """

    title: str
    kept_days: int

    @property
    def keys(self) -> Sequence[str]:
        """What can be asked for."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What was left out and why, once all was asked."""
        ...

    def questions(self, keys: Sequence[str], steps: int) -> Iterator[Question]:
        """The questions for these keys, over `steps` periods each; every key is in one of them."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
