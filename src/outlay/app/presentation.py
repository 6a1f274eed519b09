"""What pages and API both need and no single use case gives: small readings over the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import AccessDeniedError, current, whole_only
from outlay.app.errors import WorkspaceError
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import DeliveryRecord, Slice
    from outlay.query.lines import ChargeLine, RecordLines


@dataclass(frozen=True)
class Version:
    """One delivery of a slice in the lake's history: from `slice.committed_at` until `until`."""

    slice: Slice
    previous: Slice | None


def slice_of(workspace: Workspace, source: str, period: BillingPeriod) -> Slice:
    """The current slice of a source and period; WorkspaceError lists the periods there are. To
    people of a scope it says no more than that there is none."""
    if not current().whole:
        for item in workspace.pin().slices:
            if (item.source, item.billing_period) == (source, period):
                return item
        raise WorkspaceError(f"there is no {period} of the source {source!r}.")
    found = workspace.deliveries(source)
    for item in found:
        if item.billing_period == period:
            return item
    held = ", ".join(str(item.billing_period) for item in found) or "none"
    raise WorkspaceError(f"the source {source!r} has no {period}. Periods: {held}.")


def slice_history(workspace: Workspace, source: str, period: BillingPeriod) -> list[Version]:
    """Every delivery that was ever current for a slice, oldest first, as snapshots tell it."""
    whole_only("the history of a slice")
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
    whole_only("the deliveries held back")
    return [r for r in workspace.lake.held() if source is None or r.source == source]


def billed(item: Slice, measure: str = "BilledCost") -> dict[str, Decimal]:
    """The loaded total of a cost column of a slice, by currency."""
    return {
        line.currency: line.loaded for line in item.delivery.proof.lines if line.measure == measure
    }


def charges_of_record(
    workspace: Workspace, source: str, period: BillingPeriod, file: int, line: int
) -> list[ChargeLine]:
    """Every charge that was made from one record of a vendor's file, and that who asks may see.

    Usually one; a fee gives several. To people of a scope, where a cluster's charge is shared out,
    the rows in its place that are theirs. WorkspaceError when there is none.
    """
    from outlay.focus.sql import literal
    from outlay.query.lines import ChargeLine, Origin

    if not current().whole:
        found = _seen_of_record(workspace, source, period, file, line).charges
        if not found:
            raise _no_charge(source, period, file, line)
        return list(found)
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
        raise _no_charge(source, period, file, line)
    return [ChargeLine(Origin.of(item, file, line), row) for row in rows]


def _no_charge(source: str, period: BillingPeriod, file: int, line: int) -> WorkspaceError:
    return WorkspaceError(
        f"no charge of {source!r} {period} comes from record {line} of file {file}. The bill "
        "may have been delivered again since: start from its charges."
    )


def _seen_of_record(
    workspace: Workspace,
    source: str,
    period: BillingPeriod,
    file: int,
    line: int,
    as_of: datetime | int | None = None,
) -> RecordLines:
    from outlay.query.lines import record_lines

    return record_lines(
        workspace.lake, source, str(period), file, line,
        pin=workspace.pin(as_of), rules=workspace.rules_of(None),
    )  # fmt: skip


def check_record(
    workspace: Workspace,
    source: str,
    period: BillingPeriod,
    file: int,
    line: int,
    as_of: datetime | int | None = None,
) -> None:
    """Refuse the vendor's record to people who do not see all charges that it became.

    WorkspaceError as for a record that is not there; where they see a part of a charge that is
    shared out, AccessDeniedError.
    """
    if current().whole:
        return
    found = _seen_of_record(workspace, source, period, file, line, as_of)
    if not found.charges:
        raise _no_charge(source, period, file, line)
    if found.others:
        raise AccessDeniedError(
            "This record became charges of others too: it is shown to people who see all of them."
        )


def shared_of_record(
    workspace: Workspace, source: str, period: BillingPeriod, file: int, line: int
) -> list[ChargeLine]:
    """The rows that stand in the place of a record's charges in every question, where a cluster's
    charges are shared out to its pods; largest EffectiveCost first, none for other records."""
    from outlay.lake.facts import slice_facts
    from outlay.query.lines import ChargeLine, Origin

    if not current().whole:
        return []  # they are what is shown as the record's charges
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
