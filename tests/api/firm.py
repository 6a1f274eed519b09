"""A small firm that has one of everything, so that each operation and command has an answer."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.alerts.signal import Owner, Signal
from outlay.app import Workspace, disputes, invoices, statements
from outlay.app.alerts.raising import raise_signal
from outlay.money import BillingPeriod
from outlay.reports.document import Figure
from tests.allocation.kubernetes.shop import shop
from tests.web.company import AUGUST, EUROPE, SEPTEMBER, SEPTEMBER_AT_FIRST, load

RESOURCES = """\
kind: Dictionary
name: owners
spec:
  entries:
    "222222222222": storefront
    "333333333333": data
---
kind: VirtualTag
name: team
spec:
  title: Team
  default: Unallocated
  rules:
    - when: tags.team IS NOT NULL
      value: {from: tags.team, transform: [trim, lower]}
    - when: SubAccountName = 'Shop'
      value: platform
  values:
    platform: {owner: ana@example.com, title: Platform}
    storefront: {owner: sam@example.com, parent: shops}
---
kind: Split
name: share-platform
spec: {tag: team, take: platform, method: proportional, measure: EffectiveCost, period: month}
---
kind: View
name: by-team
spec:
  title: Cost by team
  query: {by: [team], grain: month, where: "ChargeCategory = 'Usage'"}
---
kind: Metric
name: orders
spec: {title: Orders, unit: order, labels: [channel]}
---
kind: UnitCost
name: cost-per-order
spec: {title: Cost per order, where: "ChargeCategory = 'Usage'", metric: orders}
---
kind: Vocabulary
name: ours
spec:
  rules:
    - {service: "<b>Odd</b> & 'quoted'", category: Media, subcategory: Content Creation}
---
kind: ExchangeRates
name: finance
spec:
  title: Finance's month rates
  pairs: {EUR/USD: {2026-08: "1.10", 2026-09: "1.1712", 2026-10: "1.20"}}
---
kind: StatementPlan
name: showback
spec: {title: Showback, tag: team, currency: USD, rates: finance}
---
kind: StatementPlan
name: booked
spec:
  title: Chargeback
  tag: team
  currency: USD
  rates: finance
  mode: chargeback
  journal: {cost: "6815", clearing: "1590", accrual: "3790", tax: "1406"}
---
kind: Dashboard
name: money
spec:
  title: Money
  range: "2026-09-01..2026-10-01"
  panels:
    - {title: Spend, kind: figure, query: {compare: previous}}
    - {title: By service, kind: table, query: {by: [ServiceName]}}
    - {title: Orders, kind: unit, unit: cost-per-order}
    - {title: About, kind: text, text: What it costs.}
---
kind: Channel
name: folder
spec: {type: file, folder: sent}
---
kind: Contact
name: shops
spec: {title: Shops, tag: team, values: [storefront], channels: [folder]}
---
kind: AlertRoute
name: teams
spec:
  title: Each team its own
  min_amount: {USD: 50}
  to: {owner: true, fallback: [folder]}
  digest: weekdays at 08:00
  timezone: Europe/Berlin
  quiet: {nights: "20:00-07:00", weekends: true}
  escalate: [{after_hours: 24, to: {channels: [folder]}}]
---
kind: Report
name: teams
spec:
  title: Cost by team
  content: {view: by-team}
  formats: [csv]
  schedule: monthly on day 3 at 07:00
  channels: [folder]
---
kind: Annotation
name: checkout
spec: {from: 2026-09-03, text: Checkout went live, category: deploy}
"""

INVOICE: dict[str, Any] = {
    "issuer": "Amazon Web Services, Inc.",
    "invoice_id": "EUINUS26-202609",
    "billing_period": "2026-09",
    "currency": "USD",
    "amount": "135.48",
    "tax": "0.00",
    "issued_on": "2026-10-03",
    "due_on": "2026-11-02",
}
ALERT = Signal(
    kind="budget",
    subject="storefront",
    occurrence="2026-09/actual 100 %",
    title="Storefront is over its budget of September",
    severity="critical",
    lines=("Actual 110.10 USD of 100.00 USD.",),
    figures=(Figure("Actual", Decimal("110.10"), currency="USD"),),
    driver="Amazon Elastic Compute Cloud, by usage",
    link="/budgets/storefront",
    amount=Decimal("110.10"),
    currency="USD",
    owner=Owner("storefront", "team"),
    where="team = 'storefront'",
)
ORDERS = [
    {"date": f"2026-09-{day:02d}", "value": str(10 * day), "labels": {"channel": channel}}
    for day in range(1, 4)
    for channel in ("shop", "web")
]


def firm(folder: Path) -> Workspace:
    """Bills in two currencies with a restatement, a cluster, rules, a closed month, an invoice, a
    dispute, values of a metric."""
    workspace = shop(folder)
    bills = folder / "bills"
    load(workspace, bills, "acme", [*AUGUST, *SEPTEMBER_AT_FIRST])
    load(workspace, bills, "acme", [*AUGUST, *SEPTEMBER])
    load(workspace, bills, "europe", EUROPE)
    rules = folder / "rules.yaml"
    (workspace.path / "sent").mkdir()
    rules.write_text(RESOURCES, encoding="utf-8")
    plan = workspace.plan_resources(workspace.read_resource_files([rules]), effects=False)
    workspace.apply_resources(plan, author="ana", note="The firm's rules.")
    workspace.metrics.push("orders", {"values": ORDERS}, author="ana")
    invoices.save(workspace, INVOICE, author="ana")
    august = BillingPeriod.parse("2026-08")
    statements.close(workspace, "showback", august, author="ana", note="Agreed.")
    first = statements.month(workspace, "showback", august)
    one = next(s for s in first.statements if s.value == "data")
    disputes.dispute(
        workspace,
        "showback",
        august,
        "data",
        line=one.lines[0].id,
        amount=None,
        reason="It is the storefront's bucket.",
        proposed="storefront",
        author="sam",
    )
    raise_signal(workspace, ALERT)
    return workspace
