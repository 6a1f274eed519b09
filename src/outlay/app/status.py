"""What the app tells the faces about sources and runs: plain, frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.lake import LoadOutcome
    from outlay.sources.contract import Feed

Freshness = Literal["fresh", "late", "missing", "manual"]
Outcome = Literal["running", "loaded", "unchanged", "held", "failed"]


@dataclass(frozen=True)
class RunRecord:
    """One attempt to bring a source up to date; times are UTC, naive.

    `ended_at` is None while it runs, or when its process died.
    """

    id: int
    source: str
    action: Literal["load", "sync"]
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    message: str


@dataclass(frozen=True)
class SourceStatus:
    """A source with what the lake holds of it. Times are UTC, naive.

    `configured` is False for data whose source was removed: it has no location to read from.
    `freshness_reason` is the sentence behind `freshness`; `error` is the message of the last run
    if that failed or was held, else empty. `next_sync_at` is when a served workspace syncs it
    next (past when overdue), None for a manual or paused one.
    """

    name: str
    kind: str
    location: str
    root: str
    options: dict[str, Any]
    cadence: str
    enabled: bool
    configured: bool
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
    next_sync_at: datetime | None = None
    usage_rows: int = 0


@dataclass(frozen=True)
class SourceLoad:
    """What a load or sync did for one source.

    `error` is set when nothing could be discovered at all; otherwise each slice has its own
    outcome. `feed` is what was detected (None on a sync of a source known before), `notes` are
    sentences for the person (a location that changed).
    """

    source: str
    kind: str
    location: str
    feed: Feed | None = None
    outcomes: tuple[LoadOutcome, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Nothing could be discovered, or a slice failed."""
        return bool(self.error) or any(o.status == "failed" for o in self.outcomes)

    @property
    def incomplete(self) -> bool:
        """A slice was held back, or rows of a slice were rejected."""
        return any(o.status == "held" or o.rejected > 0 for o in self.outcomes)

    @property
    def outcome(self) -> Outcome:
        """The worst that happened, for the run log."""
        statuses = {o.status for o in self.outcomes}
        if self.failed:
            return "failed"
        for status in ("held", "loaded"):
            if status in statuses:
                return "held" if status == "held" else "loaded"
        return "unchanged"

    @property
    def message(self) -> str:
        """Why it failed or was held, in the words of the source or lake; else empty."""
        bad = [o for o in self.outcomes if o.status in {"failed", "held"}]
        return self.error or "\n".join(
            f"{o.billing_period}: {o.message}" if o.billing_period else o.message for o in bad
        )


@dataclass(frozen=True)
class SourceKind:
    """A kind of bill that can be read. `options` maps each option to its description."""

    kind: str
    title: str
    description: str
    example: str
    options: dict[str, str]


@dataclass(frozen=True)
class CheckLine:
    """One FOCUS row rule that rows of one slice break; `blocking` when it is an error.

    `sample` are some of those rows: x_SourceFile, x_SourceLine and what the rule is about.
    """

    source: str
    billing_period: BillingPeriod
    rule: str
    description: str
    severity: Literal["error", "warning", "note"]
    rows: int
    sample: tuple[dict[str, Any], ...]

    @property
    def blocking(self) -> bool:
        """Whether `outlay check` fails because of it."""
        return self.severity == "error"


@dataclass(frozen=True)
class DoctorLine:
    """One thing that `outlay doctor` looked at; `next` says what to do when it is not ok."""

    topic: str
    ok: bool
    found: str
    next: str = ""
