"""A generated bill of daily lines: two accounts, four services, a weekday's shape, a little noise.

Every amount is a function of its day and service, so that a test can reckon each sum by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from tests.cli.bills import Row, write_bill

FIRST, END = date(2026, 6, 1), date(2026, 9, 1)
SPIKE = (date(2026, 8, 26), date(2026, 8, 27))
EXTRA = Decimal("900.123456789")
"""What each day of the spike costs more, on one resource."""

SERVICES = {
    # service: account, team, cost of a usual weekday
    "Compute": ("shop", "storefront", Decimal(400)),
    "Database": ("shop", "storefront", Decimal(150)),
    "Storage": ("data", "insight", Decimal(220)),
    "Network": ("data", "insight", Decimal(90)),
}
ACCOUNTS = {"shop": "222222222222", "data": "333333333333"}
Change = Callable[[date, str, Decimal], Decimal]


def usual(day: date, service: str) -> Decimal:
    """What a service costs on a usual day: less at weekends, and a noise of two per cent."""
    base = SERVICES[service][2]
    if day.weekday() >= 5:
        base = base * Decimal("0.6")
    noise = (day.toordinal() * 37 + len(service) * 11) % 21 - 10
    return base * (1 + Decimal(noise) / 500)


def days(start: date, end: date) -> Iterator[date]:
    """The days from `start` to `end` (exclusive)."""
    for number in range((end - start).days):
        yield start + timedelta(days=number)


def line(day: date, service: str, cost: Decimal, resource: str = "") -> Row:
    """One FOCUS row."""
    account, team, _ = SERVICES[service]
    after = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    amount = format(cost, "f")
    return {
        "BilledCost": amount,
        "EffectiveCost": amount,
        "ListCost": amount,
        "ContractedCost": amount,
        "BillingCurrency": "USD",
        "BillingAccountId": "111111111111",
        "BillingAccountName": "Acme",
        "BillingPeriodStart": f"{day:%Y-%m}-01T00:00:00Z",
        "BillingPeriodEnd": f"{after}T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day}T01:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ChargeDescription": f"{service} hours",
        "ProviderName": "Cloud",
        "PublisherName": "Cloud",
        "InvoiceIssuerName": "Cloud Inc.",
        "ServiceName": service,
        "ServiceCategory": "Compute",
        "PricingQuantity": amount,
        "PricingUnit": "Hrs",
        "ConsumedQuantity": amount,
        "ConsumedUnit": "Hrs",
        "ResourceId": resource or f"{service.lower()}-main",
        "RegionId": "eu-1",
        "SkuId": f"{service}-SKU",
        "SkuPriceId": f"{service}-PRICE",
        "SubAccountId": ACCOUNTS[account],
        "SubAccountName": account,
        "Tags": f'{{"team":"{team}"}}',
    }


def lines(
    start: date = FIRST, end: date = END, *, services: Iterable[str] = tuple(SERVICES)
) -> list[Row]:
    """The usual lines of these days."""
    return [line(day, one, usual(day, one)) for day in days(start, end) for one in services]


def more(start: date, end: date, amount: Decimal = EXTRA, service: str = "Compute") -> list[Row]:
    """What a runaway resource costs on these days (end exclusive)."""
    return [line(day, service, amount, "runaway-1") for day in days(start, end)]


def spike() -> list[Row]:
    """The spike of two days."""
    return more(SPIKE[0], SPIKE[1] + timedelta(days=1))


def write(path: Path, *parts: Iterable[Row]) -> Path:
    """A bill of all parts."""
    return write_bill(path, [row for part in parts for row in part])
