"""Rows of a charges table for tests: one good row, and copies of it with single values changed."""

from typing import Any

import duckdb

from outlay.focus.schema import charges_schema
from outlay.focus.sql import literal, quoted

GOOD: dict[str, str] = {
    "BilledCost": "2.5",
    "EffectiveCost": "2.5",
    "ListCost": "2.5",
    "ContractedCost": "2.5",
    "BillingAccountId": "'1'",
    "BillingAccountName": "'Acme'",
    "BillingCurrency": "'USD'",
    "BillingPeriodStart": "'2026-10-01'",
    "BillingPeriodEnd": "'2026-11-01'",
    "ChargePeriodStart": "'2026-10-05'",
    "ChargePeriodEnd": "'2026-10-06'",
    "ChargeCategory": "'Usage'",
    "ChargeDescription": "'a machine'",
    "ChargeFrequency": "'Usage-Based'",
    "HostProviderName": "'AWS'",
    "ServiceProviderName": "'AWS'",
    "InvoiceIssuerName": "'AWS'",
    "ServiceCategory": "'Compute'",
    "ServiceSubcategory": "'Virtual Machines'",
    "ServiceName": "'Machines'",
    "SkuId": "'sku'",
    "SkuPriceId": "'price'",
    "PricingCategory": "'Standard'",
    "PricingQuantity": "5",
    "PricingUnit": "'Hours'",
    "ConsumedQuantity": "5",
    "ConsumedUnit": "'Hours'",
    "ListUnitPrice": "0.5",
    "ContractedUnitPrice": "0.5",
    "Tags": "MAP {'team': 'search'}",
}
"""A usage row that keeps every rule, as SQL literals."""

PURCHASE: dict[str, str] = {
    "ChargeCategory": "'Purchase'",
    "ChargeFrequency": "'Recurring'",
    "ChargePeriodStart": "'2026-10-01'",
    "ChargePeriodEnd": "'2026-11-01'",
    "CommitmentDiscountId": "'plan'",
    "EffectiveCost": "0",
}
USED: dict[str, str] = {
    "CommitmentDiscountId": "'plan'",
    "CommitmentDiscountStatus": "'Used'",
    "PricingCategory": "'Committed'",
    "BilledCost": "0",
}


def connection(*changes: dict[str, str], **types: str) -> duckdb.DuckDBPyConnection:
    """A connection with a table `charges`: the good row, then one row per set of changes.

    `types` adds `x_` columns.
    """
    opened = duckdb.connect()
    schema = charges_schema() | types
    columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in schema.items())
    opened.execute(f"CREATE TABLE charges ({columns})")
    for line, change in enumerate(({}, *changes), start=1):
        row = GOOD | {"x_SourceFile": "0", "x_SourceLine": str(line)} | change
        names = ", ".join(map(quoted, row))
        opened.execute(f"INSERT INTO charges ({names}) VALUES ({', '.join(row.values())})")
    return opened


def text(value: Any) -> str:
    """An SQL literal of a text."""
    return literal(str(value))
