"""A simulated company: bills of three months, and what was really done on the first of the third.

All amounts a day can be added by hand. Before (August, September), after (October):

=========  =================================================  =======  ==========================
resource   before                                             a day    from 1 October on
=========  =================================================  =======  ==========================
vol-1      gp2, 100 GB-months a day at 0.10, idle              10.00   deleted
i-1        m5.xlarge, 24 h at 0.20                              4.80   m5.large, 24 h at 0.10
vol-2      gp2, 50 GB-months a day at 0.10                      5.00   gp3: 50 at 0.08, IOPS at 0.15
i-2        m5.xlarge, 24 h at 0.20, development                 4.80   m5.large, 10 h on weekdays
i-3        m5.2xlarge, 24 h at 0.40                             9.60   gone: i-3b, m5.xlarge
i-4, i-5   c5.large, 24 h at 0.10 each                          4.80   a Savings Plan at 0.07
i-6        c5.large under the reservation ri-1 at 0.06          1.44   deleted
i-7        c5.large, 24 h at 0.10 on demand                     2.40   12 h by ri-1, 12 h on demand
ri-1       nothing unused                                       0.00   12 h at 0.06 unused
i-8        c5.large, 24 h at 0.10, idle                         2.40   deleted
bucket     storage                                              7.00   as before
=========  =================================================  =======  ==========================
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from outlay.app import Workspace
from outlay.app.savings.store import SavingStore
from outlay.savings.model import Action, Finding
from outlay.savings.recommendation import Recommendation, key_of
from tests.web.company import Line, load

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)
ACCEPTED = datetime(2026, 9, 29, 9)
DONE = datetime(2026, 9, 30, 18)
LATER = datetime(2026, 11, 2, 9)
TAG = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}


def charge(
    day: date,
    resource: str,
    usage: str,
    quantity: str,
    price: str,
    *,
    effective: str | None = None,
    unit: str = "Hrs",
    commitment: str = "",
    status: str = "",
    team: str = "shop",
    category: str = "Usage",
) -> Line:
    """One FOCUS row: a quantity at a price of a unit; `effective` the price that is paid."""
    listed = Decimal(quantity) * Decimal(price)
    paid = listed if effective is None else Decimal(quantity) * Decimal(effective)
    following = day + timedelta(days=1)
    month = day.replace(day=1)
    end = (month + timedelta(days=32)).replace(day=1)
    none = "0" if status == "Unused" else str(listed)
    return {
        "BilledCost": "0" if commitment else str(paid),
        "EffectiveCost": str(paid),
        "ListCost": none,
        "ContractedCost": none,
        "BillingCurrency": "USD",
        "BillingAccountId": "111111111111",
        "BillingAccountName": "Acme",
        "BillingPeriodStart": f"{month}T00:00:00Z",
        "BillingPeriodEnd": f"{end}T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{following}T00:00:00Z",
        "ChargeCategory": category,
        "ChargeClass": "",
        "ChargeDescription": usage,
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "InvoiceIssuerName": "Amazon Web Services, Inc.",
        "ServiceName": "Amazon Elastic Compute Cloud",
        "ServiceCategory": "Compute",
        "PricingQuantity": quantity,
        "PricingUnit": unit,
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "ResourceId": resource,
        "SkuId": f"SKU-{usage}",
        "CommitmentDiscountId": commitment,
        "CommitmentDiscountStatus": status,
        "CommitmentDiscountType": "Reserved Instance" if commitment else "",
        "CommitmentDiscountCategory": "Usage" if commitment else "",
        "SubAccountId": "222222222222",
        "SubAccountName": "Shop",
        "Tags": f'{{"team":"{team}"}}' if team else "{}",
        "x_UsageType": usage,
    }


def days(first: date, end: date) -> list[date]:
    """The days from `first` to `end` (exclusive)."""
    return [first + timedelta(days=n) for n in range((end - first).days)]


def before(day: date) -> list[Line]:
    """A day as it was: 52.24."""
    return [
        charge(day, "vol-1", "VolumeUsage.gp2", "100", "0.10", unit="GB-Mo"),
        charge(day, "i-1", "BoxUsage:m5.xlarge", "24", "0.20"),
        charge(day, "vol-2", "VolumeUsage.gp2", "50", "0.10", unit="GB-Mo", team="data"),
        charge(day, "i-2", "BoxUsage:m5.xlarge", "24", "0.20", team="data"),
        charge(day, "i-3", "BoxUsage:m5.2xlarge", "24", "0.40", team="data"),
        charge(day, "i-4", "BoxUsage:c5.large", "24", "0.10"),
        charge(day, "i-5", "BoxUsage:c5.large", "24", "0.10"),
        charge(day, "i-6", "BoxUsage:c5.large", "24", "0.10", effective="0.06", commitment="ri-1",
               status="Used"),
        charge(day, "i-7", "BoxUsage:c5.large", "24", "0.10"),
        charge(day, "i-8", "BoxUsage:c5.large", "24", "0.10"),
        charge(day, "bucket", "TimedStorage", "350", "0.02", unit="GB-Mo"),
    ]  # fmt: skip


def after(day: date) -> list[Line]:
    """A day in October."""
    found = [
        charge(day, "i-1", "BoxUsage:m5.large", "24", "0.10"),
        charge(day, "vol-2", "VolumeUsage.gp3", "50", "0.08", unit="GB-Mo", team="data"),
        charge(day, "vol-2", "VolumeP-IOPS.gp3", "3", "0.05", unit="IOPS-Mo", team="data"),
        charge(day, "i-3b", "BoxUsage:m5.xlarge", "24", "0.20", team="data"),
        charge(day, "i-4", "BoxUsage:c5.large", "24", "0.10", effective="0.07",
               commitment="sp-1", status="Used"),
        charge(day, "i-5", "BoxUsage:c5.large", "24", "0.10", effective="0.07",
               commitment="sp-1", status="Used"),
        charge(day, "sp-1", "SavingsPlan", "1", "0", effective="0.14", commitment="sp-1",
               status="Unused", team=""),
        charge(day, "i-7", "BoxUsage:c5.large", "12", "0.10", effective="0.06",
               commitment="ri-1", status="Used"),
        charge(day, "i-7", "BoxUsage:c5.large", "12", "0.10"),
        charge(day, "ri-1", "Reservation", "12", "0", effective="0.06", commitment="ri-1",
               status="Unused", team=""),
        charge(day, "bucket", "TimedStorage", "350", "0.02", unit="GB-Mo"),
    ]  # fmt: skip
    if day.weekday() < 5:
        found.append(charge(day, "i-2", "BoxUsage:m5.large", "10", "0.10", team="data"))
    return found


def bill(first: date, end: date, changed: date = OCTOBER) -> list[Line]:
    """The rows of some days; those from `changed` on are as they are after."""
    return [row for day in days(first, end) for row in (before if day < changed else after)(day)]


def cost(rows: Sequence[Line]) -> Decimal:
    """The effective cost of rows."""
    return sum((Decimal(row["EffectiveCost"]) for row in rows), Decimal(0))


def finding(
    action: Action,
    saving: str,
    where: str,
    *,
    resource: str = "",
    group: str,
    tool: str = "outlay",
    scope: str = "",
    cost: str | None = None,
    **more: object,
) -> Finding:
    """What a tool says."""
    return Finding(
        tool=tool, detector=f"test.{group}", provider="AWS", action=action,
        title=f"{action} {resource or scope}", currency="USD", monthly_saving=Decimal(saving),
        basis="by hand", resource=resource, scope=scope, where=where, group=group,
        monthly_cost=None if cost is None else Decimal(cost), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def of(resource: str) -> str:
    """The condition of a resource's charges."""
    return f"ResourceId = '{resource}'"


_EC2 = "x_UsageType = 'BoxUsage:c5.large' AND CommitmentDiscountStatus IS NULL"
FINDINGS: dict[str, Finding] = {
    # A month has 30 days. vol-1: 30 × 10.00.
    "vol-1": finding("Delete", "300", of("vol-1"), resource="vol-1", group="existence"),
    # 30 × (4.80 − 2.40); its condition names the usage that goes.
    "i-1": finding("Rightsize", "72",
                   of("i-1") + " AND x_UsageType = 'BoxUsage:m5.xlarge'",
                   resource="i-1", group="size"),
    # 30 × (5.00 − 4.00 − 0.15).
    "vol-2": finding("Upgrade", "25.50", of("vol-2"), resource="vol-2", group="storage"),
    # Half the size, 10 h on 5 of 7 days; both at their own word.
    "i-2 size": finding("Rightsize", "72", of("i-2"), resource="i-2", group="size",
                        cost="144"),
    "i-2 hours": finding("Schedule", "101.14", of("i-2"), resource="i-2", group="hours",
                         cost="144"),
    # 30 × (9.60 − 4.80): under another id, which the finding says.
    "i-3": finding("Rightsize", "144", of("i-3"), resource="i-3", group="size",
                   detail={"successor": of("i-3b")}),
    # The reservation stays: half of it covers i-7, half is unused. 30 × (1.44 − 0.72 + 0.48).
    "i-6": finding("Delete", "36", of("i-6"), resource="i-6", group="existence"),
    "i-8": finding("Delete", "72", of("i-8"), resource="i-8", group="existence"),
    # 30 × (4.80 × 0.3 − 0.14).
    "plan": finding("PurchaseSavingsPlans", "39.00",
                    f"{_EC2} AND ResourceId IN ('i-4', 'i-5')",
                    scope="EC2 of Shop", group="purchase"),
}  # fmt: skip


def company(folder: Path) -> Workspace:
    """The workspace with the bills of August and September."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    load(workspace, folder / "bills", "acme", bill(AUGUST, OCTOBER))
    return workspace


def october(workspace: Workspace, folder: Path, rows: Sequence[Line] | None = None) -> None:
    """The bill with October, as it was or as given."""
    after_it = bill(OCTOBER, NOVEMBER) if rows is None else list(rows)
    load(workspace, folder / "bills", "acme", [*bill(AUGUST, OCTOBER), *after_it])


def recommend(
    workspace: Workspace, found: Finding, seen: datetime = datetime(2026, 9, 20, 9), owner: str = ""
) -> Recommendation:
    """Keep a recommendation as a look would."""
    one = Recommendation(
        id=0, key=key_of(found), state="identified", reason="", provider=found.provider,
        account="", region="", service="", resource=found.resource, resource_name="",
        scope=found.scope, where=found.where, group=found.group, action=found.action,
        nature=found.nature, currency=found.currency, findings=(found,), owner_tag="team",
        owner=owner, first_seen=seen, last_seen=seen, updated_at=seen,
    )  # fmt: skip
    with SavingStore(workspace.resources.engine).changing() as books:
        return books.add(one)
