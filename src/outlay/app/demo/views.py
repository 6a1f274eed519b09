"""The views that the demo saves: what the company's people would look at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from outlay.app.demo.story import ACCOUNT_IDS, MARKETPLACE_VENDOR, Anomaly, Story
from outlay.query import CostQuery


@dataclass(frozen=True)
class DemoView:
    """A view to be saved: its name in URLs and commands, what people read, the question."""

    name: str
    title: str
    description: str
    query: CostQuery


_YEAR: dict[str, Any] = {"grain": "month", "range": "last-12-months"}

_STANDING: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "services-by-month",
        "Services by month",
        "Where the money goes, twelve months.",
        {"by": "ServiceName", **_YEAR},
    ),
    (
        "teams",
        "Teams last month",
        "Cost by the team tag against the month before; untagged cost is a row of its own.",
        {"by": "tags.team", "range": "last-month", "compare": "previous"},
    ),
    (
        "untagged",
        "Untagged by account",
        "Usage of last month without a team tag, by account and service.",
        {
            "by": "SubAccountName,ServiceName",
            "range": "last-month",
            "where": "tags.team IS NULL AND ChargeCategory = 'Usage'",
        },
    ),
    (
        "unused-commitments",
        "Unused commitments",
        "What Savings Plans and reservations cost without being used.",
        {
            "by": "CommitmentDiscountType",
            "where": "CommitmentDiscountStatus = 'Unused'",
            **_YEAR,
        },
    ),
    (
        "ai-spend",
        "AI models",
        "Amazon Bedrock by token type since the assistant was launched.",
        {"by": "x_UsageType", "where": "x_ServiceCode = 'AmazonBedrock'", **_YEAR},
    ),
    (
        "credits-refunds-tax",
        "Credits, refunds and tax",
        "What is no usage, by month as invoiced.",
        {
            "measures": "BilledCost",
            "by": "ChargeCategory,InvoiceIssuerName",
            "where": "ChargeCategory IN ('Credit', 'Tax', 'Adjustment')",
            **_YEAR,
        },
    ),
    (
        "marketplace",
        "Marketplace vendors",
        f"What AWS Marketplace invoices for others, such as {MARKETPLACE_VENDOR}",
        {
            "measures": "BilledCost",
            "by": "InvoiceIssuerName,ServiceName",
            "where": "x_ServiceCode = '6k2quillstack'",
            **_YEAR,
        },
    ),
)


def views(story: Story) -> Iterator[DemoView]:
    """The standing views, and one for each mishap with the days around it."""
    for name, title, description, question in _STANDING:
        yield DemoView(name, title, description, CostQuery.model_validate(question))
    logs, gpus = story.anomalies
    yield _around(
        "runaway-logs",
        logs,
        "SubAccountName",
        "x_ServiceCode = 'AmazonCloudWatch' AND ChargeCategory = 'Usage'",
    )
    yield _around(
        "gpu-weekend",
        gpus,
        "x_UsageType",
        f"SubAccountId = '{ACCOUNT_IDS[gpus.account]}' AND x_ServiceCode = 'AmazonEC2'",
    )


def _around(name: str, anomaly: Anomaly, by: str, where: str) -> DemoView:
    question = CostQuery.model_validate(
        {
            "by": by,
            "grain": "day",
            "from": (anomaly.start - timedelta(days=14)).isoformat(),
            "to": (anomaly.end + timedelta(days=8)).isoformat(),
            "where": where,
        }
    )
    return DemoView(name, anomaly.name, anomaly.cause, question)
