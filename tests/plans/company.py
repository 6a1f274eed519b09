"""A company with sixteen months of daily bills and a metric, from which plans are made.

Its fiscal year goes from October 2024 to September 2025; the last day that is complete is 9
February 2025. February 2024, a year before, has 29 days.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from outlay.app import Workspace
from outlay.money import BillingPeriod
from tests.cli.bills import Row, row, write_bill

FIRST, COMPLETE_UNTIL = date(2023, 10, 1), date(2025, 2, 10)
RISE, NEW_PRICE = date(2025, 1, 1), date(2024, 12, 1)
EC2, S3 = "Amazon Elastic Compute Cloud", "Amazon Simple Storage Service"
SUPPORT, BEDROCK = "AWS Support", "Amazon Bedrock"
SPEC = {
    "title": "Cloud plan",
    "starts": "2024-10",
    "currency": "USD",
    "hierarchy": ["tags.team", "ServiceName"],
    "baseline": {"method": "flat"},
}


def days(first: date, end: date) -> Iterator[date]:
    """The days from the first to the end, exclusive."""
    return (first + timedelta(days=n) for n in range((end - first).days))


def _charge(day: date, service: str, team: str, hours: Decimal, price: Decimal) -> Row:
    cost = format(hours * price, "f")
    found = row(cost, day=day.isoformat(), service=service, team=team)
    quantity = format(hours, "f")
    quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    month = BillingPeriod.of(quarter)
    return found | {
        # Billed by quarter: fewer bills to load.
        "BillingPeriodStart": f"{month.start}T00:00:00Z",
        "BillingPeriodEnd": f"{month.end}T00:00:00Z",
        "PricingQuantity": quantity,
        "ConsumedQuantity": quantity,
        "ResourceId": f"{team}-{service}",
        "SkuId": service,
        "SkuPriceId": f"{service}-hour",
        "Tags": f'{{"team":"{team}"}}' if team else "{}",
    }


def charges(day: date) -> list[Row]:
    """The charges of a day."""
    hours = Decimal(12 if day >= RISE else 10)
    price = Decimal("1.10") if day >= NEW_PRICE else Decimal("1.00")
    found = [
        _charge(day, EC2, "shop", hours, price),
        _charge(day, S3, "shop", Decimal(1), Decimal("0.333333333333")),
        _charge(day, S3, "data", Decimal(3), Decimal("1.11")),
    ]
    if day >= date(2025, 1, 5):
        found.append(_charge(day, BEDROCK, "data", Decimal(2), Decimal("2.50")))
    if day.day == 1:
        support = _charge(day, SUPPORT, "", Decimal(1), Decimal("29.00"))
        found.append(support | {"ChargeCategory": "Purchase", "ChargeFrequency": "Recurring"})
    return found


def company(folder: Path) -> Workspace:
    """A workspace with the bills and the metric `orders`."""
    by_month: dict[str, list[Row]] = {}
    for day in days(FIRST, COMPLETE_UNTIL):
        by_month.setdefault(f"{day:%Y-%m}", []).extend(charges(day))
    columns = sorted({name for rows in by_month.values() for line in rows for name in line})
    rows = [{name: line.get(name, "") for name in columns} for r in by_month.values() for line in r]
    write_bill(folder / "acme.csv", rows)
    workspace = Workspace.init(folder / "workspace", name="acme", currency="USD")
    (done,) = workspace.load([str(folder / "acme.csv")], source="acme")
    assert not done.failed, done.message
    workspace.metrics.define("orders", {"unit": "order", "labels": ["shop"]}, author="ana")
    values = [
        {"date": day.isoformat(), "labels": {"shop": shop}, "value": number}
        for day in days(FIRST, COMPLETE_UNTIL)
        for shop, number in (("web", 120 if day >= RISE else 100), ("app", 7))
    ]
    workspace.metrics.push("orders", values, author="ana")
    return workspace
