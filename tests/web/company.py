"""A small company's bills for pages and API, written so that every expectation can be seen."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from outlay.app import Workspace

Line = dict[str, str]


def line(
    cost: str,
    day: str,
    service: str = "Amazon Elastic Compute Cloud",
    account: str = "Shop",
    team: str | None = "storefront",
    category: str = "Usage",
    resource: str = "",
    currency: str = "USD",
    billed: str | None = None,
) -> Line:
    """One FOCUS 1.2 row; `billed` differs from the other costs where a commitment pays."""
    month, number = day[:7], int(day[5:7])
    after = f"{int(day[:4]) + number // 12:04d}-{number % 12 + 1:02d}"
    usage = category == "Usage"
    return {
        "BilledCost": billed if billed is not None else cost,
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
        "ChargeCategory": category,
        "ChargeClass": "",
        "ChargeDescription": f"{service} {category.lower()}",
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ServiceName": service,
        "ServiceCategory": "Compute",
        "PricingQuantity": "1" if usage else "",
        "PricingUnit": "Hrs" if usage else "",
        "ConsumedQuantity": "1" if usage else "",
        "ConsumedUnit": "Hrs" if usage else "",
        "ResourceId": resource,
        "SubAccountId": {"Shop": "222222222222", "Data": "333333333333"}[account],
        "SubAccountName": account,
        "Tags": f'{{"team":"{team}"}}' if team else "{}",
        "x_ServiceCode": "AmazonEC2",
    }


AUGUST = (
    line("100.00", "2026-08-03", resource="i-1"),
    line(
        "20.50", "2026-08-04", service="Amazon Simple Storage Service", account="Data", team="data"
    ),
)
SEPTEMBER = (
    line("110.10", "2026-09-03", resource="i-1"),
    line("0.004", "2026-09-03", resource="i-2", team=None),
    line(
        "30.333333333333333333333",
        "2026-09-04",
        "Amazon Simple Storage Service",
        "Data",
        "data",
        resource="bucket",
    ),
    line("7.7", "2026-09-05", service="<b>Odd</b> & 'quoted'", team=None),
    line("12.34", "2026-09-30", category="Tax", team=None),
    line("-25", "2026-09-30", category="Credit", team=None),
)
# 110.10 + 0.004 + 30.333333333333333333333 + 7.7 + 12.34 - 25
SEPTEMBER_TOTAL = "135.477333333333333333333"
SEPTEMBER_SHOWN = "135.48"
AUGUST_TOTAL = "120.50"
# The first delivery of September lacked the odd service and had a smaller S3 charge.
SEPTEMBER_AT_FIRST = (
    *SEPTEMBER[:2],
    line("30.00", "2026-09-04", "Amazon Simple Storage Service", "Data", "data", resource="bucket"),
    *SEPTEMBER[4:],
)
SEPTEMBER_TOTAL_AT_FIRST = "127.444"
EUROPE = (line("50.00", "2026-09-10", service="Hetzner Cloud", team=None, currency="EUR"),)


def csv_text(lines: Sequence[Line]) -> str:
    """Rows as CSV text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(lines[0])
    writer.writerows([item.values() for item in lines])
    return buffer.getvalue()


def load(workspace: Workspace, folder: Path, source: str, lines: Sequence[Line]) -> None:
    """Write a bill and load it under a source's name; fails when it does not load."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{source}.csv"
    path.write_text(csv_text(lines), encoding="utf-8")
    (done,) = workspace.load([str(path)], source=source)
    assert done.outcome == "loaded", (done.error, done.outcomes)


@dataclass(frozen=True)
class Company:
    """The loaded workspace and the snapshot that was current before September was restated."""

    workspace: Workspace
    before: int


def company(folder: Path) -> Company:
    """August and September of one source, September delivered twice."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    load(workspace, folder / "bills", "acme", [*AUGUST, *SEPTEMBER_AT_FIRST])
    before = workspace.snapshots()[-1].snapshot_id
    load(workspace, folder / "bills", "acme", [*AUGUST, *SEPTEMBER])
    return Company(workspace, before)
