"""What pages and API both need and no single use case gives: small readings over the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.errors import WorkspaceError
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import DeliveryRecord, Slice
    from outlay.query.lines import ChargeLine


@dataclass(frozen=True)
class Version:
    """One delivery of a slice in the lake's history: from `slice.committed_at` until `until`."""

    slice: Slice
    previous: Slice | None


def slice_of(workspace: Workspace, source: str, period: BillingPeriod) -> Slice:
    """The current slice of a source and period; WorkspaceError lists the periods there are."""
    found = workspace.deliveries(source)
    for item in found:
        if item.billing_period == period:
            return item
    held = ", ".join(str(item.billing_period) for item in found) or "none"
    raise WorkspaceError(f"the source {source!r} has no {period}. Periods: {held}.")


def slice_history(workspace: Workspace, source: str, period: BillingPeriod) -> list[Version]:
    """Every delivery that was ever current for a slice, oldest first, as snapshots tell it."""
    versions: list[Version] = []
    for snapshot in workspace.snapshots():
        for item in workspace.pin(snapshot.snapshot_id).slices:
            if (item.source, item.billing_period) != (source, period):
                continue
            last = versions[-1].slice if versions else None
            if last is None or last.delivery.id != item.delivery.id:
                versions.append(Version(item, last))
    return versions


def held_back(workspace: Workspace, source: str | None = None) -> list[DeliveryRecord]:
    """Deliveries that were not let in because they do not reconcile or reject too much."""
    return [r for r in workspace.lake.held() if source is None or r.source == source]


def billed(item: Slice, measure: str = "BilledCost") -> dict[str, Decimal]:
    """The loaded total of a cost column of a slice, by currency."""
    return {
        line.currency: line.loaded for line in item.delivery.proof.lines if line.measure == measure
    }


def charges_of_record(
    workspace: Workspace, source: str, period: BillingPeriod, file: int, line: int
) -> list[ChargeLine]:
    """Every charge that was made from one record of a vendor's file.

    Usually one; a fee gives several. WorkspaceError when the record gave none.
    """
    from outlay.focus.sql import literal
    from outlay.query.lines import ChargeLine, Origin

    item = slice_of(workspace, source, period)
    with workspace.lake.connect() as connection:
        cursor = connection.execute(
            f"SELECT * FROM read_parquet({literal(str(item.charges_path))}, "
            "hive_partitioning = false) WHERE x_SourceFile = ? AND x_SourceLine = ?",
            [file, line],
        )
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not rows:
        raise WorkspaceError(
            f"no charge of {source!r} {period} comes from record {line} of file {file}. The bill "
            "may have been delivered again since: start from its charges."
        )
    return [ChargeLine(Origin.of(item, file, line), row) for row in rows]


def shared_of_record(
    workspace: Workspace, source: str, period: BillingPeriod, file: int, line: int
) -> list[ChargeLine]:
    """The rows that stand in the place of a record's charges in every question, where a cluster's
    charges are shared out to its pods; largest EffectiveCost first, none for other records."""
    from outlay.lake.facts import slice_facts
    from outlay.query.lines import ChargeLine, Origin

    item = slice_of(workspace, source, period)
    layers = [
        one
        for one in slice_facts(workspace.lake, workspace.pin())
        if one.slice.delivery.id == item.delivery.id and one.variant and not one.partly
    ]
    found = []
    with workspace.lake.connect() as connection:
        for layer in layers:
            cursor = connection.execute(
                f"SELECT * FROM {layer.lines_sql} WHERE x_SourceFile = ? AND x_SourceLine = ? "
                "ORDER BY abs(EffectiveCost) DESC, AllocatedResourceId, x_AllocatedPart",
                [file, line],
            )
            names = [column[0] for column in cursor.description or ()]
            found += [
                ChargeLine(Origin.of(item, file, line), dict(zip(names, row, strict=True)))
                for row in cursor.fetchall()
            ]
    return found
