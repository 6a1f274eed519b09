"""What the lake says of deliveries, slices, snapshots, proofs and restatements.

Everything here is a plain frozen value: no file is opened and no engine is asked. Amounts are
exact decimals of one currency each; they are never added across currencies.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from outlay.focus.checks import CheckResult
from outlay.money import BillingPeriod, total

COST_COLUMNS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
"""The four cost columns of FOCUS, in the order in which they are shown."""

MEASURE_COLUMNS = (*COST_COLUMNS, "ConsumedQuantity", "PricingQuantity")
"""The summed columns of the daily roll-up; `LineCount` stands beside them."""

Rollup = Literal["daily", "contexts", "cube", "months", "tags"]
ROLLUPS: tuple[Rollup, ...] = ("daily", "contexts", "cube", "months", "tags")

Cause = Literal["first", "restated", "mapping", "options", "vocabulary"]
Status = Literal["loaded", "unchanged", "held", "failed"]


class LakeError(Exception):
    """The lake cannot do what was asked. The message says what, where and what to do next."""


@dataclass(frozen=True)
class ProofLine:
    """One cost column in one currency: the source's own sum against what is in the lake.

    `stated` is the vendor's formula summed over all raw rows, `loaded` the sum of the FOCUS
    column over the written charges, `rejected` the formula over the rejected rows.
    """

    measure: str
    currency: str
    stated: Decimal
    loaded: Decimal
    rejected: Decimal

    @property
    def difference(self) -> Decimal:
        """What is unexplained: stated less loaded less rejected. Zero when proven."""
        # copy_negate: a unary minus would round to the default context's 28 digits.
        return total((self.stated, self.loaded.copy_negate(), self.rejected.copy_negate()))


@dataclass(frozen=True)
class UsageLine:
    """One metric of the usage rows: the vendor's own sum against what is in the lake.

    `stated` is None where the source gives no formula of its own for the metric.
    """

    metric: str
    unit: str
    stated: Decimal | None
    loaded: Decimal

    @property
    def agrees(self) -> bool:
        """True unless the two sums differ."""
        return self.stated is None or self.stated == self.loaded


@dataclass(frozen=True)
class Proof:
    """That nothing was lost or made up between the vendor's rows and the charges.

    `rows_extra` are charges made beside the row's own (a fee that becomes purchase and unused
    rows). `manifest_rows` and `manifest_totals` are what the vendor's manifest says, if anything.
    """

    rows_read: int
    rows_mapped: int
    rows_extra: int
    rows_folded: dict[str, int]
    rows_rejected: int
    lines: tuple[ProofLine, ...]
    manifest_rows: int | None = None
    manifest_totals: dict[str, Decimal] = field(default_factory=dict)
    usage: tuple[UsageLine, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Every difference in words; empty when the delivery reconciles."""
        found = []
        explained = self.rows_mapped + sum(self.rows_folded.values()) + self.rows_rejected
        if explained != self.rows_read:
            found.append(f"{self.rows_read} rows read, but {explained} explained")
        if self.manifest_rows is not None and self.manifest_rows != self.rows_read:
            found.append(f"the manifest states {self.manifest_rows} rows, read {self.rows_read}")
        for line in self.lines:
            if line.difference:
                found.append(
                    f"{line.measure} {line.currency}: stated {line.stated:f}, loaded "
                    f"{line.loaded:f}, rejected {line.rejected:f}, difference {line.difference:f}"
                )
        for use in self.usage:
            if not use.agrees:
                found.append(
                    f"usage {use.metric} in {use.unit}: stated {use.stated:f}, loaded "
                    f"{use.loaded:f}"
                )
        for measure, amount in self.manifest_totals.items():
            lines = [line for line in self.lines if line.measure == measure]
            if len(lines) == 1 and lines[0].stated != amount:
                found.append(
                    f"the manifest states {measure} {amount:f}, the rows sum to {lines[0].stated:f}"
                )
        return tuple(found)

    @property
    def reconciled(self) -> bool:
        """True when rows and every cost column agree to the last digit."""
        return not self.problems

    @property
    def rejected_share(self) -> Decimal:
        """Rejected rows as a share of rows read, 0 to 1 (0 for no rows)."""
        return Decimal(self.rows_rejected) / self.rows_read if self.rows_read else Decimal(0)


@dataclass(frozen=True)
class LandedFile:
    """One vendor file as the lake keeps it.

    `path` is the vendor's path (`archive.zip!member.csv` for a member), `size` in bytes,
    `landed` the path below the lake folder, `version` the location's mark of the content.
    """

    path: str
    sha256: str
    size: int
    landed: str
    version: str = ""


@dataclass(frozen=True)
class RejectedRow:
    """One row that was not taken: its file (vendor's path), record number from 1, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class DeliveryRecord:
    """Proof and provenance of one delivery in the lake; immutable once written.

    `offer` is a digest of the offered names, sizes and versions, `fingerprint` a digest of the
    content itself. `loaded_at` is UTC (naive). `replaces` is the delivery id that was current.
    `columns` are the `x_` columns of the source, `context_columns` those of the contexts table.
    `checked` is False where the slice is so large that its row checks wait until they are asked
    for (`Lake.checks`); `checks` is empty then. `usage_rows` are kept beside the charges.
    `vocabulary` is the digest of the vocabulary that named the charges (empty before there was
    one).
    """

    id: str
    source: str
    kind: str
    billing_period: BillingPeriod
    version: str
    files: tuple[LandedFile, ...]
    offer: str
    fingerprint: str
    mapping_version: int
    options: dict[str, object]
    focus_version: str
    loaded_at: datetime
    cause: Cause
    replaces: str | None
    rows: int
    proof: Proof
    checks: tuple[CheckResult, ...] = ()
    checked: bool = True
    notes: tuple[str, ...] = ()
    rejects_sample: tuple[RejectedRow, ...] = ()
    columns: tuple[str, ...] = ()
    context_columns: tuple[str, ...] = ()
    loose: bool = False
    usage_rows: int = 0
    vocabulary: str = ""


@dataclass(frozen=True)
class Slice:
    """One (source, billing period) as a pin sees it. `committed_at` is UTC (naive)."""

    source: str
    billing_period: BillingPeriod
    delivery: DeliveryRecord
    charges_path: Path
    snapshot_id: int
    committed_at: datetime


@dataclass(frozen=True)
class Pin:
    """The whole lake at one snapshot: it never changes, whatever is loaded later.

    `detail` is False when the charges of that moment are gone by retention and only its
    roll-ups remain. An empty lake is a pin without snapshot and slices.
    """

    snapshot_id: int | None
    committed_at: datetime | None
    slices: tuple[Slice, ...]
    detail: bool = True


@dataclass(frozen=True)
class SnapshotInfo:
    """One commit: what it added and removed (delivery ids). `committed_at` is UTC (naive)."""

    snapshot_id: int
    committed_at: datetime
    added: tuple[str, ...]
    removed: tuple[str, ...]
    cause: str
    detail: bool = True


@dataclass(frozen=True)
class LoadOutcome:
    """What became of one slice in a load.

    `status`: loaded (a new snapshot holds it), unchanged, held (proof or rejects: the old slice
    stays) or failed (could not be read). `record` is the new delivery, also when held; for an
    unchanged slice the current one. `billing_period` is None when a delivery failed before its
    periods were known.
    """

    source: str
    billing_period: BillingPeriod | None
    status: Status
    message: str
    record: DeliveryRecord | None = None
    snapshot_id: int | None = None

    @property
    def rejected(self) -> int:
        """Rows that went to the quarantine."""
        return self.record.proof.rows_rejected if self.record else 0


@dataclass(frozen=True)
class MeasureChange:
    """One measure in one currency before and after."""

    measure: str
    currency: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """After less before."""
        return total((self.after, self.before.copy_negate()))


@dataclass(frozen=True)
class SliceChange:
    """One slice that differs between two pins; a delivery id is None where there is no slice."""

    source: str
    billing_period: BillingPeriod
    cause: str
    before: str | None
    after: str | None
    rows_before: int
    rows_after: int
    measures: tuple[MeasureChange, ...]


@dataclass(frozen=True)
class DimensionChange:
    """The change of one combination of dimension values over all changed slices."""

    values: tuple[str | date | None, ...]
    measures: tuple[MeasureChange, ...]


@dataclass(frozen=True)
class RestatementReport:
    """What changed between two pins: by slice, and by the asked dimensions where any changed."""

    before: Pin
    after: Pin
    by: tuple[str, ...]
    slices: tuple[SliceChange, ...]
    rows: tuple[DimensionChange, ...]


@dataclass(frozen=True)
class MaintenanceReport:
    """What maintenance did: snapshots expired, files collected and the bytes they freed."""

    snapshots_expired: int
    files_removed: int
    bytes_freed: int
    notes: tuple[str, ...] = ()
