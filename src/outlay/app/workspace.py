"""The workspace: a folder with the settings, the resources and the lake, and its use cases.

Every face (command line, page, API) calls this class and nothing below it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.access import whole_only
from outlay.app.asking import Asking
from outlay.app.configuring import Configuring
from outlay.app.errors import WorkspaceError
from outlay.app.settings import FILE, Settings, read_settings, write_settings
from outlay.app.status import (
    CheckLine,
    DoctorLine,
    RunRecord,
    SourceKind,
    SourceLoad,
    SourceStatus,
)
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    import pyarrow as pa

    from outlay.app.export import ExportedFile, Wanted
    from outlay.app.inference import Inference
    from outlay.app.metrics import Metrics
    from outlay.app.runs import RunLog
    from outlay.app.units import Units
    from outlay.focus.datasets import Stated
    from outlay.lake import (
        DeliveryRecord,
        Lake,
        Pin,
        RestatementReport,
        Slice,
        SnapshotInfo,
    )
    from outlay.query import CostQuery, Result
    from outlay.resources import ResourceStore
    from outlay.sources.contract import Feed, Progress

DATABASE_VARIABLE = "OUTLAY_DATABASE_URL"
CATALOG_VARIABLE = "OUTLAY_CATALOG_URL"


class Workspace(Asking, Configuring):
    """An open workspace. Cheap to open: lake and database open at first use; close when done.

    Safe to share between threads.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self.settings = settings
        self._lock = threading.RLock()
        self._lake: Lake | None = None
        self._resources: ResourceStore | None = None

    @classmethod
    def open(cls, path: str | Path) -> Workspace:
        """Open the workspace in a folder; WorkspaceError says how to make one if it is none."""
        folder = Path(path).expanduser().absolute()
        return cls(folder, read_settings(folder))

    @classmethod
    def init(cls, path: str | Path, *, name: str = "", currency: str = "USD") -> Workspace:
        """Make a workspace in a folder (created if absent); an existing one is left as it is.

        `name` defaults to the folder's; WorkspaceError when the currency is no ISO 4217 code or
        the folder cannot be written.
        """
        folder = Path(path).expanduser().absolute()
        if not (folder / FILE).is_file():
            try:
                settings = Settings(name=name or folder.name or "outlay", currency=currency)
            except ValueError as error:
                raise WorkspaceError(_first_problem(error), wrong_use=True) from None
            try:
                folder.mkdir(parents=True, exist_ok=True)
                write_settings(folder, settings)
            except OSError as error:
                raise WorkspaceError(
                    f"no workspace can be made in {folder}: {error.strerror or error}. Choose a "
                    "folder that you may write to."
                ) from None
        workspace = cls.open(folder)
        _ = workspace.resources, workspace.lake
        return workspace

    def close(self) -> None:
        """Release the database handles."""
        with self._lock:
            if self._resources is not None:
                self._resources.close()
            self._resources, self._lake = None, None

    @property
    def name(self) -> str:
        """The workspace's name, for people."""
        return self.settings.name

    @property
    def currency(self) -> str:
        """The currency that pages convert to when asked to."""
        return self.settings.currency

    @property
    def database_url(self) -> str:
        """Where resources, audit and run log are kept."""
        from outlay.resources import sqlite_url

        named = os.environ.get(DATABASE_VARIABLE, "")
        return named or sqlite_url(self.path / self.settings.paths.database)

    @property
    def lake(self) -> Lake:
        """The lake, opened at first use; its clusters' charges are shared out to their pods."""
        from outlay.allocation.kubernetes.layers import KubernetesLayers
        from outlay.app.kubernetes import clusters
        from outlay.lake import Lake

        with self._lock:
            if self._lake is None:
                self._lake = Lake.open(
                    self.path / self.settings.paths.lake,
                    memory_limit=self.settings.engine.memory_limit,
                    threads=self.settings.engine.threads,
                    catalog_url=os.environ.get(CATALOG_VARIABLE, ""),
                )
                self._lake.layers = KubernetesLayers(lambda at: clusters(self.resources, at))
            return self._lake

    @property
    def resources(self) -> ResourceStore:
        """The store of everything configured, opened (and migrated) at first use."""
        from outlay.app.checks import guard
        from outlay.app.kinds import register_all
        from outlay.resources import ResourceStore

        with self._lock:
            if self._resources is None:
                register_all()
                self._resources = ResourceStore.open(self.database_url, guard=guard)
            return self._resources

    @property
    def run_log(self) -> RunLog:
        """The log of loads and syncs."""
        from outlay.app.runs import RunLog

        return RunLog(self.resources.engine)

    @property
    def metrics(self) -> Metrics:
        """Metrics: their values, where they come from and what they say."""
        from outlay.app.metrics import Metrics

        return Metrics(self)

    @property
    def units(self) -> Units:
        """Unit costs: cost of a scope, divided by a metric."""
        from outlay.app.units import Units

        return Units(self)

    # --- sources ---

    def sources(self, now: datetime | None = None) -> list[SourceStatus]:
        """Every source with freshness, slices and last run, by name."""
        whole_only("the sources")
        from outlay.app import sources

        return sources.statuses(self, now)

    def show_source(self, name: str, now: datetime | None = None) -> SourceStatus:
        """One source; ResourceError lists the names there are if it is none."""
        whole_only("a source")
        for status in self.sources(now):
            if status.name == name:
                return status
        self.resources.get("Source", name)
        raise AssertionError("a configured source has a status")

    def source_kinds(self) -> list[SourceKind]:
        """Every kind of bill that can be read."""
        from outlay.app import sources

        return sources.kinds()

    def add_source(
        self,
        name: str,
        kind: str,
        location: str,
        options: Mapping[str, Any] | None = None,
        cadence: str = "daily",
        *,
        max_rejected: Decimal = Decimal(0),
        author: str = "",
    ) -> SourceStatus:
        """Configure a source; nothing is read yet. Refuses a name that is taken."""
        from outlay.app import sources

        spec = {
            "kind": kind,
            "location": location,
            "options": dict(options or {}),
            "cadence": cadence,
            "max_rejected": max_rejected,
        }
        return sources.add(self, name, spec, author=author)

    def remove_source(self, name: str, *, keep_data: bool = False, author: str = "") -> None:
        """Remove a source and, unless `keep_data`, its slices (history stays in snapshots)."""
        from outlay.app import sources

        sources.remove(self, name, keep_data=keep_data, author=author)

    def detect(self, location: str, kind: str | None = None) -> list[Feed]:
        """The feeds at a file, folder or URL, one per bill; SourceError when there is none or
        when several kinds claim the same file equally."""
        whole_only("what lies at a place")
        from outlay.app import loading

        return loading.detect_bills(
            str(self.path / location) if "://" not in location else location, kind
        )

    def infer(
        self, location: str, kind: str | None = None, mapping: Mapping[str, Any] | None = None
    ) -> Inference:
        """What lies at a place: known bills, or a table with a tried proposal of how to read it
        (or the given mapping, tried). Nothing is kept."""
        whole_only("what lies at a place")
        from outlay.app import inference

        place = str(self.path / location) if "://" not in location else location
        return inference.infer(place, kind, mapping)

    def load(
        self,
        locations: Sequence[str],
        kind: str | None = None,
        source: str | None = None,
        options: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        *,
        author: str = "",
        max_rejected: Decimal | None = None,
    ) -> list[SourceLoad]:
        """Detect, configure and load in one go: one source per feed found.

        A source is named after the vendor's report or export, else the file or folder, unless
        `source` names it; a second load under a name updates that source's location. Raises
        SourceError when a location cannot be read or recognised, WorkspaceError when two feeds
        would get one name and overlap. What goes wrong in a slice stands in its outcome. One
        location may be given by itself, without a list around it.
        """
        whole_only("loading a bill")
        # A text is a sequence of texts too: its letters would be read, "/" first.
        locations = [locations] if isinstance(locations, str) else locations
        from outlay.app import loading

        return loading.load(
            self,
            locations,
            kind,
            source,
            options,
            progress,
            author=author,
            max_rejected=max_rejected,
        )

    def sync(
        self,
        names: Sequence[str] | None = None,
        period: BillingPeriod | None = None,
        *,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> list[SourceLoad]:
        """Bring sources up to date: those named, else every enabled one that is not manual.

        A source that cannot be read says so in its `error`; the others are still done.
        """
        whole_only("syncing sources")
        from outlay.app import loading

        return loading.sync(self, names, period, dry_run=dry_run, progress=progress)

    def runs(
        self, source: str | None = None, limit: int = 50, before: int | None = None
    ) -> list[RunRecord]:
        """The run log, newest first; `before` a run's id continues a list."""
        whole_only("the run log")
        return self.run_log.list(source, limit, before)

    # --- deliveries and history ---

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The snapshot that a question would read."""
        return self.lake.pin(as_of)

    def deliveries(
        self, source: str | None = None, as_of: datetime | int | None = None
    ) -> list[Slice]:
        """The slices of the lake (or of it as it was), by source and period."""
        whole_only("the deliveries")
        slices = [s for s in self.pin(as_of).slices if source is None or s.source == source]
        if source is not None and not slices:
            self.show_source(source)
        return sorted(slices, key=lambda s: (s.source, s.billing_period))

    def held(self, source: str | None = None) -> list[DeliveryRecord]:
        """Deliveries that were not let in: their proof says why; the old slice is still there.

        Those of sources that were removed are left out.
        """
        whole_only("the deliveries held back")
        known = {*self.resources.names("Source"), *(s.source for s in self.pin().slices)}
        wanted = known if source is None else known & {source}
        return [record for record in self.lake.held() if record.source in wanted]

    def snapshots(self) -> list[SnapshotInfo]:
        """Every snapshot that the lake still has, oldest first."""
        whole_only("the snapshots")
        return self.lake.snapshots()

    def restatements(
        self,
        from_: datetime | int,
        to: datetime | int | None = None,
        by: Sequence[str] = (),
    ) -> RestatementReport:
        """What changed between two moments or snapshots, per slice, optionally by dimension."""
        whole_only("restatements")
        return self.lake.restatements(self.pin(from_), self.pin(to), by)

    def raw_record(
        self,
        source: str,
        period: BillingPeriod,
        file: int,
        line: int,
        as_of: datetime | int | None = None,
    ) -> dict[str, str | None]:
        """The vendor's own record behind a charge (`x_SourceFile`, `x_SourceLine`); to people of a
        scope one whose charges they all see."""
        from outlay.app import presentation

        presentation.check_record(self, source, period, file, line, as_of)
        slices = [s for s in self.pin(as_of).slices if s.source == source]
        if not slices:
            self.show_source(source)
        for found in slices:
            if found.billing_period == period:
                return self.lake.raw_record(found, file, line)
        held = ", ".join(str(s.billing_period) for s in slices) or "none"
        raise WorkspaceError(f"the source {source!r} has no {period}. Periods: {held}.")

    def quarantine(self, delivery_id: str) -> pa.Table:
        """The rejected rows of a delivery: file, line, reason, raw record."""
        whole_only("the quarantine")
        return self.lake.quarantined(delivery_id)

    # --- questions (the rest is in `Asking`) ---

    def query(self, query: CostQuery, now: datetime | None = None) -> Result:
        """Answer a question. Money is converted by the question's rates, else the workspace's."""
        from outlay.app.rates import rates_of
        from outlay.query import run

        if query.currency is None:
            return run(self.lake, query, now=now, rules=self.rules_of(query))
        rates, stated = rates_of(self, query.rates)
        return run(
            self.lake, query, rates=rates, stated=stated, now=now, rules=self.rules_of(query)
        )

    # --- health and export ---

    def checks(self, source: str | None = None) -> list[CheckLine]:
        """The FOCUS row checks that rows of a slice break, errors first."""
        whole_only("the row checks")
        from outlay.app import health

        return health.checks(self, source)

    def stated(self) -> Stated:
        """What no bill says and a person states, from `stated.yaml` in the workspace's folder."""
        whole_only("what is stated beside the bills")
        from outlay.app.stated import read_stated

        return read_stated(self.path)

    def export_focus(
        self, wanted: Wanted, out: Path, *, progress: Progress | None = None
    ) -> list[ExportedFile]:
        """Write FOCUS datasets below `out`, with a manifest that says what they lack.

        WorkspaceError for a source that is none and a folder that refuses.
        """
        whole_only("FOCUS files")
        from outlay.app import export

        return export.export_focus(self, wanted, out, progress)

    def doctor(self) -> list[DoctorLine]:
        """Look at everything that the workspace stands on."""
        whole_only("the health of the workspace")
        from outlay.app import health

        return health.doctor(self)

    def today(self) -> date:
        """Today, UTC: what relative ranges count from."""
        from outlay.app.runs import utc_now

        return utc_now().date()


def _first_problem(error: ValueError) -> str:
    from pydantic import ValidationError

    from outlay.resources.kinds import problem_text

    if isinstance(error, ValidationError):
        return "; ".join(problem_text(problem) for problem in error.errors())
    return str(error)
