"""The FOCUS datasets of the sample bills of AWS, Azure, Google Cloud and Snowflake."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.query.datasets import make
from tests.shared import needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

TODAY = date(2026, 11, 24)
BILLS: dict[str, tuple[str, ...]] = {
    "aws": ("aws", "synthetic", "cur2"),
    "azure": ("azure", "synthetic", "focus12"),
    "gcp": ("gcp", "synthetic",
            "gcp_billing_export_resource_v1_01ABCD_234567_89EFGH.jsonl"),
    "snowflake": ("snowflake", "synthetic"),
}  # fmt: skip

# Commitment's type → what its record says.
COMMITMENTS: dict[str, dict[str, dict[str, Any]]] = {
    "aws": {
        "Savings Plan": {"DurationType": "1 Year", "PaymentModel": "Partial Upfront",
                         "Category": "Spend", "LifecycleStatus": "Active", "Unit": "USD"},
        "Reserved Instance": {"PaymentModel": "Partial Upfront", "Category": "Usage"},
    },
    "azure": {
        "Reservation": {"DurationType": "1 Year", "PaymentModel": "All Upfront",
                        "PeriodStart": "2026-08-01", "PeriodEnd": "2027-08-01"},
        "Savings Plan": {"DurationType": "1 Year", "Category": "Spend"},
    },
    "gcp": {"Resource-based committed use discount": {"DurationType": "1 Year",
                                                      "Category": "Usage"}},
    "snowflake": {"Capacity": {"Category": "Spend", "FulfillmentInterval": "Full Period"}},
}  # fmt: skip


@pytest.mark.parametrize("name", BILLS)
def test_datasets_of_a_providers_bill(name: str, tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / name)
    try:
        (done,) = workspace.load([str(shared_data(*BILLS[name]))], source=name)
        assert done.outcome == "loaded", (done.error, done.outcomes)
        _add_up(workspace)
        with workspace.lake.connect() as connection:
            made = make(
                connection,
                workspace.deliveries(),
                ["billing-period", "contract-commitment"],
                TODAY,
                records=workspace.lake.history,
            )
    finally:
        workspace.close()
    months = {str(r["BillingPeriodStart"])[:7] for r in made["billing-period"].table.to_pylist()}
    assert months == {"2026-08", "2026-09", "2026-10"}
    found = {r["ContractCommitmentType"]: r for r in made["contract-commitment"].table.to_pylist()}
    assert set(found) == set(COMMITMENTS[name])
    for kind, facts in COMMITMENTS[name].items():
        for fact, value in facts.items():
            assert str(found[kind][f"ContractCommitment{fact}"]).startswith(value), (kind, fact)
    reasons = {one.column: one.reason for one in made["contract-commitment"].missing}
    assert all(reasons.values())


def _add_up(workspace: Workspace) -> None:
    """Charges and Invoice Detail, by invoice, to the last digit; each charge in one record."""
    apart = workspace.sql("""
        WITH charged AS (
            SELECT InvoiceIssuerName AS issuer, InvoiceId, BillingAccountId, BillingCurrency,
                x_BillingPeriod AS month, sum(BilledCost) AS billed, count(*) AS lines
            FROM charges GROUP BY ALL
        ), invoiced AS (
            SELECT InvoiceIssuerName AS issuer,
                CASE WHEN NOT x_Provisional THEN InvoiceId END AS InvoiceId, BillingAccountId,
                BillingCurrency, CAST(BillingPeriodStart AS DATE) AS month,
                sum(BilledCost) AS billed, sum(x_ChargeCount) AS lines
            FROM invoice_detail GROUP BY ALL
        )
        SELECT * FROM charged AS c FULL JOIN invoiced AS i
        ON c.issuer = i.issuer AND c.InvoiceId IS NOT DISTINCT FROM i.InvoiceId
            AND c.BillingAccountId = i.BillingAccountId AND c.BillingCurrency = i.BillingCurrency
            AND c.month = i.month
        WHERE c.billed IS DISTINCT FROM i.billed OR c.lines IS DISTINCT FROM i.lines""")
    assert apart.rows() == []
    count = workspace.sql("SELECT count(DISTINCT (InvoiceId, InvoiceDetailId)) = count(*) AS one "
                          "FROM invoice_detail")  # fmt: skip
    assert count.rows() == [{"one": True}]
