"""A company with a Savings Plan, a reservation and usage on demand, of amounts added by hand.

October 2026, each day:

- a plan of 1.00 an hour, 24.00 a day, bought by the account Data (team platform). It covers
  storefront's m6i (24.00 on demand for 18.00) and data's (4.00 for 3.00); 3.00 is unused;
- a reservation of db.r6g.large bought by Data (team data), which covers data's (10.00 for 6.00);
  1.00 a day of it is unused, stated by one line of 31.00 for the month;
- 12 hours of m6i.large on demand for 12.00, storefront's; 5.00 of S3, which nothing covers.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from tests.web.company import Line, line, load

FIRST, LAST = date(2026, 10, 1), date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 9)
PLAN = "arn:aws:savingsplans::111111111111:savingsplan/plan"
RESERVED = "arn:aws:rds:us-east-1:111111111111:ri:orders"
TAG = {
    "default": "Unallocated",
    "rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}],
}
_NONE = {
    "RegionId": "us-east-1", "SkuMeter": "", "PricingCategory": "Standard",
    "CommitmentDiscountId": "", "CommitmentDiscountType": "", "CommitmentDiscountCategory": "",
    "CommitmentDiscountStatus": "", "ChargeFrequency": "Usage-Based", "x_InstanceType": "",
    "x_CommitmentTerm": "", "x_CommitmentPaymentOption": "",
}  # fmt: skip
_DB = "Amazon Relational Database Service"


def charge(cost: str, day: date, **more: Any) -> Line:
    """A charge of a day. `hours` are its machine hours, `contracted` its on-demand cost, `until`
    its last day."""
    hours, until = more.pop("hours", "1"), more.pop("until", day)
    contracted = more.pop("contracted", cost)
    given = {name: more.pop(name) for name in ("service", "account", "team", "category", "billed")
             if name in more}  # fmt: skip
    made = line(cost, str(day), **given) | _NONE
    made |= {
        "ContractedCost": contracted, "ListCost": contracted, "PricingQuantity": hours,
        "ConsumedQuantity": hours,
        "ChargePeriodEnd": f"{until + timedelta(days=1)}T00:00:00Z",
    }  # fmt: skip
    return made | more


def plan(status: str = "", category: str = "Spend") -> dict[str, str]:
    """The columns of the Savings Plan."""
    return {
        "CommitmentDiscountId": PLAN, "CommitmentDiscountType": "Savings Plan",
        "CommitmentDiscountCategory": category, "CommitmentDiscountStatus": status,
        "PricingCategory": "Committed" if status else "Standard", "x_CommitmentTerm": "1yr",
        "x_CommitmentPaymentOption": "No Upfront",
    }  # fmt: skip


def reserved(status: str) -> dict[str, str]:
    """The columns of the reservation."""
    return plan(status, "Usage") | {
        "CommitmentDiscountId": RESERVED,
        "CommitmentDiscountType": "Reserved Instance",
    }


def lines(first: date = FIRST, last: date = LAST) -> list[Line]:
    """The bill of some days of one month."""
    m6i = {"SkuMeter": "BoxUsage:m6i.large", "x_InstanceType": "m6i.large"}
    db = {"service": _DB, "SkuMeter": "InstanceUsage:db.r6g.large", "account": "Data",
          "team": "data"}  # fmt: skip
    found = [
        charge("31.00", first, contracted="0", hours="31", until=date(2026, 10, 31), **db,
               **reserved("Unused"))
    ]  # fmt: skip
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        found += [
            charge("18.00", day, contracted="24.00", hours="24", billed="0", **m6i, **plan("Used")),
            charge("3.00", day, contracted="4.00", hours="4", billed="0", account="Data",
                   team="data", **m6i, **plan("Used")),
            charge("3.00", day, contracted="0", billed="0", account="Data", team="platform",
                   service="Savings Plans for AWS Compute usage", **plan("Unused")),
            charge("0", day, billed="24.00", contracted="0", account="Data", team="platform",
                   category="Purchase", service="Savings Plans for AWS Compute usage",
                   **(plan() | {"ChargeFrequency": "Recurring"})),
            charge("6.00", day, contracted="10.00", hours="10", billed="0", **db,
                   **reserved("Used")),
            charge("12.00", day, hours="12", **m6i),
            charge("5.00", day, service="Amazon Simple Storage Service", team="data"),
        ]  # fmt: skip
    return found


def company(folder: Path) -> Workspace:
    """The company's workspace."""
    workspace = Workspace.init(folder / "workspace", name="Acme GmbH")
    workspace.resources.put("VirtualTag", "team", TAG, author="test")
    load(workspace, folder / "bills", "acme", lines())
    return workspace


def hourly(folder: Path) -> Workspace:
    """Two weeks by the hour: m6i.large of 1.00 on demand an hour from 8 to 20, two by day."""
    workspace = Workspace.init(folder / "hourly", name="Hours")
    found = []
    for number in range(14):
        day = date(2026, 10, 18) + timedelta(days=number)
        for hour in range(24):
            cost = "2.00" if 8 <= hour < 20 else "1.00"
            made = charge(cost, day, hours=cost[0], SkuMeter="BoxUsage:m6i.large",
                          x_InstanceType="m6i.large")  # fmt: skip
            start = datetime(day.year, day.month, day.day, hour)
            found.append(
                made
                | {
                    "ChargePeriodStart": f"{start.isoformat()}Z",
                    "ChargePeriodEnd": f"{(start + timedelta(hours=1)).isoformat()}Z",
                }
            )
    load(workspace, folder / "bills", "hourly", found)
    return workspace
