"""Lines of an AWS bill for detectors' tests, and how a detector is asked."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from outlay.expression import parse
from outlay.savings.detectors.contract import Detector, Value
from outlay.savings.model import Finding, Insufficient
from tests.savings.facts import TableFacts

ACCOUNT = "111122223333"
PAYER = "999900001111"


def line(
    resource: str | None, meter: str, cost: str | int, quantity: str | int = 24, **more: Any
) -> dict[str, Any]:
    """A day's usage of one meter as the CUR gives it; paid on demand, at list."""
    row: dict[str, Any] = {
        "ServiceProviderName": "AWS", "ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based",
        "BillingCurrency": "USD", "BillingAccountId": PAYER, "SubAccountId": ACCOUNT,
        "RegionId": "us-east-1", "ServiceName": "Amazon Elastic Compute Cloud",
        "x_ServiceCode": "AmazonEC2", "x_LineItemType": "Usage", "PricingCategory": "Standard",
        "SkuMeter": meter, "x_UsageType": meter, "ResourceId": resource,
        "EffectiveCost": Decimal(cost), "ConsumedQuantity": Decimal(quantity), "Tags": {},
    }  # fmt: skip
    return row | more


PLAN = "arn:aws:savingsplans::1:savingsplan/p"


def covered(row: dict[str, Any], cost: str, plan: str = PLAN) -> dict[str, Any]:
    """The line as a Savings Plan or reservation covers it: its list price stays."""
    return row | {
        "ListCost": row.get("ListCost", row["EffectiveCost"]), "EffectiveCost": Decimal(cost),
        "BilledCost": Decimal(0), "PricingCategory": "Committed",
        "CommitmentDiscountStatus": "Used", "CommitmentDiscountId": plan,
        "x_LineItemType": "SavingsPlanCoveredUsage",
    }  # fmt: skip


def unused(plan: str, cost: str | int, **more: Any) -> dict[str, Any]:
    """What is not used of a commitment, a day."""
    row = line(plan, "ComputeSP:1yrNoUpfront", cost, 0, x_ServiceCode="ComputeSavingsPlans")
    return row | {
        "PricingCategory": "Committed", "CommitmentDiscountStatus": "Unused",
        "CommitmentDiscountId": plan, "ConsumedQuantity": None,
        "CommitmentDiscountType": "Savings Plan",
    } | more  # fmt: skip


def asked(
    detector: Detector, facts: TableFacts, **values: Value
) -> tuple[list[Finding], list[Insufficient]]:
    """What a detector finds and what it cannot judge; every condition can be parsed."""
    found: Iterable[Any] = list(detector.find(facts, detector.settings(values)))
    findings = [one for one in found if isinstance(one, Finding)]
    for one in findings:
        parse(one.where)
        assert one.detector == detector.id and one.group == detector.group
        assert one.monthly_saving == one.monthly_saving.quantize(Decimal("0.01"))
    return findings, [one for one in found if isinstance(one, Insufficient)]


def savings(detector: Detector, rows: Iterable[dict[str, Any]], **values: Value) -> list[str]:
    """The savings a month of the findings, in order."""
    return [str(one.monthly_saving) for one in asked(detector, TableFacts(rows), **values)[0]]
