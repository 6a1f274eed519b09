"""Use cases of participating entities."""

from datetime import date
from decimal import Decimal

from tests.usecases.company import NOVEMBER, OCTOBER, SEPTEMBER
from tests.usecases.conftest import Answers
from tests.usecases.naive import bills, days, grouped, is_, period, same, where

IN_OCTOBER = days(OCTOBER, NOVEMBER)


def test_analyze_cost_by_participating_entities(answers: Answers) -> None:
    keys = {"BillingPeriod": period} | same(
        "ServiceProviderName", "InvoiceIssuerName", "HostProviderName", "ServiceName",
        "BillingCurrency",
    )  # fmt: skip
    rows = grouped(where(bills(OCTOBER, NOVEMBER)), keys, same("BilledCost"))
    answers("analyze-cost-by-participating-entities", rows)


def test_analyze_marketplace_vendors_costs(answers: Answers) -> None:
    """Orchid sells through Nimbus. Nimbus Cloud and Nimbus Cloud, Inc. are one company."""
    row = {
        "ChargeMonth": OCTOBER, "ServiceProviderName": "Orchid",
        "HostProviderName": "Nimbus Cloud", "InvoiceIssuerName": "Nimbus Cloud, Inc.",
        "BillingCurrency": "USD", "EffectiveCost": Decimal("83.3"),
    }  # fmt: skip
    answers("analyze-marketplace-vendors-costs", [row])


def test_identify_sources_of_billed_cost(answers: Answers) -> None:
    keys = same("ServiceProviderName", "HostProviderName", "InvoiceIssuerName", "InvoiceId",
                "BillingCurrency")  # fmt: skip
    rows = grouped(where(days(SEPTEMBER, date(2026, 12, 1))), keys, same("BilledCost"))
    assert None in {row["InvoiceId"] for row in rows}
    answers("identify-sources-of-billed-cost", rows, range="all")


def test_track_marketplace_purchases_across_providers(answers: Answers) -> None:
    keys = same("ServiceProviderName", "HostProviderName", "InvoiceIssuerName", "ServiceName",
                "ChargeCategory", "BillingCurrency")  # fmt: skip
    charges = where(IN_OCTOBER, is_(ServiceProviderName="Orchid"))
    rows = grouped(charges, keys, same("BilledCost") | {"Resources": lambda c: Decimal(1)})
    assert len(rows) == 2
    answers("track-marketplace-purchases-across-providers", rows)
