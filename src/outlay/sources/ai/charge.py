"""Columns that the charges of model vendors have in common."""

from outlay.focus.schema import COSTS
from outlay.focus.sql import literal


def charge_columns(
    *, vendor: str, amount: str, currency: str, start: str, end: str, credit: str
) -> dict[str, str]:
    """FOCUS columns of a vendor's cost line: costs, periods, category and who is behind it.

    All but `vendor` are SQL: the amount in `currency`, the bounds of the bucket, and a condition
    on negative amounts that are credits. The bill is by calendar month; no vendor states other
    costs than what it bills.
    """
    month = f"CAST(date_trunc('month', {start}) AS TIMESTAMP)"
    name = literal(vendor)
    return {
        **dict.fromkeys(COSTS, amount),
        "BillingCurrency": currency,
        "PricingCurrency": currency,
        "BillingAccountType": "'Organization'",
        "BillingPeriodStart": month,
        "BillingPeriodEnd": f"{month} + INTERVAL 1 MONTH",
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "ChargeCategory": (
            f"CASE WHEN {amount} < 0 AND ({credit}) THEN 'Credit' "
            f"WHEN {amount} < 0 THEN 'Adjustment' ELSE 'Usage' END"
        ),
        "ChargeClass": "NULL",
        "ChargeFrequency": f"CASE WHEN {amount} < 0 THEN 'One-Time' ELSE 'Usage-Based' END",
        "InvoiceIssuerName": name,
        "ServiceProviderName": name,
        "HostProviderName": name,
        "ServiceCategory": "'AI and Machine Learning'",
        "ServiceSubcategory": "'Generative AI'",
    }


def names_a_credit(text: str) -> str:
    """SQL condition: a description speaks of a credit."""
    return f"regexp_matches(lower(coalesce({text}, '')), 'credit|promo|grant')"
