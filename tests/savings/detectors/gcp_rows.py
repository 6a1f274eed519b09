"""Rows of a Google Cloud bill, as the lake has them: what a day of one resource costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

PROJECT = "kestrel-data"


def gcp_id(path: str) -> str:
    """The full name of a resource: ``disks/old``."""
    return f"//compute.googleapis.com/projects/{PROJECT}/{path}"


def row(path: str, sku: str, cost: str, quantity: str = "24", **more: Any) -> dict[str, Any]:
    """A day's usage of one SKU; `cost` is effective, contracted and list cost."""
    amount = Decimal(quantity)
    return {
        "ServiceProviderName": "Google Cloud", "ChargeCategory": "Usage", "BillingCurrency": "USD",
        "SubAccountId": PROJECT, "RegionId": "europe-west4", "ServiceName": "Compute Engine",
        "ResourceId": gcp_id(path), "ResourceName": path.rpartition("/")[2],
        "ResourceType": path.partition("/")[0], "SkuMeter": sku, "PricingCategory": "Standard",
        "EffectiveCost": Decimal(cost), "PricingQuantity": amount, **more,
    }  # fmt: skip


def machine(
    name: str,
    kind: str,
    cores: str,
    ram: str,
    core_hours: str = "96",
    family: str = "N2",
    **more: Any,
) -> list[dict[str, Any]]:
    """A day of a machine: its cores and its memory, at these costs."""
    path = f"instances/{name}"
    given = {"x_InstanceType": kind, **more}
    return [
        row(path, f"{family} Instance Core running in Netherlands", cores, core_hours, **given),
        row(path, f"{family} Instance Ram running in Netherlands", ram, "384", **given),
    ]


COMMITTED: dict[str, Any] = {
    "CommitmentDiscountStatus": "Used", "PricingCategory": "Committed",
    "CommitmentDiscountId": "01KEST/europe-west4/N2 CPU",
}  # fmt: skip
"""What a charge has that committed use pays."""
