"""The FOCUS bills of the story: AWS's export in euros; `loomlight` has the software vendor's."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from outlay.app.demo import shapes
from outlay.app.demo.loomlight import write_vendor
from outlay.app.demo.prices import SKUS
from outlay.app.demo.story import GMBH_PAYER, Story
from outlay.focus.sql import literal
from outlay.money import BillingPeriod

__all__ = ["EXPORT", "prepare", "rate_of", "write_gmbh", "write_vendor"]

EXPORT = "kestrel-gmbh-focus"

# Euros for a dollar, as invoiced that month; a little different every month.
_RATES = tuple(Decimal(rate) for rate in "0.9215 0.9176 0.9243 0.9301 0.9187 0.9154".split())
_VAT = Decimal("0.19")
_COMMITMENT = Decimal("0.42")
_PLAN_RATE = Decimal("0.1267")
_RESERVATION = f"arn:aws:ec2:eu-central-1:{GMBH_PAYER.id}:capacity-reservation/cr-0de7b1"
_RESERVED = 2
_PLAN_ARN = f"arn:aws:savingsplans::{GMBH_PAYER.id}:savingsplan/77c0de12-gmbh"

# What a machine has, as the export's SkuPriceDetails tell it.
_MACHINES = {
    "m6i.xlarge": ("m6i", 4, 16),
    "m6i.large": ("m6i", 2, 8),
    "t3.large": ("t3", 2, 8),
}

# SKU, resource, units a day, pattern, growth, tags, FOCUS category, subcategory.
_FLEET: tuple[tuple[str, str, str, str, str, dict[str, str], str, str], ...] = (
    *(("m6i.xlarge", f"i-0de{n:014x}", "24", "steady", "none",
       {"team": "storefront", "env": "prod", "app": "shop-de"}, "Compute", "Virtual Machines")
      for n in range(1, 7)),
    *(("m6i.large", f"i-0df{n:014x}", "11", "shop", "none",
       {"team": "storefront", "env": "prod", "app": "shop-de"}, "Compute", "Virtual Machines")
      for n in range(1, 9)),
    *(("t3.large", f"i-0dd{n:014x}", "24", "office", "none",
       {"Team": "Storefront", "env": "test"}, "Compute", "Virtual Machines")
      for n in range(1, 4)),
    *(("gp3", f"vol-0de{n:013x}", "6.6", "steady", "slow",
       {"team": "storefront", "env": "prod"}, "Storage", "Block Storage")
      for n in range(1, 9)),
    *(("db.r6g.xlarge", f"arn:aws:rds:eu-central-1:{GMBH_PAYER.id}:db:shop-de-{n}", "24",
       "steady", "none", {"team": "checkout", "env": "prod"}, "Databases", "Relational Databases")
      for n in (1, 2)),
    ("rds-storage", f"arn:aws:rds:eu-central-1:{GMBH_PAYER.id}:db:shop-de-1", "18", "steady",
     "slow", {"team": "checkout", "env": "prod"}, "Databases", "Relational Databases"),
    ("s3-standard", "kestrel-gmbh-assets", "95", "steady", "mid",
     {"team": "storefront", "env": "prod"}, "Storage", "Object Storage"),
    ("s3-get", "kestrel-gmbh-assets", "3400000", "shop", "mid",
     {"team": "storefront", "env": "prod"}, "Storage", "Object Storage"),
    ("nat-hours", f"arn:aws:ec2:eu-central-1:{GMBH_PAYER.id}:natgateway/nat-0de1", "24", "steady",
     "none", {}, "Networking", "Network Infrastructure"),
    ("nat-bytes", f"arn:aws:ec2:eu-central-1:{GMBH_PAYER.id}:natgateway/nat-0de1", "130", "shop",
     "slow", {}, "Networking", "Network Infrastructure"),
    ("out", "", "240", "shop", "mid", {}, "Networking", "Network Infrastructure"),
    ("cdn-bytes", f"arn:aws:cloudfront::{GMBH_PAYER.id}:distribution/E1DE", "900", "shop", "mid",
     {"team": "storefront", "env": "prod"}, "Networking", "Content Delivery"),
    ("logs", f"arn:aws:logs:eu-central-1:{GMBH_PAYER.id}:log-group:/shop-de", "14", "shop", "slow",
     {"team": "platform", "env": "prod"}, "Management and Governance", "Observability"),
    ("kms", "", "0.3", "steady", "none", {}, "Security", "Secret Management"),
)  # fmt: skip


def rate_of(period: BillingPeriod) -> Decimal:
    """Euros for a dollar in a billing period's invoice."""
    return _RATES[(period.year * 12 + period.month) % len(_RATES)]


def _details(sku: str) -> str:
    if sku not in _MACHINES:
        return ""
    series, cores, memory = _MACHINES[sku]
    return json.dumps(
        {"CoreCount": cores, "InstanceSeries": series, "InstanceType": sku, "MemorySize": memory}
    )


def prepare(con: duckdb.DuckDBPyConnection, story: Story) -> None:
    """Fill the table `gmbh` with the German company's usage, in dollars and in euros."""
    reserved = [use[1] for use in _FLEET if use[0] == "m6i.large"][:_RESERVED]
    rows = [
        {
            "seq": number, "sku": SKUS[sku].id, "service": SKUS[sku].service,
            "product": SKUS[sku].product, "usage_type": "EUC1-" + SKUS[sku].usage_type,
            "operation": SKUS[sku].operation, "unit": SKUS[sku].unit,
            "price": SKUS[sku].rate.quantize(Decimal("1E-10")), "resource": resource,
            "amount": Decimal(amount).quantize(Decimal("1E-6")), "pattern": pattern,
            "growth": growth, "category": category, "subcategory": subcategory,
            "tags": json.dumps({f"user:{k}": v for k, v in sorted(tags.items())}) if tags else "{}",
            "plan": sku == "m6i.xlarge" and number < 3, "instance": bool(SKUS[sku].instance),
            "reserved": resource in reserved, "details": _details(sku),
        }
        for number, (sku, resource, amount, pattern, growth, tags, category, subcategory)
        in enumerate(_FLEET)
    ]  # fmt: skip
    days = [
        {"day": day, "pattern": pattern, "growth": growth, "factor": factor,
         "fx": rate_of(BillingPeriod.of(day))}
        for day, pattern, growth, factor in shapes.factors(story)
    ]  # fmt: skip
    decimals = {"price": (18, 10), "amount": (18, 6), "factor": (12, 4), "fx": (6, 4)}
    for name, table in (("gmbh_use", rows), ("gmbh_day", days)):
        fields = [
            pa.field(column, pa.decimal128(*decimals[column]))
            if column in decimals
            else pa.field(column, pa.array([value]).type)
            for column, value in table[0].items()
        ]
        con.register("rows_in", pa.Table.from_pylist(table, schema=pa.schema(fields)))
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM rows_in")
        con.unregister("rows_in")
    con.execute("""
        CREATE OR REPLACE TABLE gmbh AS
        WITH drawn AS (
            SELECT u.* EXCLUDE (amount), d.day, d.fx, CAST(CASE WHEN instance
                    THEN least(CAST(amount AS DECIMAL(38,6)) * factor, 24)
                WHEN unit IN ('Requests', 'Events')
                    THEN round(CAST(amount AS DECIMAL(38,6)) * factor * luck, 0)
                ELSE CAST(amount AS DECIMAL(38,6)) * factor * luck END AS DECIMAL(18,4)) AS amount
            FROM (SELECT u.*, d.day, d.fx, d.factor, CAST(0.94 + CAST(CAST('0x' || substr(md5(
                    u.seq || '/' || d.day), 1, 6) AS INTEGER) % 121 AS DECIMAL(6,0)) * 0.001
                    AS DECIMAL(6,3)) AS luck
                FROM gmbh_use u JOIN gmbh_day d USING (pattern, growth)) u
            JOIN (SELECT DISTINCT day, fx FROM gmbh_day) d USING (day, fx))
        SELECT *, CAST(price * fx AS DECIMAL(18,10)) AS unit_price,
            CAST(amount AS DECIMAL(38,4)) * CAST(price * fx AS DECIMAL(18,10)) AS list_cost
        FROM drawn WHERE amount > 0""")


# What nobody used of the reserved machines, day by day, over the month's usage `m`.
_UNUSED_CAPACITY = f"""
        SELECT day, day + 1 AS until, 902 AS seq, 'Usage' AS charge, service, product,
            'EUC1-UnusedBox:m6i.large' AS usage_type, 'RunInstances' AS operation, unit,
            {_RESERVED} * 24 - sum(amount) AS amount, unit_price,
            CAST({_RESERVED} * 24 - sum(amount) AS DECIMAL(38,4)) * unit_price AS billed,
            billed AS effective, billed AS list_cost, '{_RESERVATION}' AS resource, sku,
            category, subcategory, '{{}}' AS tags, 'Usage-Based' AS frequency,
            'Standard' AS pricing, 'eu-central-1' AS region, fx,
            'Unused hours of reserved capacity' AS description,
            '{_RESERVATION}' AS reservation, 'Unused' AS reservation_status
        FROM m WHERE reserved
        GROUP BY day, service, product, unit, unit_price, sku, category, subcategory, fx
        HAVING sum(amount) < {_RESERVED} * 24"""


def _focus_rows(period: BillingPeriod, story: Story) -> str:
    """The rows of a billing period: usage, plan fee and its unused part, VAT."""
    month = f"SELECT * FROM gmbh WHERE date_trunc('month', day) = DATE '{period.start}'"
    plan = f"CAST({_PLAN_RATE} * 24 * fx AS DECIMAL(38,10))"
    fee = f"CAST({_COMMITMENT} * 24 * fx AS DECIMAL(38,10))"
    closed = story.closed(period)
    blank = "'{}' AS tags"
    text = "'1 year No Upfront Compute Savings Plan'"
    plan_row = (
        f"NULL AS resource, 'SPC1YNU' AS sku, '{_PLAN_ARN}' AS plan, 'Compute' AS category, "
        f"'Virtual Machines' AS subcategory, {blank}"
    )
    per_day = (
        "(SELECT day, any_value(fx) AS fx, count(*) FILTER (plan) AS covered FROM m GROUP BY day)"
    )
    return f"""
        WITH m AS ({month})
        SELECT day, day + 1 AS until, seq, 'Usage' AS charge, service, product, usage_type,
            operation, unit, amount, unit_price,
            CASE WHEN plan THEN 0 ELSE list_cost END AS billed,
            CASE WHEN plan THEN {plan} ELSE list_cost END AS effective,
            list_cost, resource, sku, CASE WHEN plan THEN '{_PLAN_ARN}' END AS plan, category,
            subcategory, tags, 'Usage-Based' AS frequency,
            CASE WHEN plan THEN 'Committed' ELSE 'Standard' END AS pricing,
            CASE WHEN plan THEN 'Used' END AS status, 'eu-central-1' AS region, fx,
            usage_type || ' in eu-central-1' AS description, nullif(details, '') AS details,
            CASE WHEN reserved THEN '{_RESERVATION}' END AS reservation,
            CASE WHEN reserved THEN 'Used' END AS reservation_status
        FROM m
        UNION ALL BY NAME {_UNUSED_CAPACITY}
        UNION ALL BY NAME
        SELECT day, day + 1 AS until, 900 AS seq, 'Purchase' AS charge,
            'ComputeSavingsPlans' AS service, 'Savings Plans for AWS Compute usage' AS product,
            'ComputeSP:1yrNoUpfront' AS usage_type, '' AS operation, 'Hrs' AS unit, 24 AS amount,
            CAST({_COMMITMENT} * fx AS DECIMAL(18,10)) AS unit_price, {fee} AS billed,
            0 AS effective, {fee} AS list_cost, {plan_row}, 'Recurring' AS frequency,
            'Standard' AS pricing, NULL AS status, NULL AS region, fx, {text} AS description
        FROM {per_day}
        UNION ALL BY NAME
        SELECT day, day + 1 AS until, 901 AS seq, 'Usage' AS charge,
            'ComputeSavingsPlans' AS service, 'Savings Plans for AWS Compute usage' AS product,
            'ComputeSP:1yrNoUpfront' AS usage_type, '' AS operation, NULL AS unit, NULL AS amount,
            NULL AS unit_price, 0 AS billed, {fee} - covered * {plan} AS effective, 0 AS list_cost,
            {plan_row}, 'Usage-Based' AS frequency, 'Committed' AS pricing, 'Unused' AS status,
            NULL AS region, fx, 'Unused ' || {text} AS description
        FROM {per_day}
        UNION ALL BY NAME
        SELECT DATE '{period.start}' AS day, DATE '{period.end}' AS until, 950 AS seq,
            'Tax' AS charge, service, product, '' AS usage_type, '' AS operation, NULL AS unit,
            NULL AS amount, NULL AS unit_price,
            CAST(sum(CASE WHEN plan THEN 0 ELSE list_cost END) * {_VAT} AS DECIMAL(18,2)) AS billed,
            billed AS effective, billed AS list_cost, NULL AS resource, NULL AS sku, NULL AS plan,
            any_value(category) AS category, any_value(subcategory) AS subcategory, {blank},
            'Recurring' AS frequency, NULL AS pricing, NULL AS status, NULL AS region,
            any_value(fx) AS fx, 'VAT' AS description
        FROM m WHERE {str(closed).lower()} GROUP BY service, product"""


_TIME = "strftime({}, '%Y-%m-%dT00:00:00.000Z')"


def _plain(sql: str) -> str:
    text = f"CAST({sql} AS VARCHAR)"
    return f"CASE WHEN {text} LIKE '%.%' THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END"


def _columns(period: BillingPeriod, closed: bool) -> dict[str, str]:
    payer, name = literal(GMBH_PAYER.id), literal(GMBH_PAYER.name)
    invoice = f"'EUINDE26-{period.year}{period.month:02d}'" if closed else "NULL"
    usage = "charge IN ('Usage', 'Purchase') AND amount IS NOT NULL"
    return {
        "AvailabilityZone": "NULL", "BilledCost": _plain("billed"), "BillingAccountId": payer,
        "BillingAccountName": name, "BillingAccountType": "'Management Account'",
        "BillingCurrency": "'EUR'", "BillingPeriodEnd": f"'{period.end}T00:00:00.000Z'",
        "BillingPeriodStart": f"'{period.start}T00:00:00.000Z'",
        "CapacityReservationId": "reservation",
        "CapacityReservationStatus": "reservation_status", "ChargeCategory": "charge",
        "ChargeClass": "NULL",
        "ChargeDescription": "description", "ChargeFrequency": "frequency",
        "ChargePeriodEnd": _TIME.format("until"), "ChargePeriodStart": _TIME.format("day"),
        "CommitmentDiscountCategory": "CASE WHEN plan IS NOT NULL THEN 'Spend' END",
        "CommitmentDiscountId": "plan", "CommitmentDiscountName": "NULL",
        "CommitmentDiscountQuantity": "NULL", "CommitmentDiscountStatus": "status",
        "CommitmentDiscountType": "CASE WHEN plan IS NOT NULL THEN 'Compute Savings Plan' END",
        "CommitmentDiscountUnit": "NULL",
        "ConsumedQuantity": f"CASE WHEN charge = 'Usage' THEN {_plain('amount')} END",
        "ConsumedUnit": "CASE WHEN charge = 'Usage' THEN unit END",
        "ContractedCost": _plain("list_cost"), "ContractedUnitPrice": _plain("unit_price"),
        "EffectiveCost": _plain("effective"), "InvoiceId": invoice,
        "InvoiceIssuerName": "'Amazon Web Services EMEA SARL'", "ListCost": _plain("list_cost"),
        "ListUnitPrice": _plain("unit_price"), "PricingCategory": "pricing",
        "PricingCurrency": "'USD'", "PricingCurrencyContractedUnitPrice": "NULL",
        "PricingCurrencyEffectiveCost": "NULL", "PricingCurrencyListUnitPrice": "NULL",
        "PricingQuantity": f"CASE WHEN {usage} THEN {_plain('amount')} END",
        "PricingUnit": f"CASE WHEN {usage} THEN unit END", "ProviderName": "'AWS'",
        "PublisherName": "'AWS'", "RegionId": "region",
        "RegionName": "CASE WHEN region IS NOT NULL THEN 'EU (Frankfurt)' END",
        "ResourceId": "nullif(coalesce(resource, CASE WHEN charge <> 'Tax' THEN plan END), '')",
        "ResourceName": "NULL", "ResourceType": "NULL", "ServiceCategory": "category",
        "ServiceName": "product", "ServiceSubcategory": "subcategory", "SkuId": "sku",
        "SkuMeter": "nullif(usage_type, '')", "SkuPriceId": "sku || '.JRTCKXETXF'",
        "SkuPriceDetails": "details", "SubAccountId": payer, "SubAccountName": name,
        "SubAccountType": "'Member Account'", "Tags": "tags", "x_Discounts": "'{}'",
        "x_Operation": "nullif(operation, '')", "x_ServiceCode": "service",
    }  # fmt: skip


def write_gmbh(
    con: duckdb.DuckDBPyConnection, out: Path, period: BillingPeriod, story: Story
) -> None:
    """One billing period of AWS's FOCUS 1.2 export in euros; a folder for each execution."""
    closed = story.closed(period)
    run = f"{min(story.last_day, period.end):%Y%m%d}T050000Z-{period.month:02d}f0c05"
    part = f"{EXPORT}/data/BILLING_PERIOD={period}/{run}/{EXPORT}-00001.csv.gz"
    (out / part).parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in _columns(period, closed).items())
    con.execute(
        f"COPY (SELECT {columns} FROM ({_focus_rows(period, story)}) "
        "ORDER BY day, seq, service) "
        f"TO {literal(str(out / part))} (FORMAT csv, HEADER, COMPRESSION gzip)"
    )
    manifest = {
        "exportName": EXPORT,
        "executionId": run,
        "billingPeriod": str(period),
        "dataFiles": [f"s3://kestrel-gmbh-billing/{part}"],
    }
    base = out / EXPORT / "metadata" / f"BILLING_PERIOD={period}"
    for folder in (base / run, base):
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(manifest, indent=1) + "\n"
        (folder / f"{EXPORT}-Manifest.json").write_text(text, encoding="utf-8")
