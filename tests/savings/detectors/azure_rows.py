"""Rows of an Azure bill, as the lake has them: what a day of one resource costs, in euros."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

SUBSCRIPTION = "/subscriptions/4be1f7d0-52a9-4d0c-8c1e-6f2a90b7c310"


def azure_id(kind: str, name: str) -> str:
    """The id of a resource: ``microsoft.compute/disks``, in small letters as the lake has it."""
    return f"{SUBSCRIPTION}/resourcegroups/rg-a/providers/{kind}/{name}".lower()


def row(
    kind: str, name: str, category: str, meter: str, cost: str, quantity: str = "24", **more: Any
) -> dict[str, Any]:
    """A day's usage of one meter; `cost` is the effective and list cost."""
    amount = Decimal(quantity)
    return {
        "ServiceProviderName": "Microsoft", "ChargeCategory": "Usage", "BillingCurrency": "EUR",
        "SubAccountId": SUBSCRIPTION, "RegionId": "westeurope", "ServiceName": category,
        "ResourceId": azure_id(kind, name), "ResourceName": name, "ResourceType": kind,
        "x_MeterCategory": category, "x_MeterName": meter, "SkuMeter": meter,
        "PricingCategory": "Standard", "EffectiveCost": Decimal(cost),
        "ConsumedQuantity": amount, "PricingQuantity": amount, **more,
    }  # fmt: skip


def vm(name: str, size: str, cost: str, hours: str = "24", **more: Any) -> dict[str, Any]:
    """A day of a virtual machine; the size as its meter says it: ``D4s v5``."""
    given = {"x_InstanceType": f"Standard_{size.replace(' ', '_')}", **more}
    return row("Microsoft.Compute/virtualMachines", name, "Virtual Machines", size, cost, hours,
               **given)  # fmt: skip


def disk(name: str, meter: str, cost: str, **more: Any) -> dict[str, Any]:
    """A day of a managed disk."""
    return row("Microsoft.Compute/disks", name, "Storage", meter, cost, "0.0333", **more)


RESERVED: dict[str, Any] = {
    "CommitmentDiscountStatus": "Used", "PricingCategory": "Committed",
    "CommitmentDiscountId": "/providers/microsoft.capacity/reservationorders/1/reservations/2",
    "CommitmentDiscountType": "Reservation",
}  # fmt: skip
"""What a charge has that a reservation pays."""
