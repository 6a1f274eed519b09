"""What the vendors' own tools say of Kestrel: an export of AWS Cost Optimization Hub, a list of
Azure Advisor, and one of GCP Recommender, read by the ordinary path.

They speak of resources that are in the bills, most of which our own detectors find too: of some
they say the same, of others something that excludes it, and Azure gives no amount for a disk. The
amounts are parts of what the resources cost in the last thirty whole days.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.app.demo.fleet import App, hex_id
from outlay.app.demo.story import Story
from outlay.app.demo.waste import CATALOG, FORGOTTEN
from outlay.app.native import syncing
from outlay.expression import text_literal
from outlay.money.quotients import rounded
from outlay.query import CostQuery
from outlay.query.ranges import between

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

FOLDER = "native"
SOURCES = {
    "aws-hub": ("hub.csv", "AWS Cost Optimization Hub"),
    "azure-advisor": ("advisor.json", "Azure Advisor"),
    "gcp-recommender": ("recommender.json", "GCP Recommender"),
}
"""Source → its file below `FOLDER`, and its title."""

_DAYS = 30
_OFFICE = "/subscriptions/4be1f7d0-52a9-4d0c-8c1e-6f2a90b7c310"
_DATA, _ML = (
    f"//compute.googleapis.com/projects/{name}" for name in ("kestrel-data", "kestrel-ml")
)
_PAYER = "480102030401"


@dataclass(frozen=True)
class _Advice:
    """What a tool says of a resource: it saves a `part` of what that costs. `account` is the
    account's name where the resource, as bills have it, does not say it."""

    resource: str
    kind: str
    action: str
    part: str
    now: str = ""
    then: str = ""
    effort: str = "Medium"
    account: str = ""

    @property
    def arn(self) -> str:
        """The resource's ARN: bills have the id of volumes and machines alone."""
        if not self.account:
            return self.resource
        word = "volume" if self.kind == "EbsVolume" else "instance"
        return App(self.account, "", "", "").arn("ec2", f"{word}/{self.resource}")


def _volume(name: str) -> str:
    return f"vol-0{hex_id(name, 16)}"


def _machine(name: str) -> str:
    return f"i-0{hex_id(name, 16)}"


def _hub() -> list[_Advice]:
    pay = App("payments-prod", "payments", "prod", "vouchers")
    lab = App("ml-research", "ml", "research", "training")
    nat = lab.arn("ec2", f"natgateway/nat-0{hex_id('research-nat', 16)}")
    found = [
        _Advice(_volume(f"gp2/{number}"), "EbsVolume", "Upgrade", "0.20", f"gp2, {size} GB",
                f"gp3, {size} GB", "VeryLow", "payments-prod")
        for number, size in enumerate((500, 500, 300, 2000))
    ]  # fmt: skip
    found += [
        _Advice(one, "EbsVolume", "Delete", "1", "gp3, 500 GB", "", "Low", "data-dev")
        for one in FORGOTTEN
    ]
    found += [
        _Advice(CATALOG, "EbsVolume", "Rightsize", "0.55", "io1, 200 GB", "gp3, 200 GB",
                account="data-prod"),
        _Advice(pay.arn("rds", "db:vouchers-prod-1"), "RdsDbInstance", "Rightsize", "0.18",
                "db.r6g.large", "db.t4g.large"),
        _Advice(nat, "NatGateway", "Delete", "1", "nat", effort="Low"),
    ]  # fmt: skip
    # Of the first machine two things, of which one can be done.
    for name, action, part, now, then, effort in (
        ("m4.xlarge/0", "Upgrade", "0.04", "m4.xlarge", "m6i.xlarge", "Low"),
        ("m4.xlarge/0", "MigrateToGraviton", "0.23", "m4.xlarge", "m6g.xlarge", "VeryHigh"),
        ("m4.xlarge/1", "MigrateToGraviton", "0.23", "m4.xlarge", "m6g.xlarge", "VeryHigh"),
        ("t2.large/4", "Stop", "1", "t2.large", "", "Low"),
    ):
        machine = _machine(f"old/{name}")
        found.append(_Advice(machine, "Ec2Instance", action, part, now, then, effort, "shop-prod"))
    return found


_ADVISOR = (
    _Advice(f"{_OFFICE}/resourceGroups/rg-reporting/providers/Microsoft.Compute/virtualMachines/"
            "vm-report-1", "Microsoft.Compute/virtualMachines", "SkuChange", "0.5",
            "Standard_D4s_v5", "Standard_D2s_v5"),
    _Advice(f"{_OFFICE}/resourceGroups/rg-print/providers/Microsoft.Compute/virtualMachines/"
            "vm-print-1", "Microsoft.Compute/virtualMachines", "Shutdown", "1", "Standard_D4s_v5"),
    # Azure says that it is not attached, and not what that costs.
    _Advice(f"{_OFFICE}/resourceGroups/rg-erp/providers/Microsoft.Compute/disks/disk-erp-4-data",
            "Microsoft.Compute/disks", "", ""),
)  # fmt: skip
_RECOMMENDER = (
    _Advice(f"{_DATA}/zones/europe-west4-a/instances/reports-staging",
            "google.compute.instance.IdleResourceRecommender", "STOP_VM", "1"),
    _Advice(f"{_ML}/zones/europe-west4-a/instances/feature-api",
            "google.compute.instance.MachineTypeRecommender", "CHANGE_MACHINE_TYPE", "0.5",
            "n2-standard-8", "n2-standard-4"),
    _Advice(f"{_ML}/zones/europe-west4-a/disks/notebook-old",
            "google.compute.disk.IdleResourceRecommender", "SNAPSHOT_AND_DELETE_DISK", "0.65"),
)  # fmt: skip


def configure(workspace: Workspace, story: Story) -> None:
    """Write what the tools say as of today, and read it; sources that a person changed are left as
    they are."""
    folder = workspace.path / FOLDER
    folder.mkdir(exist_ok=True)
    costs = _costs(workspace, story)
    texts = (_hub_text(costs, story), _advisor_text(costs, story), _recommender_text(costs, story))
    for (name, (file, title)), content in zip(SOURCES.items(), texts, strict=True):
        _write(folder / file, content)
        if workspace.resources.find(syncing.KIND, name) is None:
            syncing.add(workspace, name, str(folder / file), title=title)
    for done in syncing.sync(workspace, list(SOURCES)):
        if done.outcome == "failed":
            raise ValueError(f"{done.source}: {done.error}")


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


Costs = dict[str, tuple[Decimal, Decimal]]


def _costs(workspace: Workspace, story: Story) -> Costs:
    """What each resource costs in thirty days, effective and at list, by its name in lower case."""
    wanted = [one.resource for one in (*_hub(), *_ADVISOR, *_RECOMMENDER)]
    listed = ", ".join(text_literal(one.lower()) for one in dict.fromkeys(wanted))
    found = workspace.query(
        CostQuery(
            measures=("EffectiveCost", "ListCost"),
            by=("ResourceId",),
            where=f"lower(ResourceId) IN ({listed})",
            range=between(story.today - timedelta(days=_DAYS), story.today),
            splits="direct",
        )
    )
    costs: Costs = {}
    for row in found.rows():
        effective, at_list = row["EffectiveCost"], row["ListCost"]
        if isinstance(effective, Decimal) and isinstance(at_list, Decimal) and effective > 0:
            costs[str(row["ResourceId"]).lower()] = (effective, at_list)
    return costs


def _parts(costs: Costs, advice: _Advice) -> tuple[Decimal, Decimal] | None:
    """The saving after discounts and at list; None where the bill does not have the resource."""
    cost = costs.get(advice.resource.lower())
    if cost is None or not advice.part:
        return None
    after, listed = (rounded(Fraction(one) * Fraction(advice.part), 2) for one in cost)
    return (after, max(after, listed)) if after > 0 else None


_COLUMNS = (
    "account_id", "action_type", "currency_code", "current_resource_summary",
    "current_resource_type", "estimated_monthly_cost_after_discount",
    "estimated_monthly_savings_after_discount", "estimated_monthly_savings_before_discount",
    "estimated_savings_percentage_after_discount", "implementation_effort",
    "last_refresh_timestamp", "recommendation_id", "recommendation_lookback_period_in_days",
    "recommendation_source", "recommended_resource_summary", "recommended_resource_type", "region",
    "resource_arn", "restart_needed", "rollback_possible", "tags",
)  # fmt: skip
_BOUGHT = (
    ("PurchaseSavingsPlans", "ComputeSavingsPlans", "412.60", "$1.92/hour, 1 year, no upfront"),
    ("PurchaseReservedInstances", "Ec2ReservedInstances", "365.00", "12 m6i.large, 1 year"),
)
"""Two ways to commit to the same usage: one can be done."""
_FOR_GOOD = ("Delete", "PurchaseSavingsPlans", "PurchaseReservedInstances")


def _hub_text(costs: Costs, story: Story) -> str:
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, _COLUMNS)
    writer.writeheader()
    for number, advice in enumerate(_hub(), 1):
        parts = _parts(costs, advice)
        if parts is not None:
            writer.writerow(_hub_row(costs, advice, parts, number, story))
    for number, (action, kind, saving, what) in enumerate(_BOUGHT, 1):
        writer.writerow(
            _common(story, f"kestrel-buy-{number}", action, kind)
            | {
                "account_id": _PAYER,
                "estimated_monthly_savings_after_discount": saving,
                "estimated_monthly_savings_before_discount": saving,
                "recommendation_source": "CostExplorer",
                "recommended_resource_summary": what,
                "implementation_effort": "VeryLow",
            }
        )
    return content.getvalue()


def _common(story: Story, name: str, action: str, kind: str) -> dict[str, str]:
    return {
        "recommendation_id": name,
        "action_type": action,
        "current_resource_type": kind,
        "recommended_resource_type": kind,
        "currency_code": "USD",
        "region": "us-east-1",
        "last_refresh_timestamp": f"{story.today}T06:00:00Z",
        "recommendation_lookback_period_in_days": "14",
        "recommendation_source": "ComputeOptimizer",
        "restart_needed": "false",
        "rollback_possible": "false" if action in _FOR_GOOD else "true",
        "tags": "{}",
    }  # fmt: skip


def _hub_row(
    costs: Costs, advice: _Advice, parts: tuple[Decimal, Decimal], number: int, story: Story
) -> dict[str, str]:
    after, before = parts
    cost = rounded(Fraction(costs[advice.resource.lower()][0]), 2)
    return _common(story, f"kestrel-{number}", advice.action, advice.kind) | {
        "account_id": advice.arn.split(":")[4],
        "resource_arn": advice.arn,
        "current_resource_summary": advice.now,
        "recommended_resource_summary": advice.then,
        "estimated_monthly_cost_after_discount": str(cost),
        "estimated_monthly_savings_after_discount": str(after),
        "estimated_monthly_savings_before_discount": str(before),
        "estimated_savings_percentage_after_discount": str(rounded(Fraction(advice.part) * 100, 1)),
        "implementation_effort": advice.effort,
        "restart_needed": "true" if advice.kind in ("Ec2Instance", "RdsDbInstance") else "false",
    }


_TYPES = {
    "SkuChange": "e10b1381-5f0a-47ff-8c7b-37bd13d7c974",
    "Shutdown": "e10b1381-5f0a-47ff-8c7b-37bd13d7c974",
    "": "48eda464-1485-4dcf-a674-d0905df5054a",
}
_SAVINGS_PLAN = "89515250-1243-43d1-b4e7-f9437cedffd8"
_RESERVED = "84b1a508-fc21-49da-979e-96894f1665df"
_WORDS = {
    "SkuChange": "Right-size or shutdown underutilized virtual machines",
    "Shutdown": "Right-size or shutdown underutilized virtual machines",
    "": "You have disks that have not been attached to a VM for more than 30 days",
    _SAVINGS_PLAN: "Purchasing a savings plan for compute could unlock lower prices",
    _RESERVED: "Consider virtual machine reserved instance to save over your on-demand costs",
}
_TERMS = (
    (_RESERVED, "P1Y", "30", "31.20"), (_RESERVED, "P3Y", "30", "48.90"),
    (_RESERVED, "P1Y", "60", "29.40"), (_SAVINGS_PLAN, "P1Y", "30", "26.10"),
    (_SAVINGS_PLAN, "P3Y", "30", "44.00"),
)  # fmt: skip
"""One purchase, once a term and look-back, and the other way to buy: all exclude each other."""


def _advisor_text(costs: Costs, story: Story) -> str:
    items = [*_advised(costs, story)]
    subscription = _OFFICE.rpartition("/")[2]
    for number, (kind, term, days, saving) in enumerate(_TERMS, 1):
        items.append(_advice_of(story, f"buy-{number}", kind, _OFFICE, subscription, {
            "subId": subscription, "term": term, "scope": "Shared", "lookbackPeriod": days,
            "savingsAmount": saving, "annualSavingsAmount": str(Decimal(saving) * 12),
            "savingsCurrency": "EUR",
            **({"sku": "Compute_Savings_Plan", "commitment": "0.14"} if kind == _SAVINGS_PLAN
               else {"vmSize": "Standard_D4s_v5", "qty": "1"}),
        }))  # fmt: skip
    return json.dumps({"value": items}, indent=1)


def _advised(costs: Costs, story: Story) -> Iterator[dict[str, Any]]:
    for number, advice in enumerate(_ADVISOR, 1):
        parts = _parts(costs, advice)
        name = advice.resource.rpartition("/")[2]
        extended = {"subId": _OFFICE.rpartition("/")[2]}
        if advice.part and parts is None:
            continue
        if parts is not None:
            extended |= {
                "savingsAmount": str(parts[0]),
                "annualSavingsAmount": str(parts[0] * 12),
                "savingsCurrency": "EUR",
                "currentSku": advice.now,
                "targetSku": advice.then or "Shutdown",
                "recommendationType": advice.action,
                "lookbackPeriod": "14",
                "MaxCpuP95": "9",
            }
        yield _advice_of(story, f"advice-{number}", advice.action, advice.resource, name, extended,
                         advice.kind)  # fmt: skip


def _advice_of(
    story: Story,
    name: str,
    kind: str,
    resource: str,
    value: str,
    extended: dict[str, str],
    field: str = "Microsoft.Subscriptions/subscriptions",
) -> dict[str, Any]:
    words = _WORDS[kind]
    return {
        "id": f"{_OFFICE}/providers/Microsoft.Advisor/recommendations/{name}",
        "name": name,
        "type": "Microsoft.Advisor/recommendations",
        "properties": {
            "category": "Cost",
            "impact": "Medium" if kind == "" else "High",
            "impactedField": field,
            "impactedValue": value,
            "lastUpdated": f"{story.today}T05:00:00Z",
            "recommendationTypeId": _TYPES.get(kind, kind),
            "shortDescription": {"problem": words, "solution": words},
            "extendedProperties": extended,
            "resourceMetadata": {"resourceId": resource},
        },
    }


_SAID = {
    "STOP_VM": "Save cost by stopping idle VM '{name}'.",
    "CHANGE_MACHINE_TYPE": "Save cost by changing machine type from {now} to {then}.",
    "SNAPSHOT_AND_DELETE_DISK": "Save cost by snapshotting and then deleting idle persistent disk "
    "'{name}'.",
}


def _recommender_text(costs: Costs, story: Story) -> str:
    items = []
    for number, advice in enumerate(_RECOMMENDER, 1):
        parts = _parts(costs, advice)
        if parts is not None:
            items.append(_recommended(advice, parts[0], number, story))
    return json.dumps({"recommendations": items}, indent=1)


def _recommended(advice: _Advice, saving: Decimal, number: int, story: Story) -> dict[str, Any]:
    name = advice.resource.rpartition("/")[2]
    units, _, cents = f"{saving:.2f}".partition(".")
    cost: dict[str, Any] = {"currencyCode": "USD", "units": f"-{units}",
                            "nanos": -int(cents) * 10_000_000}  # fmt: skip
    project = advice.resource.split("/")[4]
    return {
        "name": f"projects/{project}/locations/europe-west4-a/recommenders/{advice.kind}/"
        f"recommendations/kestrel-{number}",
        "description": _SAID[advice.action].format(name=name, now=advice.now, then=advice.then),
        "lastRefreshTime": f"{story.today}T04:00:00Z",
        "primaryImpact": {
            "category": "COST",
            "costProjection": {"cost": cost, "duration": "2592000s"},
        },
        "content": {
            "overview": {
                "resource": advice.resource, "resourceName": name, "location": "europe-west4-a",
                "currentMachineType": {"name": advice.now},
                "recommendedMachineType": {"name": advice.then},
            },
            "operationGroups": [],
        },
        "stateInfo": {"state": "ACTIVE"},
        "recommenderSubtype": advice.action,
        "priority": "P2",
        "etag": f'"kestrel{number}"',
    }  # fmt: skip
