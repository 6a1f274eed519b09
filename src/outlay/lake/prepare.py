"""One slice on its way into the lake: surveyed, written, proven, rolled up, recorded.

Nothing here changes what a reader sees: the files get their final names and the record says what
they are, and only the commit (`outlay.lake.load`) lets them in.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from outlay.focus.checks import run_checks
from outlay.focus.vocabulary import Vocabulary
from outlay.lake.engine.duckdb import parquet
from outlay.lake.factor import FACTORED_ROWS, Factored, factor
from outlay.lake.faults import fault_point
from outlay.lake.layout import Layout, new_delivery_id, publish, sync_folder, write_text
from outlay.lake.lift import (
    LeftOut,
    Plan,
    charges_sql,
    context_columns,
    extra_sql,
    main_sql,
    plan,
    write_charges,
)
from outlay.lake.naming import Naming
from outlay.lake.proof import Survey, prove, survey, write_quarantine
from outlay.lake.records import record_to_json
from outlay.lake.rollups import ContextCollisionError, build_rollups
from outlay.lake.staging import BrokenRow, StagedRaw, Staging
from outlay.lake.types import Cause, DeliveryRecord, LakeError, LandedFile, Proof, RejectedRow
from outlay.lake.usage import write_usage
from outlay.money import BillingPeriod
from outlay.sources.contract import Progress, Source, SourceOptions, Stated

_SALTS = 4

CHECKED_ROWS = 500_000
"""Row checks cost more than the load itself and never hold a slice back: past this many rows they
wait until somebody looks at them (`Lake.checks`)."""


@dataclass(frozen=True)
class Offer:
    """What one slice would be made of: the files (by index into the staging) and their digest."""

    source_name: str
    period: BillingPeriod
    indices: tuple[int, ...]
    files: tuple[LandedFile, ...]
    undated: frozenset[int]
    """Files (by place in `files`) whose rows without a period are this slice's to reject."""
    version: str
    offer: str
    fingerprint: str
    stated: Stated
    notes: tuple[str, ...]
    loose: bool


@dataclass(frozen=True)
class Prepared:
    """A slice whose files are in place, waiting for its commit; or one that is held back."""

    record: DeliveryRecord
    charges: Path
    held: str | None


class Preparer:
    """Prepares slices of one staged delivery."""

    def __init__(
        self,
        layout: Layout,
        source: Source,
        options: SourceOptions,
        staging: Staging,
        folder: Path,
        *,
        words: Vocabulary,
        max_rejected: Decimal,
        progress: Progress | None,
    ) -> None:
        self.layout = layout
        self.words = words
        self.source = source
        self.options = options
        self.staging = staging
        self.folder = folder
        self._max_rejected = max_rejected
        self._progress = progress

    def _tell(self, offer: Offer, what: str, step: int) -> None:
        if self._progress:
            self._progress(f"{offer.source_name} {offer.period}: {what}", step, 5)

    def prepare(self, offer: Offer, cause: Cause, replaces: str | None) -> Prepared:
        """Survey, write, prove and roll up one slice.

        Raises SourceError or LakeError when it cannot be read or mapped at all; a slice that can,
        but does not reconcile or has too many rejected rows, comes back as held.
        """
        connection = self.staging.connection
        self._tell(offer, "reading", 0)
        raw = self.staging.raw(offer.indices)
        broken = self._broken(offer)
        planned = self._plan(offer, raw)
        self._tell(offer, "summing the vendor's rows", 1)
        found = survey(connection, planned)
        if found.rows + len(broken) == 0:
            raise LakeError(
                f"{offer.files[0].path} has no rows for {offer.period}; an empty export is not "
                "taken for a month without cost: check the export"
            )
        delivery_id = new_delivery_id()
        work = self.folder / delivery_id
        work.mkdir()
        self._tell(offer, "writing charges", 2)
        charges = work / "charges.parquet"
        planned, contexts = self._write(raw, planned, found, charges, work / "rollups", offer)
        fault_point("map")
        self._tell(offer, "proving", 4)
        proof = prove(connection, planned, found, len(broken), charges, offer.stated)
        usage_rows = 0
        if planned.mapping.usage:
            usage_rows, lines = write_usage(connection, planned, work / "usage.parquet")
            proof = replace(proof, usage=lines)
        sample: tuple[RejectedRow, ...] = ()
        if proof.rows_rejected:
            quarantine = work / "quarantine.parquet"
            sample = write_quarantine(connection, planned, raw, offer.files, broken, quarantine)
        small = found.rows <= CHECKED_ROWS
        record = self._record(offer, planned, found, proof, contexts, cause, replaces)
        record = replace(
            record,
            id=delivery_id,
            rejects_sample=sample,
            checks=run_checks(connection, parquet(charges)) if small else (),
            checked=small,
            usage_rows=usage_rows,
            focus_version=_focus_version(connection, charges, planned.columns),
        )
        held = self._held(proof)
        target = self._publish(record, work, held is not None)
        return Prepared(record, target, held)

    def _broken(self, offer: Offer) -> list[BrokenRow]:
        """Records of the slice's files that are no rows; of a loose file, the first slice's."""
        return [
            replace(row, file=place)
            for place, index in enumerate(offer.indices)
            if not offer.loose or place in offer.undated
            for row in self.staging.broken.get(index, ())
        ]

    def _plan(self, offer: Offer, raw: StagedRaw) -> Plan:
        mapping = self.source.mapping(raw, self.options)
        if offer.loose:
            own = f"({mapping.period}) = DATE '{offer.period.start}'"
            if offer.undated:
                files = ", ".join(str(place) for place in sorted(offer.undated))
                own = f"({own} OR (({mapping.period}) IS NULL AND _file IN ({files})))"
            if mapping.reference:
                own = f"({own} OR ({mapping.reference}))"
            self.staging.keep(own)
            # What the mapping found out about the rows must hold for this slice's rows alone.
            mapping = self.source.mapping(raw, self.options)
        return plan(offer.source_name, offer.period, mapping, loose=offer.loose)

    def _write(
        self,
        raw: StagedRaw,
        planned: Plan,
        found: Survey,
        charges: Path,
        rollups: Path,
        offer: Offer,
    ) -> tuple[Plan, list[str]]:
        """Write charges and roll-ups; gives the plan with all own columns, and the contexts'."""
        connection = raw.connection
        rows = found.rows + found.extra
        there = LeftOut(found.rejected > 0, bool(found.folded), found.extra > 0)
        naming, lookup = self._names(raw, planned, there, rows)
        planned = replace(planned, columns=tuple(sorted({*planned.columns, *naming.columns})))
        contexts = context_columns(connection, planned, found.rows)
        for salt in range(_SALTS):
            select = charges_sql(planned, contexts, there, naming, salt=salt, lookup=lookup)
            write_charges(connection, select, rows, charges)
            fault_point("write")
            self._tell(offer, "rolling up", 3)
            try:
                told = build_rollups(connection, charges, contexts, rollups)
            except ContextCollisionError:
                # Two contexts share a 63-bit key (about once in a million slices): salt it.
                continue
            noted = replace(planned.mapping, notes=(*planned.mapping.notes, *told))
            return replace(planned, mapping=noted), contexts
        raise LakeError(
            f"the context keys of {offer.period} collide under {_SALTS} salts; this is a defect: "
            "please report it with the source's kind"
        )

    def _names(
        self, raw: StagedRaw, planned: Plan, there: LeftOut, rows: int
    ) -> tuple[Naming, Factored | None]:
        """The vocabulary's answers for the slice; of a large one, per combination of values."""
        mapping = planned.mapping
        given = {name for part in (mapping.main, *mapping.extra) for name in part.columns}
        naming = Naming(raw.connection, self.words, given)
        if there.extra:
            naming.study(extra_sql(planned, there), main=False, small=True)
        lookup = None
        if rows >= FACTORED_ROWS and mapping.source == "raw":
            try:
                lookup = factor(
                    raw.connection, planned, raw.columns, rows, naming, extra=there.extra
                )
            except duckdb.Error:
                # An expression may fail on values of rows that are rejected: then row by row.
                naming.forget_texts()
        select = main_sql(planned, there, lookup)
        naming.study(select, main=True, small=rows < FACTORED_ROWS)
        return naming, lookup

    def _record(
        self,
        offer: Offer,
        planned: Plan,
        found: Survey,
        proof: Proof,
        contexts: Sequence[str],
        cause: Cause,
        replaces: str | None,
    ) -> DeliveryRecord:
        notes = [*offer.notes, *self.staging.notes, *planned.mapping.notes]
        if found.foreign:
            notes.append(
                f"{found.foreign} rows carry another billing period than {offer.period}; they "
                "belong to this delivery and stay in it"
            )
        return DeliveryRecord(
            id="",
            source=offer.source_name,
            kind=self.source.kind,
            billing_period=offer.period,
            version=offer.version,
            files=offer.files,
            offer=offer.offer,
            fingerprint=offer.fingerprint,
            mapping_version=self.source.mapping_version,
            vocabulary=self.words.digest,
            options=self.options.model_dump(mode="json"),
            focus_version="",
            loaded_at=datetime.now(UTC).replace(tzinfo=None),
            cause=cause,
            replaces=replaces,
            rows=proof.rows_mapped + proof.rows_extra,
            proof=proof,
            notes=tuple(dict.fromkeys(notes)),
            columns=planned.columns,
            context_columns=tuple(contexts),
            loose=offer.loose,
        )

    def _held(self, proof: Proof) -> str | None:
        """Why the slice may not be let in, or None."""
        if not proof.reconciled:
            return "does not reconcile: " + "; ".join(proof.problems)
        if proof.rejected_share > self._max_rejected:
            return (
                f"{proof.rows_rejected} of {proof.rows_read} rows were rejected; correct them at "
                "the source or allow a larger share of rejected rows"
            )
        return None

    def _publish(self, record: DeliveryRecord, work: Path, held: bool) -> Path:
        """Give the files their final names, the record last: where it is, the rest is whole."""
        layout = self.layout
        quarantine = work / "quarantine.parquet"
        if quarantine.exists():
            publish(quarantine, layout.quarantine_file(record.id))
        text = record_to_json(record)
        if held:
            write_text(layout.held_file(record.source, record.billing_period), text)
            shutil.rmtree(work, ignore_errors=True)
            return work
        target = layout.charges_file(record.source, record.billing_period, record.id)
        publish(work / "charges.parquet", target)
        fault_point("publish")
        if record.usage_rows:
            publish(work / "usage.parquet", layout.usage_file(record.id))
            fault_point("publish")
        (work / "rollups").rename(layout.rollups / record.id)
        sync_folder(layout.rollups)
        fault_point("publish")
        write_text(layout.record_file(record.id), text)
        fault_point("publish")
        return target


def _focus_version(
    connection: duckdb.DuckDBPyConnection, charges: Path, columns: Sequence[str]
) -> str:
    """The FOCUS version that the source says its rows were written in; empty if it says none."""
    if "x_FocusVersion" not in columns:
        return ""
    rows = connection.execute(
        f"SELECT DISTINCT x_FocusVersion FROM {parquet(charges)} "
        "WHERE x_FocusVersion IS NOT NULL ORDER BY 1"
    ).fetchall()
    return ", ".join(str(row[0]) for row in rows)
