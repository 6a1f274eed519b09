"""The same product bought twice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.everywhere.marketplace import TWICE
from tests.savings.detectors.aws_bill import asked, savings
from tests.savings.facts import TableFacts

FEE: dict[str, Any] = {
    "ServiceProviderName": "Quillstack, Inc.", "ServiceName": "Log Search",
    "InvoiceIssuerName": "Amazon Web Services, Inc.", "BillingCurrency": "USD",
    "SubAccountId": "1", "SubAccountName": "security", "ChargeCategory": "Purchase",
    "ChargeFrequency": "Recurring", "EffectiveCost": Decimal(3000), "x_SourceName": "aws",
}  # fmt: skip
SECOND = FEE | {"SubAccountId": "2", "SubAccountName": "data", "EffectiveCost": Decimal(610)}
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def monthly(row: dict[str, Any], *days: date) -> list[dict[str, Any]]:
    return [row | {"ChargeDay": day} for day in days or (SEPTEMBER, OCTOBER)]


def test_two_accounts_with_a_contract_each() -> None:
    (one,), _ = asked(TWICE, TableFacts([*monthly(FEE), *monthly(SECOND)]))
    # Half of 1,220 in 61 days, as 30.
    assert (str(one.monthly_saving), str(one.monthly_cost)) == ("300.00", "600.00")
    assert one.title == "Join the contract for Log Search of data to that of security"
    assert (one.action, one.provider, one.account) == ("Consolidate", "Quillstack, Inc.", "2")
    rows = [*monthly(FEE), *monthly(SECOND)]
    assert savings(TWICE, rows, saved_percent=Decimal(100)) == ["600.00"]


def test_a_vendors_own_bill_is_named_by_its_lack_of_an_account() -> None:
    own = SECOND | {"SubAccountId": None, "SubAccountName": None, "x_SourceName": "vendor"}
    (one,), _ = asked(TWICE, TableFacts([*monthly(FEE), *monthly(own)]))
    assert "SubAccountId IS NULL AND x_SourceName = 'vendor'" in one.where


@pytest.mark.parametrize(
    "change",
    [
        {"ServiceName": "Another Product"},
        {"ServiceProviderName": "Somebody Else"},
        {"BillingCurrency": "EUR"},
        {"ChargeCategory": "Credit"},
        {"ChargeCategory": "Usage", "ChargeFrequency": "Usage-Based"},
        {"CommitmentDiscountId": "ri-1"},
        {"SubAccountId": "1"},
        {"ChargeClass": "Correction"},
    ],
    ids=lambda change: "-".join(change.values()),
)
def test_what_is_no_second_contract(change: dict[str, Any]) -> None:
    assert savings(TWICE, [*monthly(FEE), *monthly(SECOND | change)]) == []


def test_one_month_is_not_recurring_and_the_present_one_does_not_count() -> None:
    rows = [*monthly(FEE), *monthly(SECOND, OCTOBER, date(2026, 11, 1))]
    assert savings(TWICE, rows) == []
    assert len(savings(TWICE, rows, months=Decimal(1))) == 1


def test_direct_and_by_a_marketplace_but_not_twice_direct() -> None:
    direct = SECOND | {"InvoiceIssuerName": "Quillstack, Inc.", "x_SourceName": "quillstack"}
    assert savings(TWICE, [*monthly(FEE), *monthly(direct)]) == ["300.00"]
    both = [*monthly(FEE | {"InvoiceIssuerName": "Quillstack, Inc."}), *monthly(direct)]
    assert savings(TWICE, both) == []


def test_clouds_own_fees_are_no_software() -> None:
    own = {"ServiceProviderName": "AWS", "ServiceName": "AWS Support"}
    assert savings(TWICE, [*monthly(FEE | own), *monthly(SECOND | own)]) == []
