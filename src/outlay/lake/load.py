"""A load: discover, compare, land, prepare, commit; and start again when someone was faster.

The comparison reads the lake as it is *now*; the commit checks that those very slices are still
as compared. If another load replaced one of them meanwhile, the offer is asked for again.
"""

import contextlib
import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from outlay.focus.vocabulary import Vocabulary
from outlay.lake.commit import ATTEMPTS, OvertakenError, commit_prepared, current_delivery
from outlay.lake.landing import Landing, fingerprint, offer_digest
from outlay.lake.layout import (
    check_source_name,
    clean_staging,
    staging_folder,
    write_text,
)
from outlay.lake.prepare import Offer, Prepared, Preparer
from outlay.lake.records import record_to_json
from outlay.lake.split import split_by_period
from outlay.lake.staging import Staging
from outlay.lake.types import (
    Cause,
    DeliveryRecord,
    LakeError,
    LandedFile,
    LoadOutcome,
    Pin,
)
from outlay.money import BillingPeriod
from outlay.sources.contract import (
    Delivery,
    Progress,
    Source,
    SourceError,
    SourceOptions,
    Stated,
    Transport,
)

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

_COMMIT_AFTER_SECONDS = 30.0

_Slot = tuple[str, BillingPeriod]


@dataclass(frozen=True)
class Job:
    """What a load was asked for."""

    source_name: str
    source: Source
    transport: Transport | None
    options: SourceOptions
    root: str = ""
    periods: Collection[BillingPeriod] | None = None
    max_rejected: Decimal = Decimal(0)
    progress: Progress | None = None
    dry_run: bool = False
    words: Vocabulary = field(default_factory=Vocabulary)

    def wants(self, period: BillingPeriod) -> bool:
        """Whether the load was asked for this billing period."""
        return self.periods is None or period in self.periods


@dataclass
class _State:
    """What a load has so far. A slice that is prepared is kept when the load starts again."""

    outcomes: dict[BillingPeriod | int, LoadOutcome] = field(default_factory=dict)
    prepared: dict[tuple[BillingPeriod, str], Prepared] = field(default_factory=dict)
    waiting: list[Prepared] = field(default_factory=list)
    last_commit: float = field(default_factory=time.monotonic)


class Loader:
    """One load of one source."""

    def __init__(self, lake: "Lake", job: Job) -> None:
        self.lake = lake
        self.layout = lake.layout
        self.job = job
        self.state = _State()
        # What offers are compared with: pinned before the offer is asked for, so that whoever
        # commits in between makes our commit start again rather than be undone by it.
        self._before = Pin(None, None, ())
        check_source_name(job.source_name)

    def run(self) -> list[LoadOutcome]:
        """Load all that is on offer; one outcome a slice, by period."""
        clean_staging(self.layout)
        return self._repeat(self._attempt)

    def relift(self) -> list[LoadOutcome]:
        """Lift every slice of the source anew whose mapping version, options or vocabulary
        differ."""
        clean_staging(self.layout)
        return self._repeat(lambda: self._relift_rest(frozenset()))

    def _repeat(self, attempt: Callable[[], None]) -> list[LoadOutcome]:
        for number in range(ATTEMPTS):
            self._before = self.lake.pin()
            try:
                attempt()
                self._commit()
                return self._sorted()
            except OvertakenError:
                self.state.waiting.clear()
                time.sleep(random.uniform(0, 0.05 * (number + 1)))
        raise LakeError(
            f"the slices of {self.job.source_name} were changed by other loads {ATTEMPTS} times "
            "while this one ran; let the other loads finish, then load again"
        )

    def _sorted(self) -> list[LoadOutcome]:
        failed = [o for o in self.state.outcomes.values() if o.billing_period is None]
        dated = [o for o in self.state.outcomes.values() if o.billing_period is not None]
        return failed + sorted(dated, key=lambda o: o.billing_period or BillingPeriod(1, 1))

    # ------------------------------------------------------------------ one attempt

    def _attempt(self) -> None:
        job = self.job
        assert job.transport is not None
        deliveries = job.source.deliveries(job.transport, job.options, job.root)
        if not deliveries:
            raise LakeError(
                f"nothing is on offer for {job.source_name} at {job.transport.location}; check the "
                "location, or wait for the first export"
            )
        offered: set[BillingPeriod] = set()
        for number, delivery in enumerate(deliveries):
            if delivery.billing_period is not None and not job.wants(delivery.billing_period):
                continue
            covered = self._deliver(number, delivery, offered)
            offered |= covered
            if time.monotonic() - self.state.last_commit > _COMMIT_AFTER_SECONDS:
                # Long loads show their months as they come and lose little to a crash.
                self._commit()
        if not job.dry_run:
            self._relift_rest(offered)

    def _deliver(
        self, number: int, delivery: Delivery, taken: Collection[BillingPeriod]
    ) -> set[BillingPeriod]:
        """Compare one delivery and prepare what is new in it; gives the periods it covers.

        `taken` are periods that an earlier delivery of the same offer covers already.
        """
        job, period = self.job, delivery.billing_period
        digest = offer_digest(delivery)
        if period is not None:
            current = self._current(period)
            if current and current.offer == digest and self._same_meaning(current):
                self._unchanged(period, current, "the offer has not changed")
                return {period}
            if job.dry_run:
                self._would_load(period, delivery, current)
                return {period}
        elif job.dry_run:
            return self._dry_loose(number, delivery, digest)
        key: BillingPeriod | int = number if period is None else period
        try:
            with self._workshop() as (connection, folder):
                assert job.transport is not None
                landing = Landing(self.layout, job.transport, folder, job.progress)
                landed = landing.land(delivery, names_tell=job.source.names_tell)
                offers = self._offers(connection, folder, delivery, digest, landed.files)
                for offer, staging in offers:
                    if offer.period in taken:
                        raise LakeError(
                            f"the offer holds {offer.period} twice; one source must have one "
                            "delivery a period: name them as two sources"
                        )
                    with_notes = replace(
                        offer, notes=(*delivery.notes, *landed.notes, *offer.notes)
                    )
                    self._compare(with_notes, staging, folder)
                return {offer.period for offer, _ in offers}
        except (SourceError, LakeError, duckdb.Error, OSError) as error:
            self._failed(key, period, error)
            return set() if period is None else {period}

    def _offers(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        delivery: Delivery,
        digest: str,
        files: tuple[LandedFile, ...],
    ) -> list[tuple[Offer, "_LazyStaging"]]:
        job = self.job
        staging = _LazyStaging(self, connection, folder, files)
        if delivery.billing_period is None:
            parts = split_by_period(
                self.layout, job.source, job.options, files, staging.get, job.wants
            )
        else:
            parts = [(delivery.billing_period, tuple(range(len(files))), frozenset())]
        offers = []
        for period, indices, undated in parts:
            own = tuple(files[index] for index in indices)
            offers.append(
                (
                    Offer(
                        source_name=job.source_name,
                        period=period,
                        indices=indices,
                        files=own,
                        undated=undated,
                        version=delivery.version,
                        offer=digest,
                        fingerprint=fingerprint(own, names_tell=job.source.names_tell),
                        stated=delivery.stated if delivery.billing_period else Stated(),
                        notes=(),
                        loose=delivery.billing_period is None,
                    ),
                    staging,
                )
            )
        return offers

    def _compare(self, offer: Offer, staging: "_LazyStaging", folder: Path) -> None:
        """Decide what the offer is to the slice as it is now, and prepare it if it is new."""
        current = self._current(offer.period)
        if current and current.fingerprint == offer.fingerprint and self._same_meaning(current):
            self._unchanged(offer.period, current, "the content has not changed")
            return
        cause = self._cause(current, offer.fingerprint)
        key = (offer.period, offer.fingerprint)
        earlier = self.state.prepared.get(key)
        if earlier is not None:
            self._keep(self._again(earlier, cause, current))
            return
        try:
            preparer = Preparer(
                self.layout,
                self.job.source,
                self.job.options,
                staging.get(),
                folder,
                words=self.job.words,
                max_rejected=self.job.max_rejected,
                progress=self.job.progress,
            )
            prepared = preparer.prepare(offer, cause, current.id if current else None)
        except (SourceError, LakeError, duckdb.Error, OSError) as error:
            self._failed(offer.period, offer.period, error)
            return
        self.state.prepared[key] = prepared
        self._keep(prepared)

    def _again(self, prepared: Prepared, cause: Cause, current: DeliveryRecord | None) -> Prepared:
        """A prepared slice whose predecessor has changed: the record must say so."""
        replaces = current.id if current else None
        if prepared.held or (prepared.record.replaces, prepared.record.cause) == (replaces, cause):
            return prepared
        record = replace(prepared.record, cause=cause, replaces=replaces)
        write_text(self.layout.record_file(record.id), record_to_json(record))
        return replace(prepared, record=record)

    def _current(self, period: BillingPeriod) -> DeliveryRecord | None:
        return current_delivery(self._before, self.job.source_name, period)

    def _same_meaning(self, record: DeliveryRecord) -> bool:
        return (
            record.mapping_version == self.job.source.mapping_version
            and record.options == self.job.options.model_dump(mode="json")
            and record.vocabulary == self.job.words.digest
        )

    def _cause(self, current: DeliveryRecord | None, digest: str) -> Cause:
        if current is None:
            return "first"
        if current.fingerprint != digest:
            return "restated"
        if current.mapping_version != self.job.source.mapping_version:
            return "mapping"
        same_options = current.options == self.job.options.model_dump(mode="json")
        return "vocabulary" if same_options else "options"

    @contextlib.contextmanager
    def _workshop(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
        """A connection and a staging folder for one delivery."""
        with staging_folder(self.layout) as folder:
            connection = self.lake.connect(for_load=True)
            try:
                yield connection, folder
            finally:
                connection.close()

    # ------------------------------------------------------------------ what is no longer offered

    def _relift_rest(self, offered: Collection[BillingPeriod]) -> None:
        """Lift slices anew that are not on offer, from the files in the lake."""
        for current in self._before.slices:
            record = current.delivery
            if (
                current.source == self.job.source_name
                and current.billing_period not in offered
                and self.job.wants(current.billing_period)
                and record.kind == self.job.source.kind
                and not self._same_meaning(record)
            ):
                self._relift_one(record)

    def _relift_one(self, record: DeliveryRecord) -> None:
        missing = [f.path for f in record.files if not self.layout.landed(f.landed).exists()]
        if missing:
            error = LakeError(
                f"{missing[0]} is no longer in the lake, so that {record.billing_period} cannot be "
                "lifted anew; offer the files again"
            )
            self._failed(record.billing_period, record.billing_period, error)
            return
        everywhere = frozenset(range(len(record.files))) if record.loose else frozenset()
        offer = Offer(
            source_name=record.source,
            period=record.billing_period,
            indices=tuple(range(len(record.files))),
            files=record.files,
            # Rows without a period were rejected once; without any, none can be ours again.
            undated=everywhere if record.proof.rows_rejected else frozenset(),
            version=record.version,
            offer=record.offer,
            fingerprint=record.fingerprint,
            stated=Stated(record.proof.manifest_rows, record.proof.manifest_totals),
            notes=(),
            loose=record.loose,
        )
        with self._workshop() as (connection, folder):
            self._compare(offer, _LazyStaging(self, connection, folder, record.files), folder)

    # ------------------------------------------------------------------ outcomes

    def _unchanged(self, period: BillingPeriod, record: DeliveryRecord, why: str) -> None:
        done = self.state.outcomes.get(period)
        if done is None or done.status != "loaded":
            self.state.outcomes[period] = LoadOutcome(
                self.job.source_name, period, "unchanged", why, record
            )

    def _failed(
        self, key: BillingPeriod | int, period: BillingPeriod | None, error: Exception
    ) -> None:
        self.state.outcomes[key] = LoadOutcome(self.job.source_name, period, "failed", str(error))

    def _would_load(
        self, period: BillingPeriod, delivery: Delivery, current: DeliveryRecord | None
    ) -> None:
        size = sum(ref.size for ref in delivery.files)
        why = "replace the slice" if current else "be the first of its period"
        self.state.outcomes[period] = LoadOutcome(
            self.job.source_name,
            period,
            "loaded",
            f"dry run: {len(delivery.files)} files of {size} bytes would {why}",
        )

    def _dry_loose(self, number: int, delivery: Delivery, digest: str) -> set[BillingPeriod]:
        own = [s for s in self._before.slices if s.source == self.job.source_name]
        if own and all(s.delivery.offer == digest and self._same_meaning(s.delivery) for s in own):
            for current in own:
                self._unchanged(
                    current.billing_period, current.delivery, "the offer has not changed"
                )
        else:
            self.state.outcomes[number] = LoadOutcome(
                self.job.source_name,
                None,
                "loaded",
                f"dry run: {len(delivery.files)} files would be read; their rows say the periods",
            )
        return {s.billing_period for s in own}

    def _keep(self, prepared: Prepared) -> None:
        period = prepared.record.billing_period
        if prepared.held:
            self.state.outcomes[period] = LoadOutcome(
                self.job.source_name, period, "held", prepared.held, prepared.record
            )
        else:
            self.state.waiting.append(prepared)

    # ------------------------------------------------------------------ commit

    def _commit(self) -> None:
        """Let the waiting slices in, all at once."""
        self.state.last_commit = time.monotonic()
        if not self.state.waiting:
            return
        if self.job.progress:
            self.job.progress(f"{self.job.source_name}: committing", 0, None)
        waiting = tuple(self.state.waiting)
        snapshot_id = commit_prepared(self.lake, waiting)
        for prepared in waiting:
            record = prepared.record
            held = self.layout.held_file(record.source, record.billing_period)
            held.unlink(missing_ok=True)
            message = f"{record.rows} charges from {len(record.files)} files ({record.cause})"
            self.state.outcomes[record.billing_period] = LoadOutcome(
                record.source, record.billing_period, "loaded", message, record, snapshot_id
            )
        self.state.waiting.clear()


class _LazyStaging:
    """Stages a delivery's files when first needed: an unchanged slice is never read."""

    def __init__(
        self,
        loader: Loader,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        files: Sequence[LandedFile],
    ) -> None:
        self._loader, self._connection = loader, connection
        self._folder, self._files = folder, files
        self._staging: Staging | None = None

    def get(self) -> Staging:
        """The staging itself."""
        if self._staging is None:
            job = self._loader.job
            self._staging = Staging(
                self._connection,
                self._loader.layout,
                self._files,
                job.source,
                self._folder,
                job.progress,
            )
        return self._staging
