"""The lake of one workspace: what loads write, and what readers pin."""

import functools
import os
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from outlay.focus.checks import CheckResult
from outlay.focus.vocabulary import Vocabulary
from outlay.lake.commit import remove_source
from outlay.lake.engine.duckdb import connect
from outlay.lake.history import History
from outlay.lake.layout import Layout, spill_folder, staging_folder, sync_folder
from outlay.lake.load import Job, Loader
from outlay.lake.records import read_record
from outlay.lake.rollups import build_rollups, build_tag_cube
from outlay.lake.types import (
    ROLLUPS,
    DeliveryRecord,
    LakeError,
    LoadOutcome,
    MaintenanceReport,
    Pin,
    RestatementReport,
    Rollup,
    Slice,
    SnapshotInfo,
)
from outlay.money import BillingPeriod
from outlay.sources.contract import Progress, Source, SourceOptions, Transport

if TYPE_CHECKING:
    from outlay.lake.catalog import ChargesTable
    from outlay.lake.coverage import Words
    from outlay.lake.facts import Layers


class Lake:
    """One lake folder. Safe to use from several threads and processes at once."""

    def __init__(
        self,
        path: Path,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        catalog_url: str = "",
    ) -> None:
        self.layout = Layout(path, catalog_url)
        self.history = History(self.layout, lambda snapshot_id: self.table.planned(snapshot_id))
        self._memory_limit = memory_limit
        self._threads = threads
        self.layers: Layers | None = None
        """What stands in the place of some charges (a cluster's); set by who opens the lake."""

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        catalog_url: str = "",
    ) -> "Lake":
        """The lake at the folder, created if it is not there.

        `memory_limit` (such as `4GiB`) and `threads` bound every connection; `catalog_url` is the
        PostgreSQL database of its catalog ('': a file in the folder). Raises LakeError when the
        folder cannot be made.
        """
        lake = cls(
            path.resolve(), memory_limit=memory_limit, threads=threads, catalog_url=catalog_url
        )
        try:
            lake.layout.create()
        except OSError as error:
            raise LakeError(f"the lake {path} cannot be created: {error}") from error
        return lake

    @property
    def path(self) -> Path:
        """The lake's folder."""
        return self.layout.root

    @functools.cached_property
    def table(self) -> "ChargesTable":
        """Write access to the charges table; loading PyIceberg takes a moment."""
        from outlay.lake.catalog import ChargesTable

        return ChargesTable(self.layout)

    # ------------------------------------------------------------------ reading

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The lake at one moment: newest (None), a UTC datetime, or a snapshot id.

        Raises LakeError when that is before the first snapshot, or the id is unknown.
        """
        return self.history.pin(as_of)

    def snapshots(self) -> list[SnapshotInfo]:
        """Every commit, oldest first."""
        return self.history.snapshots()

    def connect(self, *, for_load: bool = False) -> duckdb.DuckDBPyConnection:
        """An engine of its own with our macros and bounded memory; the caller closes it."""
        limit = self._memory_limit
        if limit is None and for_load:
            limit = "3GiB"
        return connect(spill_folder(self.layout), memory_limit=limit, threads=self._threads)

    def rollup_paths(self, pin: Pin, table: Rollup) -> dict[str, Path]:
        """The roll-up files of a pin by delivery id; a missing one is built again.

        Raises LakeError when one is missing and its charges are gone as well.
        """
        if table not in ROLLUPS:
            raise LakeError(f"there is no roll-up {table!r}; there are {', '.join(ROLLUPS)}")
        paths = {}
        for current in pin.slices:
            path = self.layout.rollup_file(current.delivery.id, table)
            # Every question looks at every file of its slices: os.path is ten times as fast here.
            if not os.path.exists(path):
                self._rebuild(current)
            paths[current.delivery.id] = path
        return paths

    def usage_paths(self, pin: Pin) -> dict[str, Path]:
        """The usage files of a pin by delivery id, of the deliveries that have usage rows.

        Raises LakeError when one is missing: it cannot be built from the charges.
        """
        paths = {}
        for current in pin.slices:
            if current.delivery.usage_rows:
                path = self.layout.usage_file(current.delivery.id)
                if not path.exists():
                    raise LakeError(
                        f"the usage of {current.source} {current.billing_period} is missing from "
                        "the lake; restore it from a backup, or load it again"
                    )
                paths[current.delivery.id] = path
        return paths

    def _rebuild(self, current: Slice) -> None:
        if not current.charges_path.exists():
            raise LakeError(
                f"the roll-ups of {current.source} {current.billing_period} are missing and its "
                "charges are no longer kept; restore the lake from a backup, or load it again"
            )
        target = self.layout.rollups / current.delivery.id
        with staging_folder(self.layout) as folder:
            connection = self.connect()
            try:
                built = folder / "rollups"
                build_rollups(
                    connection, current.charges_path, current.delivery.context_columns, built
                )
            finally:
                connection.close()
            target.mkdir(exist_ok=True)
            for file in built.iterdir():
                file.replace(target / file.name)
            sync_folder(target)

    def tag_cube(self, current: Slice, key: str, rollups: Path | None = None) -> Path:
        """The cube of one tag over one slice, built at first use and kept in the cache.

        Columns: ChargeDay, Value, BillingCurrency, ChargeCategory, the four costs, LineCount.
        `rollups` is the folder of a layer's roll-ups (default: the slice's own); their cubes are
        kept in it.
        """
        name = key.encode().hex()
        if len(name) > 200:
            raise LakeError(f"the tag key {key[:40]!r}… is too long for a cube (100 bytes at most)")
        target = self.layout.cache / "tags" / current.delivery.id / f"{name}.parquet"
        if rollups is not None:
            target = rollups / "cubes" / f"{name}.parquet"
        if target.exists():
            return target
        if rollups is None:
            pin = Pin(None, None, (current,))
            for table in ("daily", "contexts", "tags"):
                self.rollup_paths(pin, table)
        with staging_folder(self.layout) as folder:
            connection = self.connect()
            try:
                built = folder / "cube.parquet"
                source = rollups or self.layout.rollups / current.delivery.id
                build_tag_cube(connection, source, key, built)
            finally:
                connection.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            built.replace(target)
        return target

    def words(self, pin: Pin, vocabulary: Vocabulary) -> "list[Words]":
        """What a pin's charges say of services, regions and resources, with the money behind it
        and whether the vocabulary has a name for it; largest first."""
        from outlay.lake.coverage import words

        return words(self, pin, vocabulary)

    # ------------------------------------------------------------------ writing

    def load(
        self,
        source_name: str,
        source: Source,
        transport: Transport,
        options: SourceOptions,
        *,
        root: str = "",
        periods: Collection[BillingPeriod] | None = None,
        max_rejected: Decimal = Decimal(0),
        progress: Progress | None = None,
        dry_run: bool = False,
        words: Vocabulary | None = None,
    ) -> list[LoadOutcome]:
        """Load what a source offers; one outcome a slice.

        A delivery replaces its slice whole or not at all. `max_rejected` is the share of rows (0
        to 1) that may be rejected. A slice that fails says so in its outcome; raises SourceError
        or LakeError when nothing can be discovered at all. `dry_run` only says what would happen.
        `words` is the vocabulary that names the charges (default: the shipped one).
        """
        words = words or Vocabulary()
        job = Job(
            source_name, source, transport, options, root, periods, max_rejected, progress,
            dry_run, words,
        )  # fmt: skip
        return Loader(self, job).run()

    def relift(
        self,
        source_name: str,
        source: Source,
        options: SourceOptions,
        *,
        max_rejected: Decimal = Decimal(0),
        progress: Progress | None = None,
        words: Vocabulary | None = None,
    ) -> list[LoadOutcome]:
        """Lift a source's slices anew from the files in the lake, where the mapping version, the
        options or the vocabulary differ from those that they were lifted with."""
        job = Job(
            source_name,
            source,
            None,
            options,
            max_rejected=max_rejected,
            progress=progress,
            words=words or Vocabulary(),
        )
        return Loader(self, job).relift()

    def remove(self, source_name: str) -> int | None:
        """Drop a source's slices in a new snapshot, and give its id; None if it has none.

        History stays: an earlier pin still has them.
        """
        return remove_source(self, source_name)

    def held(self) -> list[DeliveryRecord]:
        """Deliveries that were not let in (see their proof), by source and period."""
        return [read_record(path) for path in sorted(self.layout.held.glob("*/*.json"))]

    # ------------------------------------------------------------------ explaining

    def checks(self, current: Slice) -> tuple[CheckResult, ...]:
        """What FOCUS's row rules find in a slice; worked out at first use for a large one.

        Raises LakeError when they never were and the charges are no longer kept.
        """
        from outlay.lake.explain import checks

        return checks(self, current)

    def restatements(self, before: Pin, after: Pin, by: Sequence[str] = ()) -> RestatementReport:
        """What changed between two pins, by slice and by the given dimensions, exactly."""
        from outlay.lake.restatement import report

        return report(self, before, after, by)

    def quarantined(self, delivery_id: str) -> pa.Table:
        """The rejected rows of a delivery: file, line, reason, record (JSON); empty if none."""
        from outlay.lake.explain import quarantined

        return quarantined(self, delivery_id)

    def raw_record(self, current: Slice, file_index: int, line: int) -> dict[str, str | None]:
        """The vendor's own record behind a charge, from the landed file.

        `file_index` and `line` are the charge's x_SourceFile and x_SourceLine. Raises LakeError
        when the file is no longer in the lake or has no such record.
        """
        from outlay.lake.explain import raw_record

        return raw_record(self, current, file_index, line)

    # ------------------------------------------------------------------ upkeep

    def maintain(self, *, now: datetime | None = None) -> MaintenanceReport:
        """Expire old snapshots and collect files that nothing needs (docs/lake.md)."""
        from outlay.lake.maintenance import maintain

        return maintain(self, now)

    def keep(self, snapshot_id: int, name: str) -> None:
        """Keep a snapshot's charges for good under a name (a closed statement's)."""
        from outlay.lake.maintenance import keep

        keep(self, snapshot_id, name)

    def release(self, name: str) -> None:
        """Give up a name from `keep`; the snapshot ages as any other."""
        self.table.untag(name)

    def verify(self) -> list[str]:
        """Problems found in the lake, in words; empty when all is well."""
        from outlay.lake.verify import verify

        return verify(self)
