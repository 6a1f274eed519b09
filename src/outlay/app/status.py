"""What the app tells the faces about sources and runs: plain, frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.lake import LoadOutcome
    from outlay.sources.contract import Feed

Freshness = Literal["fresh", "late", "missing", "manual"]
Outcome = Literal["running", "ok", "unchanged", "held", "failed"]


class WorkspaceError(Exception):
    """A workspace cannot be opened or a use case refuses; the message says what to do next.

    `wrong_use` tells that the caller asked for something that cannot be (exit code 2).
    """

    def __init__(self, message: str, *, wrong_use: bool = False) -> None:
        super().__init__(message)
        self.wrong_use = wrong_use


@dataclass(frozen=True)
class RunRecord:
    """One attempt to bring a source up to date. `ended_at` is None while it runs or if it died."""

    id: int
    source: str
    action: Literal["load", "sync"]
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    message: str


@dataclass(frozen=True)
class SourceStatus:
    """A source with what the lake holds of it. Times are UTC, naive."""

    name: str
    kind: str
    location: str
    options: dict[str, Any]
    cadence: str
    enabled: bool
    last_delivery_at: datetime | None
    newest_period: BillingPeriod | None
    slices: int
    rows: int
    rejected: int
    reconciled: bool
    freshness: Freshness
    freshness_reason: str
    last_run: RunRecord | None
    error: str
    """The message of the last run if it failed or was held, else empty."""


@dataclass(frozen=True)
class SourceLoad:
    """What a load or sync did for one source.

    `error` is set when nothing could be discovered at all; otherwise each slice has its own
    outcome. `feed` is what was detected (None on a sync of a source known before).
    """

    source: str
    kind: str
    location: str
    feed: Feed | None = None
    outcomes: tuple[LoadOutcome, ...] = ()
    error: str = ""
    skipped: tuple[str, ...] = field(default=())
    """Files at the location that belong to no bill, when the load was of a loose folder."""

    @property
    def failed(self) -> bool:
        """Nothing could be discovered, or a slice failed."""
        return bool(self.error) or any(o.status == "failed" for o in self.outcomes)

    @property
    def incomplete(self) -> bool:
        """A slice was held back, or rows of a loaded slice were rejected."""
        return any(
            o.status == "held" or (o.record is not None and o.record.proof.rows_rejected > 0)
            for o in self.outcomes
        )


@dataclass(frozen=True)
class CheckLine:
    """One FOCUS row check of one slice: how many rows fail it, and a few of them."""

    source: str
    billing_period: BillingPeriod
    rule: str
    blocking: bool
    count: int
    sample: tuple[str, ...]


@dataclass(frozen=True)
class DoctorLine:
    """One thing that `outlay doctor` looked at; `next` says what to do when it is not ok."""

    topic: str
    ok: bool
    found: str
    next: str = ""


Measures = dict[str, Decimal]
