"""Loomlight, the company's monitoring vendor: a SaaS bill as FOCUS 1.4 has it.

Seats by the month and use by the day; credits that are paid ahead and burnt by the assistant; a
shared cluster that the vendor splits among its consumers; reserved runners, used or not; a yearly
contract that usage is applied to; a correction of an invoiced month and a credit for an outage.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from outlay.app.demo import shapes
from outlay.app.demo.story import SAAS_VENDOR, Story
from outlay.focus.sql import literal
from outlay.money import BillingPeriod

VENDOR_FILE = "loomlight-focus"

CONTRACT = "LL-C-2025-118"
SPEND_COMMITMENT = f"{CONTRACT}/spend"
CREDIT_COMMITMENT = f"{CONTRACT}/credits"
RESERVATION = "runner-reservation-7"

_CREDITS = Decimal(600_000)
_CREDIT_PRICE = Decimal("0.05")
_OUTAGE_CREDIT = Decimal("-250")
_RUNNERS = Decimal(24)

Row = dict[str, str | None]
Factors = Mapping[tuple[date, str, str], Decimal]

# Product, meter, list price, contracted price, unit, units a day, pattern, growth, team, program.
_PRODUCTS = (
    ("Loomlight APM", "Hosts monitored", "0.90", "0.82", "Host-Days", "96", "steady", "mid",
     "platform", "FlexibleSpendPlan"),
    ("Loomlight APM", "Hosts monitored", "0.90", "0.82", "Host-Days", "41", "steady", "fast",
     "mobile", "FlexibleSpendPlan"),
    ("Loomlight Traces", "Spans indexed", "0.0000017", "0.0000017", "Spans", "21000000", "shop",
     "mid", "checkout", "FlexibleSpendPlan"),
    ("Loomlight Traces", "Spans indexed", "0.0000017", "0.0000017", "Spans", "34000000", "shop",
     "mid", "storefront", "FlexibleSpendPlan"),
    ("Loomlight Errors", "Events", "0.00025", "0.00025", "Events", "96000", "shop", "slow", "",
     ""),
    ("Loomlight Synthetics", "Browser runs", "0.015", "0.012", "Runs", "1440", "steady", "none",
     "storefront", "ResourceReservation"),
)  # fmt: skip

# Meter, credits a unit, unit, units a day, pattern, growth, team.
_ASSISTANT = (
    ("Investigations", "12", "Investigations", "55", "office", "fast", "platform"),
    ("Summaries", "1.5", "Summaries", "240", "shop", "mid", "checkout"),
)

_PRICED = ("ContractedUnitPrice", "ListUnitPrice", "PricingCategory", "PricingQuantity",
           "PricingUnit", "SkuId", "SkuMeter", "SkuPriceId", "PricingCurrencyContractedUnitPrice",
           "PricingCurrencyListUnitPrice")  # fmt: skip

# Consumer and its share of the cluster, in hundredths; the rest is nobody's.
_CONSUMERS = (("workspace/checkout", "Checkout", 45), ("workspace/mobile", "Mobile", 30))


def write_vendor(
    con: duckdb.DuckDBPyConnection, out: Path, period: BillingPeriod, story: Story
) -> None:
    """One month of the vendor's FOCUS 1.4 file."""
    factors = {
        (day, pattern, growth): factor for day, pattern, growth, factor in shapes.factors(story)
    }
    days: list[date] = sorted(
        {day for day, _, _ in factors if BillingPeriod.of(day) == period and day <= story.last_day}
    )
    rows = list(_monthly(period, story))
    for day in days:
        rows += _daily(period, day, factors)
    path = out / f"{VENDOR_FILE}-{period}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows, schema=pa.schema([(n, pa.string()) for n in rows[0]]))
    con.register("vendor_rows", table)
    con.execute(f"COPY vendor_rows TO {literal(str(path))} (FORMAT csv, HEADER)")
    con.unregister("vendor_rows")


def _monthly(period: BillingPeriod, story: Story) -> Iterator[Row]:
    """Seats; the credits of the first month; the credit and the correction of the restated one."""
    first = story.months()[0]
    months = (period.year - first.year) * 12 + period.month - first.month
    seats, price = Decimal(46 + 2 * months), Decimal(29)
    yield _row(
        period, period.start, period.end, "Loomlight Platform", "Seats", "Seats", seats,
        price, price, ChargeCategory="Purchase", ChargeFrequency="Recurring",
        ConsumedQuantity=None, ConsumedUnit=None,
    )  # fmt: skip
    if period == first:
        fee = _CREDITS * _CREDIT_PRICE
        yield _row(
            period, period.start, period.start + timedelta(1), "Loomlight Assistant",
            "Prepaid credits", "Credits", _CREDITS, _CREDIT_PRICE, _CREDIT_PRICE,
            ChargeCategory="Purchase", ChargeFrequency="One-Time", EffectiveCost="0",
            ConsumedQuantity=None, ConsumedUnit=None,
            ContractApplied=_applied(CREDIT_COMMITMENT, fee),
            ChargeDescription="Prepaid Loomlight credits, 2 years",
        )  # fmt: skip
    if period == story.restated:
        month_before = period.previous()
        yield _row(
            period, month_before.start, month_before.end, "Loomlight Errors", "Events", "Events",
            Decimal(-120_000), Decimal("0.00025"), Decimal("0.00025"), ChargeClass="Correction",
            ChargeDescription=f"Correction: events of {month_before} that were counted twice",
        )  # fmt: skip
        yield _row(
            period, period.start, period.end, "Loomlight Platform", "Service credit", "Credit",
            Decimal(1), Decimal(0), Decimal(0), ChargeCategory="Credit",
            ChargeFrequency="One-Time", ChargeDescription="Credit for an outage",
            ConsumedQuantity=None, ConsumedUnit=None,
            BilledCost=f"{_OUTAGE_CREDIT}", EffectiveCost=f"{_OUTAGE_CREDIT}",
            ListCost=f"{_OUTAGE_CREDIT}", ContractedCost=f"{_OUTAGE_CREDIT}",
        ) | dict.fromkeys(_PRICED)  # fmt: skip


def _daily(period: BillingPeriod, day: date, factors: Factors) -> Iterator[Row]:
    until = day + timedelta(1)
    for product, meter, listed, price, unit, amount, pattern, growth, team, program in _PRODUCTS:
        quantity = (Decimal(amount) * factors[day, pattern, growth]).quantize(Decimal(1))
        yield _row(
            period, day, until, product, meter, unit, quantity, Decimal(listed), Decimal(price),
            team=team, ContractApplied=_applied(SPEND_COMMITMENT, quantity * Decimal(price)),
            CommitmentProgramEligibilityDetails=_eligible(program) if program else None,
        )  # fmt: skip
    for meter, credits_, _unit, amount, pattern, growth, team in _ASSISTANT:
        uses = (Decimal(amount) * factors[day, pattern, growth]).quantize(Decimal(1))
        burnt = uses * Decimal(credits_)
        cost = burnt * _CREDIT_PRICE
        yield _row(
            period, day, until, "Loomlight Assistant", meter, "Credits", burnt, _CREDIT_PRICE,
            _CREDIT_PRICE, team=team, BilledCost="0",
            ContractApplied=_applied(CREDIT_COMMITMENT, cost),
        )  # fmt: skip
    yield from _shared(period, day, until, factors[day, "shop", "slow"])
    yield from _runners(period, day, until, factors[day, "office", "none"])


def _shared(period: BillingPeriod, day: date, until: date, factor: Decimal) -> Iterator[Row]:
    """The cluster, split by the vendor: rows in place of the one that was split."""
    gigabytes = (Decimal(640) * factor).quantize(Decimal(1))
    price = Decimal("0.11")
    rest = 100 - sum(share for _, _, share in _CONSUMERS)
    for resource, name, share in (*_CONSUMERS, (None, None, rest)):
        ratio = Decimal(share).scaleb(-2)
        yield _row(
            period, day, until, "Loomlight Retention", "Stored", "GB", gigabytes * ratio, price,
            price, ResourceId="cluster/eu-shared", ResourceName="Shared retention cluster",
            ResourceType="Cluster", AllocatedMethodId="stored-bytes",
            AllocatedMethodDetails=f'{{"Elements":[{{"AllocatedRatio":{ratio}}}]}}',
            AllocatedResourceId=resource, AllocatedResourceName=name,
            AllocatedTags=json.dumps({"consumer": name}) if name else None,
        )  # fmt: skip


def _runners(period: BillingPeriod, day: date, until: date, factor: Decimal) -> Iterator[Row]:
    """A reserved runner's hours, used and not."""
    used = min((Decimal(15) * factor).quantize(Decimal(1)), _RUNNERS)
    price = Decimal("0.42")
    for status, hours in (("Used", used), ("Unused", _RUNNERS - used)):
        if hours:
            idle = status == "Unused"
            yield _row(
                period, day, until, "Loomlight Runners", "Runner hours", "Hours", hours, price,
                price, ServiceCategory="Compute", ServiceSubcategory="Virtual Machines",
                ResourceId=RESERVATION if idle else "runner/storefront",
                CapacityReservationId=RESERVATION, CapacityReservationStatus=status,
                CommitmentProgramEligibilityDetails=_eligible("AdvanceResourceCommitment"),
                SkuPriceDetails='{"CoreCount":8,"InstanceSeries":"LR2","MemorySize":32}',
                team="" if idle else "storefront",
            )  # fmt: skip


def _applied(commitment: str, cost: Decimal) -> str:
    return (
        f'{{"Elements":[{{"ContractId":"{CONTRACT}","ContractCommitmentId":"{commitment}",'
        f'"ContractCommitmentAppliedCost":{cost:f}}}]}}'
    )


def _eligible(program: str) -> str:
    return json.dumps({"CommitmentPrograms": [{"ProgramType": program}]})


def _row(
    period: BillingPeriod, start: date, end: date, product: str, meter: str, unit: str,
    quantity: Decimal, listed: Decimal, price: Decimal, *, team: str = "", **own: str | None,
) -> Row:  # fmt: skip
    cost, sku = f"{quantity * price:f}", f"{product}/{meter}".lower().replace(" ", "-")
    row: Row = {
        "AllocatedMethodDetails": None, "AllocatedMethodId": None, "AllocatedResourceId": None,
        "AllocatedResourceName": None, "AllocatedTags": None,
        "BilledCost": cost, "BillingAccountId": "acct-77120", "BillingAccountName": "Kestrel",
        "BillingAccountType": "Organization", "BillingCurrency": "USD",
        "BillingPeriodEnd": f"{period.end}T00:00:00Z",
        "BillingPeriodStart": f"{period.start}T00:00:00Z",
        "CapacityReservationId": None, "CapacityReservationStatus": None,
        "ChargeCategory": "Usage", "ChargeClass": None,
        "ChargeDescription": f"{product}: {meter}", "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": f"{end}T00:00:00Z", "ChargePeriodStart": f"{start}T00:00:00Z",
        "CommitmentProgramEligibilityDetails": None, "ConsumedQuantity": f"{quantity:f}",
        "ConsumedUnit": unit, "ContractApplied": None, "ContractedCost": cost,
        "ContractedUnitPrice": f"{price:f}", "EffectiveCost": cost, "HostProviderName": "AWS",
        "InvoiceId": f"LL-{period}", "InvoiceIssuerName": SAAS_VENDOR,
        "ListCost": f"{quantity * listed:f}", "ListUnitPrice": f"{listed:f}",
        "PricingCategory": "Standard", "PricingCurrency": "USD",
        "PricingCurrencyContractedUnitPrice": f"{price:f}",
        "PricingCurrencyEffectiveCost": cost, "PricingCurrencyListUnitPrice": f"{listed:f}",
        "PricingQuantity": f"{quantity:f}", "PricingUnit": unit, "RegionId": None,
        "ResourceId": None, "ResourceName": None, "ResourceType": None,
        "ServiceCategory": "Management and Governance", "ServiceName": product,
        "ServiceProviderName": SAAS_VENDOR, "ServiceSubcategory": "Observability", "SkuId": sku,
        "SkuMeter": meter, "SkuPriceDetails": None, "SkuPriceId": f"{sku}-2026",
        "SubAccountId": "kestrel-prod", "SubAccountName": "Kestrel production",
        "SubAccountType": "Workspace", "Tags": json.dumps({"team": team}) if team else "{}",
        "x_Plan": "Business",
    }  # fmt: skip
    row |= own
    if "EffectiveCost" in own:
        row["PricingCurrencyEffectiveCost"] = own["EffectiveCost"]
    return row
