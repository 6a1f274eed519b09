"""The one moment at which readers see something new: a commit of prepared or removed slices."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outlay.lake.faults import fault_point
from outlay.lake.layout import exclusive, new_delivery_id
from outlay.lake.metadata import ADDED_PROPERTY, CAUSE_PROPERTY, COMMIT_PROPERTY, REMOVED_PROPERTY
from outlay.lake.prepare import Prepared
from outlay.lake.types import DeliveryRecord, LakeError, Pin
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

ATTEMPTS = 10
"""Tries of a load, and of a commit, while others commit in between."""


class OvertakenError(Exception):
    """Another load changed one of our slices: ask for the offer again (never shown)."""


def current_delivery(pin: Pin, source: str, period: BillingPeriod) -> DeliveryRecord | None:
    """The delivery that is the slice in the pin; None when there is no such slice."""
    for current in pin.slices:
        if (current.source, current.billing_period) == (source, period):
            return current.delivery
    return None


def commit_prepared(lake: "Lake", prepared: Sequence[Prepared]) -> int:
    """Commit prepared slices in one snapshot; gives its id.

    Raises OvertakenError when one of the slices is not what the preparation compared it with.
    """
    from outlay.lake.catalog import CommitRefused, Replacement

    records = [item.record for item in prepared]
    replacements = [
        Replacement(item.record.source, item.record.billing_period, item.charges,
                    item.record.replaces is not None)
        for item in prepared
    ]  # fmt: skip
    properties = {
        COMMIT_PROPERTY: new_delivery_id(),
        ADDED_PROPERTY: ",".join(record.id for record in records),
        REMOVED_PROPERTY: ",".join(record.replaces for record in records if record.replaces),
        CAUSE_PROPERTY: ",".join(sorted({record.cause for record in records})),
    }
    for _ in range(ATTEMPTS):
        # The lock only spares needless refusals: what decides is the table's optimistic commit.
        with exclusive(lake.layout.root / ".commit.lock"):
            table = lake.table.open()
            pin = lake.pin()
            for record in records:
                current = current_delivery(pin, record.source, record.billing_period)
                if (current.id if current else None) != record.replaces:
                    raise OvertakenError
            fault_point("commit")
            try:
                snapshot_id = lake.table.commit(table, replacements, properties)
            except CommitRefused:
                continue
            fault_point("commit")
        lake.history.moments()
        return snapshot_id
    raise LakeError(
        "the lake's table was changed by other loads at every try; let them finish, then load again"
    )


def remove_source(lake: "Lake", source_name: str) -> int | None:
    """Drop a source's slices in a new snapshot; its id, or None if there was no slice."""
    from outlay.lake.catalog import CommitRefused, Replacement

    for _ in range(ATTEMPTS):
        with exclusive(lake.layout.root / ".commit.lock"):
            table = lake.table.open()
            slices = [s for s in lake.pin().slices if s.source == source_name]
            if not slices:
                return None
            properties = {
                COMMIT_PROPERTY: new_delivery_id(),
                REMOVED_PROPERTY: ",".join(s.delivery.id for s in slices),
                CAUSE_PROPERTY: "removed",
            }
            gone = [Replacement(s.source, s.billing_period, None, True) for s in slices]
            try:
                snapshot_id = lake.table.commit(table, gone, properties)
            except CommitRefused:
                continue
        lake.history.moments()
        return snapshot_id
    raise LakeError(
        "the lake's table was changed by other loads at every try; let them finish, then try again"
    )
