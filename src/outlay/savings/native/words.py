"""What every reader says alike: groups of what excludes what, titles, items without a saving."""

from __future__ import annotations

from decimal import Decimal

from outlay.savings.model import PURCHASES, Action, Confidence, Effort
from outlay.savings.native.model import Told

AWS, AZURE, GOOGLE, KUBERNETES = "AWS", "Microsoft", "Google Cloud", "Kubernetes"
"""Providers as FOCUS's ServiceProviderName has them in bills."""

_STORAGE = ("volume", "disk", "storage", "bucket")

EFFORT_OF: dict[str, Effort] = {
    "Delete": "Low", "Stop": "Low", "Rightsize": "Medium", "ScaleIn": "Medium", "Upgrade": "Low",
    "MigrateToGraviton": "VeryHigh", "PurchaseSavingsPlans": "VeryLow",
    "PurchaseReservedInstances": "VeryLow", "PurchaseCommittedUse": "VeryLow",
}  # fmt: skip
"""How much work an action is where the tool does not say: as AWS's hub ranks the same actions."""

_VERBS: dict[str, str] = {
    "Rightsize": "Right-size", "Stop": "Stop", "Upgrade": "Upgrade", "Delete": "Delete",
    "ScaleIn": "Scale in", "MigrateToGraviton": "Move to Graviton",
    "PurchaseSavingsPlans": "Buy a savings plan", "PurchaseReservedInstances": "Buy reservations",
    "PurchaseCommittedUse": "Buy a commitment", "Schedule": "Schedule",
    "ChangeStorageClass": "Change the storage class",
    "ChangePurchaseOption": "Change how it is bought",
    "Configure": "Configure", "Consolidate": "Consolidate",
}  # fmt: skip


def group_of(action: Action, resource_type: str) -> str:
    """What the action excludes on its resource (see `Finding.group`)."""
    if action in ("Delete", "Stop"):
        return "existence"
    if action in PURCHASES:
        return "purchase"
    if action == "Schedule":
        return "hours"
    if action == "ChangeStorageClass" or any(w in resource_type.lower() for w in _STORAGE):
        return "storage"
    if action in ("Rightsize", "ScaleIn", "MigrateToGraviton", "Upgrade", "Consolidate"):
        return "size"
    return "configuration"


def title_of(action: Action, what: str, current: str, recommended: str) -> str:
    """A finding in one line: ``Right-size web-1: m6i.large to t3.medium``."""
    verb = _VERBS[action]
    if action in PURCHASES:
        return f"{verb}: {recommended or what}"
    change = f"{current} to {recommended}" if current and recommended else recommended or current
    return f"{verb} {what}" + (f": {change}" if change else "")


def unsaved(item: str, resource: str, saving: Decimal | None) -> Told:
    """An item that saves no money, or does not say how much."""
    if saving is None:
        reason = "the tool gives no amount"
    elif saving == 0:
        reason = "the tool says that it saves nothing"
    else:
        reason = f"it would cost {-saving} more a month"
    return Told(item, reason, resource)


def confidence_of(risk: Decimal | None) -> Confidence:
    """Confidence by Compute Optimizer's performance risk (0 none to 4 very high; 1 is very low)."""
    if risk is None:
        return "medium"
    return "high" if risk <= 1 else "medium" if risk <= 2 else "low"
