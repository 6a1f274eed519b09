"""What the ledger knows of its own deliveries, for invoices that differ from their charges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from outlay.money import BillingPeriod, total

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import DeliveryRecord, Slice
    from outlay.lake.types import Pin
    from outlay.money.rates import Rate
    from outlay.statements.billed import BilledSum, Rounded
    from outlay.statements.invoices import Held, Slot


def billed_of(record: DeliveryRecord, side: str = "loaded") -> dict[str, Decimal]:
    """BilledCost of a delivery by currency: what was loaded, stated or rejected."""
    return {
        line.currency: getattr(line, side)
        for line in record.proof.lines
        if line.measure == "BilledCost"
    }


class LedgerEvidence:
    """`outlay.statements.invoices.Evidence` over a workspace at a pin.

    What is asked for twice is worked out once; the object is for one reconciliation.
    """

    def __init__(self, workspace: Workspace, pin: Pin, sums: Sequence[BilledSum]) -> None:
        self._workspace = workspace
        self._pin = pin
        self._sums = sums
        self._slices = {(s.source, s.billing_period): s for s in pin.slices}
        self._earlier: dict[tuple[str, ...], Sequence[BilledSum]] = {}

    @cached_property
    def _versions(self) -> dict[Slot, list[Slice]]:
        """Every delivery that was ever current for a slice, oldest first."""
        found: dict[Slot, list[Slice]] = defaultdict(list)
        for snapshot in self._workspace.snapshots():
            added = set(snapshot.added)
            for item in self._workspace.pin(snapshot.snapshot_id).slices:
                if item.delivery.id in added:
                    found[item.source, item.billing_period].append(item)
        return found

    @cached_property
    def _held(self) -> dict[Slot, DeliveryRecord]:
        return {(r.source, r.billing_period): r for r in self._workspace.held()}

    def earlier(
        self, slots: Iterable[Slot], day: date | None
    ) -> tuple[Sequence[BilledSum], str] | None:
        """The sums of slices as they were known at the end of a day."""
        end = datetime.combine(day + timedelta(days=1), time()) if day else datetime.min
        chosen = [found for slot in sorted(slots) if (found := self._version(slot, end))]
        current = {one.delivery.id for one in self._slices.values()}
        if all(one.delivery.id in current for one in chosen):
            return None
        key = tuple(sorted(one.delivery.id for one in chosen))
        if key not in self._earlier:
            from outlay.lake.types import Pin
            from outlay.statements.billed import billed_sums

            pin = Pin(None, None, tuple(chosen))
            self._earlier[key] = billed_sums(self._workspace.lake, pin)
        newest = max(one.committed_at for one in chosen)
        known = day is not None and newest < end
        when = f"at the end of {day}" if known else f"when first loaded ({newest:%Y-%m-%d %H:%M})"
        return self._earlier[key], when

    def _version(self, slot: Slot, end: datetime) -> Slice | None:
        """The delivery that was current just before `end`, else the first one."""
        versions = self._versions.get(slot, [])
        before = [one for one in versions if one.committed_at < end]
        return before[-1] if before else (versions[0] if versions else self._slices.get(slot))

    def held(self, slot: Slot) -> Held | None:
        """What letting a held delivery in would change."""
        from outlay.statements.invoices import Held

        record = self._held.get(slot)
        if record is None:
            return None
        new = billed_of(record)
        current = self._slices.get(slot)
        old = billed_of(current.delivery) if current else {}
        zero = Decimal(0)
        changes = {
            code: total((new.get(code, zero), old.get(code, zero).copy_negate()))
            for code in {*new, *old}
        }
        return Held(record.id, changes)

    def rejected(self, slot: Slot, currency: str) -> Decimal:
        """BilledCost of rejected rows."""
        current = self._slices.get(slot)
        found = billed_of(current.delivery, "rejected") if current else {}
        return found.get(currency, Decimal(0))

    def lacking(self, issuer: str, period: BillingPeriod) -> Sequence[str]:
        """Which bills of an issuer and period are missing, held or were loaded too early."""
        found = []
        for source in sorted({one.source for one in self._sums if one.issuer == issuer}):
            current = self._slices.get((source, period))
            if current is None:
                held = (source, period) in self._held
                state = "a delivery is held back" if held else "there is none"
                found.append(f"{source} has no bill of {period}: {state}.")
            elif current.delivery.loaded_at < datetime.combine(period.end, time()):
                found.append(
                    f"{source} was last loaded on {current.delivery.loaded_at:%Y-%m-%d}, before "
                    f"{period} was over: the charges are not complete."
                )
        return found

    def rounded(
        self, slots: Iterable[Slot], issuer: str | None, ids: Sequence[str | None], currency: str
    ) -> Rounded | None:
        """The charges summed after rounding."""
        from outlay.statements.billed import rounded_sums

        slices = [self._slices[slot] for slot in sorted(slots) if slot in self._slices]
        return rounded_sums(self._workspace.lake, slices, issuer, ids, currency)

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """The rate of the workspace's own table, else the European Central Bank's."""
        from outlay.app.rates import rates_of

        return rates_of(self._workspace, None)[0].rate(source, target, day)
