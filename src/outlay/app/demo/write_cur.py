"""The AWS bills as AWS writes them: CUR 2.0 Parquet of Data Exports, and the legacy report."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from outlay.app.demo.lines import account_names
from outlay.app.demo.story import FJELLKIT_PAYER, PAYER
from outlay.focus.sql import literal
from outlay.money import BillingPeriod

EXPORT = "kestrel-cur2"
REPORT = "fjellkit-cur"

_SELLER = "'Amazon Web Services, Inc.'"

# What both formats say: legacy column → SQL over `line`. Decimals stay decimals here.
_SHARED: dict[str, str] = {
    "identity/LineItemId": (
        "md5(bill || '/' || day || '/' || seq || '/' || account || '/' || type || '/' || service"
        " || '/' || coalesce(usage_type, '') || '/' || coalesce(resource, '')"
        " || '/' || coalesce(sp_arn, '') || '/' || coalesce(region, ''))"
    ),
    "identity/TimeInterval": (
        "strftime(day, '%Y-%m-%dT00:00:00Z') || '/' || strftime(until, '%Y-%m-%dT00:00:00Z')"
    ),
    "bill/InvoiceId": "invoice",
    "bill/InvoicingEntity": _SELLER,
    "bill/BillingEntity": "coalesce(billing_entity, 'AWS')",
    "bill/BillType": "coalesce(bill_type, 'Anniversary')",
    "bill/PayerAccountId": "payer",
    "bill/BillingPeriodStartDate": "CAST(period AS TIMESTAMP)",
    "bill/BillingPeriodEndDate": "period + INTERVAL 1 MONTH",
    "lineItem/UsageAccountId": "account",
    "lineItem/LineItemType": "type",
    "lineItem/UsageStartDate": "CAST(day AS TIMESTAMP)",
    "lineItem/UsageEndDate": "CAST(until AS TIMESTAMP)",
    "lineItem/ProductCode": "service",
    "lineItem/UsageType": "usage_type",
    "lineItem/Operation": "operation",
    "lineItem/AvailabilityZone": "zone",
    "lineItem/ResourceId": "resource",
    "lineItem/UsageAmount": "amount",
    "lineItem/CurrencyCode": "'USD'",
    "lineItem/UnblendedRate": "rate",
    "lineItem/UnblendedCost": "cost",
    "lineItem/BlendedRate": "rate",
    "lineItem/BlendedCost": "cost",
    "lineItem/LineItemDescription": "description",
    "lineItem/TaxType": "tax_type",
    "lineItem/LegalEntity": f"coalesce(legal_entity, {_SELLER})",
    "product/ProductName": "product",
    "product/instanceType": "instance",
    "product/productFamily": "family",
    "product/region": "nullif(region, 'global')",
    "product/servicecode": "service",
    "product/sku": "sku",
    "pricing/currency": "'USD'",
    "pricing/publicOnDemandCost": "list_cost",
    "pricing/publicOnDemandRate": "list_rate",
    "pricing/term": "term",
    "pricing/unit": "unit",
    "pricing/LeaseContractLength": "CASE WHEN ri_arn IS NOT NULL THEN '1yr' END",
    "pricing/PurchaseOption": "CASE WHEN ri_arn IS NOT NULL THEN 'Partial Upfront' END",
    "reservation/AmortizedUpfrontCostForUsage": "ri_amort",
    "reservation/AmortizedUpfrontFeeForBillingPeriod": "ri_period_amort",
    "reservation/EffectiveCost": "ri_eff",
    "reservation/RecurringFeeForUsage": "ri_recurring",
    "reservation/ReservationARN": "ri_arn",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": "ri_unused_amort",
    "reservation/UnusedQuantity": "ri_unused_quantity",
    "reservation/UnusedRecurringFee": "ri_unused_recurring",
    "reservation/UpfrontValue": "ri_upfront",
    "savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod": "sp_upfront",
    "savingsPlan/RecurringCommitmentForBillingPeriod": "sp_recurring",
    "savingsPlan/SavingsPlanARN": "sp_arn",
    "savingsPlan/SavingsPlanEffectiveCost": "sp_eff",
    "savingsPlan/SavingsPlanRate": "sp_rate",
    "savingsPlan/TotalCommitmentToDate": "sp_total",
    "savingsPlan/UsedCommitment": "sp_used",
    "splitLineItem/ParentResourceId": "split_parent",
    "splitLineItem/SplitCost": "split_cost",
    "splitLineItem/SplitUsage": "split_usage",
    "splitLineItem/UnusedCost": "split_unused",
}

_MONEY = frozenset(
    "amount rate cost list_cost list_rate ri_amort ri_period_amort ri_eff ri_recurring "
    "ri_unused_amort ri_unused_quantity ri_unused_recurring ri_upfront sp_upfront sp_recurring "
    "sp_eff sp_rate sp_total sp_used split_cost split_usage split_unused".split()
)

# An empty text of `line` is an empty cell of a bill.
_TEXTS = "usage_type operation family instance sku resource unit term region zone".split()

# The snake case of CUR 2.0 has names that no rule gives.
_ODD = {
    "savingsPlan/SavingsPlanARN": "savings_plan_savings_plan_a_r_n",
    "reservation/ReservationARN": "reservation_reservation_a_r_n",
    "product/region": "product_region_code",
}
_TEXT_RATES = frozenset(
    ["lineItem/UnblendedRate", "lineItem/BlendedRate", "pricing/publicOnDemandRate"]
)


def cur2_name(legacy: str) -> str:
    """The column of CUR 2.0 that is the legacy report's `family/Name`."""
    if legacy in _ODD:
        return _ODD[legacy]
    text = legacy.replace("/", "_")
    out = ""
    for position, letter in enumerate(text):
        after_word = position and text[position - 1] not in "_" and letter.isupper()
        out += ("_" if after_word else "") + letter.lower()
    return out


def _source(bill: str, payer: str, period: BillingPeriod, closed: bool) -> str:
    number = f"{payer[-4:]}{period.year:04d}{period.month:02d}"
    invoice = (
        f"CASE WHEN billing_entity IS NULL THEN 'EUINUS26-{number}' ELSE 'MP-{number}' END"
        if closed
        else "CAST(NULL AS VARCHAR)"
    )
    texts = ", ".join(f"nullif({name}, '') AS {name}" for name in _TEXTS)
    return (
        f"(SELECT * REPLACE ({texts}), {literal(payer)} AS payer, {invoice} AS invoice FROM line "
        f"WHERE bill = {literal(bill)} AND period = DATE '{period.start}')"
    )


_ORDER = "ORDER BY day, seq, account, type, service, usage_type, resource, sp_arn, region"


def write_cur2(
    con: duckdb.DuckDBPyConnection, out: Path, period: BillingPeriod, run: str, closed: bool
) -> None:
    """One billing period of the main bill, files replaced in place (overwrite layout)."""
    columns = []
    for legacy, sql in _SHARED.items():
        if legacy == "product/ProductName":
            continue  # in CUR 2.0 it is a key of the product map
        if legacy in _TEXT_RATES:
            sql = f"CAST({sql} AS VARCHAR)"
        elif sql in _MONEY:
            sql = f"CAST({sql} AS DOUBLE)"
        columns.append(f"{sql} AS {cur2_name(legacy)}")
    names = ", ".join(f"{literal(i)}: {literal(name)}" for i, name in account_names().items())
    columns += [
        f"{literal(PAYER.name)} AS bill_payer_account_name",
        f"MAP {{{names}}}[account] AS line_item_usage_account_name",
        "CAST(NULL AS VARCHAR) AS line_item_iam_principal",
        "MAP {'product_name': product, 'region': coalesce(region, '')} AS product",
        "coalesce(map_from_entries(list_transform(map_entries(tags), lambda e: {'k': "
        "CASE WHEN starts_with(e.key, 'aws:') THEN e.key ELSE 'user_' || "
        "replace(e.key, '-', '_') END, 'v': e.value})), MAP {}) AS resource_tags",
        "CAST(MAP {} AS MAP(VARCHAR, VARCHAR)) AS cost_category",
        "CAST(MAP {} AS MAP(VARCHAR, DOUBLE)) AS discount",
    ]
    part = f"{EXPORT}/data/BILLING_PERIOD={period}/{EXPORT}-00001.snappy.parquet"
    (out / part).parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"COPY (SELECT {', '.join(columns)} FROM {_source('main', PAYER.id, period, closed)} "
        f"{_ORDER}) TO {literal(str(out / part))} (FORMAT parquet, COMPRESSION snappy)"
    )
    _write_json(
        out / f"{EXPORT}/metadata/BILLING_PERIOD={period}/{EXPORT}-Manifest.json",
        {
            "exportName": EXPORT,
            "executionId": run,
            "billingPeriod": str(period),
            "dataFiles": [f"s3://kestrel-billing/{part}"],
        },
    )


def write_legacy(
    con: duckdb.DuckDBPyConnection, out: Path, period: BillingPeriod, assembly: str, closed: bool
) -> None:
    """One billing period of Fjellkit's bill: CSV in a folder of its assembly, which the upper
    manifest names; older assemblies stay beside it, as AWS leaves them."""
    source = _source("fjellkit", FJELLKIT_PAYER.id, period, closed)
    keys = [
        row[0]
        for row in con.execute(
            f"SELECT DISTINCT unnest(map_keys(tags)) AS k FROM {source} ORDER BY k"
        ).fetchall()
    ]
    columns = {name: _text(sql) for name, sql in _SHARED.items()}
    columns |= {f"resourceTags/user:{key}": f"tags[{literal(key)}]" for key in keys}
    days = f"{period.start:%Y%m%d}-{period.end:%Y%m%d}"
    folder = f"{REPORT}/{days}"
    part = f"{folder}/{assembly}/{REPORT}-1.csv.gz"
    (out / part).parent.mkdir(parents=True, exist_ok=True)
    rows = con.execute(f"SELECT {', '.join(columns.values())} FROM {source} {_ORDER}").fetchall()
    _write_csv(out / part, list(columns), rows)
    manifest = {
        "assemblyId": assembly,
        "account": FJELLKIT_PAYER.id,
        "columns": [
            dict(zip(("category", "name"), name.split("/", 1), strict=True)) for name in columns
        ],
        "charset": "UTF-8",
        "compression": "GZIP",
        "contentType": "text/csv",
        "reportId": "b7f1f3a2",
        "reportName": REPORT,
        "billingPeriod": {
            "start": f"{period.start:%Y%m%d}T000000.000Z",
            "end": f"{period.end:%Y%m%d}T000000.000Z",
        },
        "bucket": "fjellkit-billing",
        "reportKeys": [part],
        "additionalArtifactKeys": [],
    }
    for place in (f"{folder}/{assembly}", folder):
        _write_json(out / place / f"{REPORT}-Manifest.json", manifest)


def _text(sql: str) -> str:
    """How the legacy report writes a value: times with a Z, decimals without needless zeros."""
    if "TIMESTAMP" in sql or "INTERVAL" in sql:
        return f"strftime({sql}, '%Y-%m-%dT%H:%M:%SZ')"
    if sql in _MONEY:
        digits = f"rtrim(CAST({sql} AS VARCHAR), '0')"
        return f"CASE WHEN ends_with({digits}, '.') THEN {digits} || '0' ELSE {digits} END"
    return sql


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A gzipped CSV file. Not by DuckDB, for which two tags that differ in case are one name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    # No time in the gzip header: the same bill is the same bytes.
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def written_files(out: Path) -> Iterable[Path]:
    """Every file below a folder, sorted: what a test compares between two runs."""
    return sorted(path for path in out.rglob("*") if path.is_file())
