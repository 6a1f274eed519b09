"""A firm of two teams and three months, small enough to reckon every figure of a home by hand.

September's effective cost: 80 + 25 + 30 + 5 - 15 = 125. October's: 60 + 40 + 40 + 30 + 10 +
12.345 = 192.345. November has 33 on the 3rd; October's first nine days have 60.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from outlay.app import Workspace
from outlay.app.invoices import save
from outlay.app.workspace import Workspace as Opened
from tests.web.company import Line, line, load

NOW = datetime(2026, 11, 10, 8)
EC2 = "Amazon Elastic Compute Cloud"
S3 = "Amazon Simple Storage Service"
SUPPORT = "AWS Support"
SEPTEMBER, OCTOBER, NOVEMBER = "2026-09", "2026-10", "2026-11"


def charge(
    cost: str,
    day: str,
    service: str = EC2,
    *,
    team: str | None = None,
    app: str = "",
    billed: str | None = None,
    resource: str = "",
    category: str = "Usage",
    status: str = "",
    kind: str = "Savings Plan",
    description: str = "",
    currency: str = "USD",
) -> Line:
    """One row; `status` makes it one of a commitment, `app` is the product's tag."""
    row = line(
        cost, day, service, team=team, category=category, resource=resource, billed=billed,
        currency=currency,
    )  # fmt: skip
    tags = [f'"team":"{team}"'] * bool(team) + [f'"app":"{app}"'] * bool(app)
    held = bool(status) or (category == "Purchase" and kind != "")
    return row | {
        "Tags": "{" + ",".join(tags) + "}",
        "ChargeDescription": description or row["ChargeDescription"],
        "CommitmentDiscountId": "sp-1" if held else "",
        "CommitmentDiscountType": kind if held else "",
        "CommitmentDiscountCategory": "Spend" if held else "",
        "CommitmentDiscountStatus": status,
        "ChargeFrequency": "Recurring" if category == "Purchase" else "Usage-Based",
        "InvoiceId": "" if day >= "2026-11" else f"INV-{day[5:7]}{currency.replace('USD', '')}",
    }


LINES = (
    charge("80.00", "2026-09-01", team="checkout", app="shop", resource="i-1"),
    charge("25.00", "2026-09-15", S3, team="data", resource="bucket"),
    charge("30.00", "2026-09-15", team="checkout", app="shop", resource="i-2", billed="0",
           status="Used"),
    charge("5.00", "2026-09-15", billed="0", status="Unused"),
    charge("0.00", "2026-09-15", billed="35.00", category="Purchase"),
    charge("-15.00", "2026-09-30", category="Credit", description="Startup credit"),
    charge("60.00", "2026-10-03", team="checkout", app="shop", resource="i-1"),
    charge("40.00", "2026-10-20", team="checkout", app="shop", resource="i-1"),
    charge("40.00", "2026-10-20", S3, team="data", resource="bucket"),
    charge("30.00", "2026-10-20", team="checkout", app="shop", resource="i-2", billed="0",
           status="Used"),
    charge("10.00", "2026-10-20", billed="0", status="Unused"),
    charge("0.00", "2026-10-20", billed="40.00", category="Purchase"),
    charge("12.345", "2026-10-20", SUPPORT),
    charge("33.00", "2026-11-03", team="checkout", app="shop", resource="i-1"),
)  # fmt: skip
TEAM = {"rules": [{"value": {"from": "tags.team"}}]}
PRODUCT = {"rules": [{"value": {"from": "tags.app"}}]}
UNITS = {
    "title": "Cost per order",
    "metric": "orders",
    "by": {"label": "product", "dimension": "product"},
    "where": "product = 'shop'",
    "only": {"product": ["shop"]},
    "revenue": "revenue",
}


def firm(folder: Path, lines: tuple[Line, ...] = LINES) -> Opened:
    """The firm's workspace with bills, virtual tags, an invoice, metrics and a unit cost."""
    workspace = Workspace.init(folder / "workspace", name="Firm")
    load(workspace, folder / "bills", "aws", lines)
    workspace.put_resource("VirtualTag", "team", TEAM, author="test")
    workspace.put_resource("VirtualTag", "product", PRODUCT, author="test")
    metrics(workspace)
    save(
        workspace,
        {"issuer": "Amazon Web Services, Inc.", "invoice_id": "INV-10",
         "billing_period": OCTOBER, "currency": "USD", "amount": "200.00"},
        author="test",
    )  # fmt: skip
    return workspace


def metrics(workspace: Opened) -> None:
    """Orders of September (100) and October (120), with revenue 1,000 and 1,500."""
    for name, spec in (
        ("orders", {"unit": "order"}),
        ("revenue", {"unit": "USD", "currency": "USD"}),
    ):
        full = spec | {"labels": ["product"], "missing": "zero", "late_days": 0}
        workspace.metrics.define(name, full, author="test")
    days = ("2026-09-01", "2026-09-30", "2026-10-31")
    for name, amounts in (("orders", ("40", "60", "120")), ("revenue", ("400", "600", "1500"))):
        values = [
            {"date": day, "value": amount, "labels": {"product": "shop"}}
            for day, amount in zip(days, amounts, strict=True)
        ]
        workspace.metrics.push(name, {"values": values}, author="test")
    workspace.units.define("cost-per-order", UNITS, author="test")
