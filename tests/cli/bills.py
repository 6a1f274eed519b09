"""Small FOCUS bills, written where a test needs them."""

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

Row = dict[str, str]


def row(
    cost: str = "1.25",
    *,
    day: str = "2026-09-03",
    service: str = "Amazon Elastic Compute Cloud",
    currency: str = "USD",
    team: str = "platform",
) -> Row:
    """One FOCUS 1.2 row; every cost column is `cost`."""
    month = day[:7]
    year, number = int(month[:4]), int(month[5:])
    after = f"{year + number // 12:04d}-{number % 12 + 1:02d}"
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ContractedCost": cost,
        "BillingCurrency": currency,
        "BillingAccountId": "111111111111",
        "BillingAccountName": "Acme",
        "BillingPeriodStart": f"{month}-01T00:00:00Z",
        "BillingPeriodEnd": f"{after}-01T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day}T01:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": "An hour",
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ServiceName": service,
        "ServiceCategory": "Compute",
        "PricingQuantity": "1",
        "PricingUnit": "Hrs",
        "ConsumedQuantity": "1",
        "ConsumedUnit": "Hrs",
        "SubAccountId": "222222222222",
        "SubAccountName": "Shop",
        "Tags": f'{{"team":"{team}"}}',
        "x_ServiceCode": "AmazonEC2",
    }


SEPTEMBER = (
    row("10.10"),
    row("0.000000000000000000001", service="Amazon Simple Storage Service", team="data"),
    row("-2.5", service="Amazon Simple Storage Service", day="2026-09-10"),
)
SEPTEMBER_TOTAL = "7.600000000000000000001"


def csv_text(rows: Sequence[Row], header: Sequence[str] | None = None) -> str:
    """Rows as CSV text."""
    columns = list(header or rows[0])
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[line.get(column, "") for column in columns] for line in rows])
    return buffer.getvalue()


def write_bill(path: Path, rows: Sequence[Row] = SEPTEMBER) -> Path:
    """Write a FOCUS CSV (gzip if the name says so) and give its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = csv_text(rows).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path
