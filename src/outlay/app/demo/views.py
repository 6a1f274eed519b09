"""The views that the demo saves: what the company's people would look at first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from outlay.app.demo.story import ACCOUNT_IDS, MARKETPLACE_VENDOR, Story
from outlay.query import CostQuery


def views(story: Story) -> Iterator[tuple[str, str, str, CostQuery]]:
    """(name, title, description, question) of each view."""
    logs, gpus = story.anomalies
    yield (
        "services-by-month",
        "Services by month",
        "Where the money goes, thirteen months.",
        CostQuery(by=("ServiceName",), grain="month", range="last-13-months"),
    )
    yield (
        "teams",
        "Teams last month",
        "Cost by the team tag against the month before; untagged cost is a row of its own.",
        CostQuery(by=("tags.team",), range="last-month", compare="previous"),
    )
    yield (
        "untagged",
        "Untagged by account",
        "Usage of last month without a team tag, by account and service.",
        CostQuery(
            by=("SubAccountName", "ServiceName"),
            range="last-month",
            where="tags.team IS NULL AND ChargeCategory = 'Usage'",
        ),
    )
    yield (
        "unused-commitments",
        "Unused commitments",
        "What Savings Plans and reservations cost without being used.",
        CostQuery(
            by=("CommitmentDiscountType",),
            grain="month",
            range="last-13-months",
            where="CommitmentDiscountStatus = 'Unused'",
        ),
    )
    yield (
        "ai-spend",
        "AI models",
        "Amazon Bedrock by token type since the assistant was launched.",
        CostQuery(
            by=("x_UsageType",),
            grain="month",
            range="last-13-months",
            where="x_ServiceCode = 'AmazonBedrock'",
        ),
    )
    yield (
        "runaway-logs",
        logs.name,
        logs.cause,
        CostQuery.model_validate(
            {
                "by": ("SubAccountName",),
                "grain": "day",
                "from": (logs.start - timedelta(days=14)).isoformat(),
                "to": (logs.end + timedelta(days=15)).isoformat(),
                "where": "x_ServiceCode = 'AmazonCloudWatch' AND ChargeCategory = 'Usage'",
            }
        ),
    )
    yield (
        "gpu-weekend",
        gpus.name,
        gpus.cause,
        CostQuery.model_validate(
            {
                "by": ("x_UsageType",),
                "grain": "day",
                "from": (gpus.start - timedelta(days=14)).isoformat(),
                "to": (gpus.end + timedelta(days=8)).isoformat(),
                "where": f"SubAccountId = '{ACCOUNT_IDS[gpus.account]}'"
                " AND x_ServiceCode = 'AmazonEC2'",
            }
        ),
    )
    yield (
        "credits-refunds-tax",
        "Credits, refunds and tax",
        "What is no usage, by month as invoiced.",
        CostQuery(
            measures=("BilledCost",),
            by=("ChargeCategory", "InvoiceIssuerName"),
            grain="month",
            range="last-13-months",
            where="ChargeCategory IN ('Credit', 'Tax', 'Adjustment')",
        ),
    )
    yield (
        "marketplace",
        "Marketplace vendors",
        f"What AWS Marketplace invoices for others, such as {MARKETPLACE_VENDOR}",
        CostQuery(
            measures=("BilledCost",),
            by=("InvoiceIssuerName", "ServiceName"),
            grain="month",
            range="last-13-months",
            where="x_ServiceCode = '6k2quillstack'",
        ),
    )
