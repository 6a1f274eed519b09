"""Azure exports made to order: rows of each dialect, runs with manifests, in memory or on disk."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

Row = Mapping[str, str]

SUBSCRIPTION = "0a1b2c3d-0000-4000-8000-000000000001"
RESERVATION = (
    "/providers/Microsoft.Capacity/reservationOrders/1f2e0000-0000-4000-8000-00000000000a/"
    "reservations/1f2e0000-0000-4000-8000-0000000000a1"
)
PLAN = (
    "/providers/Microsoft.BillingBenefits/savingsPlanOrders/3c4d0000-0000-4000-8000-00000000000b/"
    "savingsPlans/3c4d0000-0000-4000-8000-0000000000b1"
)
SCOPE = "/providers/Microsoft.Billing/billingAccounts/7654321"
VM = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/"
    "virtualMachines/vm-1"
)

EA: dict[str, str] = {
    "InvoiceSectionName": "Shop",
    "AccountName": "Kestrel",
    "SubscriptionId": SUBSCRIPTION,
    "SubscriptionName": "shop-prod",
    "ResourceGroup": "rg-shop",
    "ResourceLocation": "westeurope",
    "Date": "10/05/2026",
    "ProductName": "Virtual Machines Dsv5 Series - D4s v5",
    "MeterCategory": "Virtual Machines",
    "MeterSubCategory": "Dsv5 Series",
    "MeterId": "meter-d4sv5",
    "MeterName": "D4s v5",
    "UnitOfMeasure": "1 Hour",
    "Quantity": "10",
    "EffectivePrice": "0.2",
    "CostInBillingCurrency": "2",
    "CostCenter": "4100",
    "ConsumedService": "Microsoft.Compute",
    "ResourceId": VM,
    "Tags": '"team": "checkout","env": "prod"',
    "AdditionalInfo": '{"ServiceType":"Standard_D4s_v5"}',
    "ResourceName": "vm-1",
    "ReservationId": "",
    "ReservationName": "",
    "UnitPrice": "0.2",
    "ProductOrderId": "",
    "Term": "",
    "PublisherType": "Azure",
    "PublisherName": "Microsoft",
    "ChargeType": "Usage",
    "Frequency": "UsageBased",
    "PricingModel": "OnDemand",
    "BillingAccountId": "7654321",
    "BillingAccountName": "Kestrel",
    "BillingCurrencyCode": "EUR",
    "BillingPeriodStartDate": "10/01/2026",
    "BillingPeriodEndDate": "10/31/2026",
    "BillingProfileId": "7654321",
    "PayGPrice": "0.25",
    "ServiceFamily": "Compute",
    "benefitId": "",
    "benefitName": "",
}
"""A usage line of an Enterprise Agreement."""

MCA: dict[str, str] = {
    "invoiceId": "G0099",
    "previousInvoiceId": "",
    "billingAccountId": "aaaa:bbbb_2019-05-31",
    "billingAccountName": "Kestrel root",
    "billingProfileId": "KEST-RELX-BG7-PGB",
    "billingProfileName": "Kestrel Europe",
    "invoiceSectionName": "Shop",
    "billingPeriodStartDate": "10/01/2026",
    "billingPeriodEndDate": "10/31/2026",
    "servicePeriodStartDate": "10/05/2026",
    "servicePeriodEndDate": "10/05/2026",
    "date": "10/05/2026",
    "serviceFamily": "Compute",
    "consumedService": "Microsoft.Compute",
    "meterId": "meter-d4sv5",
    "meterName": "D4s v5",
    "meterCategory": "Virtual Machines",
    "meterSubCategory": "Dsv5 Series",
    "ProductId": "DZH318Z0BQ4B",
    "ProductName": "Virtual Machines Dsv5 Series - D4s v5",
    "SubscriptionId": SUBSCRIPTION,
    "subscriptionName": "shop-prod",
    "publisherType": "Microsoft",
    "publisherName": "Microsoft",
    "resourceGroupName": "rg-shop",
    "ResourceId": VM,
    "resourceLocation": "westeurope",
    "effectivePrice": "0.2",
    "quantity": "10",
    "unitOfMeasure": "1 Hour",
    "chargeType": "Usage",
    "billingCurrency": "EUR",
    "pricingCurrency": "USD",
    "costInBillingCurrency": "1.8",
    "costInPricingCurrency": "2",
    "costInUsd": "2",
    "paygCostInBillingCurrency": "2.25",
    "exchangeRatePricingToBilling": "0.9",
    "exchangeRateDate": "10/01/2026",
    "tags": '{"team": "checkout","env": "prod"}',
    "PayGPrice": "0.25",
    "frequency": "UsageBased",
    "term": "",
    "reservationId": "",
    "pricingModel": "OnDemand",
    "unitPrice": "0.2",
    "benefitId": "",
    "benefitName": "",
}
"""A usage line of a Microsoft Customer Agreement: prices in dollars, costs in euros."""

PAYG: dict[str, str] = {
    "SubscriptionGuid": SUBSCRIPTION,
    "ResourceGroup": "rg-shop",
    "ResourceLocation": "EU West",
    "UsageDateTime": "2026-10-05",
    "MeterCategory": "Load Balancer",
    "MeterSubcategory": "Standard",
    "MeterId": "meter-lb",
    "MeterName": "Included LB Rules",
    "UsageQuantity": "3",
    "ResourceRate": "0.025",
    "PreTaxCost": "0.075",
    "ConsumedService": "Microsoft.Network",
    "ResourceType": "Microsoft.Network/loadBalancers",
    "InstanceId": VM.replace("Compute/virtualMachines", "Network/loadBalancers"),
    "Tags": '{"team": "checkout"}',
    "ServiceName": "Load Balancer",
    "Currency": "USD",
    "UnitOfMeasure": "100 Hours",
}
"""A line of a pay-as-you-go subscription, before 2021."""

GERMAN = {
    "SubscriptionGuid": "Abonnement-GUID (SubscriptionGuid)",
    "ResourceGroup": "Ressourcengruppe (ResourceGroup)",
    "ResourceLocation": "Ressourcenstandort (ResourceLocation)",
    "UsageDateTime": "UsageDateTime (UsageDateTime)",
    "MeterCategory": "Kategorie der Verbrauchseinheit (MeterCategory)",
    "MeterId": "ID der Verbrauchseinheit (MeterId)",
    "MeterName": "Name der Verbrauchseinheit (MeterName)",
    "ResourceRate": "Ressourcensatz (ResourceRate)",
    "ConsumedService": "Genutzter Dienst (ConsumedService)",
    "UnitOfMeasure": "Maßeinheit (UnitOfMeasure)",
}
"""Headers of the same file from a portal in German."""

COVERED = {
    "PricingModel": "Reservation",
    "benefitId": RESERVATION,
    "benefitName": "VM_RI",
    "Term": "12",
    "EffectivePrice": "0",
    "CostInBillingCurrency": "0",
}


def line(base: Row = EA, **more: str) -> dict[str, str]:
    """A row of a dialect with other values; names go without case."""
    names = {name.lower(): name for name in base}
    return {**base, **{names[name.lower()]: value for name, value in more.items()}}


def actual_rows() -> list[dict[str, str]]:
    """A month of EA: on-demand use, covered use, and what was bought."""
    bought = dict(ResourceId="", ResourceName="", Tags="", Frequency="OneTime", MeterName="")
    return [
        line(),
        line(**COVERED),
        line(
            ChargeType="Purchase",
            PricingModel="Reservation",
            benefitId=RESERVATION,
            CostInBillingCurrency="100",
            EffectivePrice="100",
            UnitPrice="100",
            Quantity="1",
            UnitOfMeasure="1",
            **bought,
        ),
    ]


def amortized_rows() -> list[dict[str, str]]:
    """The same month, the purchase spread: a share on the covered use, and what was not used."""
    share = COVERED | {"EffectivePrice": "0.12", "CostInBillingCurrency": "1.2"}
    unused = COVERED | {"EffectivePrice": "0.12", "CostInBillingCurrency": "0.24"}
    return [
        line(),
        line(**share),
        line(**unused, ChargeType="UnusedReservation", Quantity="2", ResourceId="", Tags="",
             UnitPrice="0", PayGPrice="0", ResourceName=""),
    ]  # fmt: skip


def csv_bytes(rows: Sequence[Row], encoding: str = "utf-8") -> bytes:
    """CSV of rows that all have the first one's columns."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode(encoding)


def parquet_bytes(rows: Sequence[Row]) -> bytes:
    """Parquet of rows, dates, amounts and prices in columns of their own types."""
    columns: dict[str, pa.Array] = {}
    for name in rows[0]:
        texts, lower = [row[name] or None for row in rows], name.lower()
        if lower == "date" or lower.startswith("billingperiod"):
            days = [datetime.strptime(text or "", "%m/%d/%Y") for text in texts]
            columns[name] = pa.array(days, pa.date32() if lower == "date" else pa.timestamp("ms"))
        elif lower.startswith(("costin", "paygcost")):
            amounts = [Decimal(text) if text else None for text in texts]
            columns[name] = pa.array(amounts, pa.decimal128(38, 18))
        elif lower in ("quantity", "effectiveprice", "unitprice", "paygprice"):
            columns[name] = pa.array([float(text) if text else None for text in texts])
        else:
            columns[name] = pa.array(texts, pa.string())
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def run(
    folder: str,
    *parts: bytes,
    type: str = "ActualCost",
    submitted: str = "2026-11-01T08:00:00Z",
    days: tuple[str, str] = ("2026-10-01", "2026-10-31"),
    name: str = "",
    scope: str = SCOPE,
    rows: int | None = None,
    sizes: bool = True,
) -> dict[str, bytes]:
    """One run's folder: its parts and its manifest."""
    export = name or f"kestrel-{type.removesuffix('Cost').lower()}"
    files = {f"{folder}/part_{n}_0001.csv": part for n, part in enumerate(parts)}
    counted = sum(len(part.splitlines()) - 1 for part in parts) if rows is None else rows
    manifest = {
        "manifestVersion": "2024-04-01",
        "blobCount": len(parts),
        "dataRowCount": counted,
        "exportConfig": {
            "exportName": export,
            "resourceId": f"{scope}/providers/Microsoft.CostManagement/exports/{export}",
            "type": type,
        },
        "runInfo": {
            "submittedTime": submitted,
            "runId": folder.rpartition("/")[2],
            "startDate": f"{days[0]}T00:00:00",
            "endDate": f"{days[1]}T00:00:00",
        },
        "blobs": [
            {"blobName": path, "byteCount": len(part) if sizes else 0}
            for path, part in files.items()
        ],
    }
    return files | {f"{folder}/manifest.json": json.dumps(manifest).encode()}


PERIOD = "20261001-20261031"


def both_reports(above: str = "") -> dict[str, bytes]:
    """The actual and the amortized export of a month, side by side."""
    actual, amortized = csv_bytes(actual_rows()), csv_bytes(amortized_rows())
    return run(f"{above}actual/{PERIOD}/r1", actual) | run(
        f"{above}amortized/{PERIOD}/r2", amortized, type="AmortizedCost"
    )


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files on disk."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder
