"""Small FOCUS bills for tests."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

ROW = {
    "BilledCost": "1.5",
    "EffectiveCost": "1.5",
    "ListCost": "2",
    "ContractedCost": "1.8",
    "BillingCurrency": "USD",
    "BillingAccountId": "1",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-05T00:00:00Z",
    "ChargePeriodEnd": "2026-10-06T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "a machine",
    "ServiceCategory": "Compute",
    "ServiceName": "Machines",
    "ProviderName": "ACME",
    "PublisherName": "ACME",
    "InvoiceIssuerName": "ACME",
    "PricingQuantity": "4",
    "PricingUnit": "Hours",
    "Tags": '{"team": "search"}',
}


def csv_bytes(rows: Iterable[dict[str, str]], without: Iterable[str] = ()) -> bytes:
    """The rows as CSV with the columns of all of them, those in `without` left out."""
    listed = list(rows)
    names = [
        name for name in dict.fromkeys(n for row in listed for n in row) if name not in without
    ]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(listed)
    return stream.getvalue().encode()


def bill(folder: Path, *changes: dict[str, str], without: Iterable[str] = ()) -> Path:
    """A CSV bill in `folder`: the plain row with each set of changes (once as it is if none)."""
    target = folder / "bill.csv"
    target.write_bytes(csv_bytes([ROW | change for change in changes or ({},)], without))
    return target
