"""Kestrel's Azure: a Microsoft Customer Agreement, priced in dollars and invoiced in euros.

The back office (ERP, finance, files) and the care assistant on Azure OpenAI. Actual and amortized
cost are two exports with manifests; the open month is exported to date, and a newer run leaves the
older one where it is. Two months ago one of the four ERP machines was switched off: its
reservation runs on unused. A month ago the assistant lost its prompt cache for four days. Among it
is waste that nobody looks at (`azure_uses`).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from outlay.app.demo.fleet import digest, hex_id, tags_as_people_write_them
from outlay.app.demo.shapes import week
from outlay.app.demo.story import Story
from outlay.app.demo.vendors.azure_uses import (
    SUBSCRIPTIONS,
    WASTE,
    Use,
    is_there,
    machine,
    machine_4_gone,
    resource_id,
)
from outlay.money import BillingPeriod

EXPORTS = {"ActualCost": "kestrel-actual", "AmortizedCost": "kestrel-amortized"}
RESERVED = 4
RESERVED_HOUR = Decimal("0.118")
PLAN_HOUR = Decimal("0.30")

_ACCOUNT = "5b0c1f60-7a44-4c0e-9a57-2f1d6c1e8a10:91d0a7c2-33f5-4be2-8f0a-0c7e5a2b9d41_2019-05-31"
_PROFILE = "KSTR-EU01-BG7-PGB"
_ORDER = "2f6b8c11-90d4-4a57-b1f3-7e5d20c9a8b4"
_RESERVATION = (
    f"/providers/Microsoft.Capacity/reservationOrders/{_ORDER}/reservations/"
    "a4d7e930-6c25-4b18-8f72-13c0b5e96d27"
)
_PLAN_ORDER = "e81c5d03-47fa-4926-a0be-59d2f7c6b130"
_PLAN = (
    f"/providers/Microsoft.BillingBenefits/savingsPlanOrders/{_PLAN_ORDER}/savingsPlans/"
    "70b9f2e4-d813-45ac-9c67-8e40a1d5b3f2"
)
_RATES = tuple(Decimal(rate) for rate in "0.9198 0.9165 0.9221 0.9284 0.9172 0.9149".split())


def _tokens(meter: str, amount: str, price: str) -> Use:
    return Use(
        "care", "rg-care", "Microsoft.CognitiveServices/accounts", "aoai-care",
        "Azure OpenAI", "Azure OpenAI", meter, "1K", amount, price, "ml", "care-assistant",
        pattern="shop", family="AI + Machine Learning", noise=90,
    )  # fmt: skip


_ERP = tuple(
    machine(f"vm-erp-{number}", "D4s v5", "0.192", "platform", "erp",
             benefit=_RESERVATION, share=RESERVED_HOUR)
    for number in range(1, RESERVED + 1)
)  # fmt: skip
_INPUT = _tokens("gpt-4o-0806-Inp-glbl Tokens", "5200", "0.0025")
_CACHED = _tokens("gpt-4o-0806-cached-Inp-glbl Tokens", "23000", "0.00125")
_FLEET = (
    *_ERP,
    machine("vm-close-1", "E4s v5", "0.252", "payments", "finance-close", pattern="office",
             benefit=_PLAN, share=Decimal("0.195")),
    machine("vm-build-1", "D2s v5", "0.096", "platform", "erp", env="dev", pattern="office",
             amount="10"),
    Use("office", "rg-finance", "Microsoft.Sql/servers", "sql-finance", "SQL Database",
         "General Purpose Serverless", "vCore", "1 Hour", "96", "0.1449", "payments", "finance",
         family="Databases"),
    Use("office", "rg-files", "Microsoft.Storage/storageAccounts", "kestrelfiles", "Storage",
         "Tiered Block Blob", "Hot LRS Data Stored", "1 GB/Month", "410", "0.0184", "data",
         "files", public="0.0208", family="Storage", noise=12),
    Use("office", "rg-files", "Microsoft.Storage/storageAccounts", "kestrelfiles", "Storage",
         "Tiered Block Blob", "Hot Read Operations", "10K", "640", "0.005", "data", "files",
         family="Storage", noise=80),
    Use("office", "", "", "", "Bandwidth", "Inter-Region", "Standard Data Transfer Out",
         "1 GB", "95", "0.08", "", "", family="Networking", noise=30),
    Use("office", "rg-monitor", "Microsoft.OperationalInsights/workspaces", "log-office",
         "Log Analytics", "Analytics Logs", "Data Ingestion", "1 GB", "22", "2.76", "platform",
         "monitoring", family="Management and Governance", noise=9),
    Use("care", "rg-care", "Microsoft.Web/serverFarms", "plan-care", "Azure App Service",
         "Premium v3 Plan", "P1 v3 App", "1 Hour", "48", "0.155", "mobile", "care",
         family="Web"),
    Use("care", "rg-care", "Microsoft.Search/searchServices", "srch-care",
         "Azure Cognitive Search", "Standard S1", "Standard S1 Unit", "1 Hour", "24", "0.336",
         "search", "care", family="AI + Machine Learning"),
    _INPUT,
    _CACHED,
    _tokens("gpt-4o-0806-Outp-glbl Tokens", "1900", "0.01"),
    _tokens("text-embedding-3-large Tokens", "14000", "0.00013"),
    *WASTE,
)  # fmt: skip


@dataclass
class _Line:
    """One line of the bill in dollars; None where a report does not have it."""

    day: date
    actual: Decimal | None
    amortized: Decimal | None
    columns: dict[str, str] = field(default_factory=dict)


def rate_of(month: BillingPeriod) -> Decimal:
    """Euros for a dollar on a month's invoice."""
    return _RATES[(month.year * 12 + month.month) % len(_RATES)]


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's newest run of both exports; of the restated month also the run of its 18th."""
    if month == story.restated:
        _export(folder, month, story, story.early_cut - timedelta(days=1), "to-date")
    last = min(story.last_day, month.end - timedelta(days=1))
    _export(folder, month, story, last, "final" if story.closed(month) else f"day{last.day}")


def _export(folder: Path, month: BillingPeriod, story: Story, last: date, run: str) -> None:
    lines = list(_lines(month, story, last, closed=run == "final"))
    for kind, name in EXPORTS.items():
        rows = []
        for line in lines:
            cost = line.actual if kind == "ActualCost" else line.amortized
            if cost is not None:
                rows.append(_row(line, cost, month))
        _run(folder / name, kind, month, last, hex_id(f"{kind}/{month}/{run}", 32), rows)


def _lines(month: BillingPeriod, story: Story, last: date, *, closed: bool) -> Iterator[_Line]:
    day = month.start
    while day <= last:
        for use in _FLEET:
            line = _usage(use, day, story)
            if line is not None:
                yield line
        yield from _unused(day, story)
        day += timedelta(days=1)
    yield from _purchases(month, story)
    if closed:
        end = month.end - timedelta(days=1)
        yield _Line(end, Decimal("-0.0034"), Decimal("-0.0034"), {
            "chargeType": "RoundingAdjustment", "ProductName": "Rounding adjustment",
            "SubscriptionId": "", "subscriptionName": "",
        })  # fmt: skip


def _quantity(use: Use, day: date, story: Story) -> Decimal:
    if not _running(use, day, story) or not is_there(use, day, story):
        return Decimal(0)
    lost = _cache_lost(day, story)
    amount = Decimal(use.amount)
    if use is _CACHED and lost:
        return Decimal(0)
    if use is _INPUT and lost:
        amount += Decimal(_CACHED.amount)
    amount = (amount * week(use.pattern, day)).quantize(Decimal("0.01"))
    if use.noise:
        amount += Decimal(digest(f"{use.resource}/{use.meter}/{day}") % use.noise)
    return min(amount, Decimal(24)) if use.category == "Virtual Machines" else amount


def _running(use: Use, day: date, story: Story) -> bool:
    """The last ERP machine is gone since two months ago, and nobody told the reservation."""
    return use is not _ERP[-1] or day < machine_4_gone(story)


def _cache_lost(day: date, story: Story) -> bool:
    start = story.at(-1).start + timedelta(days=12)
    return start <= day < start + timedelta(days=4)


def _usage(use: Use, day: date, story: Story) -> _Line | None:
    quantity, price = _quantity(use, day, story), Decimal(use.price)
    if not quantity:
        return None
    shared = quantity * use.share
    cost = Decimal(0) if use.benefit else quantity * price
    subscription, name = SUBSCRIPTIONS[use.subscription]
    resource = resource_id(use)
    if digest(f"case/{use.resource}/{day}") % 9 == 0:  # Azure spells ids in whatever case
        resource = resource.upper()
    tags = tags_as_people_write_them(use.resource, use.team, use.env, use.app) if use.team else {}
    public = Decimal(use.public or use.price)
    columns = {
        "chargeType": "Usage", "frequency": "UsageBased", "quantity": f"{quantity:f}",
        "effectivePrice": "" if use.benefit else use.price, "unitOfMeasure": use.unit,
        "unitPrice": use.price, "PayGPrice": f"{public:f}",
        "paygCostInUsd": f"{quantity * public:f}",
        "meterCategory": use.category, "meterSubCategory": use.subcategory,
        "meterName": use.meter, "meterId": hex_id(f"{use.category}/{use.meter}", 32),
        "ProductName": f"{use.category} - {use.subcategory} - {use.meter} - EU West",
        "ProductId": f"DZH318Z0{hex_id(use.meter, 8).upper()}",
        "serviceFamily": use.family, "consumedService": use.kind.partition("/")[0],
        "SubscriptionId": subscription, "subscriptionName": name,
        "resourceGroupName": use.group, "ResourceId": resource if use.resource else "",
        "tags": json.dumps(tags) if tags else "",
        **(_commitment(use.benefit) if use.benefit else {}),
    }  # fmt: skip
    if use.category == "Virtual Machines":
        size = f"Standard_{use.meter.replace(' ', '_')}"
        columns["additionalInfo"] = json.dumps({"ServiceType": size, "UsageType": "ComputeHR"})
    return _Line(day, cost, shared if use.benefit else cost, columns)


def _unused(day: date, story: Story) -> Iterator[_Line]:
    """What the day's use left of the two commitments."""
    used = sum((_quantity(use, day, story) for use in _ERP), Decimal(0))
    close = next(use for use in _FLEET if use.benefit == _PLAN)
    for benefit, kind, meter, hours, cost in (
        (_RESERVATION, "UnusedReservation", "D4s v5", 24 * RESERVED - used,
         (24 * RESERVED - used) * RESERVED_HOUR),
        (_PLAN, "UnusedSavingsPlan", "Savings plan", Decimal(1),
         24 * PLAN_HOUR - _quantity(close, day, story) * close.share),
    ):  # fmt: skip
        if cost:
            yield _Line(day, None, cost, {
                "chargeType": kind, "frequency": "UsageBased", "quantity": f"{hours:f}",
                "unitOfMeasure": "1 Hour", "meterCategory": "Virtual Machines",
                "meterName": meter, "ProductName": f"Unused {meter}", "serviceFamily": "Compute",
                "consumedService": "Microsoft.Compute", "unitPrice": "0", "PayGPrice": "0",
                **_subscribed(), **_commitment(benefit),
            })  # fmt: skip


def _purchases(month: BillingPeriod, story: Story) -> Iterator[_Line]:
    """Commitments, a marketplace contract, and money back for an exchanged reservation."""
    days = (month.end - month.start).days
    bought = {"meterCategory": "Virtual Machines", "serviceFamily": "Compute", **_subscribed()}
    if month.start.month == story.at(-10).start.month:
        year = Decimal(365 if month.start.year % 4 else 366) * 24 * RESERVED * RESERVED_HOUR
        yield _purchase(month.start, year, 365, bought | _commitment(_RESERVATION) | {
            "frequency": "OneTime", "productOrderId": _ORDER,
            "ProductName": "Reserved VM Instance, Standard_D4s_v5, EU West, 1 Year",
        })  # fmt: skip
    yield _purchase(month.start, 24 * days * PLAN_HOUR, days, bought | _commitment(_PLAN) | {
        "frequency": "Recurring", "productOrderId": _PLAN_ORDER,
        "ProductName": "Savings plan for compute, 1 Year",
    })  # fmt: skip
    desk = _purchase(month.start, Decimal(640), days, _subscribed("care") | {
        "frequency": "Recurring", "publisherType": "Marketplace",
        "publisherName": "Tidewire Software B.V.", "meterCategory": "Tidewire Support Desk",
        "ProductName": "Tidewire Support Desk, 40 agents", "serviceFamily": "SaaS",
        "pricingModel": "OnDemand",
    })  # fmt: skip
    desk.amortized = desk.actual
    yield desk
    if month == story.at(-3):
        back = _purchase(month.start + timedelta(days=4), Decimal("-212.40"), 1, bought | {
            "chargeType": "Refund", "frequency": "OneTime", "pricingModel": "Reservation",
            "benefitName": "VM_RI_B2s", "term": "12",
            "previousInvoiceId": _invoice(month.previous()),
            "ProductName": "Reserved VM Instance, Standard_B2s, EU West, 1 Year",
        })  # fmt: skip
        yield back


def _purchase(day: date, cost: Decimal, days: int, columns: dict[str, str]) -> _Line:
    end = day + timedelta(days=days - 1)
    base = {
        "chargeType": "Purchase", "quantity": "1", "unitOfMeasure": "1",
        "unitPrice": f"{cost:f}", "servicePeriodEndDate": f"{end:%m/%d/%Y}",
    }  # fmt: skip
    return _Line(day, cost, None, base | columns)


def _commitment(benefit: str) -> dict[str, str]:
    reserved = benefit == _RESERVATION
    own = {"reservationId": benefit.rpartition("/")[2], "reservationName": "VM_RI_D4s_v5"}
    return {
        "pricingModel": "Reservation" if reserved else "SavingsPlan", "term": "12",
        "benefitId": benefit, "benefitName": "VM_RI_D4s_v5" if reserved else "Compute_plan",
        **(own if reserved else {}),
    }  # fmt: skip


def _subscribed(name: str = "office") -> dict[str, str]:
    subscription, shown = SUBSCRIPTIONS[name]
    return {"SubscriptionId": subscription, "subscriptionName": shown}


def _invoice(month: BillingPeriod) -> str:
    return f"G{month.year * 100 + month.month:09}"


def _row(line: _Line, cost: Decimal, month: BillingPeriod) -> dict[str, str]:
    rate, day = rate_of(month), f"{line.day:%m/%d/%Y}"
    public = line.columns.get("paygCostInUsd", "")
    return {name: "" for name in _HEADER} | {
        "invoiceId": _invoice(month), "billingAccountId": _ACCOUNT,
        "billingAccountName": "Kestrel Outdoor", "billingProfileId": _PROFILE,
        "billingProfileName": "Kestrel Europe", "invoiceSectionName": "Back office",
        "billingPeriodStartDate": f"{month.start:%m/%d/%Y}",
        "billingPeriodEndDate": f"{month.end - timedelta(days=1):%m/%d/%Y}",
        "servicePeriodStartDate": day, "servicePeriodEndDate": day, "date": day,
        "publisherType": "Microsoft", "publisherName": "Microsoft",
        "resourceLocation": "westeurope", "billingCurrency": "EUR", "pricingCurrency": "USD",
        "costInBillingCurrency": f"{cost * rate:f}", "costInPricingCurrency": f"{cost:f}",
        "costInUsd": f"{cost:f}", "exchangeRatePricingToBilling": f"{rate}",
        "exchangeRateDate": f"{month.start:%m/%d/%Y}", "pricingModel": "OnDemand",
        "paygCostInBillingCurrency": f"{Decimal(public) * rate:f}" if public else "",
        "provider": "Azure", **line.columns,
    }  # fmt: skip


_HEADER = tuple(
    "invoiceId,previousInvoiceId,billingAccountId,billingAccountName,billingProfileId,"
    "billingProfileName,invoiceSectionName,billingPeriodEndDate,billingPeriodStartDate,"
    "servicePeriodEndDate,servicePeriodStartDate,date,serviceFamily,productOrderId,"
    "consumedService,meterId,meterName,meterCategory,meterSubCategory,ProductId,ProductName,"
    "SubscriptionId,subscriptionName,publisherType,publisherName,resourceGroupName,ResourceId,"
    "resourceLocation,effectivePrice,quantity,unitOfMeasure,chargeType,billingCurrency,"
    "pricingCurrency,"
    "costInBillingCurrency,costInPricingCurrency,costInUsd,paygCostInBillingCurrency,"
    "paygCostInUsd,exchangeRatePricingToBilling,exchangeRateDate,additionalInfo,tags,PayGPrice,"
    "frequency,term,reservationId,reservationName,pricingModel,unitPrice,benefitId,benefitName,"
    "provider".split(",")
)


def _run(
    folder: Path, kind: str, month: BillingPeriod, last: date, run: str, rows: list[dict[str, str]]
) -> None:
    """One run's folder: a part and its manifest, submitted the morning after its last day."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, _HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    part = gzip.compress(text.getvalue().encode(), mtime=0)
    end = month.end - timedelta(days=1)
    place = folder / f"{month.start:%Y%m%d}-{end:%Y%m%d}" / run
    place.mkdir(parents=True, exist_ok=True)
    (place / "part_0_0001.csv.gz").write_bytes(part)
    scope = f"/providers/Microsoft.Billing/billingAccounts/{_ACCOUNT}/billingProfiles/{_PROFILE}"
    manifest = {
        "manifestVersion": "2024-04-01",
        "blobCount": 1,
        "byteCount": len(part),
        "dataRowCount": len(rows),
        "exportConfig": {
            "exportName": folder.name,
            "resourceId": f"{scope}/providers/Microsoft.CostManagement/exports/{folder.name}",
            "dataVersion": "2023-12-01-preview",
            "type": kind,
            "timeFrame": "MonthToDate",
            "granularity": "Daily",
        },
        "deliveryConfig": {"partitionData": True, "fileFormat": "Csv", "compressionMode": "gzip"},
        "runInfo": {
            "executionType": "Scheduled",
            "submittedTime": f"{last + timedelta(days=1)}T05:12:00.0000000Z",
            "runId": run,
            "startDate": f"{month.start}T00:00:00",
            "endDate": f"{last}T00:00:00",
        },
        "blobs": [
            {
                "blobName": f"{folder.name}/{place.parent.name}/{run}/part_0_0001.csv.gz",
                "byteCount": len(part),
                "dataRowCount": len(rows),
            }
        ],
    }
    (place / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
