"""The lake of the worked example in docs/drivers.md, and short ways to ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from outlay.lake import SnapshotInfo
from outlay.query import CostQuery
from outlay.query.drivers import Asking, Bridge, DriverReport, drivers
from tests.query.fixtures import Charge, SmallLake

JUNE, JULY = "2026-06-01", "2026-07-31"


class Lake(SmallLake):
    """A small lake without history."""

    def snapshots(self) -> list[SnapshotInfo]:
        return []


def charge(
    cost: str,
    day: str,
    resource: str | None = None,
    price: str | None = None,
    quantity: str | None = None,
    unit: str | None = "Hrs",
    **more: Any,
) -> Charge:
    """A charge of usage; every cost is `cost` unless it is given."""
    return {
        "EffectiveCost": cost,
        "BilledCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "ChargePeriodStart": day,
        "ResourceId": resource,
        "SkuId": price and price.split(".")[0],
        "SkuPriceId": price,
        "PricingQuantity": quantity,
        "PricingUnit": unit if quantity is not None else None,
        "ChargeFrequency": "Usage-Based",
        **more,
    }


def other(category: str, cost: str, day: str, **more: Any) -> Charge:
    """A charge that is no usage."""
    return charge(cost, day, ChargeCategory=category, ChargeFrequency="One-Time", **more)


WORKED = (
    # A: on all month, one more day
    charge("72.00", JUNE, "vm-1", "vm.od", "720"),
    charge("74.40", JULY, "vm-1", "vm.od", "744"),
    # B: more hours, and dearer
    charge("60.00", JUNE, "vm-2", "large.od", "300"),
    charge("100.75", JULY, "vm-2", "large.od", "403"),
    # C and D: replaced by another machine of the same price
    charge("15.00", JUNE, "vm-3", "vm.od", "150"),
    charge("18.00", JULY, "vm-4", "vm.od", "180"),
    # E: four fifths of its hours are covered by a commitment now
    charge("90.00", JUNE, "vm-5", "big.od", "300"),
    charge("18.60", JULY, "vm-5", "big.od", "62"),
    charge("44.64", JULY, "vm-5", "big.sp", "248", BilledCost="0", ContractedCost="74.40",
           CommitmentDiscountStatus="Used", CommitmentDiscountId="sp-1"),
    # F: what was not used of it
    charge("5.00", JULY, "sp-1", "sp.1y", None, CommitmentDiscountStatus="Unused",
           CommitmentDiscountId="sp-1"),
    # G: counted in months
    charge("3.00", JUNE, "bucket", "store.1", "30", "GB-Mo"),
    charge("3.30", JULY, "bucket", "store.1", "33", "GB-Mo"),
    # H: no quantities
    charge("4.00", JUNE, "api"),
    charge("6.50", JULY, "api"),
    # I to K: no usage
    other("Credit", "-10.00", JUNE),
    other("Credit", "-6.00", JULY),
    other("Tax", "20.00", JUNE),
    other("Tax", "21.00", JULY),
    other("Purchase", "30.00", JULY),
    other("Adjustment", "-1.00", JUNE),
    other("Adjustment", "-2.00", JULY),
    # L: thirds, which no decimal holds
    charge("1.00", JUNE, "queue", "queue.1", "3", "Requests"),
    charge("1.00", JULY, "queue", "queue.1", "2", "Requests"),
)  # fmt: skip

EFFECTS = {
    "new": "18.00",
    "gone": "-15.00",
    "usage": "18.533333333333",
    "length": "7.433333333333",
    "price": "20.483333333333",
    "unmetered": "2.50",
    "commitment": "-24.76",
    "credit": "4.00",
    "tax": "1.00",
    "purchase": "30.00",
    "adjustment": "-1.00",
    "rounding": "0.000000000001",
}
"""What the example says of June against July 2026."""


def worked(folder: Any) -> Lake:
    """The lake of the example: a slice a month."""
    return filled(folder, WORKED)


def filled(folder: Any, charges: Any) -> Lake:
    """A lake of charges, a slice a month."""
    lake = Lake(folder)
    rows = list(charges)
    for month in sorted({str(row["ChargePeriodStart"])[:7] for row in rows}):
        lake.add(month, [row for row in rows if str(row["ChargePeriodStart"])[:7] == month])
    return lake


def asked(lake: Lake, *, against: str = "", **parts: Any) -> DriverReport:
    """July against June, with whatever else is asked."""
    query = CostQuery.model_validate({"range": "2026-07-01..2026-08-01", **parts})
    return drivers(lake, Asking(query, against))


def sole(report: DriverReport) -> Bridge:
    """The report's one bridge."""
    assert report.sole is not None
    return report.sole


def effects(report: DriverReport) -> dict[str, Decimal]:
    """The effects of the one bridge, without those of nought."""
    return {name: amount for name, amount in sole(report).told}


def decimals(texts: dict[str, str]) -> dict[str, Decimal]:
    """Amounts written as texts."""
    return {name: Decimal(text) for name, text in texts.items()}
