"""The workspace: a folder with the settings, the resources and the lake, and its use cases.

Every face (command line, page, API) calls this class and nothing below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.app.status import CheckLine, DoctorLine, RunRecord, SourceLoad, SourceStatus
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    import pyarrow as pa

    from outlay.lake import Lake, Pin, RestatementReport, Slice, SnapshotInfo
    from outlay.query import CostQuery, Result
    from outlay.resources import Resource, ResourceStore
    from outlay.sources.contract import Feed, Progress


class Workspace:
    """An open workspace. Cheap to open: lake and database open at first use; close when done."""

    path: Path
    name: str
    currency: str

    @classmethod
    def open(cls, path: str | Path) -> Workspace:
        """Open the workspace in a folder; WorkspaceError says how to make one if it is none."""
        raise NotImplementedError

    @classmethod
    def init(cls, path: str | Path, *, name: str = "", currency: str = "USD") -> Workspace:
        """Make a workspace in a folder (created if absent); an existing one is left as it is."""
        raise NotImplementedError

    def close(self) -> None:
        """Release the database and lake handles."""
        raise NotImplementedError

    @property
    def lake(self) -> Lake:
        """The lake, opened at first use."""
        raise NotImplementedError

    @property
    def resources(self) -> ResourceStore:
        """The store of everything configured, opened (and migrated) at first use."""
        raise NotImplementedError

    # Sources
    def sources(self, now: datetime | None = None) -> list[SourceStatus]:
        """Every source with freshness, slices and last run, by name."""
        raise NotImplementedError

    def show_source(self, name: str, now: datetime | None = None) -> SourceStatus:
        """One source; ResourceError lists the names there are if it is none."""
        raise NotImplementedError

    def add_source(
        self,
        name: str,
        kind: str,
        location: str,
        options: Mapping[str, Any] | None = None,
        cadence: str = "daily",
        *,
        author: str = "",
    ) -> SourceStatus:
        """Configure a source; nothing is read yet. Refuses a name that is taken."""
        raise NotImplementedError

    def remove_source(self, name: str, *, keep_data: bool = False, author: str = "") -> None:
        """Remove a source and, unless `keep_data`, its slices (history stays in snapshots)."""
        raise NotImplementedError

    def detect(self, location: str, kind: str | None = None) -> list[Feed]:
        """The feeds at a file, folder or URL, one per bill; SourceError when there is none or
        when several kinds claim the same file equally."""
        raise NotImplementedError

    def load(
        self,
        locations: Sequence[str],
        kind: str | None = None,
        source: str | None = None,
        options: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        *,
        author: str = "",
    ) -> list[SourceLoad]:
        """Detect, configure and load in one go: one source per feed found."""
        raise NotImplementedError

    def sync(
        self,
        names: Sequence[str] | None = None,
        period: BillingPeriod | None = None,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> list[SourceLoad]:
        """Bring sources up to date: those named, else every enabled one that is not manual."""
        raise NotImplementedError

    def runs(self, source: str | None = None, limit: int = 50) -> list[RunRecord]:
        """The run log, newest first."""
        raise NotImplementedError

    # Deliveries and history
    def deliveries(
        self, source: str | None = None, as_of: datetime | int | None = None
    ) -> list[Slice]:
        """The slices of the lake (or of it as it was), by source and period."""
        raise NotImplementedError

    def snapshots(self) -> list[SnapshotInfo]:
        """Every snapshot that the lake still has, oldest first."""
        raise NotImplementedError

    def restatements(
        self,
        from_: datetime | int,
        to: datetime | int | None = None,
        by: Sequence[str] = (),
    ) -> RestatementReport:
        """What changed between two moments or snapshots, per slice, optionally by dimension."""
        raise NotImplementedError

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The snapshot that a question would read."""
        raise NotImplementedError

    def raw_record(
        self, source: str, period: BillingPeriod, file: int, line: int
    ) -> dict[str, str | None]:
        """The vendor's own record behind a charge (`x_SourceFile`, `x_SourceLine`)."""
        raise NotImplementedError

    def quarantine(self, delivery_id: str) -> pa.Table:
        """The rejected rows of a delivery: file, line, reason, raw record."""
        raise NotImplementedError

    # Questions
    def query(self, query: CostQuery, now: datetime | None = None) -> Result:
        """Answer a question."""
        raise NotImplementedError

    def views(self) -> list[Resource]:
        """Saved views, by name; `resource.spec` is the query's JSON with title and description."""
        raise NotImplementedError

    def save_view(
        self,
        name: str,
        query: CostQuery,
        *,
        title: str = "",
        description: str = "",
        author: str = "",
    ) -> Resource:
        """Save a question under a name (a new version when the name exists)."""
        raise NotImplementedError

    def delete_view(self, name: str, *, author: str = "") -> None:
        """Remove a saved view; its history stays."""
        raise NotImplementedError

    # Health
    def checks(self, source: str | None = None) -> list[CheckLine]:
        """The FOCUS row checks of every slice that failed for at least one row."""
        raise NotImplementedError

    def doctor(self) -> list[DoctorLine]:
        """Look at everything that the workspace stands on."""
        raise NotImplementedError
