"""A small company's bills with a row of everything that use cases ask about.

Two vendors' FOCUS files: Nimbus, a cloud, in 1.4 (two accounts, one in euros), and Glowworm, a
SaaS vendor whose prices are in a virtual currency, in 1.2. `CHARGES` are the same rows as Python
values: what tests compute from, in their own way.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from outlay.focus.schema import COLUMNS, CURRENT, Type, columns_of

TODAY = date(2026, 11, 24)
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)

Charge = Mapping[str, Any]

_NIMBUS: dict[str, Any] = {
    "BillingAccountId": "N-1",
    "BillingAccountName": "Acme at Nimbus",
    "BillingAccountType": "Organisation",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "ChargeFrequency": "Usage-Based",
    "HostProviderName": "Nimbus Cloud",
    "InvoiceIssuerName": "Nimbus Cloud, Inc.",
    "PricingCategory": "Standard",
    "PricingCurrency": "USD",
    "RegionId": "r-east",
    "RegionName": "Easterly",
    "ServiceProviderName": "Nimbus Cloud",
    "SubAccountId": "s1",
    "SubAccountName": "Shop",
    "SubAccountType": "Project",
}
MACHINE = '{"CoreCount":4,"InstanceSeries":"m","MemorySize":16}'
BOTH = (
    '{"CommitmentPrograms":[{"ProgramType":"FlexibleSpendPlan"},'
    '{"ProgramType":"ResourceReservation"}]}'
)
CAPACITY = '{"CommitmentPrograms":[{"ProgramType":"AdvanceResourceCommitment"}]}'


def _after(month: date) -> date:
    return (month + timedelta(32)).replace(day=1)


def charge(day: date, service: str, cost: str, until: date | None = None, **own: Any) -> Charge:
    """One row of Nimbus's bill; the four costs are `cost` unless said otherwise."""
    month = own.pop("month", day.replace(day=1))
    row = dict.fromkeys(CURRENT) | _NIMBUS
    row |= {name: Decimal(cost) for name in ("BilledCost", "EffectiveCost", "ListCost",
                                             "ContractedCost")}  # fmt: skip
    row |= {
        "BillingPeriodStart": month,
        "BillingPeriodEnd": _after(month),
        "ChargePeriodStart": day,
        "ChargePeriodEnd": until or day + timedelta(1),
        "ChargeDescription": f"{service} usage",
        "InvoiceId": f"INV-{month:%m}" if month < NOVEMBER else None,
        "ServiceName": service,
        "ServiceCategory": "Other",
        "ServiceSubcategory": "Other (Other)",
        "Tags": {},
    }
    return row | own


def _priced(
    quantity: str, unit: str, listed: str, price: str, sku: str, meter: str
) -> dict[str, Any]:
    amount = Decimal(quantity)
    return {
        "PricingQuantity": amount, "PricingUnit": unit, "ConsumedQuantity": amount,
        "ConsumedUnit": unit, "ListUnitPrice": Decimal(listed),
        "ContractedUnitPrice": Decimal(price), "ListCost": amount * Decimal(listed),
        "ContractedCost": amount * Decimal(price), "SkuId": sku, "SkuMeter": meter,
        "SkuPriceId": f"{sku}-{meter}-1",
    }  # fmt: skip


def _nimbus() -> Iterator[Charge]:
    compute = {"ServiceCategory": "Compute", "ServiceSubcategory": "Virtual Machines"}
    day = date(2026, 9, 10)
    while day < NOVEMBER:
        # Ten machines for one day: the day that stands out.
        hours = "240" if day == date(2026, 10, 20) else "24"
        priced = _priced(hours, "Hours", "0.5", "0.45", "sku-m", "machine hours")
        cost = str(priced["ContractedCost"])
        yield charge(
            day, "Nimbus Machines", cost, ResourceId="m-1", ResourceName="web",
            ResourceType="Machine", AvailabilityZone="r-east-1a", SkuPriceDetails=MACHINE,
            CommitmentProgramEligibilityDetails=BOTH,
            ContractApplied=_applied("K-1", "K-1-spend", cost),
            Tags={"team": "shop"} if day.day % 2 else {"app": "web"}, **compute, **priced,
        )  # fmt: skip
        day += timedelta(1)
    for month in (SEPTEMBER, OCTOBER):
        yield from _plan(month, compute)
        yield from _month(month, compute)
    yield from _special(compute)


def _plan(month: date, compute: dict[str, Any]) -> Iterator[Charge]:
    """A savings plan: its fee, what it covers in two accounts, what is left."""
    plan = {"CommitmentDiscountId": "plan-1", "CommitmentDiscountType": "Spend Plan",
            "CommitmentDiscountCategory": "Spend",
            "CommitmentDiscountName": "One year"}  # fmt: skip
    until = _after(month)
    yield charge(
        month, "Nimbus Plans", "100", until, EffectiveCost=Decimal(0), ChargeCategory="Purchase",
        ChargeFrequency="Recurring", ResourceId="plan-1", CommitmentDiscountQuantity=Decimal(100),
        CommitmentDiscountUnit="USD", ChargeDescription="1 year No Upfront Spend Plan",
        **plan, **(_priced("1", "Plans", "100", "100", "sku-p", "plan")
                   | {"ConsumedQuantity": None, "ConsumedUnit": None}),
    )  # fmt: skip
    used = Decimal(0)
    for number in range(4):
        day = month + timedelta(3 + number)
        priced = _priced("24", "Hours", "0.25", "0.24", "sku-s", "small machine hours")
        used += Decimal("21.125")
        yield charge(
            day, "Nimbus Machines", "0", EffectiveCost=Decimal("21.125"), SubAccountId="s2",
            SubAccountName="Data", ResourceId="m-2", CommitmentDiscountStatus="Used",
            PricingCategory="Committed", RegionId="r-west", RegionName="Westerly",
            AvailabilityZone="r-west-1b", Tags={"team": "data"}, **plan, **compute,
            **priced,
        ) | {"PricingCategory": "Committed"}  # fmt: skip
    yield charge(
        month, "Nimbus Plans", "0", until, EffectiveCost=Decimal(100) - used, ResourceId="plan-1",
        CommitmentDiscountStatus="Unused", PricingCategory="Committed", SkuId="sku-p",
        SkuPriceId="sku-p-plan-1", ListCost=Decimal(0), ContractedCost=Decimal(0), **plan,
    )  # fmt: skip


def _month(month: date, compute: dict[str, Any]) -> Iterator[Charge]:
    """What comes every month: storage, traffic, reserved capacity, tax, the account in euros."""
    for number in (2, 9, 16):
        day = month + timedelta(number)
        gigabytes = str(100 + number + month.month)
        storage = _priced(gigabytes, "GB", "0.02", "0.02", "sku-d", "disk")
        yield charge(day, "Nimbus Disks", str(storage["ContractedCost"]), SubAccountId="s2",
                     SubAccountName="Data", ResourceId="d-1", ServiceCategory="Storage",
                     ServiceSubcategory="Block Storage", Tags={"team": "data"},
                     **storage)  # fmt: skip
        snapshots = _priced("3", "Snapshots", "0.3", "0.3", "sku-d", "snapshots")
        yield charge(day, "Nimbus Disks", "0.9", SubAccountId="s2", SubAccountName="Data",
                     ResourceId="d-1", ServiceCategory="Storage",
                     ServiceSubcategory="Block Storage", ChargeDescription="Snapshots of d-1",
                     **snapshots)  # fmt: skip
        traffic = _priced(gigabytes, "GB", "0.09", "0.08", "sku-t", "traffic")
        yield charge(day, "Nimbus Traffic", str(traffic["ContractedCost"]),
                     ChargeDescription="Data transfer out", **traffic)  # fmt: skip
    reserved = {"CapacityReservationId": "cap-1", "CommitmentProgramEligibilityDetails": CAPACITY}
    for status, hours in (("Used", "10"), ("Unused", "14")):
        priced = _priced(hours, "Hours", "0.7", "0.7", "sku-r", "reserved hours")
        yield charge(month + timedelta(5), "Nimbus Machines", str(priced["ContractedCost"]),
                     CapacityReservationStatus=status,
                     ResourceId="cap-1" if status == "Unused" else "m-3", **reserved, **compute,
                     **priced)  # fmt: skip
    tax = str(Decimal("10.01") + month.month)
    yield charge(month, "Nimbus Machines", tax, _after(month), ChargeCategory="Tax",
                 PricingCategory=None, RegionId=None, RegionName=None,
                 ServiceSubcategory="Virtual Machines", ServiceCategory="Compute")  # fmt: skip
    euro = _priced("2", "Seats", "7.5", "7.5", "sku-e", "seats")
    yield charge(
        month + timedelta(1), "Nimbus Desk", "15", BillingAccountId="N-2",
        BillingAccountName="Acme GmbH at Nimbus", BillingCurrency="EUR", SubAccountId="e1",
        SubAccountName="Berlin", RegionId="r-eu", RegionName="Fjordland",
        InvoiceId=f"EU-{month:%m}",
        PricingCurrency="USD", PricingCurrencyEffectiveCost=Decimal("16.5"),
        PricingCurrencyListUnitPrice=Decimal("8.25"),
        PricingCurrencyContractedUnitPrice=Decimal("8.25"), Tags={"team": "desk"}, **euro,
    )  # fmt: skip


def _special(compute: dict[str, Any]) -> Iterator[Charge]:
    """Contracts, credits, marketplace, split costs, corrections, a credit memo, an open month."""
    yield charge(
        SEPTEMBER, "Nimbus Contract", "1000", ChargeCategory="Purchase",
        ChargeFrequency="One-Time", EffectiveCost=Decimal(0),
        ContractApplied=_applied("K-1", "K-1-spend", "1000.000000000000000000001"),
        ChargeDescription="Yearly contract, 1 year",
    )  # fmt: skip
    credits_ = _priced("2000", "Credits", "0.05", "0.05", "sku-c", "credits")
    yield charge(
        date(2026, 9, 2), "Nimbus Assistant", "100", ChargeCategory="Purchase",
        ChargeFrequency="One-Time", ChargeDescription="Prepaid credits",
        EffectiveCost=Decimal(0),
        **(credits_ | {"ConsumedQuantity": None, "ConsumedUnit": None}),
    )  # fmt: skip
    for day, burnt in ((date(2026, 9, 20), "30"), (date(2026, 10, 21), "45.5")):
        priced = _priced(burnt, "Credits", "0.05", "0.05", "sku-c", "answers")
        yield charge(day, "Nimbus Assistant", "0", EffectiveCost=priced["ContractedCost"],
                     ChargeDescription="Answers", Tags={"team": "shop"},
                     ContractApplied=_quantity("K-1", "K-1-credits", burnt), **priced)  # fmt: skip
    for category, cost, resource in (("Purchase", "50", "o-1"), ("Usage", "33.3", "o-2")):
        yield charge(date(2026, 10, 3), "Orchid Boards", cost, ServiceProviderName="Orchid",
                     ChargeCategory=category, ResourceId=resource, RegionId=None,
                     RegionName=None)  # fmt: skip
    for consumer, cost in (("pod/a", "4.5"), ("pod/b", "1.25"), (None, "0.25")):
        yield charge(date(2026, 10, 5), "Nimbus Cluster", cost, ResourceId="k-1",
                     ResourceName="cluster", AllocatedMethodId="cpu",
                     AllocatedResourceId=consumer,
                     AllocatedResourceName=consumer and consumer.upper(), **compute)  # fmt: skip
    yield charge(date(2026, 9, 12), "Nimbus Machines", "-3.3", month=OCTOBER,
                 ChargeClass="Correction", ResourceId="m-1",
                 ChargeDescription="Correction of m-1", **compute)  # fmt: skip
    yield charge(OCTOBER, "Nimbus Machines", "-15", ChargeCategory="Credit",
                 ChargeFrequency="One-Time", PricingCategory=None,
                 ChargeDescription="Credit for an outage", **compute)  # fmt: skip
    yield charge(date(2026, 11, 3), "Nimbus Traffic", "1.11", Tags={"team": "shop"})


def _applied(contract: str, commitment: str, cost: str) -> str:
    return (
        f'{{"Elements":[{{"ContractId":"{contract}","ContractCommitmentId":"{commitment}",'
        f'"ContractCommitmentAppliedCost":{cost}}}]}}'
    )


def _quantity(contract: str, commitment: str, quantity: str) -> str:
    return (
        f'{{"Elements":[{{"ContractId":"{contract}","ContractCommitmentId":"{commitment}",'
        f'"ContractCommitmentAppliedQuantity":{quantity},'
        '"ContractCommitmentAppliedUnit":"Credits"}]}'
    )


def _glowworm() -> Iterator[Charge]:
    """The SaaS vendor: usage priced in Sparks at ten cents each, less by contract."""
    glow = {"BillingAccountId": "G-1", "BillingAccountName": "Acme at Glowworm",
            "BillingAccountType": None, "HostProviderName": "Glowworm",
            "InvoiceIssuerName": "Glowworm", "ServiceProviderName": "Glowworm",
            "SubAccountId": "g-main", "SubAccountName": "Main", "SubAccountType": None,
            "RegionId": None, "RegionName": None, "ServiceCategory": "AI and Machine Learning",
            "ServiceSubcategory": "Generative AI"}  # fmt: skip
    for day, quantity in ((date(2026, 9, 7), "40"), (date(2026, 10, 7), "30"),
                          (date(2026, 10, 8), "12.5")):  # fmt: skip
        priced = _priced(quantity, "Glows", "0.2", "0.15", "sku-g", "glows")
        yield charge(
            day, "Glowworm Glows", str(priced["ContractedCost"]), PricingCurrency="Sparks",
            PricingCurrencyListUnitPrice=Decimal(2),
            PricingCurrencyContractedUnitPrice=Decimal("1.5"),
            PricingCurrencyEffectiveCost=Decimal(quantity) * Decimal("1.5"), Tags={"team": "data"},
            InvoiceId=f"G-{day:%m}", **glow, **priced,
        )  # fmt: skip
    yield charge(
        date(2026, 9, 1), "Glowworm Sparks", "25", ChargeCategory="Purchase",
        ChargeFrequency="One-Time", ChargeDescription="250 Sparks", InvoiceId="G-09",
        PricingCurrency="Sparks", PricingQuantity=Decimal(250), PricingUnit="Sparks",
        PricingCurrencyEffectiveCost=Decimal(0), EffectiveCost=Decimal(0),
        SkuId="sku-k", SkuPriceId="sku-k-1", **glow,
    )  # fmt: skip


NIMBUS: tuple[Charge, ...] = tuple(_nimbus())
GLOWWORM: tuple[Charge, ...] = tuple(_glowworm())
CHARGES: tuple[Charge, ...] = (*NIMBUS, *GLOWWORM)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if COLUMNS[name].type is Type.TIME:
        return f"{value}T00:00:00Z"
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _write(path: Path, charges: tuple[Charge, ...], version: str) -> None:
    names = columns_of(version)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in charges:
            seller = {"ProviderName": row["ServiceProviderName"],
                      "PublisherName": row["ServiceProviderName"]}  # fmt: skip
            writer.writerow([_text(name, (row | seller).get(name)) for name in names])  # type: ignore[operator]


def company(folder: Path) -> Workspace:
    """The loaded workspace."""
    folder.mkdir(parents=True, exist_ok=True)
    workspace = Workspace.init(folder / "acme", name="Acme")
    for name, charges, version in (("nimbus", NIMBUS, "1.4"), ("glowworm", GLOWWORM, "1.2")):
        path = folder / f"{name}.csv"
        _write(path, charges, version)
        (done,) = workspace.load([str(path)], source=name)
        assert done.outcome == "loaded", (done.error, done.outcomes)
    return workspace
